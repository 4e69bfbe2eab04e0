"""Write the vouchers that buy assets, where no other voucher did."""

from __future__ import annotations

from datetime import date

from hanse import BusinessError, Context, Records, _, action
from hanse_assets.accounts import Accounts, Use
from hanse_assets.models import Asset
from hanse_assets.permissions import Assets
from hanse_assets.vouchers import line, record
from hanse_finance.models import Account, DimensionSet, Side


@action(
    Asset,
    label=_("Write the acquisition"),
    permission=Assets.ACQUIRE,
    icon="shopping-cart",
    labels={"account": _("Paid from or owed on"), "details": _("Dimensions"), "on": _("Date")},
    offered=lambda asset: asset.acquisition_id is None and asset.opening_months == 0 and not asset.opening_depreciation,
    done=_("%(count)s vouchers written; they are drafts"),
)
def acquire(
    ctx: Context,
    assets: Records[Asset],
    *,
    account: Account,
    details: DimensionSet | None = None,
    on: date | None = None,
) -> list[int]:
    """Write the voucher of each: cost and input VAT against a bank, a supplier or construction in progress.

    :param on: empty: the day of acquisition
    :raises BusinessError: an asset has such a voucher already, or an account is missing
    """
    accounts, made = Accounts(ctx), list[int]()
    for asset in list(assets):
        if asset.acquisition_id is not None:
            message = _("%(asset)s has a voucher of acquisition already.", asset=asset.display_name())
            raise BusinessError(message, record=asset.id)
        lines = [line(accounts.asset(asset.category_id), Side.DEBIT, asset.cost)]
        if asset.input_tax:
            lines.append(line(accounts.of(Use.INPUT_TAX), Side.DEBIT, asset.input_tax))
        against = line(account.id, Side.CREDIT, asset.cost + asset.input_tax, details.id if details else None)
        made.append(record(ctx, asset, "acquisition", on or asset.acquired_on, _("Acquisition"), [*lines, against]))
        ctx.update(Records(ctx.session, Asset, ids=[asset.id]), {"acquisition": made[-1]})
    return made


__all__ = ["acquire"]
