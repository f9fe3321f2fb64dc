"""A realistic, repeatable clickstream of an invented shop, for trying Dojo out, testing and measuring it.

The shop and the people in it are always the same; the seed only decides what they did. No Django in here.
"""

from interactions.synthetic.files import write
from interactions.synthetic.timeline import records

__all__ = ["records", "write"]
