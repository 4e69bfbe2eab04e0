"""What a job may rely on while it runs, and people when it fails: once, or not at all and told why."""

from __future__ import annotations

import threading

import pytest
from job_house import House
from job_samples import effect, hesitate, in_the_middle, refuse, stumble, tell_who
from sqlalchemy import text

from hanse import Context, enqueue
from hanse.actions import Identity
from hanse.directory.models import User
from hanse.jobs.execute import MOST_STARTS
from hanse.jobs.tasks import Task, find_task


def put(house: House, task: Task, **args: object) -> int:
    with house.transaction() as ctx:
        return enqueue(ctx, task, **args)


def test_a_message_that_comes_twice_has_one_effect(house: House) -> None:
    job = put(house, effect, n=1)
    house.relay().hand_out()
    house.do(job, job)
    assert house.effects() == [1]


def test_while_a_worker_has_a_job_another_one_leaves_it(house: House) -> None:
    job = put(house, hesitate, n=1)
    house.relay().hand_out()
    in_the_middle.append(lambda _ctx: house.do(job))
    house.do(job)
    assert house.effects() == [1]


def test_many_workers_at_once_have_one_effect_a_job(house: House) -> None:
    jobs = [put(house, effect, n=n) for n in range(20)]
    house.relay().hand_out()
    workers = [threading.Thread(target=house.do, args=jobs) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert house.effects() == list(range(20))
    assert house.states() == {"done": 20}


def test_a_job_that_fails_leaves_nothing_and_is_tried_again_later(house: House) -> None:
    job = put(house, stumble, n=1)
    house.do_all()
    row = house.job(job)
    assert house.effects() == []
    assert (row.state, row.attempts, row.error) == ("pending", 1, "RuntimeError: stumbled over a stone")
    house.do(job)
    assert house.job(job).attempts == 1


def test_it_is_tried_again_after_two_four_and_more_seconds(house: House) -> None:
    job = put(house, stumble, n=1)
    house.do_all()
    house.pass_time(1.5)
    house.do_all()
    assert house.job(job).attempts == 1
    house.pass_time(0.5)
    house.do_all()
    assert house.job(job).attempts == 2
    ((seconds,),) = house.ask("SELECT extract(epoch FROM run_at - clock_timestamp()) FROM core_job")
    assert 3 < seconds <= 4


def test_after_its_last_attempt_it_is_dead_and_says_why(house: House) -> None:
    job = put(house, stumble, n=1)
    for _attempt in range(4):
        house.do_all()
        house.pass_time(40)
    row = house.job(job)
    assert (row.state, row.attempts, row.error) == ("dead", 3, "RuntimeError: stumbled over a stone")
    assert row.done_at is not None


def test_a_rule_of_the_business_ends_a_job_at_once(house: House) -> None:
    job = put(house, refuse)
    house.do_all()
    assert (house.job(job).state, house.job(job).attempts, house.job(job).error) == ("dead", 1, "The period is closed.")
    assert house.effects() == []


def test_what_killed_its_process_too_often_is_not_begun_again(house: House) -> None:
    job = put(house, effect, n=1)
    house.change("UPDATE core_job SET starts = :most", most=MOST_STARTS)
    house.do_all()
    assert house.job(job).state == "dead"
    assert "ended 10 times" in house.job(job).error
    assert house.effects() == []


def test_a_job_whose_backend_is_killed_starts_again_and_no_attempt_is_lost(house: House) -> None:
    def kill_own_backend(ctx: Context) -> None:
        in_the_middle.clear()
        ctx.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    job = put(house, hesitate, n=1)
    in_the_middle.append(kill_own_backend)
    house.do_all()
    assert (house.job(job).state, house.job(job).attempts) == ("pending", 0)
    house.pass_time(1.1)
    house.do_all()
    assert house.effects() == [1]


def test_nobody_works_for_a_person_who_has_left(house: House) -> None:
    job = put(house, effect, n=1)
    house.change("UPDATE core_user SET active = false WHERE login = 'admin'")
    try:
        house.do_all()
    finally:
        house.change("UPDATE core_user SET active = true WHERE login = 'admin'")
    assert house.job(job).error == "Administrator is no longer active."
    assert house.effects() == []


def test_a_job_done_on_behalf_of_somebody_says_so(house: House) -> None:
    with house.transaction() as ctx:
        row = ctx.session.query(User).filter_by(login="system").one()
        ctx.behalf = Identity(row.id, row.login, row.name)
        enqueue(ctx, tell_who)
    house.do_all()
    ((words,),) = house.ask("SELECT word FROM effect")
    assert words.startswith("admin|system|")


def test_a_task_that_is_gone_is_dead_and_named(house: House) -> None:
    job = put(house, effect, n=1)
    house.change("UPDATE core_job SET task = 'acme.gone'")
    house.do_all()
    assert house.job(job).error == "The job acme.gone no longer exists."
    assert find_task("acme.gone") is None


def test_a_job_of_an_addon_that_is_off_waits_until_it_is_on_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put(house, effect, n=1)
    with monkeypatch.context() as patch:
        patch.setitem(effect.__dict__, "addon", "sample_library")
        for _time in range(12):  # more often than a job may be begun without ending
            house.change("UPDATE core_job SET run_at = now()")
            house.do_all()
    assert house.effects() == []
    assert (house.job(job).state, house.job(job).attempts) == ("pending", 0)

    house.change("UPDATE core_job SET run_at = now()")
    house.do_all()
    assert house.effects() == [1]
