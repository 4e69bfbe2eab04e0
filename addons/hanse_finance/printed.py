"""Vouchers as they are printed, in plain values, and what prints them: forms and words of amounts that addons bring.

Nothing here knows a database, so anything that can fill a :class:`PrintedVoucher` can print.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, NamedTuple, Protocol

from hanse.errors import BusinessError
from hanse.i18n import Label, _

if TYPE_CHECKING:
    from hanse.documents.weasy import Resource

Side = Literal["D", "C"]


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
class Letterhead:
    """What a company adds to its forms: a line of text (address, tax number) and a logo."""

    text: str = ""
    logo: Resource | None = None


@dataclass(frozen=True, slots=True)
class PrintResult:
    """What was printed.  Missing characters were drawn as boxes; truncated texts end with an ellipsis."""

    pages: int
    vouchers: int
    missing_characters: tuple[str, ...]
    truncated: tuple[str, ...]


NO_LETTERHEAD: Final = Letterhead()


# --- forms ------------------------------------------------------------------------------------------------------------


class Printer(Protocol):
    """Writes vouchers into a PDF file, and keeps none of them in memory."""

    def __call__(
        self,
        vouchers: Iterable[PrintedVoucher],
        *,
        out: BinaryIO,
        locale: str,
        letterhead: Letterhead,
        title: str,
        progress: Callable[[int], None] | None,
    ) -> PrintResult: ...


@dataclass(frozen=True, slots=True)
class VoucherForm:
    """A form to print vouchers on; it is offered where its addon is on.

    :ivar name: as it stands in addresses and on the command line
    """

    name: str
    label: Label
    addon: str
    printer: Printer


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
    "NO_LETTERHEAD",
    "CountedQuantity",
    "ForeignAmount",
    "Letterhead",
    "PrintResult",
    "PrintedLine",
    "PrintedVoucher",
    "Printer",
    "Side",
    "VoucherForm",
    "amount_in_words",
    "register_form",
    "register_words",
    "voucher_form",
    "voucher_forms",
]
