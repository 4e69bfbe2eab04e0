"""What may be allowed to whom, beyond seeing and changing."""

from __future__ import annotations

from hanse import Permissions, _, permission


class Inventory(Permissions):
    """Permissions of the stock."""

    POST = permission("entry.post", _("Post stock documents"))
    INSPECT = permission("entry.inspect", _("Inspect receipts"))
    RESERVE = permission("entry.reserve", _("Set stock aside"))
    REVERSE = permission("entry.reverse", _("Reverse stock documents"))
    REPRICE = permission("entry.reprice", _("Change what received goods cost"))
    ADJUST = permission("entry.adjust", _("Put the stock right without a count"))
    APPROVE = permission("transfer.approve", _("Approve transfers"))
    SETTLE = permission("transfer.settle", _("Settle what did not arrive"))
    COUNT = permission("count.tally", _("Count stock"))
    SEE_BOOK = permission("count.see_book", _("See what the books say while counting"))
    APPROVE_COUNT = permission("count.approve", _("Approve and post counts"))
    COSTS = permission("entry.costs", _("See costs and values of stock"))
    JUDGE_LOTS = permission("lot.judge", _("Put lots in quarantine, release and recall them"))
