"""Fields that only China knows."""

from __future__ import annotations

from hanse import Choice, Mapped, StoredFile, _, choice, file
from hanse_cn.models import Taxpayer
from hanse_invoicing.models import Invoice, Tax


class ChineseTax(Tax, extends=True):
    """A VAT rate."""

    taxpayer: Mapped[Taxpayer | None] = choice(_("Kind of taxpayer"), help=_("Who may charge it; empty: anybody."))


class FapiaoKind(Choice):
    """Kinds of tax invoices (发票)."""

    ELECTRONIC_SPECIAL = "electronic_special", _("Electronic invoice (special VAT)")
    ELECTRONIC_ORDINARY = "electronic_ordinary", _("Electronic invoice (ordinary)")
    PAPER_SPECIAL = "paper_special", _("Paper invoice (special VAT)")
    PAPER_ORDINARY = "paper_ordinary", _("Paper invoice (ordinary)")
    OTHER = "other", _("Other receipt")


class FapiaoInvoice(Invoice, extends=True):
    """An invoice with its 发票."""

    fapiao_kind: Mapped[FapiaoKind | None] = choice(
        _("Kind of tax invoice"), help=_("Input VAT is deducted with special VAT invoices only.")
    )
    fapiao_file: Mapped[StoredFile | None] = file(
        _("Electronic original"), help=_("The file as it came, which is the voucher before the law; kept unchanged.")
    )
