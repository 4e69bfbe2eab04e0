"""What a company sets about its assets."""

from __future__ import annotations

from hanse import Mapped, Section, Settings, _, link
from hanse_finance.models import Account


class AssetsSettings(
    Settings,
    section=Section(
        _("Fixed assets"),
        help=_("Accounts that nobody names are those of the accounting standard."),
        icon="building-factory-2",
        order=26,
    ),
):
    """Accounts of fixed assets."""

    asset_account: Mapped[Account | None] = link(_("Fixed assets"))
    depreciation_account: Mapped[Account | None] = link(_("Accumulated depreciation"))
    expense_account: Mapped[Account | None] = link(_("Depreciation expense"))
    provision_account: Mapped[Account | None] = link(_("Provision for impairment"))
    impairment_account: Mapped[Account | None] = link(_("Impairment losses"))
    clearing_account: Mapped[Account | None] = link(_("Disposal of fixed assets"))
    sale_gain_account: Mapped[Account | None] = link(_("Gains on sales of assets"))
    sale_loss_account: Mapped[Account | None] = link(_("Losses on sales of assets"))
    scrap_gain_account: Mapped[Account | None] = link(_("Gains on scrapped assets"))
    scrap_loss_account: Mapped[Account | None] = link(_("Losses on scrapped assets"))
    input_tax_account: Mapped[Account | None] = link(_("Input VAT"))
    output_tax_account: Mapped[Account | None] = link(_("Output VAT"))
