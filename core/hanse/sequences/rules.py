"""How numbers of documents look and where they begin anew: ``PO{year}{month}-{number:5}``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

from hanse.errors import BusinessError
from hanse.i18n import Label, _
from hanse.models.fields import Choice

#: Longest pattern, and longest word that a caller may give as a part of a number.
LONGEST, LONGEST_PART = 80, 20
_MOST_DIGITS = 15
_PIECE = re.compile(r"\{([a-z][a-z0-9_]*)(?::0?([1-9][0-9]?))?\}|([^{}]+)")
_NUMBER, _ID = "number", "id"
#: ``{number:4}`` is how patterns were written first.
_ALIASES = {"seq": _NUMBER}
_DATED = ("year", "fiscal_year", "month", "day")


class Reset(Choice):
    """When a sequence begins anew."""

    NEVER = "never", _("Never")
    YEAR = "year", _("Each calendar year")
    FISCAL_YEAR = "fiscal_year", _("Each fiscal year")
    MONTH = "month", _("Each month")
    DAY = "day", _("Each day")


class Counting(Choice):
    """How numbers are given out."""

    GAPLESS = "gapless", _("Without gaps")
    FAST = "fast", _("Fast, gaps are possible")


#: What a pattern must show, so that numbers of one period are not those of another.
_SHOWS: Mapping[Reset, frozenset[str]] = {
    Reset.NEVER: frozenset(),
    Reset.YEAR: frozenset({"year"}),
    Reset.FISCAL_YEAR: frozenset({"fiscal_year"}),
    Reset.MONTH: frozenset({"year", "month"}),
    Reset.DAY: frozenset({"year", "month", "day"}),
}


class RuleError(BusinessError):
    """A rule under which numbers could not be told apart, or that cannot be read."""


@dataclass(frozen=True)
class Piece:
    """A part of a pattern: text that stands as it is, or a name in braces with its number of digits."""

    name: str = ""
    width: int = 0
    literal: str = ""


@dataclass(frozen=True)
class Days:
    """What the date of a document gives to its number.

    :ivar fiscal: the first day of its fiscal year
    """

    on: date
    fiscal: date

    @cached_property
    def words(self) -> Mapping[str, str]:
        """Give the parts of a pattern that follow from the date."""
        return {
            "year": f"{self.on.year:04}",
            "fiscal_year": f"{self.fiscal.year:04}",
            "month": f"{self.on.month:02}",
            "day": f"{self.on.day:02}",
        }


@dataclass(frozen=True)
class NumberRule:
    """How a sequence counts.

    :ivar pattern: text with ``{number:5}`` (at least so many digits) and ``{year}``, ``{year:2}``, ``{fiscal_year}``,
        ``{month}``, ``{day}`` or a part that the caller gives; ``{id:5}`` instead of the number is the record's own id
    :ivar start: the first number of each period
    :ivar reset: None: as the pattern shows, each day, month or year
    """

    pattern: str
    start: int = 1
    step: int = 1
    reset: Reset | None = None
    counting: Counting = Counting.GAPLESS
    parts: Mapping[str, Label] = field(default_factory=dict[str, Label], hash=False)

    @cached_property
    def pieces(self) -> Sequence[Piece]:
        """The parts of the pattern, in order."""
        found = [
            Piece(_ALIASES.get(name, name), int(width or 0), literal)
            for name, width, literal in (match.groups(default="") for match in _PIECE.finditer(self.pattern))
        ]
        if "".join(match.group() for match in _PIECE.finditer(self.pattern)) != self.pattern:
            raise RuleError(_("The pattern has a brace that is not closed, such as {year."), field="pattern")
        return found

    @property
    def names(self) -> frozenset[str]:
        """The names that stand in braces."""
        return frozenset(piece.name for piece in self.pieces if piece.name)

    @property
    def given(self) -> tuple[str, ...]:
        """The parts that the caller gives, by name: numbers are counted apart for each value."""
        return tuple(sorted(self.names & set(self.parts)))

    @property
    def by_id(self) -> bool:
        """Whether records' own ids are the numbers, and nothing is counted."""
        return _ID in self.names

    @cached_property
    def restarts(self) -> Reset:
        """When counting begins anew."""
        if self.reset is not None:
            return self.reset
        names = self.names
        fitting = (one for one in (Reset.DAY, Reset.MONTH, Reset.YEAR, Reset.FISCAL_YEAR) if _SHOWS[one] <= names)
        return next(fitting, Reset.NEVER)

    def check(self, most: int | None = None) -> None:
        """Refuse a rule under which numbers could be given twice, or would not fit.

        :param most: so many characters the number may have
        :raises RuleError: with the name of the part of the rule as ``field``
        """
        self._check_pattern()
        self._check_counting()
        longest = sum(len(piece.literal) or self._width(piece) for piece in self.pieces)
        if most is not None and longest > most:
            raise RuleError(
                _("Numbers would have up to %(length)s characters; %(most)s fit.", length=longest, most=most),
                field="pattern",
            )

    def _check_pattern(self) -> None:
        if len(self.pattern) > LONGEST or not self.pattern.isprintable() or self.pattern != self.pattern.strip():
            raise RuleError(
                _("The pattern must have at most %(most)s characters and no blanks at its ends.", most=LONGEST),
                field="pattern",
            )
        known = {_NUMBER, _ID, *_DATED, *self.parts}
        wrong = sorted(self.names - known)
        if wrong:
            names = ", ".join(f"{{{name}}}" for name in sorted(known - {_ID}))
            raise RuleError(
                _("{%(name)s} is no part of this number. There are: %(names)s.", name=wrong[0], names=names),
                field="pattern",
            )
        if sum(piece.name in (_NUMBER, _ID) for piece in self.pieces) != 1:
            raise RuleError(_("The pattern must hold {number} exactly once, such as {number:5}."), field="pattern")
        if any(piece.width > _MOST_DIGITS for piece in self.pieces):
            raise RuleError(_("A number has at most %(most)s digits.", most=_MOST_DIGITS), field="pattern")

    def _check_counting(self) -> None:
        if self.start < 0:
            raise RuleError(_("The first number must not be negative."), field="start")
        if max(self.start, self.step) >= 10**_MOST_DIGITS:
            raise RuleError(_("A number has at most %(most)s digits.", most=_MOST_DIGITS), field="start")
        if self.step < 1:
            raise RuleError(_("Numbers must go up: the step is 1 or more."), field="step")
        if self.by_id:
            return
        missing = sorted(_SHOWS[self.restarts] - self.names, key=_DATED.index)
        if missing:
            names = " ".join(f"{{{name}}}" for name in missing)
            raise RuleError(
                _("Numbers would be given twice: what begins anew must show when. Add %(names)s.", names=names),
                field="reset" if self.reset is not None else "pattern",
            )
        if self.restarts is not Reset.NEVER and any(
            piece.name in ("year", "fiscal_year") and piece.width == 1 for piece in self.pieces
        ):
            raise RuleError(_("Show at least two digits of the year."), field="pattern")
        self._check_neighbours()

    def _check_neighbours(self) -> None:
        """Refuse parts that run into each other: A1 and 1 would read as A and 11."""
        for one, following in pairwise(self.pieces):
            given, next_given = one.name in self.parts, following.name in self.parts
            apart = not (given and (next_given or (following.name == _NUMBER and not following.width)))
            if not apart or (one.name == _NUMBER and next_given):
                raise RuleError(
                    _(
                        "Numbers could be mistaken for each other: put a dash between {%(one)s} and {%(other)s}.",
                        one=one.name,
                        other=following.name,
                    ),
                    field="pattern",
                )

    def _width(self, piece: Piece) -> int:
        if piece.name in self.parts:
            return LONGEST_PART
        if piece.name in (_NUMBER, _ID):
            return max(piece.width, 1)
        return piece.width or {"month": 2, "day": 2}.get(piece.name, 4)

    def write(self, number: int, days: Days, parts: Mapping[str, str] | None = None) -> str:
        """Write a number.

        :raises RuleError: its digits are used up, and one more could not be told from the date before it
        """
        words = {**days.words, **parts} if parts else days.words
        written: list[str] = []
        for piece in self.pieces:
            if not piece.name:
                written.append(piece.literal)
            elif piece.name in (_NUMBER, _ID):
                digits = f"{number:0{piece.width or 1}}"
                if piece.width and len(digits) > piece.width and written and written[-1][-1:].isdigit():
                    raise RuleError(
                        _(
                            "All numbers of %(width)s digits are used up. Give the pattern more digits.",
                            width=piece.width,
                        ),
                        field="pattern",
                    )
                written.append(digits)
            elif piece.name in self.parts:
                written.append(words[piece.name])
            else:
                word = words[piece.name]
                written.append(word[-piece.width :] if piece.width else word)
        return "".join(written)

    def period(self, days: Days) -> str:
        """Name the period that a date is in as keys of counters do, ``:2025:03``; empty when there is only one."""
        on, fiscal = days.on, days.fiscal
        return {
            Reset.NEVER: "",
            Reset.YEAR: f":{on.year}",
            Reset.FISCAL_YEAR: f":F{fiscal.isoformat()}",
            Reset.MONTH: f":{on.year}:{on.month:02}",
            Reset.DAY: f":{on.year}:{on.month:02}:{on.day:02}",
        }[self.restarts]


def span(period: str) -> tuple[date, date]:
    """Give the first and last day of a period that :meth:`NumberRule.period` has named."""
    if not period:
        return date.min, date.max
    if period.startswith(":F"):
        first = date.fromisoformat(period[2:])
        return first, first + timedelta(days=365)
    year, month, day = (int(one) if one else 0 for one in [*period[1:].split(":"), "", ""][:3])
    if day:
        return date(year, month, day), date(year, month, day)
    if month:
        return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return date(year, 1, 1), date(year, 12, 31)


__all__ = ["LONGEST", "LONGEST_PART", "Counting", "Days", "NumberRule", "Piece", "Reset", "RuleError", "span"]
