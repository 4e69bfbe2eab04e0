"""@scheduled: work that is due again and again, in each company by its own clock.

A schedule is a row per company.  Whoever holds the advisory lock turns due rows into jobs, and the key of such a job
names its slot, so that no number of schedulers does the same slot twice.  A scheduler that was away catches up.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hanse.actions import Identity, system_context
from hanse.actions.context import identify
from hanse.database.session import Database, in_transaction
from hanse.directory.founding import SYSTEM
from hanse.i18n import Label, speaking
from hanse.jobs.outbox import BY_SCHEDULE, enqueue
from hanse.jobs.tasks import DEFAULT_QUEUE, Task, TaskError, register_task

log = logging.getLogger("hanse.jobs")

LOCK = 0x48414E534A  # the advisory lock under which only one process turns slots into jobs
_DAY = timedelta(days=1)
_SECONDS_BETWEEN_TICKS = 1.0
_TICKS_BETWEEN_SYNCS = 60
_MOST_MISSED = 1000

_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")
_DUE = text("""
    SELECT s.id, s.task, s.company_id, s.next_at FROM core_schedule s
    WHERE s.active AND s.next_at <= :now AND s.task = ANY(:known) ORDER BY s.next_at, s.id
""")
_MOVE = text("UPDATE core_schedule SET next_at = :next, last_slot = :slot WHERE id = :id")
_COMPANIES = text("SELECT id, time_zone FROM core_company ORDER BY id")
_RULES = text("SELECT task, company_id, rule FROM core_schedule WHERE task = ANY(:known)")
_PUT = text("""
    INSERT INTO core_schedule (task, company_id, rule, next_at) VALUES (:task, :company, :rule, :next)
    ON CONFLICT (task, company_id) DO UPDATE SET rule = excluded.rule, next_at = excluded.next_at
""")


def days(count: int) -> timedelta:
    """Every so many days; seven are weeks that begin on Monday."""
    return timedelta(days=count)


def hours(count: int) -> timedelta:
    """Every so many hours, counted from midnight."""
    return timedelta(hours=count)


def minutes(count: int) -> timedelta:
    """Every so many minutes, counted from midnight."""
    return timedelta(minutes=count)


@dataclass(frozen=True, eq=False)
class Timetable:
    """When a task is due: every so many days at a time, or at equal parts of a day from midnight."""

    every: timedelta
    at: time = time()

    def __post_init__(self) -> None:
        whole = self.every > timedelta(0) and self.every % _DAY == timedelta(0)
        if not whole and (self.every <= timedelta(0) or _DAY % self.every):
            raise TaskError(
                f"every {self.every}: choose whole days, or a part of a day such as hours(6) or minutes(15)"
            )
        if not whole and self.at != time():
            raise TaskError("at= goes with whole days only")

    def latest(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Give the slot that ``now`` is in: the last one that has begun."""
        return max(slot for slot in self._around(now, zone) if slot <= now)

    def following(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Give the first slot after ``moment``."""
        return min(slot for slot in self._around(moment, zone) if slot > moment)

    def _around(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Give the slots near a moment, in UTC, some before and some after it."""
        local = moment.astimezone(zone)
        for wall in self._walls(local.date(), local.replace(tzinfo=None)):
            yield from _moments(wall, zone)

    def _walls(self, today: date, now: datetime) -> Iterator[datetime]:
        if self.every >= _DAY:
            step = self.every // _DAY
            first = today.toordinal() - (today.toordinal() - 1) % step
            for day in (first - step, first, first + step):
                yield datetime.combine(date.fromordinal(day), self.at)
        else:
            floor = now - (now - datetime.combine(today, time())) % self.every
            around = range(-2 - timedelta(hours=1) // self.every, 3 + timedelta(hours=1) // self.every)
            for count in around:  # an hour more on both sides, for the days on which clocks change
                yield floor + count * self.every


def _moments(wall: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Give the moments at which clocks in a zone show a time: two when they are put back."""
    early = wall.replace(tzinfo=zone).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    yield early
    if late > early:
        yield late


@dataclass(frozen=True, eq=False)
class Scheduled:
    """A task with its timetable.

    :ivar missed: what a scheduler that was away does: ``once`` for all slots it missed, or ``each`` of them
    """

    task: Task
    timetable: Timetable
    missed: Literal["once", "each"]

    def slots(self, first: datetime, now: datetime, zone: ZoneInfo) -> list[datetime]:
        """Give the slots to do now, when ``first`` is the first one that is due."""
        if self.missed == "once":
            return [max(first, self.timetable.latest(now, zone))]
        found = [first]
        while len(found) < _MOST_MISSED and (following := self.timetable.following(found[-1], zone)) <= now:
            found.append(following)
        return found


_scheduled: dict[str, Scheduled] = {}


def scheduled(
    *,
    every: timedelta,
    at: str = "00:00",
    label: Label | None = None,
    queue: str = DEFAULT_QUEUE,
    missed: Literal["once", "each"] = "once",
) -> Callable[[Callable[..., None]], Task]:
    """Have a function done again and again in every company that has its addon on, by the company's clock.

    ``@scheduled(every=days(1), at="07:00") def remind(ctx: Context) -> None``.  It is a job like others: one
    transaction, tried again when it fails.  Its Context may do everything in the company; the audit names the
    user ``system``.  A function with a parameter ``slot`` is told which moment it is for.

    :param every: ``days(n)``, or ``hours(n)`` or ``minutes(n)`` that divide a day
    :param at: the time of day, with whole days
    :param missed: after a standstill, do it ``once``, or for ``each`` slot that was missed
    """

    def register(function: Callable[..., None]) -> Task:
        timetable = Timetable(every, time.fromisoformat(at))
        words = label or function.__name__.replace("_", " ").capitalize()
        task = register_task(function, label=words, queue=queue)
        _scheduled[task.name] = Scheduled(task, timetable, missed)
        return task

    return register


def _now() -> datetime:
    return datetime.now(UTC)


def is_scheduled(task: Task) -> bool:
    """Tell whether a task is done by the clock."""
    return task.name in _scheduled


class Scheduler:
    """Turns due slots into jobs.  Any number may run at once."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = _now) -> None:
        self.database = database
        self.clock = clock

    def sync(self) -> None:
        """Give every company a row for every scheduled task, reckoned anew where timetable or time zone changed."""
        in_transaction(self.database, self._sync)

    def _sync(self, session: Session) -> None:
        known = {(task, company): rule for task, company, rule in session.execute(_RULES, {"known": list(_scheduled)})}
        for company, zone in session.execute(_COMPANIES).all():
            for name, one in _scheduled.items():
                rule = f"{one.timetable.every} at {one.timetable.at:%H:%M} {zone}"
                if known.get((name, company)) != rule:
                    following = one.timetable.following(self.clock(), ZoneInfo(zone))
                    session.execute(_PUT, {"task": name, "company": company, "rule": rule, "next": following})

    def tick(self) -> int:
        """Put the jobs of all due slots into the outbox, unless another scheduler does; give their number."""
        return in_transaction(self.database, self._tick)

    def _tick(self, session: Session) -> int:
        if not session.scalar(_TRY_LOCK, {"lock": LOCK}):
            return 0
        due = session.execute(_DUE, {"now": self.clock(), "known": list(_scheduled)}).all()
        system = identify(session, SYSTEM) if due else None
        if system is None:
            return 0
        return sum(self._put_safely(session, system, *row) for row in due)

    def _put_safely(
        self, session: Session, system: Identity, schedule: int, name: str, company: int, first: datetime
    ) -> int:
        try:
            with session.begin_nested():
                return self._put(session, system, schedule, name, company, first)
        except DBAPIError:
            raise
        except Exception:  # a company or timetable that is wrong must not keep the others from their slots
            log.exception("Schedule %s of company %s cannot be reckoned.", name, company)
            return 0

    def _put(self, session: Session, system: Identity, schedule: int, name: str, company: int, first: datetime) -> int:
        one, now = _scheduled[name], self.clock()
        ctx = system_context(session, system, company, via=BY_SCHEDULE, clock=self.clock)
        slots = one.slots(first, now, ctx.company.zone)
        if one.task.addon in ctx.enabled:
            with speaking(ctx.company.locale):
                for slot in slots:
                    enqueue(
                        ctx, one.task, key=f"cron:{name}:{company}:{slot.isoformat()}", **_slot_argument(one.task, slot)
                    )
        following = one.timetable.following(now, ctx.company.zone)
        session.execute(_MOVE, {"id": schedule, "next": following, "slot": slots[-1]})
        return len(slots) if one.task.addon in ctx.enabled else 0

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``; survive the loss of the database."""
        ticks = 0
        while not stop.is_set():
            try:
                if ticks % _TICKS_BETWEEN_SYNCS == 0:
                    self.sync()
                self.tick()
                ticks += 1
            except DBAPIError as error:
                log.warning("The scheduler cannot use the database and tries again: %s", str(error).partition("\n")[0])
            except Exception:  # it must not die silently in its thread
                log.exception("The scheduler stumbled and goes on.")
            stop.wait(_SECONDS_BETWEEN_TICKS)


def _slot_argument(task: Task, slot: datetime) -> dict[str, Any]:
    return {"slot": slot} if task.takes("slot") else {}


__all__ = ["Scheduled", "Scheduler", "Timetable", "days", "hours", "is_scheduled", "minutes", "scheduled"]
