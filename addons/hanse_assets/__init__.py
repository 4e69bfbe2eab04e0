"""Fixed assets: the register, depreciation, acquisition and disposal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hanse import Addon, Context, _, hook
from hanse.i18n import Label

if TYPE_CHECKING:
    from hanse.files import FileStore

ADDON = Addon(
    "hanse_assets",
    key="assets",
    title=_("Fixed assets"),
    needs=["hanse_finance"],
    departments=["finance"],
    description=_("Register of fixed assets: depreciation every month, acquisition, disposal, asset cards."),
)


@hook
def roles() -> Iterable[tuple[str, Label, Sequence[tuple[str, str]]]]:
    """Bring the role of those who look after assets."""
    return [("asset_manager", _("Asset manager"), [("assets.*", "company"), ("*.read", "company")])]


@hook
def role_additions() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Let the chief accountant do everything at assets, and clerks keep the register."""
    return {
        "chief_accountant": [("assets.*", "company")],
        "accounting_clerk": [("assets.asset.create", "company"), ("assets.asset.update", "company")],
    }


@hook
def demo(ctx: Context) -> Callable[[Context, FileStore], None]:
    """Load the register of the assets that the books know, once they are there."""
    from hanse_assets.demo import load_register

    return load_register


@hook
def company_created(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Add the usual categories where Chinese law says how long assets last."""
    from hanse_assets.setup import add_categories  # models may be used only once all are built

    add_categories(ctx)
