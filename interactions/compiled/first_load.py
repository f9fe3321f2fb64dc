"""A lock to hold while loading Numba and the compiled loops on first use.

Without it, two threads that load Numba at the same time can each see half-initialized modules.
"""

import threading
from typing import Final

FIRST_LOAD: Final = threading.RLock()
