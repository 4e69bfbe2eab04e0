"""What may be relied on of activities: given to who may see the record only, never lost, told to whom they concern."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from hanse.errors import BusinessError, NotFound
from hanse.work.models import Activity, ActivityKind, ActivityState
from hanse.work.reminders import remind_of_activities

LOAN = "library.loan"
DAY = dt.timedelta(days=1)


def plan(desk, ctx, subject="Call the reader", due=None, **values):
    outcome = desk.run(ctx, "core.activity.plan", subject=subject, due=due or ctx.today, **values)
    return outcome.id


def about(loan):
    return {"model": LOAN, "record": loan.id}


def activity(desk, id_):
    desk.ctx.session.expire_all()
    return desk.ctx.session.get_one(Activity, id_)


def test_an_activity_is_one_s_own_and_to_be_done_unless_said_otherwise(desk):
    ann = desk.person("ann", ("nothing", "own"))
    found = activity(desk, plan(desk, ann))

    assert (found.owner_id, found.planner_id, found.state) == (ann.user.id, ann.user.id, ActivityState.PLANNED)
    assert desk.ctx.session.get_one(ActivityKind, found.kind_id).key == "todo"
    assert desk.told(ann) == []


def test_everybody_may_choose_a_kind_and_only_one_that_is_there(desk):
    ann = desk.person("ann", ("nothing", "own"))
    call = desk.ctx.session.scalar(text("SELECT id FROM core_activity_kind WHERE key = 'call'"))
    assert activity(desk, plan(desk, ann, kind=call)).kind_id == call
    desk.ctx.session.execute(text("UPDATE core_activity_kind SET active = false WHERE key = 'call'"))
    with pytest.raises(BusinessError) as refused:
        plan(desk, ann, kind=call)
    assert refused.value.field == "kind"


def test_whoever_gets_work_is_told_what_until_when_and_of_which_record(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    plan(desk, desk.ctx, due=dt.date(2026, 12, 24), owner=ann.user.id, **about(loan))

    assert desk.told(ann) == [("Administrator asks you until Dec 24, 2026: Call the reader", loan.number)]


def test_work_is_given_only_to_who_may_see_the_record(desk):
    eve, loan = desk.person("eve", ("library.loan.read", "own")), desk.library.loan()
    with pytest.raises(BusinessError, match="may see the record") as refused:
        plan(desk, desk.ctx, owner=eve.user.id, **about(loan))
    assert refused.value.field == "owner"
    kept = plan(desk, desk.ctx, **about(loan))
    with pytest.raises(BusinessError, match="may see the record"):
        desk.run(desk.ctx, "core.activity.change", [kept], owner=eve.user.id)
    assert activity(desk, kept).owner_id == desk.ctx.user.id


def test_nobody_plans_on_what_they_do_not_see(desk):
    eve, loan = desk.person("eve", ("library.loan.read", "own")), desk.library.loan()
    with pytest.raises(NotFound):
        plan(desk, eve, **about(loan))
    with pytest.raises(NotFound):
        plan(desk, eve, model="core.user", record=eve.user.id)


def test_done_with_its_outcome_it_may_lead_to_the_next(desk):
    loan = desk.library.loan()
    first = plan(desk, desk.ctx, **about(loan))
    outcome = desk.run(
        desk.ctx,
        "core.activity.finish",
        [first],
        outcome="Nobody at home",
        next_subject="Call again",
        next_due=desk.ctx.today + DAY,
    )
    (second,) = outcome.result

    assert (activity(desk, first).state, activity(desk, first).outcome) == (ActivityState.DONE, "Nobody at home")
    assert (activity(desk, second).follows_id, activity(desk, second).record) == (first, loan.id)


def test_what_comes_next_needs_a_day_and_nothing_is_closed_without_it(desk):
    first = plan(desk, desk.ctx)
    with pytest.raises(BusinessError, match="until when") as refused:
        desk.run(desk.ctx, "core.activity.finish", [first], next_subject="Call again")
    assert refused.value.field == "next_due"
    assert activity(desk, first).state is ActivityState.PLANNED


def test_a_colleague_who_sees_the_record_may_close_it_and_its_people_are_told(desk):
    ann, bea, loan = desk.person("ann"), desk.person("bea"), desk.library.loan()
    planned = plan(desk, desk.ctx, owner=ann.user.id, **about(loan))
    desk.told(ann)
    desk.run(bea, "core.activity.finish", [planned], outcome="Done for Ann")

    assert ("Bea has done: Call the reader", loan.number) in desk.told(ann)
    assert desk.told(desk.ctx) == [("Bea has done: Call the reader", loan.number)]


def test_what_is_about_no_record_is_closed_by_its_owner_only(desk):
    ann, bea = desk.person("ann"), desk.person("bea")
    planned = plan(desk, ann)
    with pytest.raises(NotFound):
        desk.run(bea, "core.activity.finish", [planned])


def test_closed_is_closed_until_it_is_reopened(desk):
    planned = plan(desk, desk.ctx)
    desk.run(desk.ctx, "core.activity.cancel", [planned], outcome="No need")
    with pytest.raises(BusinessError):
        desk.run(desk.ctx, "core.activity.change", [planned], subject="Other")
    with pytest.raises(BusinessError):
        desk.run(desk.ctx, "core.activity.finish", [planned])
    desk.run(desk.ctx, "core.activity.reopen", [planned])

    assert activity(desk, planned).state is ActivityState.PLANNED
    assert activity(desk, planned).outcome is None


def test_activities_are_seen_where_their_record_is_seen_and_by_their_owner_without_one(desk):
    ann = desk.person("ann", ("library.loan.read", "own"))
    own, other = desk.library.loan(clerk=ann.user.id), desk.library.loan(title="Ronja")
    plan(desk, desk.ctx, "seen", **about(own))
    plan(desk, desk.ctx, "of another record", **about(other))
    plan(desk, desk.ctx, "of another person")
    plan(desk, ann, "mine")

    assert sorted(one.subject for one in desk.again(ann).visible(Activity)) == ["mine", "seen"]


def test_who_has_lost_the_record_sees_its_activity_no_more_although_it_is_theirs(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    plan(desk, desk.ctx, owner=ann.user.id, **about(loan))
    assert len(desk.told(ann)) == 1
    desk.withdraw(ann)

    assert list(desk.again(ann).visible(Activity)) == []
    assert desk.told(ann) == []
    assert loan.number not in desk.everything(ann)


def test_a_passed_on_activity_is_told_to_who_gets_it(desk):
    ann, bea, loan = desk.person("ann"), desk.person("bea"), desk.library.loan()
    planned = plan(desk, ann, **about(loan))
    desk.run(ann, "core.activity.change", [planned], owner=bea.user.id)

    assert activity(desk, planned).owner_id == bea.user.id
    assert [sentence.partition(" until")[0] for sentence, _about in desk.told(bea)] == ["Ann asks you"]


def test_the_reminder_tells_once_what_is_due_and_again_after_a_week(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    due = plan(desk, ann, "Today", **about(loan))
    plan(desk, ann, "Tomorrow", due=ann.today + DAY)

    def remind():
        desk.ctx.bind()
        remind_of_activities.function(desk.ctx)
        found = [sentence.partition(": ")[2] for sentence, _about in desk.told(ann)]
        desk.ctx.session.execute(text("UPDATE core_notification SET read_at = now()"))
        return found

    assert remind() == ["Today"]
    assert remind() == []
    desk.ctx.session.execute(text("UPDATE core_activity SET reminded_on = reminded_on - 7 WHERE id = :id"), {"id": due})
    assert remind() == ["Today"]
    desk.run(ann, "core.activity.finish", [due])
    desk.ctx.session.execute(text("UPDATE core_activity SET reminded_on = NULL"))
    assert remind() == []


def test_a_new_day_for_it_lets_it_be_brought_to_mind_anew(desk):
    planned = plan(desk, desk.ctx)
    desk.ctx.session.execute(text("UPDATE core_activity SET reminded_on = now()"))
    desk.run(desk.ctx, "core.activity.change", [planned], due=desk.ctx.today + DAY)

    assert activity(desk, planned).reminded_on is None
