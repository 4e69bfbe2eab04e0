"""Stars for books."""

from hanse import Addon, _

ADDON = Addon(name="sample_reviews", key="reviews", title=_("Reviews"), needs=["sample_library"])
