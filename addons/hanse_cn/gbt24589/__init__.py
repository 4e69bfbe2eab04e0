"""The data interface of accounting software (GB/T 24589.1): a year of books as XML, for auditors and tax offices."""

from hanse_cn.gbt24589.interface import Interface, interface
from hanse_cn.gbt24589.sources import Books
from hanse_cn.gbt24589.writing import write_file

__all__ = ["Books", "Interface", "interface", "write_file"]
