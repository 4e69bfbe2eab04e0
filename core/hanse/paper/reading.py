"""Read what a company puts on a kind of document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hanse.directory.models import Company
from hanse.i18n import _
from hanse.models import link_id
from hanse.paper import heads, pictures
from hanse.paper.heads import Head, Letterhead
from hanse.paper.models import Paper, PaperSettings, Seal

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.files import FileStore
    from hanse.paper.kinds import PaperKind


def letterhead(ctx: Context, files: FileStore | None, kind: PaperKind) -> Letterhead:
    """Give letterhead and seal for one kind of document, in the language that is spoken.  Takes three statements.

    Without files there is neither logo nor seal.

    A picture that is no longer stored, or cannot be drawn, is left out and logged.
    """
    company = ctx.session.execute(
        select(
            Company.name,
            Company.legal_name,
            Company.address,
            Company.phone,
            Company.tax_id,
            Company.bank,
            Company.logo,
        ).where(Company.id == ctx.company.id)
    ).one()
    settings = ctx.settings(PaperSettings)
    own = ctx.session.execute(
        select(Paper.head, Paper.seal_right, Paper.seal_down, Seal.picture, Seal.width)
        .outerjoin(Seal, Seal.id == link_id(Paper.seal))
        .where(Paper.company_id == ctx.company.id, Paper.kind == kind.name)
    ).first()
    head: Head = kind.head if own is None or kind.official else own.head.value
    seal = None if own is None or own.picture is None else pictures.seal(files, own.picture.key)
    lines = [line.strip() for line in (company.address or "").split("\n")]
    lines.append(company.phone or "")
    if settings.tax_number and company.tax_id:
        lines.append(str(_("Tax number %(number)s", number=company.tax_id)))
    if settings.bank:
        lines.append(company.bank or "")
    whole = head == "full"
    return Letterhead(
        company.legal_name or company.name,
        tuple(line for line in lines if line) if whole else (),
        pictures.logo(files, company.logo) if whole else None,
        None if own is None or seal is None else heads.Seal(seal, own.width, own.seal_right, own.seal_down),
        head,
    )


__all__ = ["letterhead"]
