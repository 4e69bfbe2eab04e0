"""Files: where their contents are kept, what may be one, small pictures, and what nobody needs any more."""

from hanse.files.folder import FolderStore
from hanse.files.store import DiskFull, FileStore, StoreAway, open_store

__all__ = ["DiskFull", "FileStore", "FolderStore", "StoreAway", "open_store"]
