"""Favourites: the records and lists that somebody has starred."""

from __future__ import annotations

from sqlalchemy import select

from hanse.actions import Context, Records, action, write
from hanse.i18n import _
from hanse.work.models import Favourite
from hanse.work.records import model_called, require_record

_STAR = """
    INSERT INTO core_favourite (company_id, user_id, model, record, at)
    VALUES (%(company)s, %(user)s, %(model)s, %(record)s, %(now)s)
    ON CONFLICT (company_id, user_id, model, record) DO NOTHING
"""
_GONE = "DELETE FROM core_favourite WHERE company_id = %(company)s AND user_id = %(user)s AND id = ANY(%(ids)s)"


@action(Favourite, label=_("Star"), permission="core.favourite.create", creates=True, hidden=True)
def star(ctx: Context, favourites: Records[Favourite], *, model: str, record: int | None = None) -> list[int]:
    """Keep a record, or the list of a model, among one's favourites.

    :raises NotFound: the record is not there for this person
    """
    if record is None:
        ctx.require(f"{model}.read")
        model_called(model)
    else:
        require_record(ctx, model, record)
    values = {"company": ctx.company.id, "user": ctx.user.id, "model": model, "record": record, "now": ctx.now}
    write.execute(ctx.session, _STAR, values)
    own = Favourite.record.is_(None) if record is None else Favourite.record == record
    query = select(Favourite.id).where(
        Favourite.company_id == ctx.company.id, Favourite.user.is_(ctx.user.id), Favourite.model == model, own
    )
    return [*ctx.session.scalars(query)]


@action(Favourite, label=_("Unstar"), permission="core.favourite.delete", hidden=True)
def unstar(ctx: Context, favourites: Records[Favourite]) -> None:
    """Keep it among one's favourites no longer."""
    asked = {"company": ctx.company.id, "user": ctx.user.id, "ids": favourites.ids}
    write.execute(ctx.session, _GONE, asked)
    favourites.forget()
