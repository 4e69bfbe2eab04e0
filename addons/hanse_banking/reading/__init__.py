"""Files of banks as statements: a reader takes bytes and gives what they say, without database and network."""

from hanse_banking.reading.dispatch import read_statements
from hanse_banking.reading.found import FoundLine, FoundStatement

__all__ = ["FoundLine", "FoundStatement", "read_statements"]
