"""Sell, scrap and write down assets.

Source: 企业会计准则第4号 and its application guide (固定资产清理); 财会〔2017〕30号 for gains and losses on sales;
企业会计准则第8号 for impairment, which is never taken back.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from hanse import BusinessError, Context, Records, _, action
from hanse_assets.accounts import Accounts, Use
from hanse_assets.actions.charging import charge_alone
from hanse_assets.charging import LIVE, Charged, charged, month_after, residual_value
from hanse_assets.models import Asset, AssetStatus, DisposalKind
from hanse_assets.permissions import Assets
from hanse_assets.vouchers import line, period_of, record
from hanse_finance.models import Account, DimensionSet, Side

ZERO = Decimal(0)
_COUNTS = text(f"SELECT EXISTS (SELECT FROM finance_voucher v WHERE v.id = :voucher AND {LIVE})")  # noqa: S608


@action(
    Asset,
    label=_("Dispose of"),
    permission=Assets.DISPOSE,
    icon="logout",
    labels={
        "on": _("Date"),
        "kind": _("Disposal"),
        "proceeds": _("Proceeds without VAT"),
        "tax": _("Output VAT"),
        "costs": _("Costs of the disposal"),
        "account": _("Received on"),
        "details": _("Dimensions"),
    },
    offered=lambda asset: asset.status is not AssetStatus.DISPOSED,
    done=_("%(count)s assets disposed of; the vouchers are drafts"),
)
def dispose(
    ctx: Context,
    assets: Records[Asset],
    *,
    on: date,
    kind: DisposalKind = DisposalKind.SOLD,
    proceeds: Decimal = ZERO,
    tax: Decimal = ZERO,
    costs: Decimal = ZERO,
    account: Account | None = None,
    details: DimensionSet | None = None,
) -> list[int]:
    """Depreciate each for the month of its disposal, and write it off with what it brings; give the ids of vouchers.

    :param account: where the proceeds come in and costs are paid from
    :raises BusinessError: it was disposed of, an amount is below zero, or an account is missing
    """
    _check(proceeds, tax, costs, account)
    made: list[int] = []
    accounts = Accounts(ctx)
    for asset in list(assets):
        _check_day(asset, on)
        alone = charge_alone(ctx, asset, period_of(ctx, on))
        depreciation = asset.opening_depreciation + charged(ctx, [asset.id]).get(asset.id, Charged()).total
        lines = _lines(accounts, asset, depreciation, kind, proceeds - costs)
        if account is not None:
            money = details.id if details else None
            clearing = accounts.of(Use.CLEARING)
            lines[-2:-2] = [
                line(account.id, Side.DEBIT, proceeds + tax, money),
                line(clearing, Side.CREDIT, proceeds),
                line(accounts.of(Use.OUTPUT_TAX), Side.CREDIT, tax) if tax else {},
                line(clearing, Side.DEBIT, costs),
                line(account.id, Side.CREDIT, costs, money),
            ]
        voucher = record(ctx, asset, "disposal", on, _("Disposal"), lines)
        fresh: dict[str, Any] = {
            "status": AssetStatus.DISPOSED,
            "disposed_on": on,
            "disposal_kind": kind,
            "disposal": voucher,
        }
        ctx.update(Records(ctx.session, Asset, ids=[asset.id]), fresh)
        made += [voucher] if alone is None else [alone, voucher]
    assets.forget()
    return made


def _check(proceeds: Decimal, tax: Decimal, costs: Decimal, account: Account | None) -> None:
    for name, amount in (("proceeds", proceeds), ("tax", tax), ("costs", costs)):
        if amount < 0:
            raise BusinessError(_("Amounts are not below zero."), field=name)
    if account is None and (proceeds or tax or costs):
        raise BusinessError(_("Say on which account the proceeds are received."), field="account")


def _check_day(asset: Asset, on: date) -> None:
    if asset.status is AssetStatus.DISPOSED:
        message = _("%(asset)s is disposed of already.", asset=asset.display_name())
        raise BusinessError(message, record=asset.id)
    if on < asset.acquired_on:
        raise BusinessError(_("An asset is disposed of only after it was acquired."), field="on", record=asset.id)


def _lines(
    accounts: Accounts, asset: Asset, depreciation: Decimal, kind: DisposalKind, net: Decimal
) -> list[dict[str, Any]]:
    """Give the lines that bring an asset to the clearing account, and from there what is left to gain or loss."""
    clearing = accounts.of(Use.CLEARING)
    carrying = asset.cost - depreciation - asset.impairment
    lines = [
        line(clearing, Side.DEBIT, carrying),
        line(accounts.depreciation(asset.category_id), Side.DEBIT, depreciation),
        line(accounts.of(Use.PROVISION), Side.DEBIT, asset.impairment) if asset.impairment else {},
        line(accounts.asset(asset.category_id), Side.CREDIT, asset.cost),
    ]
    sold = kind is DisposalKind.SOLD
    gain = net - carrying
    if gain > 0:
        result = accounts.of(Use.SALE_GAIN if sold else Use.SCRAP_GAIN)
        return [*lines, line(clearing, Side.DEBIT, gain), line(result, Side.CREDIT, gain)]
    if gain < 0:
        result = accounts.of(Use.SALE_LOSS if sold else Use.SCRAP_LOSS)
        return [*lines, line(result, Side.DEBIT, -gain), line(clearing, Side.CREDIT, -gain)]
    return [*lines, {}, {}]


@action(
    Asset,
    label=_("Take the disposal back"),
    permission=Assets.DISPOSE,
    icon="arrow-back-up",
    offered=lambda asset: asset.status is AssetStatus.DISPOSED,
    done=_("%(count)s assets are in use again"),
)
def undo_disposal(ctx: Context, assets: Records[Asset]) -> None:
    """Put assets back into use whose voucher of disposal was deleted, voided or reversed.

    :raises BusinessError: the voucher of one still counts
    """
    for asset in list(assets):
        if asset.disposal_id is not None and ctx.session.scalar(_COUNTS, {"voucher": asset.disposal_id}):
            message = _("Delete or reverse the voucher of disposal of %(asset)s first.", asset=asset.display_name())
            raise BusinessError(message, record=asset.id)
        back: dict[str, Any] = {
            "status": AssetStatus.USED,
            "disposed_on": None,
            "disposal_kind": None,
            "disposal": None,
        }
        ctx.update(Records(ctx.session, Asset, ids=[asset.id]), back)
    assets.forget()


@action(
    Asset,
    label=_("Write down"),
    permission=Assets.DISPOSE,
    icon="arrow-big-down-lines",
    labels={"amount": _("Impairment"), "on": _("Date")},
    offered=lambda asset: asset.status is not AssetStatus.DISPOSED,
    done=_("%(count)s assets written down; the vouchers are drafts"),
)
def write_down(ctx: Context, assets: Records[Asset], *, amount: Decimal, on: date) -> list[int]:
    """Write down each for an impairment, after the month's depreciation; what is left is spread from the next month on.

    :raises BusinessError: it would fall below its residual value, or the standard has no account for it
    """
    accounts, made = Accounts(ctx), list[int]()
    for asset in list(assets):
        _check_day(asset, on)
        period = period_of(ctx, on)
        alone = charge_alone(ctx, asset, period)
        depreciation = asset.opening_depreciation + charged(ctx, [asset.id]).get(asset.id, Charged()).total
        most = asset.cost - depreciation - asset.impairment - residual_value(asset, ctx.company.places)
        if not ZERO < amount <= most:
            raise BusinessError(
                _("An impairment is above zero and at most %(most)s.", most=most), field="amount", record=asset.id
            )
        lines = [
            line(accounts.of(Use.IMPAIRMENT), Side.DEBIT, amount),
            line(accounts.of(Use.PROVISION), Side.CREDIT, amount),
        ]
        voucher = record(ctx, asset, "impairment", on, _("Impairment"), lines)
        fresh: dict[str, Any] = {
            "impairment": asset.impairment + amount,
            "basis_from": max(asset.basis_from, month_after(period.start)),
        }
        ctx.update(Records(ctx.session, Asset, ids=[asset.id]), fresh)
        made += [voucher] if alone is None else [alone, voucher]
    assets.forget()
    return made


__all__ = ["dispose", "undo_disposal", "write_down"]
