"""Decide about lots: quarantine, release, recall."""

from __future__ import annotations

from hanse import Context, Records, _, action
from hanse_inventory.models import Lot, LotState
from hanse_inventory.permissions import Inventory


@action(
    Lot,
    name="quarantine",
    label=_("Put in quarantine"),
    permission=Inventory.JUDGE_LOTS,
    moves=(LotState.AVAILABLE, LotState.QUARANTINE),
    icon="lock",
    done=_("%(count)s lots are in quarantine"),
)
def quarantine_lots(ctx: Context, lots: Records[Lot]) -> None:
    """Keep lots from being issued until somebody releases them."""


@action(
    Lot,
    name="release",
    label=_("Release"),
    permission=Inventory.JUDGE_LOTS,
    moves=((LotState.QUARANTINE, LotState.RECALLED), LotState.AVAILABLE),
    icon="lock-open",
    done=_("%(count)s lots are available"),
)
def release_lots(ctx: Context, lots: Records[Lot]) -> None:
    """Let lots be issued again."""


@action(
    Lot,
    name="recall",
    label=_("Recall"),
    permission=Inventory.JUDGE_LOTS,
    moves=((LotState.AVAILABLE, LotState.QUARANTINE), LotState.RECALLED),
    icon="alert-triangle",
    confirm=_("Recall? Nothing of it is issued any more; its trace says where it went."),
    done=_("%(count)s lots recalled"),
)
def recall_lots(ctx: Context, lots: Records[Lot]) -> None:
    """Keep lots from being issued for good, as their supplier or an authority asks."""


__all__ = ["quarantine_lots", "recall_lots", "release_lots"]
