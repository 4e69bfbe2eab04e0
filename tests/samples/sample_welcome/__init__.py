"""Says something about every new book, in a job after the commit."""

from hanse import Addon, _

ADDON = Addon(
    name="sample_welcome",
    key="welcome",
    title=_("Welcome"),
    needs=["sample_library"],
)
