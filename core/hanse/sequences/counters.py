"""The counters behind sequences: rows of core_counter, one for each period and each value of given parts.

A key is what the sequence's counters begin with, ``~2`` from its second generation on, the period, and ``|`` with the
given parts: ``purchasing.order~1:2025:03|store``.  A change of a rule that counts in other periods begins a generation;
counters of before it still say which numbers are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hanse.sequences.declared import Numbering
from hanse.sequences.rules import Days, NumberRule, span

#: Runs a statement with psycopg's own parameters; gives its rows.
Execute = Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]

_TAKE = (
    "INSERT INTO core_counter AS c (company_id, key, value) VALUES (%(company)s, %(key)s, %(first)s + %(more)s) "
    "ON CONFLICT (company_id, key) DO UPDATE SET value = c.value + %(step)s + %(more)s RETURNING c.value"
)
_TAKE_NEXT = (
    "UPDATE core_counter SET value = value + %(step)s + %(more)s "
    "WHERE company_id = %(company)s AND key = %(key)s RETURNING value"
)
_RAISE = (
    "INSERT INTO core_counter AS c (company_id, key, value) VALUES (%(company)s, %(key)s, %(value)s) "
    "ON CONFLICT (company_id, key) DO UPDATE SET value = greatest(c.value, excluded.value)"
)
_READ = "SELECT key, value FROM core_counter WHERE company_id = %(company)s AND starts_with(key, %(counter)s)"


@dataclass(frozen=True)
class Now:
    """How a sequence counts in a company now.

    :ivar rule: as changed, or as declared
    :ivar since: the day of the change that began this generation
    :ivar rev: of the change; leased numbers of another are thrown away
    """

    numbering: Numbering
    rule: NumberRule
    generation: int = 0
    since: date | None = None
    rev: int = 0


@dataclass(frozen=True)
class Place:
    """The counter that a number comes from."""

    now: Now
    days: Days
    parts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of its row."""
        now = self.now
        generation = f"~{now.generation}" if now.generation else ""
        parts = f"|{'/'.join(self.parts)}" if self.parts else ""
        return f"{now.numbering.counter}{generation}{now.rule.period(self.days)}{parts}"

    def first(self, execute: Execute, company: int) -> int:
        """Give the first number of a counter without a row: the rule's, or what follows numbers of before a change."""
        rule = self.now.rule
        begins, ends = span(rule.period(self.days))
        if self.now.since is None or begins > self.now.since:
            return rule.start
        taken = [
            int(value)
            for key, value in execute(_READ, {"company": company, "counter": self.now.numbering.counter})
            if (older := _parsed(key, self.now.numbering.counter)) is not None
            and older[0] < self.now.generation
            and older[1][0] <= ends
            and begins <= older[1][1]
        ]
        return max([rule.start, *(value + rule.step for value in taken)])

    def take(self, execute: Execute, company: int, count: int) -> range:
        """Take ``count`` numbers; the row stays locked until the transaction of ``execute`` ends."""
        step = self.now.rule.step
        params = {"company": company, "key": self.key, "step": step, "more": step * (count - 1)}
        if self.now.generation:
            row = execute(_TAKE_NEXT, params)
            if row:
                return _numbers(row[0][0], step, count)
            first = self.first(execute, company)
        else:
            first = self.now.rule.start
        last = execute(_TAKE, params | {"first": first})[0][0]
        return _numbers(last, step, count)

    def upcoming(self, execute: Execute, company: int) -> int:
        """Give the number that would come next, and take none."""
        for key, value in execute(_READ, {"company": company, "counter": self.key}):
            if key == self.key:
                return int(value) + self.now.rule.step
        return self.first(execute, company)

    def skip_to(self, execute: Execute, company: int, number: int) -> None:
        """Make ``number`` the next one, unless later ones are taken."""
        execute(_RAISE, {"company": company, "key": self.key, "value": number - self.now.rule.step})


def _numbers(last: int, step: int, count: int) -> range:
    return range(last - step * (count - 1), last + 1, step)


def _parsed(key: str, counter: str) -> tuple[int, tuple[date, date]] | None:
    """Read a key: generation and days; None: it is another sequence's, whose name begins alike."""
    rest = key.removeprefix(counter).partition("|")[0]
    generation, colon, period = rest.partition(":")
    if generation and not (generation[0] == "~" and generation[1:].isdigit()):
        return None
    return int(generation[1:] or 0), span(colon + period)


__all__ = ["Execute", "Now", "Place"]
