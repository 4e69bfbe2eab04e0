"""Change how a company's documents are numbered, and see the next numbers before it is done."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import literal_column, select

from hanse.actions import Context, Records, action, write
from hanse.errors import NotFound
from hanse.i18n import _
from hanse.sequences.counters import Now, Place
from hanse.sequences.declared import Numbering, all_sequences, find_sequence
from hanse.sequences.models import Sequence
from hanse.sequences.rules import Counting, Days, NumberRule, Reset, RuleError, span
from hanse.sequences.taking import days_of, executor, read_all, read_now, shows_fiscal_year

CHANGE = "core.sequence.update"
#: So many numbers a preview shows.
SHOWN = 3


def sequences_of(ctx: Context) -> list[Numbering]:
    """Give the sequences of the addons that somebody sees."""
    return [one for one in all_sequences() if one.addon in ctx.seen]


def sequence_for(ctx: Context, key: str) -> Numbering:
    """Give one of them.

    :raises NotFound: there is none, or its addon is off
    """
    found = find_sequence(key)
    if found is None or found.addon not in ctx.enabled:
        raise NotFound(_("There is no such sequence, or its addon is off."))
    return found


@action(
    Sequence,
    label=_("Change"),
    permission=CHANGE,
    creates=True,
    hidden=True,
    labels={
        "pattern": _("Pattern"),
        "start": _("First number"),
        "step": _("Step"),
        "reset": _("Begins anew"),
        "counting": _("Counting"),
        "upcoming": _("Next number"),
    },
)
def change(
    ctx: Context,
    sequences: Records[Sequence],
    *,
    sequence: str,
    pattern: str,
    start: int = 1,
    step: int = 1,
    reset: Reset | None = None,
    counting: Counting = Counting.GAPLESS,
    upcoming: int | None = None,
) -> list[int]:
    """Change how a sequence counts from now on; numbers that are given stay as they are.

    :param upcoming: the number that comes next in the present period
    :raises BusinessError: numbers could be given twice or go back; says which and why
    """
    numbering = sequence_for(ctx, sequence)
    rule = NumberRule(pattern.strip(), start, step, reset, counting, numbering.rule.parts)
    row = _held(ctx, numbering)
    before = read_now(ctx, numbering)
    refuse_wrong(numbering, rule)
    after = _after(before, rule, ctx.today)
    if upcoming is not None:
        _skip(ctx, after, upcoming)
    _refuse_taken(ctx, after)
    values = {"pattern": rule.pattern, "start": start, "step": step, "reset": rule.restarts, "counting": counting}
    ctx.update([row], Sequence, values | {"generation": after.generation, "since": after.since})
    return [row]


@action(Sequence, label=_("As the addon declares it"), permission=CHANGE, creates=True, hidden=True)
def restore(ctx: Context, sequences: Records[Sequence], *, sequence: str) -> list[int]:
    """Count again as the addon declares it, behind the numbers that are given.

    :raises BusinessError: numbers could be given twice
    """
    declared = sequence_for(ctx, sequence).rule
    done = ctx.run(
        change,
        sequence=sequence,
        pattern=declared.pattern,
        start=declared.start,
        step=declared.step,
        reset=declared.restarts,
        counting=declared.counting,
    ).done
    return list(done)


def refuse_wrong(numbering: Numbering, rule: NumberRule) -> None:
    """Refuse a rule that cannot be read, does not fit its field, or counts what does not count.

    :raises RuleError: with what is wrong
    """
    rule.check(numbering.field.max_length if numbering.field is not None else None)
    if rule.by_id != numbering.rule.by_id:
        name = "{id:5}" if numbering.rule.by_id else "{number:5}"
        raise RuleError(_("The pattern of this number must hold %(name)s.", name=name), field="pattern")


def _held(ctx: Context, numbering: Numbering) -> int:
    """Make sure there is a row, and hold it: nobody takes a number without gaps until this is done."""
    params = {"company": ctx.company.id, "key": numbering.key}
    write.execute(
        ctx.session,
        "INSERT INTO core_sequence (company_id, key) VALUES (%(company)s, %(key)s) ON CONFLICT DO NOTHING",
        params,
    )
    sql = "SELECT id FROM core_sequence WHERE company_id = %(company)s AND key = %(key)s FOR UPDATE"
    return int(write.execute(ctx.session, sql, params)[0][0])


def _after(before: Now, rule: NumberRule, today: date) -> Now:
    """Say how the sequence counts after a change: in new counters where their periods or parts are others."""
    old = before.rule
    same = (old.restarts, old.given, old.counting) == (rule.restarts, rule.given, rule.counting)
    if same:
        return replace(before, rule=rule, rev=before.rev + 1)
    return Now(before.numbering, rule, before.generation + 1, today, before.rev + 1)


def _skip(ctx: Context, now: Now, upcoming: int) -> None:
    """Go on with a later number.

    :raises BusinessError: it, or a later one, is given already
    """
    if now.rule.given or now.rule.by_id:
        raise RuleError(_("These numbers are counted apart; the next one cannot be set."), field="upcoming")
    replace(now.rule, start=max(upcoming, 0)).check()  # as many digits as a first number may have
    place = Place(now, days_of(ctx, now.rule, ctx.today))
    least = place.upcoming(executor(ctx), ctx.company.id)
    if upcoming < least:
        raise RuleError(
            _(
                "Numbers up to %(last)s may be given already. The next one must be %(least)s or more.",
                last=least - now.rule.step,
                least=least,
            ),
            field="upcoming",
        )
    if upcoming > least:
        place.skip_to(executor(ctx), ctx.company.id, upcoming)


def _refuse_taken(ctx: Context, now: Now) -> None:
    """Refuse a rule whose next numbers stand on records already.

    :raises RuleError: naming one
    """
    field = now.numbering.field
    if field is None or now.rule.given or now.rule.by_id:
        return
    column: Any = getattr(field.model, field.column)
    query = select(column).where(column.in_(upcoming_numbers(ctx, now, ctx.today, 100)))
    if not field.model.__shared__:
        query = query.where(field.model.company_id == ctx.company.id)
    taken = ctx.session.scalar(query.order_by(literal_column("1")).limit(1))
    if taken is not None:
        raise RuleError(
            _(
                "The number %(number)s is on a record already. Choose another pattern, or a later next number.",
                number=taken,
            ),
            field="pattern",
        )


def upcoming_numbers(ctx: Context, now: Now, on: date, count: int = SHOWN, parts: Items[str] = ()) -> list[str]:
    """Write the next numbers as a rule would give them on a day; parts stand as their names."""
    rule, days = now.rule, days_of(ctx, now.rule, on)
    given = {
        name: word for name, word in zip(rule.given, parts or [_word(rule, name) for name in rule.given], strict=True)
    }
    if rule.by_id:
        field = now.numbering.field
        assert field is not None
        first = (ctx.session.scalar(select(field.model.id).order_by(field.model.id.desc()).limit(1)) or 0) + 1
        step = 1
    else:
        place = Place(now, days, tuple(given[name] for name in rule.given))
        first, step = place.upcoming(executor(ctx), ctx.company.id), rule.step
    try:
        return [rule.write(first + step * at, days, given) for at in range(count)]
    except RuleError:
        return []


def overview(ctx: Context) -> list[tuple[Now, str]]:
    """Give all sequences that somebody sees with the number that comes next; in as many statements for any number.

    Records' own ids have none before there is a record.
    """
    known = read_all(ctx, sequences_of(ctx))
    params = {"company": ctx.company.id, "counters": [now.numbering.counter for now in known]}
    counters = write.execute(ctx.session, _COUNTERS, params)
    fiscal: Days | None = None
    found: list[tuple[Now, str]] = []
    for now in known:
        if now.rule.by_id:
            found.append((now, ""))
            continue
        if fiscal is None and shows_fiscal_year(now.rule):
            fiscal = days_of(ctx, now.rule, ctx.today)
        days = fiscal if fiscal is not None else days_of(ctx, now.rule, ctx.today)
        given = {name: _word(now.rule, name) for name in now.rule.given}
        place = Place(now, days, tuple(given.values()))
        number = place.upcoming(lambda _sql, asked: [one for one in counters if one[0].startswith(asked["counter"])], 0)
        try:
            found.append((now, now.rule.write(number, days, given)))
        except RuleError:  # its digits are used up
            found.append((now, ""))
    return found


_COUNTERS = (
    "SELECT key, value FROM core_counter WHERE company_id = %(company)s "
    "AND EXISTS (SELECT FROM unnest(%(counters)s::text[]) AS c WHERE starts_with(key, c))"
)


def preview(ctx: Context, numbering: Numbering, rule: NumberRule, upcoming: int | None) -> dict[str, list[str]]:
    """Show what a changed rule would give: today, and where it begins anew, at that day.

    :raises RuleError: the rule is wrong
    """
    refuse_wrong(numbering, rule)
    now = _after(read_now(ctx, numbering), rule, ctx.today)
    shown = {ctx.today.isoformat(): upcoming_numbers(ctx, now, ctx.today)}
    if upcoming is not None and not rule.given and not rule.by_id:
        days = days_of(ctx, rule, ctx.today)
        shown[ctx.today.isoformat()] = [rule.write(upcoming + rule.step * at, days) for at in range(SHOWN)]
    later = _next_period(ctx, rule)
    if later is not None:
        shown[later.isoformat()] = upcoming_numbers(ctx, now, later)
    return shown


def _next_period(ctx: Context, rule: NumberRule) -> date | None:
    """Give the first day on which the sequence begins anew."""
    if rule.restarts is Reset.NEVER or rule.by_id:
        return None
    last = span(rule.period(days_of(ctx, rule, ctx.today)))[1]
    return last + timedelta(days=1)


def _word(rule: NumberRule, name: str) -> str:
    return str(rule.parts[name])[:20]


__all__ = [
    "CHANGE",
    "SHOWN",
    "change",
    "overview",
    "preview",
    "restore",
    "sequence_for",
    "sequences_of",
    "upcoming_numbers",
]
