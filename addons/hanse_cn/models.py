"""What a company in China sets, and what it has declared to the tax office."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from hanse import (
    Check,
    Choice,
    Mapped,
    Model,
    Section,
    Settings,
    Unique,
    _,
    choice,
    flag,
    money,
    note,
    number,
    quantity,
    rate,
    text,
)
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


def _mm(label: Label, default: str, told: Label = "") -> Any:
    return quantity(label, unit="mm", default=Decimal(default), help=told)


class PreprintedSettings(
    Settings,
    section=Section(
        _("Pre-printed vouchers"),
        help=_(
            "Where the blanks of your paper are, measured in millimetres from its left and upper edges. "
            "What one printer is off by is set for that printer."
        ),
        icon="printer",
        order=27,
    ),
):
    """Settings of pre-printed voucher forms."""

    __tablename__ = "cn_preprinted_settings"
    #: The names of all lengths.
    LENGTHS: ClassVar[tuple[str, ...]] = (
        *("paper_width", "paper_height", "left_edge", "summary_width", "account_width", "detail_width"),
        *("amount_width", "mark_width", "first_line", "line_height", "heading_middle", "company_left"),
        *("date_middle", "number_right", "attachments_middle", "attachments_down", "signatures_middle"),
        "words_left",
        *("chief_left", "poster_left", "auditor_left", "cashier_left", "maker_left"),
    )
    paper_width: Mapped[Decimal] = _mm(_("Width of the paper"), "240")
    paper_height: Mapped[Decimal] = _mm(_("Height of the paper"), "140")
    left_edge: Mapped[Decimal] = _mm(_("Left edge of the table"), "20")
    summary_width: Mapped[Decimal] = _mm(_("Width of the summary"), "42")
    account_width: Mapped[Decimal] = _mm(_("Width of the account"), "33")
    detail_width: Mapped[Decimal] = _mm(
        _("Width of the details"), "41", _("0: they stand in the column of the account.")
    )
    amount_width: Mapped[Decimal] = _mm(_("Width of an amount"), "44", _("Debit and credit have the same width."))
    digit_cells: Mapped[int] = number(
        _("Digit cells of an amount"), default=11, help=_("10, 11 or 12; 0: amounts are printed as figures.")
    )
    mark_width: Mapped[Decimal] = _mm(_("Width of the mark of posting"), "6", _("0: there is none."))
    first_line: Mapped[Decimal] = _mm(_("Top of the first line"), "38")
    line_height: Mapped[Decimal] = _mm(_("Height of a line"), "12.3", _("The total stands right below the last line."))
    lines: Mapped[int] = number(_("Lines"), default=6, help=_("Without the total."))
    heading_middle: Mapped[Decimal] = _mm(
        _("Company, date and number: from above"), "24.2", _("The middle of the text.")
    )
    company_left: Mapped[Decimal] = _mm(_("Company: from the left"), "37")
    date_middle: Mapped[Decimal] = _mm(_("Date: middle, from the left"), "125")
    number_right: Mapped[Decimal] = _mm(_("Number: right end, from the left"), "230")
    attachments_middle: Mapped[Decimal] = _mm(_("Number of attached documents: middle, from the left"), "233.6")
    attachments_down: Mapped[Decimal] = _mm(_("Number of attached documents: from above"), "80")
    words_left: Mapped[Decimal] = _mm(
        _("Amount in words: from the left"), "33", _("In the line of the total, behind what is printed there.")
    )
    signatures_middle: Mapped[Decimal] = _mm(_("Those who signed: from above"), "130", _("The middle of the text."))
    chief_left: Mapped[Decimal] = _mm(_("Chief accountant: from the left"), "37")
    poster_left: Mapped[Decimal] = _mm(_("Poster: from the left"), "72")
    auditor_left: Mapped[Decimal] = _mm(_("Auditor: from the left"), "114")
    cashier_left: Mapped[Decimal] = _mm(_("Cashier: from the left"), "156")
    maker_left: Mapped[Decimal] = _mm(_("Maker: from the left"), "198")

    __rules__ = [
        Check(
            "cells", "digit_cells = 0 OR digit_cells BETWEEN 9 AND 14", error=_("A form has 9 to 14 digit cells, or 0.")
        ),
        Check("lines", "lines BETWEEN 3 AND 20", error=_("A page of a voucher has 3 to 20 lines.")),
        Check(
            "paper",
            "paper_width BETWEEN 100 AND 420 AND paper_height BETWEEN 70 AND 420",
            error=_("The paper is between 100 × 70 and 420 × 420 mm."),
        ),
        Check(
            "columns",
            "summary_width >= 10 AND account_width >= 10 AND amount_width >= 15 AND detail_width >= 0 "
            "AND mark_width >= 0 AND left_edge >= 0 AND left_edge + summary_width + account_width + detail_width "
            "+ 2 * amount_width + mark_width <= paper_width",
            error=_("The columns are wider than the paper, or one of them is too narrow."),
        ),
        Check(
            "rows",
            "line_height >= 3 AND first_line >= 0 AND first_line + line_height * (lines + 1) <= paper_height",
            error=_("The lines and the total are higher than the paper."),
        ),
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
