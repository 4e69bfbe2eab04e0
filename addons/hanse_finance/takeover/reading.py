"""Balance files of other programs as lines: heads wherever they stand, sums of others left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO

from hanse import BusinessError, _
from hanse.exchange.reading import read_rows
from hanse.i18n import Label
from hanse_finance.takeover.headings import is_total, known_words, role_of, side_of

ZERO = Decimal(0)
#: So many rows may stand above the heads, which take up to three.
_ABOVE, _DEEPEST = 30, 3
_AMOUNT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?|[+-]?\.\d+")
_CODE = re.compile(r"\d[\d.\-]*|[A-Za-z0-9][\w.\-]*")
_CODE_AND_NAME = re.compile(r"(\d[\d.\-]*)[\s_\-\\/|]+(\D.*)")
_PERIOD = re.compile(r"(?<!\d)(20\d\d)\D{1,3}(\d{1,2})(?!\d)")
_ACCOUNT_IN_TITLE = re.compile(r"(?:科目|account)[^:：]{0,6}[:：]\s*[\[(（【]?(\d{4,}[\d.]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a file, and where: the number of the row, from 1, and the heading of the column."""

    message: Label
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class FileLine:
    """A row of a balance file.

    :ivar dimensions: code and name by code of the dimension
    :ivar amounts: by role; ``sides`` has the side that a balance without sides of its own is said to stand on
    """

    row: int
    code: str
    name: str
    currency: str | None
    dimensions: Mapping[str, tuple[str, str]]
    amounts: Mapping[str, Decimal]
    sides: Mapping[str, int]
    side: int | None = None

    def balance(self, when: str, sign: int) -> Decimal:
        """Give a balance, debit positive.

        :param sign: of the account, for a balance of which nothing says where it stands
        """
        debit, credit = self.amounts.get(f"{when}_debit"), self.amounts.get(f"{when}_credit")
        if debit is not None or credit is not None:
            return (debit or ZERO) - (credit or ZERO)
        stands = self.sides.get(when.rpartition("_")[2], self.side) or sign
        return self.amounts.get(when, ZERO) * stands

    def moved(self, when: str) -> tuple[Decimal, Decimal]:
        """Give debit and credit of what moved."""
        return self.amounts.get(f"{when}_debit", ZERO), self.amounts.get(f"{when}_credit", ZERO)


@dataclass
class BalanceFile:
    """What a balance file says.

    :ivar roles: which it has
    :ivar span: first and last month that its titles name, as (year, month)
    """

    lines: list[FileLine] = field(default_factory=list[FileLine])
    faults: list[Fault] = field(default_factory=list[Fault])
    roles: dict[str, str] = field(default_factory=dict[str, str])
    span: tuple[tuple[int, int], tuple[int, int]] | None = None
    head_row: int = 0

    def has(self, when: str) -> bool:
        """Tell whether the file has amounts of a time."""
        return any(name in self.roles for name in (when, f"{when}_debit", f"{when}_credit"))


def read_balances(file: BinaryIO, dimensions: Mapping[str, str]) -> BalanceFile:
    """Read a CSV or XLSX file with balances.

    :param dimensions: code by name of the company's own dimensions, which may be headings too
    :raises BusinessError: it is no table, or has no heads that anybody knows
    """
    rows = list(read_rows(file))
    head = _Head.find(rows, dimensions)
    if head is None:
        raise BusinessError(
            _(
                "No heads were found that say which column is the account and which the balance. "
                "Export account balances as XLSX or CSV, or fill in the template."
            ),
            field="file",
        )
    titles = rows[: head.row]
    found = BalanceFile(roles=head.names(), span=_span(titles), head_row=head.row + 1)
    _Reader(head, _account_in(titles), found).read(rows[head.row + head.depth :], head.row + head.depth + 1)
    return found


@dataclass
class _Head:
    """Where the heads stand and what each column is."""

    row: int
    depth: int
    roles: dict[int, str]
    texts: list[str]

    @classmethod
    def find(cls, rows: Sequence[Sequence[str]], dimensions: Mapping[str, str]) -> _Head | None:
        """Find the rows whose texts are known best."""
        best: _Head | None = None
        for row in range(min(len(rows), _ABOVE)):
            texts: list[str] = []
            for depth in range(1, _DEEPEST + 1):
                if row + depth > len(rows):
                    break
                texts = list(rows[row]) if depth == 1 else _joined(texts, rows[row + depth - 1])
                head = cls(row, depth, _roles(texts, dimensions), texts)
                if head.is_one and (best is None or len(head.roles) > len(best.roles)):
                    best = head
        return best

    @property
    def is_one(self) -> bool:
        """Whether it names an account, or what an account is analysed by, and an amount."""
        names = set(self.roles.values())
        known = any(name in ("code", "name") or name.startswith("dimension") for name in names)
        return known and any(name.startswith(("opening", "closing")) for name in names)

    def names(self) -> dict[str, str]:
        """Give the heading of each role."""
        return {role: self.texts[place] for place, role in self.roles.items()}

    def side_before(self, place: int) -> int | None:
        """Give the column that says the side of the balance in a column: the nearest on its left."""
        sides = [one for one, role in self.roles.items() if role == "side" and one < place]
        return max(sides, default=None)


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Put the names of groups before those of their columns; merged cells are empty but for the first."""
    names: list[str] = []
    group = ""
    for place in range(max(len(upper), len(lower))):
        above = upper[place] if place < len(upper) else ""
        below = lower[place] if place < len(lower) else ""
        group = above or group
        names.append(f"{group} {below}" if below else above)
    return names


def _roles(texts: Sequence[str], dimensions: Mapping[str, str]) -> dict[int, str]:
    """Read headings; what two columns claim belongs to the first, except sides."""
    found: dict[int, str] = {}
    for place, text in enumerate(texts):
        role = role_of(text) if text else None
        if role is None and text.strip() in dimensions:
            role = f"dimension:{dimensions[text.strip()]}"
        if role is not None and (role == "side" or role not in found.values()):
            found[place] = role
    return found


def _span(titles: Sequence[Sequence[str]]) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Find the months that titles name; days of printing are none of them."""
    marks = [mark for words in known_words() for mark in words.not_periods]
    found: list[tuple[int, int]] = []
    for row in titles:
        for text in row:
            plain = unicodedata.normalize("NFKC", text)
            if any(mark in plain for mark in marks):
                continue
            found += [(int(year), int(month)) for year, month in _PERIOD.findall(plain) if 1 <= int(month) <= 12]
    return (min(found), max(found)) if found else None


def _account_in(titles: Sequence[Sequence[str]]) -> str | None:
    """Find the account that a list by customer or supplier is of, in its titles."""
    for row in titles:
        if found := _ACCOUNT_IN_TITLE.search(" ".join(row)):
            return found[1]
    return None


class _Reader:
    """Reads the rows below the heads."""

    def __init__(self, head: _Head, account: str | None, found: BalanceFile) -> None:
        self.head, self.account, self.found = head, account, found
        self.places = {role: place for place, role in head.roles.items()}
        self.last_code = ""

    def read(self, rows: Sequence[Sequence[str]], number: int) -> None:
        """Read rows, the first of which has a number in the file."""
        for row in rows:
            line = self._line(row, number)
            if line is not None:
                self.found.lines.append(line)
            number += 1

    def _text(self, row: Sequence[str], role: str) -> str:
        place = self.places.get(role)
        text = row[place] if place is not None and place < len(row) else ""
        return unicodedata.normalize("NFKC", text).strip().removeprefix("'")

    def _line(self, row: Sequence[str], number: int) -> FileLine | None:
        if not any(row) or any(is_total(cell) for cell in row[: max(self.places.values()) + 1] if cell):
            return None
        if role_of(row[min(self.places.values())] if min(self.places.values()) < len(row) else "") is not None:
            return None  # the heads again, at the top of another page
        code, name = self._account(row)
        amounts = dict(self._amounts(row, number))
        if not code:
            if any(amounts.values()):
                message = _("There is no account in this row.")
                self.found.faults.append(Fault(message, number, self.found.roles.get("code")))
            return None
        return FileLine(
            number,
            code,
            name,
            self._text(row, "currency") or None,
            dict(self._dimensions(row)),
            amounts,
            dict(self._sides(row)),
            self._own_side(row),
        )

    def _account(self, row: Sequence[str]) -> tuple[str, str]:
        code, name = self._text(row, "code"), self._text(row, "name")
        if found := _CODE_AND_NAME.fullmatch(code or name):
            code, name = found[1], name if code and name else found[2]
        if code and not _CODE.fullmatch(code):
            code = ""
        if not code and self.account is not None:
            code = self.account
        elif not code and any(role.startswith("dimension") for role in self.places):
            code = self.last_code  # the account stands in the first of its rows only
        self.last_code = code
        return code, name

    def _dimensions(self, row: Sequence[str]) -> Iterator[tuple[str, tuple[str, str]]]:
        for dimension in {role.partition(":")[2] for role in self.places if role.startswith("dimension")}:
            code = self._text(row, f"dimension_code:{dimension}")
            name = self._text(row, f"dimension:{dimension}")
            if code or name:
                yield dimension, (code, name)

    def _amounts(self, row: Sequence[str], number: int) -> Iterator[tuple[str, Decimal]]:
        for place, role in self.head.roles.items():
            if role in ("code", "name", "side", "currency") or role.startswith("dimension"):
                continue
            text = row[place] if place < len(row) else ""
            try:
                yield role, amount_of(text)
            except ValueError:
                message = _("“%(text)s” is no amount, write it as 1,234.56.", text=text[:40])
                self.found.faults.append(Fault(message, number, self.head.texts[place]))

    def _sides(self, row: Sequence[str]) -> Iterator[tuple[str, int]]:
        for role in ("opening", "closing", "year"):
            place = self.places.get(role)
            before = None if place is None else self.head.side_before(place)
            if before is not None and before < len(row) and (side := side_of(row[before])) is not None:
                yield role, side

    def _own_side(self, row: Sequence[str]) -> int | None:
        """Give the side where the file has one column for it, which may stand behind the balance."""
        sides = [place for place, role in self.head.roles.items() if role == "side"]
        if len(sides) != 1 or sides[0] >= len(row):
            return None
        return side_of(row[sides[0]])


def amount_of(text: str) -> Decimal:
    """Read an amount: ``1,234.56``, ``￥12``, ``(12)`` and ``12-`` for minus, nothing and dashes for zero.

    :raises ValueError: it is none
    """
    plain = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").strip().removeprefix("'")
    plain = "".join(plain.split()).lstrip("¥￥$").rstrip("元")
    if not plain.strip("-\N{EM DASH}\N{EN DASH}"):
        return ZERO
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        negative, plain = True, plain[1:-1]
    elif plain.endswith("-"):
        negative, plain = True, plain[:-1]
    if not _AMOUNT.fullmatch(plain):
        raise ValueError(text)
    amount = Decimal(plain.replace(",", ""))
    return -amount if negative else amount


__all__ = ["BalanceFile", "Fault", "FileLine", "amount_of", "read_balances"]
