"""Inventory: what is where, where it came from, and what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hanse import Addon, BusinessError, Context, Records, _, hook
from hanse.actions import Action

if TYPE_CHECKING:
    from hanse.files import FileStore

ADDON = Addon(
    "hanse_inventory",
    key="inventory",
    title=_("Inventory"),
    needs=["hanse_products"],
    description=_("Warehouses and stores, lots with expiry, receipts, issues, transfers, waste, counts, costs."),
)


@hook
def validate(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[BusinessError] | None:
    """Judge whether products may be merged."""
    from hanse_inventory import validation  # models may be used only once all are built

    return validation.refused(ctx, action, records, params)


@hook
def company_created(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Give a company its first warehouse, and the places outside that stock comes from and goes to."""
    from hanse_inventory.setup import add_locations  # models may be used only once all are built

    add_locations(ctx)


@hook
def demo(ctx: Context) -> Callable[[Context, FileStore], None]:
    """Load Northwind's stock, once its products are there."""
    from hanse_inventory.demo import load_stock

    return load_stock


@hook
def maintained(ctx: Context, check: bool) -> Iterable[str] | None:
    """Compare what is kept of stock and its value with the moves, or compute it anew."""
    from hanse_inventory import rebuilding

    if check:
        return [str(one) for one in rebuilding.differences(ctx)]
    rebuilding.rebuild(ctx)
    return None


@hook
def commands(commands: Any) -> None:
    """Add ``hanse inventory …``."""
    from hanse_inventory.commands import add_commands

    add_commands(commands)
