"""The books of a closed period for the archive: one ZIP file with everything, an index, and a seal to check it by."""

from hanse_finance.archive.checking import Fault, check_archive
from hanse_finance.archive.packing import Packed, pack
from hanse_finance.archive.parts import (
    ArchivedFile,
    Request,
    Retention,
    closed_span,
    register_part,
    register_retention,
    request,
)

__all__ = [
    "ArchivedFile",
    "Fault",
    "Packed",
    "Request",
    "Retention",
    "check_archive",
    "closed_span",
    "pack",
    "register_part",
    "register_retention",
    "request",
]
