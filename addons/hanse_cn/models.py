"""What a company in China sets, and what it has declared to the tax office."""

from __future__ import annotations

from decimal import Decimal

from hanse import Check, Choice, Mapped, Model, Section, Settings, Unique, _, choice, flag, money, note, rate, text
from hanse.i18n import Label


class Chart(Choice):
    """The accounting standards a company may follow."""

    SMALL_BUSINESS = "small_business", _("Accounting standard for small businesses")
    ENTERPRISE = "enterprise", _("Accounting standards for enterprises")


class Taxpayer(Choice):
    """Kinds of VAT taxpayer (增值税法, articles 8 and 9)."""

    GENERAL = "general", _("General taxpayer")
    SMALL_SCALE = "small_scale", _("Small-scale taxpayer")


class ChinaSettings(
    Settings, section=Section(_("China"), help=_("What Chinese law asks of the company."), icon="flag")
):
    """Settings of a company in China."""

    taxpayer: Mapped[Taxpayer | None] = choice(
        _("VAT taxpayer"),
        help=_("As registered with the tax office; it decides rates and which tax accounts are used."),
    )
    standard: Mapped[Chart | None] = choice(
        _("Accounting standard"), help=_("It decides which statements are made. Empty: the one that fits the accounts.")
    )
    reserve_percent: Mapped[Decimal] = rate(
        _("Statutory surplus reserve"),
        unit="%",
        default=Decimal(10),
        help=_("Of the year's profit after losses brought forward, when the year is closed (公司法)."),
    )
    reserve_stops: Mapped[bool] = flag(
        _("No more reserve than half the capital"),
        help=_("The law lets a company stop once its statutory reserve is half of its registered capital."),
    )
    accrue_surcharges: Mapped[bool] = flag(
        _("Book surcharges on VAT when a month is closed"),
        help=_("Urban maintenance and construction tax and both education surcharges, on the VAT that is owed."),
    )
    city_tax_percent: Mapped[Decimal] = rate(
        _("Urban maintenance and construction tax"), unit="%", default=Decimal(7), help=_("Of the VAT to be paid.")
    )
    education_percent: Mapped[Decimal] = rate(
        _("Education surcharge"), unit="%", default=Decimal(3), help=_("Of the VAT to be paid.")
    )
    local_education_percent: Mapped[Decimal] = rate(
        _("Local education surcharge"), unit="%", default=Decimal(2), help=_("Of the VAT to be paid.")
    )

    __rules__ = [
        Check(
            "percents",
            "reserve_percent BETWEEN 0 AND 100 AND city_tax_percent BETWEEN 0 AND 100 "
            "AND education_percent BETWEEN 0 AND 100 AND local_education_percent BETWEEN 0 AND 100",
            error=_("A percentage lies between 0 and 100."),
        )
    ]


def _line(number: int) -> Label:
    return _("Line %(line)s of the return.", line=number)


class VatReturn(Model):
    """What was declared for VAT in a month or quarter, by the lines of the return; also of times before these books.

    Amounts are those of the main table of 增值税及附加税费申报表（一般纳税人适用）, with the number of its line.
    """

    __tablename__ = "cn_vat_return"
    __display__ = ("code",)
    code: Mapped[str] = text(_("Tax period"), max_length=7, help=_("2025-06, or 2025-Q2 for a quarter."), search=True)
    sales: Mapped[Decimal] = money(_("Sales at the general rates"), default=Decimal(0), help=_line(1))
    output: Mapped[Decimal] = money(_("Output tax"), default=Decimal(0), help=_line(11))
    input: Mapped[Decimal] = money(_("Input tax"), default=Decimal(0), help=_line(12))
    brought_forward: Mapped[Decimal] = money(_("Input tax brought forward"), default=Decimal(0), help=_line(13))
    transferred_out: Mapped[Decimal] = money(_("Input tax transferred out"), default=Decimal(0), help=_line(14))
    payable: Mapped[Decimal] = money(_("Tax payable"), default=Decimal(0), help=_line(19))
    carried_forward: Mapped[Decimal] = money(_("Input tax carried forward"), default=Decimal(0), help=_line(20))
    simplified: Mapped[Decimal] = money(_("Tax by the simplified method"), default=Decimal(0), help=_line(21))
    reduced: Mapped[Decimal] = money(_("Tax reduced"), default=Decimal(0), help=_line(23))
    total: Mapped[Decimal] = money(_("Total tax payable"), default=Decimal(0), help=_line(24))
    remark: Mapped[str | None] = note(_("Remark"))

    __rules__ = [
        Unique("code", error=_("There is a return of this tax period already.")),
        Check(
            "code",
            "code ~ '^20[0-9]{2}-(0[1-9]|1[0-2]|Q[1-4])$'",
            error=_("A tax period is a month such as 2025-06 or a quarter such as 2025-Q2."),
        ),
    ]
