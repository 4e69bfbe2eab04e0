"""What a company in China sets."""

from __future__ import annotations

from decimal import Decimal

from hanse import Check, Choice, Mapped, Section, Settings, _, choice, flag, rate


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
