"""A lending library: what the kernel's tests try everything on."""

from hanse import Addon, _

ADDON = Addon(name="sample_library", key="library", title=_("Library"), description=_("Books, readers and loans."))
