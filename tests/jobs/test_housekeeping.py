"""What a database may rely on in the long run: what is done goes, what failed stays."""

from __future__ import annotations

from job_house import House
from job_samples import effect, print_part, refuse

from hanse import Context, chunked, enqueue
from hanse.jobs.execute import execute
from hanse.jobs.housekeeping import tidy_jobs, tidy_visits

DAYS = 30  # as long as jobs are kept unless the company sets something else


def tidy(house: House) -> None:
    with house.transaction() as ctx:
        job = enqueue(ctx, tidy_jobs)
    execute(house.database, house.files, job)


def old(house: House, days: int) -> None:
    house.change("UPDATE core_job SET done_at = done_at - make_interval(days => :days)", days=days)


def put(ctx: Context) -> list[int]:
    return [enqueue(ctx, effect, n=1), enqueue(ctx, refuse), chunked(ctx, print_part, [1, 2], size=1)]


def test_what_was_done_a_month_ago_is_forgotten_and_what_failed_is_kept(house: House) -> None:
    with house.transaction() as ctx:
        _done, failed, _whole = put(ctx)
    house.do_all()
    old(house, DAYS + 1)
    tidy(house)
    left = [job for (job,) in house.ask("SELECT id FROM core_job WHERE task <> :tidy", tidy=tidy_jobs.name)]
    assert left == [failed]


def test_what_was_done_lately_is_kept(house: House) -> None:
    with house.transaction() as ctx:
        jobs = put(ctx)
    house.do_all()
    old(house, DAYS - 1)
    tidy(house)
    left = {job for (job,) in house.ask("SELECT id FROM core_job")}
    assert set(jobs) <= left


def test_keys_of_requests_are_forgotten_after_two_days(house: House) -> None:
    for key, age in (("old", 49), ("fresh", 47)):
        house.change(
            "INSERT INTO core_api_request (key, user_id, fingerprint, at) "
            "SELECT :key, id, 'x', now() - make_interval(hours => :age) FROM core_user WHERE login = 'admin'",
            key=key,
            age=age,
        )
    with house.transaction() as ctx:
        job = enqueue(ctx, tidy_visits)
    execute(house.database, house.files, job)
    assert house.ask("SELECT key FROM core_api_request") == [("fresh",)]
