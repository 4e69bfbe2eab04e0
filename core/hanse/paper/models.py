"""What a company sets about its paper: its seals, and what stands on each kind of document."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hanse.i18n import _
from hanse.models import (
    Check,
    Choice,
    Mapped,
    Model,
    Section,
    Settings,
    StoredFile,
    Unique,
    choice,
    file,
    flag,
    link,
    quantity,
    text,
)

#: Bytes of a logo or a seal at most: it is part of every file that is printed.
LARGEST = 2 * 2**20


class PaperSettings(
    Settings,
    section=Section(
        _("Letterhead"),
        help=_("What stands in the letterhead beside name, address, phone and logo of the company."),
        icon="file-text",
        order=5,
    ),
):
    """Settings of letterheads."""

    __tablename__ = "core_paper_settings"
    tax_number: Mapped[bool] = flag(_("Tax number"), default=True)
    bank: Mapped[bool] = flag(_("Bank and account"), default=True)


class Seal(Model):
    """A seal of the company as a picture: the company's own, that of finance, that for invoices."""

    __tablename__ = "core_seal"
    name: Mapped[str] = text(_("Name"), max_length=80, search=True)
    picture: Mapped[StoredFile] = file(
        _("Picture"), help=_("A PNG picture or an SVG drawing of at most 2 MB. White paper around it becomes clear.")
    )
    width: Mapped[Decimal] = quantity(_("Width"), unit="mm", default=Decimal(38), help=_("Between 10 and 80 mm."))

    __rules__ = [
        Unique("name", error=_("There is a company seal with this name already.")),
        Check("width", "width BETWEEN 10 AND 80", error=_("A company seal is between 10 and 80 mm wide.")),
        Check(
            "picture",
            "lower(picture) ~ '[.](png|svg)$' AND CAST(split_part(picture, '/', 2) AS bigint) <= 2097152",
            error=_("A company seal is a PNG picture or an SVG drawing of at most 2 MB."),
        ),
    ]


class PaperHead(Choice):
    """How much of the letterhead stands on a document."""

    FULL = "full", _("Whole letterhead")
    NAME = "name", _("Name of the company only")
    NONE = "none", _("None")


class Paper(Model):
    """What a company puts on one kind of document, other than usual.

    ``seal_right`` and ``seal_down`` move the seal from where the document has it.
    """

    __tablename__ = "core_paper"
    __display__ = ("kind",)
    kind: Mapped[str] = text(_("Kind of document"), max_length=80, widget="paper_kind")
    head: Mapped[PaperHead] = choice(_("Letterhead"), default=PaperHead.FULL)
    seal: Mapped[Seal | None] = link(_("Company seal"), index=False)
    seal_right: Mapped[Decimal] = quantity(
        _("Company seal moved to the right"), unit="mm", default=Decimal(0), help=_("Negative: to the left.")
    )
    seal_down: Mapped[Decimal] = quantity(
        _("Company seal moved down"), unit="mm", default=Decimal(0), help=_("Negative: up.")
    )

    __rules__ = [
        Unique("kind", error=_("There is an entry for this kind of document already.")),
        Check(
            "moved",
            "seal_right BETWEEN -400 AND 400 AND seal_down BETWEEN -400 AND 400",
            error=_("A company seal is moved by 400 mm at most."),
        ),
    ]

    if TYPE_CHECKING:
        seal_id: Mapped[int | None]


__all__ = ["LARGEST", "Paper", "PaperHead", "PaperSettings", "Seal"]
