"""Files: where their contents are kept, what may be one, small pictures, and what nobody needs any more."""

from hanse.files.local import DiskFull, FileStore

__all__ = ["DiskFull", "FileStore"]
