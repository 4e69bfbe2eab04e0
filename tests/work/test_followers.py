"""What followers may rely on: they hear what they chose of a record, nobody else does, and only while they see it."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from hanse.errors import BusinessError, NotFound
from hanse.testing import statements
from hanse.work.models import Follower, Level
from hanse.work.settings import Wishes

LOAN = "library.loan"


def follow(desk, ctx, loan, level=Level.STATES):
    return desk.run(ctx, "core.follower.follow", model=LOAN, record=loan.id, level=level)


def lend(desk, loan):
    desk.run(desk.ctx, "library.loan.lend", [loan], due=dt.date(2026, 12, 1))


def change(desk, loan, **values):
    desk.run(desk.ctx, "library.loan.update", [loan], values=values)


def followers(desk):
    return {row.user_id: row.level for row in desk.ctx.all(Follower)}


def test_a_follower_hears_of_a_change_of_state_with_the_name_of_the_record(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    follow(desk, ann, loan)
    lend(desk, loan)

    assert desk.told(ann) == [("Lend: Administrator", loan.number)]


def test_who_does_not_follow_hears_nothing(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    lend(desk, loan)
    desk.run(desk.ctx, "library.loan.comment", [loan], body="Well?")

    assert desk.told(ann) == []


def test_nobody_is_told_of_what_they_did_themselves(desk):
    loan = desk.library.loan()
    follow(desk, desk.ctx, loan, Level.EVERYTHING)
    lend(desk, loan)
    desk.run(desk.ctx, "library.loan.comment", [loan], body="Well?")

    assert desk.told(desk.ctx) == []


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        (Level.COMMENTS, ["Administrator has commented"]),
        (Level.STATES, ["Administrator has commented", "Lend: Administrator"]),
        (Level.EVERYTHING, ["2 changes by Administrator", "Administrator has commented"]),
    ],
)
def test_the_level_says_what_is_heard(desk, level, heard):
    ann, loan = desk.person("ann"), desk.library.loan()
    follow(desk, ann, loan, level)
    change(desk, loan, due=dt.date(2026, 12, 24))
    lend(desk, loan)
    desk.run(desk.ctx, "library.loan.comment", [loan], body="Well?")

    assert sorted(sentence for sentence, _about in desk.told(ann)) == heard


def test_several_changes_before_one_looks_are_one_notification(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    follow(desk, ann, loan, Level.EVERYTHING)
    for day in (1, 2, 3):
        change(desk, loan, due=dt.date(2026, 12, day))

    assert desk.told(ann) == [("3 changes by Administrator", loan.number)]


def test_what_was_changed_is_told_in_the_fields_that_one_may_read(desk):
    ann, bea = desk.person("ann"), desk.person("bea", "library.loan.read", "library.loan.secret")
    loan = desk.library.loan()
    for one in (ann, bea):
        follow(desk, one, loan, Level.EVERYTHING)
    change(desk, loan, secret="drops books", due=dt.date(2026, 12, 24))
    desk.do_jobs()

    assert "drops books" not in desk.everything(ann)
    assert "Due: Dec 24, 2026" in desk.everything(ann)
    assert "drops books" in desk.everything(bea)


def test_who_may_no_longer_see_a_record_is_told_nothing_of_it_any_more(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    follow(desk, ann, loan, Level.EVERYTHING)
    desk.withdraw(ann)
    lend(desk, loan)
    desk.run(desk.ctx, "library.loan.comment", [loan], body="Well?")

    assert desk.told(ann) == []
    assert desk.ctx.session.scalar(text("SELECT count(*) FROM core_notification")) == 0


def test_what_was_told_before_a_right_was_lost_is_no_longer_shown(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    follow(desk, ann, loan)
    lend(desk, loan)
    assert len(desk.told(ann)) == 1
    desk.withdraw(ann)

    assert desk.told(ann) == []
    assert loan.number not in desk.everything(ann)


def test_a_record_leaves_the_sight_of_who_sees_only_their_own(desk):
    ann = desk.person("ann", ("library.loan.read", "own"))
    loan = desk.library.loan(clerk=ann.user.id)
    follow(desk, ann, loan, Level.EVERYTHING)
    change(desk, loan, clerk=desk.ctx.user.id)

    assert desk.told(ann) == []


def test_nobody_follows_what_they_do_not_see(desk):
    ann, loan = desk.person("ann", ("library.loan.read", "own")), desk.library.loan()
    with pytest.raises(NotFound):
        follow(desk, ann, loan)
    assert followers(desk) == {}


def test_following_again_changes_the_level_and_unfollowing_ends_it(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    (own,) = follow(desk, ann, loan).done
    assert follow(desk, ann, loan, Level.EVERYTHING).done == (own,)
    assert followers(desk) == {ann.user.id: Level.EVERYTHING}
    desk.run(ann, "core.follower.unfollow", [own])
    assert followers(desk) == {}


def test_nobody_unfollows_for_somebody_else(desk):
    ann, bea, loan = desk.person("ann"), desk.person("bea"), desk.library.loan()
    (own,) = follow(desk, ann, loan).done
    with pytest.raises(BusinessError):
        desk.run(bea, "core.follower.unfollow", [own])
    desk.run(desk.ctx, "core.follower.unfollow", [own])  # the administrator may ask, and it is still not theirs
    assert list(followers(desk)) == [ann.user.id]


def test_who_creates_something_by_hand_follows_it_unless_they_said_no(desk):
    from hanse.work.following import follow_created

    one, other = desk.library.loan(), desk.library.loan(title="Ronja")
    follow_created(desk.ctx, LOAN, one.id, Wishes())
    follow_created(desk.ctx, LOAN, other.id, Wishes(follow_created=False))

    assert [row.record for row in desk.ctx.all(Follower)] == [one.id]


def test_followers_cost_an_action_no_statement(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    with statements(desk.ctx) as before:
        change(desk, loan, due=dt.date(2026, 12, 1))
    follow(desk, ann, loan, Level.EVERYTHING)
    with statements(desk.ctx) as after:
        change(desk, loan, due=dt.date(2026, 12, 2))

    assert len(after) == len(before)


def test_many_followers_of_many_records_take_as_many_statements_as_few(desk):
    people = [desk.person(f"p{n}") for n in range(3)]
    loans = [desk.library.loan(title=f"Book {n}") for n in range(4)]

    def sent(users, records):
        for one in users:
            for loan in records:
                follow(desk, one, loan, Level.EVERYTHING)
        desk.run(desk.ctx, "library.loan.update", records, values={"due": dt.date(2026, 12, len(records))})
        with statements(desk.ctx) as found:
            desk.do_jobs()
        return len(found)

    assert sent(people[:1], loans[:1]) == sent(people, loans)


def test_settings_decide_whether_one_is_told(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    follow(desk, ann, loan)
    desk.wish(ann, change="off")
    lend(desk, loan)

    assert desk.told(ann) == []


def test_another_company_hears_nothing(desk):
    from hanse.directory.founding import found_company

    ann, loan = desk.person("ann"), desk.library.loan()
    follow(desk, ann, loan)
    there = found_company(desk.ctx.session, desk.ctx.user, {"name": "There"}, addons=["sample_library"])
    with pytest.raises(NotFound):
        desk.run(there, "core.follower.follow", model=LOAN, record=loan.id)
    desk.ctx.bind()
