"""Vouchers as they are printed, in plain values, and what prints them: forms and words of amounts that addons bring.

Nothing here knows a database, so anything that can fill a :class:`PrintedVoucher` can print.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, NamedTuple, Protocol

from hanse.errors import BusinessError
from hanse.i18n import Label, _

if TYPE_CHECKING:
    from hanse import Context
    from hanse.paper import Letterhead

Side = Literal["D", "C"]
Columns = Literal["detailed", "compact", "foreign", "quantity"]
"""General account and detail apart; in one column; with currency, original amount and rate; with quantity and price."""


class ForeignAmount(NamedTuple):
    """The original amount of a line kept in another currency, and its rate to the currency of the voucher."""

    currency: str
    amount: Decimal
    rate: Decimal


class CountedQuantity(NamedTuple):
    """How much of what a line is about: 10 箱 at 35.00."""

    quantity: Decimal
    unit: str = ""
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of a voucher.  ``amount`` is in ``currency`` on the given side; a negative one is printed red (红字).

    ``account_title`` is the general account, ``detail`` the sub-account and the dimensions; both in the language of
    the print.  A line in the voucher's own currency may leave ``currency`` empty.
    """

    summary: str
    account_code: str
    account_title: str
    side: Side
    amount: Decimal
    detail: str = ""
    currency: str = ""
    foreign: ForeignAmount | None = None
    quantity: CountedQuantity | None = None


@dataclass(frozen=True, slots=True)
class PrintedVoucher:
    """A voucher as printed.  ``number`` is None until posted: then ``provisional`` is shown and marked as such.

    Who signed stands there by name; an empty name leaves room for ink.  A poster also ticks every line (记账 √).

    :param title: 记账凭证, 收款凭证, 付款凭证, 转账凭证; empty for the general one in the language of the print
    :param decimals: of ``currency``; other than 2, figures stand plain instead of in digit cells
    """

    company: str
    word: str
    number: int | None
    provisional: int
    date: datetime.date
    period: str
    lines: tuple[PrintedLine, ...]
    attachments: int = 0
    title: str = ""
    maker: str = ""
    auditor: str = ""
    poster: str = ""
    cashier: str = ""
    chief: str = ""
    currency: str = "CNY"
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class Look:
    """What people choose about a form.

    :ivar columns: which columns it has
    :ivar lines: on a page; None: as many as the form has usually
    :ivar subtotals: a page that is not the last ends with what its lines add up to, and the next begins with it
        (过次页, 承前页), which takes a line
    :ivar strike_unused: a slanted line goes through the amounts of unused lines (斜线注销)
    :ivar signatures: names of those who signed; else room for ink
    :ivar cells: a cell for each digit of an amount, where the columns leave room for them
    :ivar red: negative amounts are red; else they have a minus, for printers with black only
    :ivar right: how far everything is moved to the right, in mm
    :ivar down: how far everything is moved down, in mm
    """

    columns: Columns = "detailed"
    lines: int | None = None
    subtotals: bool = False
    strike_unused: bool = False
    signatures: bool = True
    cells: bool = True
    red: bool = True
    right: Decimal = Decimal(0)
    down: Decimal = Decimal(0)

    def on(self, form: VoucherForm) -> Look:
        """Return the look as far as a form has room for it; pre-printed paper says how many lines it has."""
        return self if self.lines is None else replace(self, lines=min(self.lines, form.most_lines))

    def pages(self, lines: int, usual: int) -> int:
        """Return how many pages a voucher of so many lines has on a form of ``usual`` lines a page."""
        room = self.lines or usual
        if lines <= room:
            return 1
        return 1 - (-(lines - room) // (room - 1 if self.subtotals else room))


class Numbers(NamedTuple):
    """The vouchers of one series in a volume: 记 1 to 120."""

    period: str
    word: str
    first: str
    last: str
    vouchers: int


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on the cover of a volume of vouchers (凭证封面).

    :ivar volume: which volume of ``volumes`` it is
    :ivar sheets: pages of vouchers in it
    :ivar bound: the day of binding
    :ivar responsible: the chief accountant
    """

    company: str
    period: str
    volume: int
    volumes: int
    numbers: Sequence[Numbers]
    vouchers: int
    sheets: int
    attachments: int
    bound: datetime.date
    binder: str = ""
    responsible: str = ""


class SummaryRow(NamedTuple):
    """What the vouchers of a volume add up to on one general account, in the company's currency."""

    code: str
    title: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Summary:
    """The vouchers of a volume by general account (科目汇总表)."""

    company: str
    period: str
    numbers: Sequence[Numbers]
    rows: Sequence[SummaryRow]
    attachments: int
    currency: str = "CNY"
    decimals: int = 2
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """What is printed one behind the other, and bound: cover, summary sheet, vouchers, as far as they are wanted."""

    vouchers: Iterable[PrintedVoucher] = ()
    cover: Cover | None = None
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class PrintResult:
    """What was printed.  Missing characters were drawn as boxes; truncated texts end with an ellipsis."""

    pages: int
    vouchers: int
    missing_characters: tuple[str, ...]
    truncated: tuple[str, ...]


USUAL: Final = Look()


# --- forms ------------------------------------------------------------------------------------------------------------


class Printer(Protocol):
    """Writes volumes of vouchers into a PDF file, and keeps no voucher in memory."""

    def __call__(
        self,
        volumes: Iterable[Volume],
        *,
        out: BinaryIO,
        locale: str,
        letterhead: Letterhead,
        look: Look,
        title: str,
        progress: Callable[[int], None] | None,
    ) -> PrintResult: ...


@dataclass(frozen=True, slots=True)
class VoucherForm:
    """A form to print vouchers on; it is offered where its addon is on.

    :ivar name: as it stands in addresses and on the command line
    :ivar label: as part of a sentence: 240 × 140 mm
    :ivar lines: on a page, where nobody wants more or fewer
    :ivar most_lines: what there is room for
    :ivar preprinted: frame and labels are on the paper already (套打), so that printers differ by millimetres
    :ivar of_company: gives the form with what a company has measured of it
    """

    name: str
    label: Label
    addon: str
    printer: Printer
    lines: int = 6
    most_lines: int = 12
    preprinted: bool = False
    of_company: Callable[[Context, VoucherForm], VoucherForm] | None = None


_forms: dict[str, VoucherForm] = {}


def register_form(form: VoucherForm) -> VoucherForm:
    """Let vouchers be printed on a form."""
    return _forms.setdefault(form.name, form)


def voucher_forms(enabled: Collection[str] | None = None) -> list[VoucherForm]:
    """Give the forms of the addons that are on; None: of all installed ones."""
    return [form for form in _forms.values() if enabled is None or form.addon in enabled]


def voucher_form(name: str, enabled: Collection[str]) -> VoucherForm:
    """Find a form by name.

    :raises BusinessError: there is none, or its addon is off
    """
    found = {form.name: form for form in voucher_forms(enabled)}
    if name not in found:
        known = ", ".join(found) or _("none")
        raise BusinessError(
            _("There is no voucher form %(name)s here. Forms: %(known)s.", name=name, known=known), field="form"
        )
    return found[name]


# --- amounts in words -------------------------------------------------------------------------------------------------

_words: dict[str, Callable[[Decimal], str]] = {}


def register_words(locale: str, words: Callable[[Decimal], str]) -> None:
    """Say how amounts are written in words in a language."""
    _words[locale] = words


def amount_in_words(amount: Decimal, locale: str) -> str:
    """Write an amount of money in the words of a language.

    :raises BusinessError: no installed addon knows how, or the amount has no words
    """
    if locale not in _words:
        raise BusinessError(
            _("No installed addon writes amounts in words of %(locale)s.", locale=locale), field="locale"
        )
    try:
        return _words[locale](amount)
    except ValueError as error:
        raise BusinessError(str(error), field="amount") from error


__all__ = [
    "USUAL",
    "Columns",
    "CountedQuantity",
    "Cover",
    "ForeignAmount",
    "Look",
    "Numbers",
    "PrintResult",
    "PrintedLine",
    "PrintedVoucher",
    "Printer",
    "Side",
    "Summary",
    "SummaryRow",
    "Volume",
    "VoucherForm",
    "amount_in_words",
    "register_form",
    "register_words",
    "voucher_form",
    "voucher_forms",
]
