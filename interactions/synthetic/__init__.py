"""Generate a realistic, reproducible clickstream of an invented shop, for trying, testing and benchmarking Dojo.

The shop and its visitors are always the same; the seed only determines what they do. Doesn't import Django.
"""

from interactions.synthetic.files import write
from interactions.synthetic.timeline import records

__all__ = ["records", "write"]
