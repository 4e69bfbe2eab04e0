"""Assets and their categories: list, form, card."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Numeric, literal_column

from hanse import Board, Computed, Context, Document, Lines, Row, Screen, Shown, Tab, _
from hanse.i18n import Label, format_money
from hanse.models import Kind, Model
from hanse_assets.charging import LIVE, Charged, charged, residual_value
from hanse_assets.models import Asset, AssetCategory, AssetStatus, CategoryExpense, Depreciation, Production
from hanse_assets.schedule import schedule

_OWN = "FROM assets_depreciation d JOIN finance_voucher v ON v.id = d.voucher_id WHERE d.asset_id = assets_asset.id"
_DEPRECIATED = f"(assets_asset.opening_depreciation + coalesce((SELECT sum(d.amount) {_OWN} AND {LIVE}), 0))"


def _depreciated(_model: type[Model]) -> Any:
    """Add up what was depreciated, before these books and in them."""
    return literal_column(_DEPRECIATED, Numeric())


def _net(_model: type[Model]) -> Any:
    """Give the net book value; nothing is left of what was disposed of."""
    return literal_column(
        "CASE WHEN assets_asset.status = 'disposed' THEN 0 ELSE "
        f"assets_asset.cost - assets_asset.impairment - {_DEPRECIATED} END",
        Numeric(),
    )


def _money(ctx: Context, amount: Decimal) -> Label:
    return format_money(amount, ctx.company.currency, ctx.company.places)


def _accumulated(ctx: Context, asset: Asset) -> Decimal:
    return asset.opening_depreciation + charged(ctx, [asset.id]).get(asset.id, Charged()).total


def _told_depreciation(ctx: Context, asset: Asset) -> Label | None:
    return _money(ctx, _accumulated(ctx, asset))


def _told_net(ctx: Context, asset: Asset) -> Label | None:
    if asset.status is AssetStatus.DISPOSED:
        return _money(ctx, Decimal(0))
    return _money(ctx, asset.cost - asset.impairment - _accumulated(ctx, asset))


def _told_residual(ctx: Context, asset: Asset) -> Label | None:
    return _money(ctx, residual_value(asset, ctx.company.places))


def _on_card(ctx: Context, asset: Asset) -> dict[str, Any]:
    """Give the card the months that were charged."""
    return {"done": [one for one in schedule(ctx, asset) if one.voucher is not None]}


ASSETS = Screen(
    Asset,
    title=_("Fixed assets"),
    singular=_("Fixed asset"),
    menu="assets",
    icon="building-factory-2",
    order=10,
    list=[
        Asset.code,
        Asset.name,
        Asset.category,
        Asset.department,
        Asset.in_use_since,
        Asset.cost,
        Computed("depreciated", _("Accumulated depreciation"), Kind.MONEY, _depreciated),
        Computed("net", _("Net book value"), Kind.MONEY, _net),
        Asset.status,
    ],
    filters=[Asset.status, Asset.category, Asset.department, Asset.in_use_since],
    segments=Asset.status,
    order_by=[Asset.code],
    sums=[Asset.cost],
    tones={AssetStatus.USED: "ok", AssetStatus.IDLE: "warn"},
    board=Board(by=Asset.department, card=[Asset.name, Asset.code, Asset.cost, Asset.keeper]),
    defaults=lambda ctx: {"acquired_on": ctx.today, "in_use_since": ctx.today},
    carries=[Asset.category, Asset.department, Asset.acquired_on, Asset.in_use_since],
    anew=[Asset.code, Asset.acquisition],
    editable=lambda asset: asset.status is not AssetStatus.DISPOSED,
    form=[
        Row(Asset.name, Asset.code),
        Row(Asset.specification, Asset.category),
        Row(Asset.department, Asset.status),
        Row(Asset.location, Asset.keeper),
        Row(Asset.acquired_on, Asset.in_use_since),
        Row(Asset.cost, Asset.input_tax, title=_("Value")),
        Row(
            Shown("depreciated", _("Accumulated depreciation"), _told_depreciation),
            Shown("net", _("Net book value"), _told_net),
        ),
        Row(Asset.acquisition, Asset.impairment),
        Row(Asset.method, Asset.life, title=_("Depreciation")),
        Row(Asset.residual_rate, Asset.residual),
        Row(Asset.expense_account, Shown("left", _("Left at the end"), _told_residual)),
        Row(Asset.disposed_on, Asset.disposal_kind, title=_("Disposal")),
        Row(Asset.disposal),
        Row(Asset.picture),
    ],
    tabs=[
        Tab(
            _("Depreciation"),
            Asset.depreciations,
            columns=[Depreciation.period, Depreciation.amount, Depreciation.voucher],
        ),
        Tab(
            _("Taken over"),
            Asset.opening_depreciation,
            Asset.opening_months,
            Asset.opening_output,
        ),
        Tab(_("Output"), Asset.output, Lines(Asset.productions, columns=[Production.day, Production.amount])),
        Tab(_("Notes"), Asset.note),
    ],
    documents=[Document(_("Asset card"), "card.html", reads=_on_card)],
)

CATEGORIES = Screen(
    AssetCategory,
    title=_("Asset categories"),
    singular=_("Asset category"),
    menu="assets",
    icon="category",
    order=30,
    list=[
        AssetCategory.code,
        AssetCategory.name,
        AssetCategory.method,
        AssetCategory.life,
        AssetCategory.residual_rate,
    ],
    filters=[AssetCategory.method],
    order_by=[AssetCategory.code],
    form=[
        Row(AssetCategory.code, AssetCategory.name),
        Row(AssetCategory.method, AssetCategory.life),
        Row(AssetCategory.residual_rate, AssetCategory.asset_account),
        Row(AssetCategory.depreciation_account, AssetCategory.expense_account),
    ],
    tabs=[
        Tab(
            _("Expense by department"),
            Lines(AssetCategory.expenses, columns=[CategoryExpense.department, CategoryExpense.account]),
        )
    ],
)

DEPRECIATIONS = Screen(
    Depreciation,
    title=_("Depreciation by asset"),
    singular=_("Depreciation of a period"),
    menu="assets",
    icon="trending-down",
    order=25,
    list=[Depreciation.period, Depreciation.asset, Depreciation.amount, Depreciation.voucher],
    filters=[Depreciation.period, Depreciation.asset],
    form=[Row(Depreciation.asset, Depreciation.period), Row(Depreciation.amount, Depreciation.voucher)],
    sums=[Depreciation.amount],
    search=False,
    readonly=True,
)
