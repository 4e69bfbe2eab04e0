"""What scheduled work may rely on: each slot once per company, by the company's clock, also after a standstill."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from job_house import House
from job_samples import AT_SEVEN

from hanse import days, hours, minutes
from hanse.actions.context import identify
from hanse.directory.founding import SYSTEM, found_company
from hanse.jobs.schedule import LOCK, Scheduler, Timetable
from hanse.jobs.tasks import TaskError

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def utc(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


# --- timetables -------------------------------------------------------------------------------------------------------


def test_a_daily_slot_is_at_the_companys_own_time() -> None:
    daily = Timetable(days(1), time(7))
    assert daily.latest(utc("2026-03-01 12:00"), SHANGHAI) == utc("2026-02-28 23:00")
    assert daily.following(utc("2026-03-01 12:00"), SHANGHAI) == utc("2026-03-01 23:00")
    assert daily.latest(utc("2026-03-01 12:00"), BERLIN) == utc("2026-03-01 06:00")


def test_seven_in_the_morning_stays_seven_when_clocks_change() -> None:
    daily = Timetable(days(1), time(7))
    assert daily.following(utc("2026-03-28 12:00"), BERLIN) == utc("2026-03-29 05:00")
    assert daily.following(utc("2026-10-24 12:00"), BERLIN) == utc("2026-10-25 06:00")


def test_a_time_that_clocks_skip_is_done_an_hour_later() -> None:
    assert Timetable(days(1), time(2, 30)).following(utc("2026-03-28 12:00"), BERLIN) == utc("2026-03-29 01:30")


def test_weeks_begin_on_monday() -> None:
    following = Timetable(days(7), time(9)).following(utc("2026-11-25 12:00"), SHANGHAI)
    assert following.astimezone(SHANGHAI).strftime("%A %H:%M") == "Monday 09:00"


def test_parts_of_a_day_are_counted_from_midnight_of_the_company() -> None:
    assert Timetable(hours(6)).latest(utc("2026-03-01 12:00"), SHANGHAI) == utc("2026-03-01 10:00")
    assert Timetable(minutes(15)).following(utc("2026-03-01 12:00"), SHANGHAI) == utc("2026-03-01 12:15")


@settings(max_examples=60, deadline=None)
@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    every=st.sampled_from([minutes(15), hours(1), hours(6), days(1), days(7)]),
    zone=st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns")]),
)
def test_the_next_slot_follows_this_one_without_a_gap(moment: datetime, every: timedelta, zone: ZoneInfo) -> None:
    timetable = Timetable(every)
    latest, following = timetable.latest(moment, zone), timetable.following(moment, zone)
    assert latest <= moment < following
    assert timetable.following(latest, zone) == following
    assert following - latest <= every + hours(1)


@pytest.mark.parametrize(
    ("every", "at"), [(hours(5), "00:00"), (days(0), "00:00"), (hours(6), "07:00"), (hours(36), "00:00")]
)
def test_a_timetable_that_people_would_misread_is_refused(every: timedelta, at: str) -> None:
    with pytest.raises(TaskError):
        Timetable(every, time.fromisoformat(at))


# --- the scheduler ----------------------------------------------------------------------------------------------------


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, words: str) -> None:
        self.now = utc(words)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock("2026-03-01 12:34")


@pytest.fixture
def scheduler(house: House, clock: Clock) -> Scheduler:
    found = Scheduler(house.database, clock)
    found.sync()
    house.change("UPDATE core_schedule SET active = task = :name", name=AT_SEVEN.name)
    return found


@pytest.fixture
def berlin(house: House) -> Iterator[int]:
    """A second company, in another time zone and without any addon."""
    with house.database.session() as session, session.begin():
        system = identify(session, SYSTEM)
        assert system is not None
        ctx = found_company(session, system, {"name": "Hanse Berlin", "time_zone": "Europe/Berlin"}, addons=[])
        company = ctx.company.id
    yield company
    with house.database.session({"hanse.companies": {company}, "hanse.company": company}) as session, session.begin():
        connection = session.connection()
        connection.exec_driver_sql("DELETE FROM core_schedule")
        connection.exec_driver_sql("DELETE FROM core_job")
        connection.exec_driver_sql("UPDATE core_company SET name = %s WHERE id = %s", (f"Closed {company}", company))


def slots(house: House) -> list[str]:
    return [word for (word,) in house.ask("SELECT word FROM effect ORDER BY word")]


def test_a_new_schedule_begins_with_the_next_slot(house: House, scheduler: Scheduler, clock: Clock) -> None:
    assert scheduler.tick() == 0
    clock.now = utc("2026-03-01 23:00")
    assert scheduler.tick() == 1
    house.do_all()
    assert slots(house) == ["2026-03-01T23:00:00+00:00"]


def test_a_slot_is_done_once_however_often_one_looks(house: House, scheduler: Scheduler, clock: Clock) -> None:
    clock.now = utc("2026-03-01 23:00")
    assert [scheduler.tick() for _look in range(3)] == [1, 0, 0]


def test_two_schedulers_do_a_slot_once(house: House, scheduler: Scheduler, clock: Clock) -> None:
    clock.now = utc("2026-03-01 23:00")
    both = [Scheduler(house.database, clock), scheduler]
    threads = [threading.Thread(target=one.tick) for one in both for _time in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert house.states() == {"pending": 1}


def test_even_without_the_lock_the_slots_key_keeps_it_single(house: House, scheduler: Scheduler, clock: Clock) -> None:
    clock.now = utc("2026-03-01 23:00")
    scheduler.tick()
    house.change("UPDATE core_schedule SET next_at = '2026-03-01 23:00+00' WHERE active")
    scheduler.tick()
    assert house.states() == {"pending": 1}


def test_while_another_scheduler_works_this_one_leaves_it(house: House, scheduler: Scheduler, clock: Clock) -> None:
    clock.now = utc("2026-03-01 23:00")
    with house.database.engine.begin() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        assert scheduler.tick() == 0
    assert scheduler.tick() == 1


def test_after_a_standstill_it_is_done_once_for_all_missed_slots(
    house: House, scheduler: Scheduler, clock: Clock
) -> None:
    clock.now = utc("2026-03-05 12:00")
    assert scheduler.tick() == 1
    house.do_all()
    assert slots(house) == ["2026-03-04T23:00:00+00:00"]


def test_or_for_each_of_them_when_asked(house: House, scheduler: Scheduler, clock: Clock) -> None:
    house.change("UPDATE core_schedule SET active = NOT active")
    clock.now = utc("2026-03-01 15:10")
    scheduler.tick()
    house.do_all()
    assert slots(house) == [f"2026-03-01T{hour}:00:00+00:00" for hour in (13, 14, 15)]


def test_each_company_has_its_own_slot(house: House, berlin: int, clock: Clock) -> None:
    scheduler = Scheduler(house.database, clock)
    scheduler.sync()
    house.change("UPDATE core_schedule SET active = task = :name", name=AT_SEVEN.name)
    clock.now = utc("2026-03-02 05:59")
    assert scheduler.tick() == 1
    clock.now = utc("2026-03-02 06:00")
    assert scheduler.tick() == 1
    house.do_all()
    assert slots(house) == ["2026-03-01T23:00:00+00:00", "2026-03-02T06:00:00+00:00"]
    assert (berlin,) in house.ask("SELECT company_id FROM core_job")


def test_a_company_without_the_addon_has_no_job_and_no_backlog_later(
    house: House, berlin: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AT_SEVEN.__dict__, "addon", "hanse_contacts")
    scheduler = Scheduler(house.database, clock)
    scheduler.sync()
    house.change("UPDATE core_schedule SET active = task = :name AND company_id = :c", name=AT_SEVEN.name, c=berlin)
    clock.now = utc("2026-03-02 06:00")
    assert scheduler.tick() == 0
    monkeypatch.undo()
    assert scheduler.tick() == 0
    assert house.states() == {}


def test_a_new_time_zone_moves_the_next_slot(house: House, scheduler: Scheduler) -> None:
    ((company,),) = house.ask("SELECT id FROM core_company WHERE name = 'Hanse Trading'")
    for zone, moment in (("Europe/Berlin", "2026-03-02 06:00"), ("Asia/Shanghai", "2026-03-01 23:00")):
        house.change("UPDATE core_company SET time_zone = :zone WHERE id = :id", zone=zone, id=company)
        scheduler.sync()
        found = house.ask(
            "SELECT next_at FROM core_schedule WHERE task = :t AND company_id = :c", t=AT_SEVEN.name, c=company
        )
        assert found == [(utc(moment),)]
