"""What business code may rely on when it asks for work: it is done once if the transaction commits, and else never."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from job_house import House
from job_samples import bind, effect, print_part, tell_types, tell_who

from hanse import chunked, enqueue
from hanse.i18n import speaking
from hanse.jobs.outbox import CHANNEL
from hanse.jobs.tasks import TaskError, job


def test_a_job_is_done_after_the_commit(house: House) -> None:
    with house.transaction() as ctx:
        job_id = enqueue(ctx, effect, n=7)
        assert house.states() == {}
    house.do_all()
    assert house.effects() == [7]
    assert house.job(job_id).state == "done"


def test_a_rollback_leaves_no_job(house: House) -> None:
    with house.transaction() as ctx:
        enqueue(ctx, effect, n=7)
        ctx.session.rollback()
    house.do_all()
    assert house.states() == {}
    assert house.effects() == []


def test_the_relay_is_woken_by_the_commit_and_not_before(house: House) -> None:
    with psycopg.connect(house.database.url.replace("+psycopg", ""), autocommit=True) as ear:
        ear.execute(f"LISTEN {CHANNEL}")
        with house.transaction() as ctx:
            enqueue(ctx, effect, n=7)
            assert list(ear.notifies(timeout=0.05)) == []
        assert len(list(ear.notifies(timeout=5, stop_after=1))) == 1


def test_a_key_gives_the_same_job_again(house: House) -> None:
    with house.transaction() as ctx:
        first = enqueue(ctx, effect, key="invoice 5", n=1)
    with house.transaction() as ctx:
        assert enqueue(ctx, effect, key="invoice 5", n=2) == first
    house.do_all()
    with house.transaction() as ctx:
        assert enqueue(ctx, effect, key="invoice 5", n=3) == first
    house.do_all()
    assert house.effects() == [1]


def test_a_job_for_later_waits(house: House) -> None:
    with house.transaction() as ctx:
        job_id = enqueue(ctx, effect, run_at=datetime.now(UTC) + timedelta(minutes=5), n=1)
    house.do_all()
    house.do(job_id)
    assert house.effects() == []
    house.pass_time(301)
    house.do_all()
    assert house.effects() == [1]


def test_a_job_is_done_as_who_asked_in_their_company_and_language(house: House) -> None:
    with house.transaction() as ctx, speaking("zh_CN"):
        enqueue(ctx, tell_who)
    house.do_all()
    assert house.ask("SELECT word FROM effect") == [("admin|-|Hanse Trading|job|zh_CN",)]


def test_days_and_exact_numbers_arrive_as_they_were_sent(house: House) -> None:
    with house.transaction() as ctx:
        enqueue(ctx, tell_types, on=date(2025, 1, 31), amount=Decimal("0.10"), rest=["1", "2"])
    house.do_all()
    assert house.ask("SELECT word FROM effect") == [("datetime.date(2025, 1, 31) Decimal('0.10') ['1', '2'] None",)]


def test_wrong_arguments_are_refused_where_the_job_is_asked_for(house: House) -> None:
    with house.transaction() as ctx:
        with pytest.raises(TaskError, match=r"hanse\.effect: missing a required"):
            enqueue(ctx, effect)
        with pytest.raises(TaskError, match="unexpected keyword argument 'm'"):
            enqueue(ctx, effect, n=1, m=2)
        with pytest.raises(TaskError, match="no task uses the queue 'nowhere'"):
            enqueue(ctx, effect, queue="nowhere", n=1)


def test_two_tasks_of_one_name_are_refused_with_both_places() -> None:
    def again(ctx: object) -> None: ...

    again.__name__, again.__module__ = "effect", "hanse.elsewhere"
    with pytest.raises(TaskError, match=r"hanse.effect: declared by both hanse.samples.effect and hanse.elsewhere"):
        job(label="Again")(again)


# --- parts ------------------------------------------------------------------------------------------------------------


def test_long_work_is_done_in_parts_and_joined_at_the_end(house: House) -> None:
    with house.transaction() as ctx:
        whole = chunked(ctx, print_part, [1, 2, 3, 4, 5], size=2, finish=bind, title="All")
    assert house.states() == {"waiting": 1, "pending": 3}
    house.do_all()
    assert house.effects() == [1, 2, 3, 4, 5]
    (result,) = [row[0] for row in house.ask("SELECT result FROM core_job_progress WHERE job_id = :j", j=whole)]
    with house.files.open(result["key"]) as stored:
        assert stored.read() == b"All:1,2+3,4+5"


def test_parts_that_nothing_joins_end_the_whole(house: House) -> None:
    with house.transaction() as ctx:
        whole = chunked(ctx, print_part, [1, 2, 3], size=2)
    house.do_all()
    assert house.job(whole).state == "done"
    assert house.states() == {"done": 3}


def test_the_whole_fails_with_its_parts_but_the_others_are_done(house: House) -> None:
    with house.transaction() as ctx:
        whole = chunked(ctx, print_part, [1, 2, 3, 4], size=1, finish=bind, title="All", fail=2)
    house.do_all()
    assert house.effects() == [1, 3, 4]
    assert house.job(whole).state == "dead"
    assert house.job(whole).error == "Parts that failed: 1. No 2."


def test_the_whole_of_nothing_is_done(house: House) -> None:
    with house.transaction() as ctx:
        whole = chunked(ctx, print_part, [])
    house.do_all()
    assert house.job(whole).state == "done"


def test_an_argument_that_neither_task_takes_is_refused(house: House) -> None:
    with house.transaction() as ctx, pytest.raises(TaskError, match="no argument 'colour'"):
        chunked(ctx, print_part, [1], finish=bind, title="All", colour="red")


def test_parts_are_cut_once_for_a_key(house: House) -> None:
    for _time in range(2):
        with house.transaction() as ctx:
            chunked(ctx, print_part, [1, 2], size=1, key="month 1")
    house.do_all()
    assert house.effects() == [1, 2]
