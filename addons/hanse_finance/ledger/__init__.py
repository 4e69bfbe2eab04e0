"""Neutral ledger files: read, check and import them."""

from hanse_finance.ledger.importing import Report, import_ledger, import_within
from hanse_finance.ledger.reading import Case, LedgerError, read_case

__all__ = ["Case", "LedgerError", "Report", "import_ledger", "import_within", "read_case"]
