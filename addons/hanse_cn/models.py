"""What a company in China sets."""

from __future__ import annotations

from hanse import Choice, Mapped, Section, Settings, _, choice


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
