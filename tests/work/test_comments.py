"""What who comments may rely on: whom they call by name is told, if they may see the record, and words stay words."""

from __future__ import annotations

import pytest
from markupsafe import Markup
from sample_library.models import Loan
from sqlalchemy import text

from hanse.directory.models import Comment
from hanse.errors import Forbidden, NotFound
from hanse.screens.history import marked_mentions, timeline
from hanse.work.comments import called
from hanse.work.models import Follower


def comment(desk, ctx, loan, body):
    return desk.run(ctx, "library.loan.comment", [loan], body=body)


def comments(desk):
    return list(desk.ctx.all(Comment))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("@ann please", ["ann"]),
        ("Ask @ann.lee, or @bea_2.", ["ann.lee", "bea_2"]),
        ("请@张晓明 核对", []),  # what stands right before the @ is a word
        ("请 @张晓明 核对", ["张晓明"]),
        ("Write to ann@example.com", []),
        ("@@ann @", []),
        ("(@ann)", ["ann"]),
    ],
)
def test_a_name_behind_an_at_sign_calls_somebody_and_an_address_does_not(body, words):
    assert called(body) == words


@pytest.mark.parametrize("call", ["@ann", "@ANN", "@Ann"])
def test_who_is_mentioned_is_told_with_what_was_said(desk, call):
    ann, loan = desk.person("ann"), desk.library.loan()
    comment(desk, desk.ctx, loan, f"{call} please look")

    assert desk.told(ann) == [("Administrator mentions you", loan.number)]
    assert "please look" in desk.everything(ann)
    assert comments(desk)[0].mentions == [ann.user.id]


def test_who_is_mentioned_and_follows_is_told_once(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    desk.run(ann, "core.follower.follow", model="library.loan", record=loan.id)
    comment(desk, desk.ctx, loan, "@ann well?")

    assert [sentence for sentence, _about in desk.told(ann)] == ["Administrator mentions you"]


def test_who_may_not_see_the_record_is_not_told_and_the_author_learns_it(desk):
    eve, loan = desk.person("eve", ("library.loan.read", "own")), desk.library.loan()
    outcome = comment(desk, desk.ctx, loan, "@eve look at this")

    assert outcome.result == ["Eve"]
    assert comments(desk)[0].mentions == []
    assert desk.told(eve) == []
    assert [row.user_id for row in desk.ctx.all(Follower)] == []


def test_a_mention_is_no_longer_shown_to_who_lost_the_record(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    comment(desk, desk.ctx, loan, "@ann the price is secret")
    assert len(desk.told(ann)) == 1
    desk.withdraw(ann)

    assert desk.told(ann) == []
    assert "secret" not in desk.everything(ann)


def test_who_is_mentioned_follows_from_then_on_unless_they_said_no(desk):
    ann, bea, loan = desk.person("ann"), desk.person("bea"), desk.library.loan()
    desk.wish(bea, follow_mentioned=False)
    comment(desk, desk.ctx, loan, "@ann @bea look")

    assert [row.user_id for row in desk.ctx.all(Follower)] == [ann.user.id]


def test_one_s_own_comment_can_be_edited_and_the_audit_keeps_the_old_words(desk):
    ann, bea, loan = desk.person("ann"), desk.person("bea"), desk.library.loan()
    comment(desk, ann, loan, "Frist!")
    (own,) = comments(desk)
    desk.run(ann, "core.comment.edit", [own.id], body="First, @bea")
    desk.ctx.session.expire_all()

    assert comments(desk)[0].body == "First, @bea"
    assert comments(desk)[0].edited_at is not None
    assert [sentence for sentence, _about in desk.told(bea)] == ["Ann mentions you"]
    kept = desk.ctx.session.scalar(
        text("SELECT changes->'body' FROM core_audit WHERE action = 'core.comment.edit' ORDER BY id DESC LIMIT 1")
    )
    assert kept == ["Frist!", "First, @bea"]


def test_one_s_own_comment_can_be_deleted_and_the_audit_keeps_it(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    comment(desk, ann, loan, "Never mind")
    desk.run(ann, "core.comment.delete", [comments(desk)[0].id])

    assert comments(desk) == []
    kept = desk.ctx.session.scalar(text("SELECT changes->'body' FROM core_audit WHERE action = 'core.comment.delete'"))
    assert kept == ["Never mind", None]


def test_nobody_edits_or_deletes_what_somebody_else_said(desk):
    ann, bea, loan = desk.person("ann"), desk.person("bea"), desk.library.loan()
    comment(desk, ann, loan, "Mine")
    (own,) = comments(desk)
    for verb in ({"name": "core.comment.edit", "body": "Theirs"}, {"name": "core.comment.delete"}):
        with pytest.raises(NotFound):
            desk.run(bea, records=[own.id], **verb)
    with pytest.raises(Forbidden):
        desk.run(desk.ctx, "core.comment.edit", [own.id], body="Administered")
    assert comments(desk)[0].body == "Mine"


def test_comments_are_read_by_who_reads_their_records_and_by_nobody_else(desk):
    ann = desk.person("ann", ("library.loan.read", "own"))
    own, other = desk.library.loan(clerk=ann.user.id), desk.library.loan(title="Ronja")
    comment(desk, desk.ctx, own, "for Ann")
    comment(desk, desk.ctx, other, "not for Ann")

    assert [one.body for one in ann.visible(Comment)] == ["for Ann"]


def test_a_comment_is_written_as_it_was_typed_with_the_people_marked(desk):
    people = [("ann", "Ann <b>"), ("x", "Xi")]

    assert marked_mentions("<script>@ann & @nobody", people) == Markup(
        '&lt;script&gt;<span class="hz-mention">@Ann &lt;b&gt;</span> &amp; @nobody'
    )


def test_the_timeline_shows_mentions_by_name_and_lets_one_edit_only_one_s_own(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    comment(desk, desk.ctx, loan, "@ann?")
    comment(desk, ann, loan, "Yes")
    entries = [one for one in timeline(desk.again(ann), Loan, loan.id)[0] if one["kind"] == "comment"]

    assert [("comment" in one, str(one["text"])) for one in entries] == [
        (True, "Yes"),
        (False, '<span class="hz-mention">@Ann</span>?'),
    ]


def test_what_an_addon_says_by_itself_reaches_followers_too(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    desk.run(ann, "core.follower.follow", model="library.loan", record=loan.id)
    desk.ctx.running = None
    comment(desk, desk.ctx, loan, "Reminder sent.")

    assert desk.told(ann) == [("Administrator has commented", loan.number)]
