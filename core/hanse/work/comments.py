"""Comments: what people say about records, and whom they call by ``@login`` or ``@name``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from hanse.actions import Context, Records, action, write
from hanse.directory.models import Comment
from hanse.errors import BusinessError, Forbidden
from hanse.i18n import _
from hanse.jobs.outbox import follow_up
from hanse.jobs.tasks import register_task
from hanse.models import link_id
from hanse.screens.history import CALL
from hanse.security.audience import contexts_of, viewers
from hanse.security.permissions import model_name
from hanse.work.following import add_followers, followers_of
from hanse.work.models import Reason
from hanse.work.records import people_named
from hanse.work.settings import wishes_of
from hanse.work.telling import News, tell

LONGEST = 10_000
_MOST_CALLED = 50
Mentioned = Mapping[int, Sequence[int]]


def called(body: str) -> list[str]:
    """Give the words behind each @ of a text."""
    return list(dict.fromkeys(CALL.findall(body)))[:_MOST_CALLED]


def say(ctx: Context, model: str, records: Sequence[int], body: str) -> list[str]:
    """Store a comment on records; those whom it calls are told of it, and those who follow them.

    :returns: the names of people who are not told, because they may not see a record
    """
    mentioned, unseen = _mentioned(ctx, model, records, body)
    common = {"model": model, "body": body, "user": ctx.user.id, "at": ctx.now}
    ids = ctx.insert(Comment, [common | {"record": one, "mentions": mentioned[one]} for one in records])
    _follow_mentioned(ctx, model, mentioned)
    if any(mentioned.values()) or followers_of(ctx, [(model, record) for record in records]):
        follow_up(ctx, TELL_COMMENT, [{"comments": ids, "before": []}])
    return unseen


def _mentioned(ctx: Context, model: str, records: Sequence[int], body: str) -> tuple[dict[int, list[int]], list[str]]:
    """Find whom a text calls: ids of people who see each record, and the names of those who do not see one."""
    found = list(people_named(ctx, called(body)).values())
    people = contexts_of(ctx, [one.id for one in found])
    seen = viewers(people, [(model, record) for record in records])
    mentioned = {
        record: list(dict.fromkeys(one.id for one in found if (one.id, model, record) in seen)) for record in records
    }
    unseen = [one.name for one in found if any(one.id not in there for there in mentioned.values())]
    return mentioned, list(dict.fromkeys(unseen))


def _follow_mentioned(ctx: Context, model: str, mentioned: Mentioned) -> None:
    users = {user for there in mentioned.values() for user in there}
    if not users:
        return
    willing = {user for user, wishes in wishes_of(ctx, users).items() if wishes.follow_mentioned}
    for record, there in mentioned.items():
        add_followers(ctx, model, [record], [user for user in there if user in willing])


@action(
    Comment,
    label=_("Edit comment"),
    permission="core.comment.update",
    hidden=True,
    labels={"body": _("Comment")},
)
def edit(ctx: Context, comments: Records[Comment], *, body: str) -> list[str]:
    """Say one's own comment in other words; the audit log keeps the old ones, who is called anew is told.

    :returns: the names of people who are not told, because they may not see the record
    :raises Forbidden: it is somebody else's
    :raises BusinessError: nothing is left of it
    """
    if any(user != ctx.user.id for user in comments[Comment.user]):
        raise Forbidden(_("You can change only what you have written yourself."))
    text = body.strip()[:LONGEST]
    if not text:
        raise BusinessError(_("Write something, or delete the comment."), field="body")
    unseen: list[str] = []
    for comment in comments:
        mentioned, missed = _mentioned(ctx, comment.model, [comment.record], text)
        _note(ctx, comment.id, comment.body, text)
        before = list(comment.mentions)
        values = {"body": text, "mentions": mentioned[comment.record], "edited_at": ctx.now}
        ctx.update([comment.id], Comment, values)
        _follow_mentioned(ctx, comment.model, mentioned)
        if set(mentioned[comment.record]) - set(before):
            follow_up(ctx, TELL_COMMENT, [{"comments": [comment.id], "before": before, "fresh": False}])
        unseen += missed
    return unseen


@action(
    Comment,
    name="delete",
    label=_("Delete comment"),
    permission="core.comment.delete",
    deletes=True,
    hidden=True,
)
def delete_comments(ctx: Context, comments: Records[Comment]) -> None:
    """Take comments away; the audit log keeps what they said."""
    for comment in comments:
        _note(ctx, comment.id, comment.body, None)
    sql = "DELETE FROM core_comment WHERE company_id = %(company)s AND id = ANY(%(ids)s)"
    write.execute(ctx.session, sql, {"company": ctx.company.id, "ids": comments.ids})
    comments.forget()


def _note(ctx: Context, comment: int, before: str, after: str | None) -> None:
    assert ctx.running is not None
    ctx.running.note(model_name(Comment), comment, {"body": [before, after]})


def tell_comment(ctx: Context, *, comments: list[int], before: list[int], fresh: bool = True) -> None:
    """Tell of comments: who is mentioned in them, and unless they were only edited, who follows their records.

    :param before: whom they mentioned before they were edited
    """
    query = select(Comment.id, Comment.model, Comment.record, Comment.mentions, link_id(Comment.user))
    rows = ctx.session.execute(query.where(Comment.id.in_(comments)).order_by(Comment.id)).all()
    followers = followers_of(ctx, {(model, record) for _id, model, record, _mentions, _user in rows}) if fresh else []
    news: list[News] = []
    for comment, model, record, mentions, author in rows:
        content = {"comment": comment}
        listening = [user for name, own, user, _level in followers if (name, own) == (model, record)]
        reasons = [(user, Reason.MENTION) for user in mentions if user not in before]
        reasons += [(user, Reason.COMMENT) for user in listening if user not in mentions]
        news += [News(user, reason, content, model, record, actor=author) for user, reason in reasons]
    tell(ctx, news)


TELL_COMMENT = register_task(tell_comment, label=_("Notify people"))
