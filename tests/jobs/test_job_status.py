"""What people may rely on when they wait for a job: they see how far it is, and nobody else does."""

from __future__ import annotations

import pytest
from job_house import House
from job_samples import effect, hesitate, in_the_middle, print_part, refuse, stumble, write_file

from hanse import BusinessError, Context, NotFound, chunked, enqueue
from hanse.actions import find_action
from hanse.i18n import speaking
from hanse.jobs import JobStatus, jobs_of, progress_of
from hanse.jobs.models import JobState
from hanse.testing.people import Person, open_for_admin, open_for_person


def status_of(house: House, job: int) -> JobStatus:
    with house.transaction() as ctx:
        return progress_of(ctx, job)


def test_progress_is_seen_while_the_job_runs(house: House) -> None:
    seen: list[JobStatus] = []
    with house.transaction() as ctx:
        job = enqueue(ctx, hesitate, n=1)
    in_the_middle.append(lambda _ctx: seen.append(status_of(house, job)))
    house.do_all()
    (middle,) = seen
    assert (middle.state, middle.done, middle.total, middle.message) == (JobState.SENT, 1, 3, "Printing")
    assert (middle.percent, middle.ended) == (33, False)
    after = status_of(house, job)
    assert (after.state, after.percent, after.ended) == (JobState.DONE, 100, True)


def test_the_file_is_there_when_the_job_is_done(house: House) -> None:
    with house.transaction() as ctx:
        job = enqueue(ctx, write_file, body="凭证")
    assert status_of(house, job).result is None
    house.do_all()
    result = status_of(house, job).result
    assert result is not None
    assert (result.name, result.media_type) == ("report.txt", "text/plain")
    with house.files.open(result.key or "") as stored:
        assert stored.read().decode() == "凭证"


def test_a_rule_of_the_business_is_told_in_its_own_words(house: House) -> None:
    with house.transaction() as ctx, speaking("en"):
        job = enqueue(ctx, refuse)
    house.do_all()
    assert status_of(house, job).message == "The period is closed."


def test_a_fault_of_the_program_is_told_without_its_inside(house: House) -> None:
    with house.transaction() as ctx, speaking("en"):
        job = enqueue(ctx, stumble, n=1)
    for _attempt in range(4):
        house.do_all()
        house.pass_time(40)
    status = status_of(house, job)
    assert status.state is JobState.DEAD
    assert "stone" not in status.message
    assert "Something went wrong" in status.message


def test_the_progress_of_the_whole_is_that_of_its_parts(house: House) -> None:
    with house.transaction() as ctx:
        whole = chunked(ctx, print_part, [1, 2, 3, 4, 5], size=2)
    house.relay().hand_out()
    house.do(house.published[0])
    status = status_of(house, whole)
    assert (status.state, status.done, status.total, status.percent) == (JobState.WAITING, 2, 5, 40)


def test_other_peoples_jobs_are_not_there(house: House) -> None:
    with house.transaction() as ctx:
        job = enqueue(ctx, effect, n=1)
    with house.database.session() as session:
        admin = open_for_admin(session)
        clerk = open_for_person(admin, Person("clerk", (("core.department.read", "company"),), None, ()))
        with pytest.raises(NotFound):
            progress_of(clerk, job)
        assert jobs_of(clerk) == []
        overseer = open_for_person(admin, Person("overseer", (("core.job.read", "company"),), None, ()))
        assert progress_of(overseer, job).id == job
        with pytest.raises(NotFound):
            progress_of(overseer, job + 1)


def test_my_jobs_are_those_i_asked_for_without_their_parts(house: House) -> None:
    with house.transaction() as ctx:
        first = enqueue(ctx, effect, n=1)
        second = chunked(ctx, print_part, [1, 2], size=1)
        assert [status.id for status in jobs_of(ctx)] == [second, first]
        assert str(jobs_of(ctx)[1].label) == "Sample effect"


def retry_as(ctx: Context, *jobs: int) -> None:
    retry = find_action("core.job.retry")
    assert retry is not None
    ctx.run(retry, jobs)


def test_a_failed_job_can_be_tried_again(house: House) -> None:
    with house.transaction() as ctx:
        job = enqueue(ctx, refuse)
    house.do_all()
    with house.transaction() as ctx:
        retry_as(ctx, job)
    assert (house.job(job).state, house.job(job).attempts, house.job(job).error) == ("pending", 0, None)
    house.do_all()
    assert house.job(job).state == "dead"


def test_only_the_failed_parts_of_a_whole_are_tried_again(house: House) -> None:
    with house.transaction() as ctx:
        whole = chunked(ctx, print_part, [1, 2, 3], size=1, fail=2)
    house.do_all()
    house.change("""UPDATE core_job SET args = args || '{"fail": 0}' WHERE parent_id IS NOT NULL""")
    with house.transaction() as ctx:
        retry_as(ctx, whole)
    assert house.states() == {"waiting": 1, "pending": 1, "done": 2}
    house.do_all()
    assert house.job(whole).state == "done"
    assert house.effects() == [1, 2, 3]


def test_a_job_that_has_not_failed_is_not_tried_again(house: House) -> None:
    with house.transaction() as ctx:
        job = enqueue(ctx, effect, n=1)
        with pytest.raises(BusinessError, match="Only failed jobs"):
            retry_as(ctx, job)


def test_jobs_of_other_companies_cannot_be_tried_again(house: House) -> None:
    with house.transaction() as ctx:
        job = enqueue(ctx, refuse)
    house.do_all()
    with house.transaction() as ctx:
        ctx.companies = (ctx.company.id + 1000,)
        with pytest.raises(NotFound):
            retry_as(ctx, job)
