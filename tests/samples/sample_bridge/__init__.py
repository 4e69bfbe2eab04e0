"""What is only there where both reviews and fines are on."""

from hanse import Addon, _

ADDON = Addon(
    name="sample_bridge",
    key="bridge",
    title=_("Reviews and fines"),
    needs=["sample_fines", "sample_reviews"],
    bridge=True,
)
