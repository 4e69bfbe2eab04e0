"""What a voucher form shows, as plain values: whoever prints fills these, the forms know no database."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

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
