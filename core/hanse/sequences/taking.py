"""Give out numbers: without gaps in the transaction of the record, or fast out of blocks leased in advance."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text

from hanse.actions.write.running import run_of
from hanse.actions.write.statements import execute
from hanse.addons import installed
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.sequences.counters import Execute, Now, Place
from hanse.sequences.declared import Numbering, find_sequence
from hanse.sequences.rules import LONGEST_PART, Counting, Days, NumberRule, Reset

if TYPE_CHECKING:
    from hanse.actions.context import Context

#: So many numbers of a fast sequence a process takes at once; those it does not use are gaps.
BLOCK = 32

_ROW = (
    "SELECT pattern, start, step, reset, counting, generation, since, rev FROM core_sequence "
    "WHERE company_id = %(company)s AND key = %(key)s"
)
_LOCKED = f"{_ROW} FOR SHARE"
_MAKE = "INSERT INTO core_sequence (company_id, key) VALUES (%(company)s, %(key)s) ON CONFLICT DO NOTHING"
_TELL = text(
    "SELECT set_config('hanse.companies', :companies, true), set_config('hanse.company', :company, true), "
    "set_config('lock_timeout', '4s', true)"
)


def next_numbers(
    ctx: Context, key: str | Numbering, count: int = 1, *, on: date | None = None, **parts: str
) -> list[str]:
    """See :meth:`hanse.actions.context.Context.next_numbers`."""
    return numbers_on(ctx, key, [ctx.today if on is None else on] * count, **parts)


def numbers_on(ctx: Context, key: str | Numbering, days: Sequence[date], **parts: str) -> list[str]:
    """Take a number for each of some days, in order; days of one period come from one counter.

    :raises LookupError: no addon declares such a sequence
    :raises BusinessError: a part is missing, or all numbers of so many digits are used up
    """
    run_of(ctx)
    numbering = _found(key)
    if not days:
        return []
    now = _read(ctx, numbering)
    given = checked_parts(now.rule, parts)
    places: dict[str, tuple[Place, list[int]]] = {}
    known: dict[date, Days] = {one: days_of(ctx, now.rule, one) for one in dict.fromkeys(days)}
    for at, one in enumerate(days):
        place = Place(now, known[one], tuple(given[name] for name in now.rule.given))
        places.setdefault(place.key, (place, []))[1].append(at)
    written = [""] * len(days)
    for _key, (place, positions) in sorted(places.items()):
        for at, number in zip(positions, _take(ctx, place, len(positions)), strict=True):
            written[at] = now.rule.write(number, known[days[at]], given)
    return written


def _found(key: str | Numbering) -> Numbering:
    found = find_sequence(key) if isinstance(key, str) else key
    if found is None:
        raise LookupError(f"no addon declares a sequence {key!r}; hanse.sequence() does")
    return found


def _take(ctx: Context, place: Place, count: int) -> Sequence[int]:
    bind = ctx.session.get_bind()
    if place.now.rule.counting is Counting.FAST and isinstance(bind, Engine):
        return _leases(bind).take(ctx.company.id, place, count)
    return place.take(executor(ctx), ctx.company.id, count)


def executor(ctx: Context) -> Execute:
    """Run statements in the transaction of a Context."""
    return lambda sql, params: execute(ctx.session, sql, params)


def _read(ctx: Context, numbering: Numbering) -> Now:
    """Read how a sequence counts; one without gaps also holds its rule until the transaction ends."""
    params = {"company": ctx.company.id, "key": numbering.key}
    if numbering.rule.by_id or numbering.rule.counting is Counting.FAST:
        now = now_of(numbering, execute(ctx.session, _ROW, params))
        if now.rule.by_id or now.rule.counting is Counting.FAST:
            return now
    rows = execute(ctx.session, _LOCKED, params)
    if not rows:
        execute(ctx.session, _MAKE, params)
        rows = execute(ctx.session, _LOCKED, params)
    return now_of(numbering, rows)


def read_now(ctx: Context, numbering: Numbering) -> Now:
    """Read how a sequence counts now, and hold nothing."""
    return now_of(numbering, execute(ctx.session, _ROW, {"company": ctx.company.id, "key": numbering.key}))


def read_all(ctx: Context, numberings: Sequence[Numbering]) -> list[Now]:
    """Read how several sequences count, in one statement."""
    sql = _ROW.replace("SELECT ", "SELECT key, ").replace("key = %(key)s", "key = ANY(%(keys)s)")
    keys = [one.key for one in numberings]
    rows = {row[0]: row[1:] for row in execute(ctx.session, sql, {"company": ctx.company.id, "keys": keys})}
    return [now_of(one, [rows[one.key]] if one.key in rows else []) for one in numberings]


def now_of(numbering: Numbering, rows: Sequence[Sequence[Any]]) -> Now:
    """Put what the company has changed over what the addon declares."""
    if not rows:
        return Now(numbering, numbering.rule)
    pattern, start, step, reset, counting, generation, since, rev = rows[0]
    declared = numbering.rule
    if pattern is None:
        return Now(numbering, declared, generation, since, rev)
    changed = NumberRule(
        pattern,
        declared.start if start is None else start,
        declared.step if step is None else step,
        None if reset is None else Reset(reset),
        declared.counting if counting is None else Counting(counting),
        declared.parts,
    )
    return Now(numbering, changed, generation, since, rev)


def days_of(ctx: Context, rule: NumberRule, on: date) -> Days:
    """Say what a date gives to numbers; addons are asked for the fiscal year only where it matters."""
    fiscal = date(on.year, 1, 1)
    if shows_fiscal_year(rule):
        for first in installed().call("fiscal_year", ctx.enabled, ctx=ctx, on=on):
            fiscal = first
    return Days(on, fiscal)


def shows_fiscal_year(rule: NumberRule) -> bool:
    """Tell whether numbers depend on the fiscal year."""
    return "fiscal_year" in rule.names or rule.restarts is Reset.FISCAL_YEAR


def checked_parts(rule: NumberRule, parts: Mapping[str, str]) -> dict[str, str]:
    """Give the parts that the pattern shows.

    :raises BusinessError: one is missing, too long, or could be mistaken for another
    """
    for name in rule.given:
        word = parts.get(name, "")
        alone = len(rule.given) == 1 and word.isprintable() and not {"|", "/", " "} & set(word)
        if not word or len(word) > LONGEST_PART or not (alone or word.isalnum()):
            label = rule.parts[name]
            raise BusinessError(
                _(
                    "“%(word)s” cannot be the %(part)s in a number: up to %(most)s letters and digits can.",
                    word=word,
                    part=label,
                    most=LONGEST_PART,
                )
            )
    return {name: parts[name] for name in rule.given}


# --- fast -------------------------------------------------------------------------------------------------------------


@dataclass
class _Lease:
    """Numbers that this process may still give."""

    rev: int
    left: list[int]


class _Leases:
    """The blocks of one database that this process has taken, each in a short transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()  # held while a block is taken: one connection more is in use, never several
        self._kept: dict[tuple[int, str], _Lease] = {}

    def take(self, company: int, place: Place, count: int) -> list[int]:
        """Give ``count`` numbers that nobody else gets, whatever becomes of the transaction."""
        with self._lock:
            lease = self._kept.get((company, place.key))
            if lease is None or lease.rev != place.now.rev:
                lease = self._kept[company, place.key] = _Lease(place.now.rev, [])
            if len(lease.left) < count:
                lease.left += self._more(company, place, max(BLOCK, count - len(lease.left)))
            given, lease.left = lease.left[:count], lease.left[count:]
            return given

    def _more(self, company: int, place: Place, count: int) -> range:
        with self._engine.begin() as connection:
            connection.execute(_TELL, {"companies": f"{{{company}}}", "company": str(company)})

            def run(sql: str, params: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
                result = connection.exec_driver_sql(sql, dict(params))
                return result.all() if result.returns_rows else []

            return place.take(run, company, count)


_of_engines: WeakKeyDictionary[Engine, _Leases] = WeakKeyDictionary()
_made = threading.Lock()


def _leases(engine: Engine) -> _Leases:
    with _made:
        return _of_engines.setdefault(engine, _Leases(engine))


def _forget() -> None:
    """A process that is split off has blocks of its own."""
    _of_engines.clear()


os.register_at_fork(after_in_child=_forget)


__all__ = [
    "BLOCK",
    "checked_parts",
    "days_of",
    "executor",
    "next_numbers",
    "now_of",
    "numbers_on",
    "read_all",
    "read_now",
]
