"""One lock for whatever loads Numba, and with it the compiled loops, when it's first needed.

Two threads of a web process that load Numba at once can each meet modules that the other has only half loaded.
"""

import threading
from typing import Final

FIRST_LOAD: Final = threading.RLock()
