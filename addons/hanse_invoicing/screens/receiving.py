"""The page on which electronic invoices are taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from hanse import BusinessError, _, page
from hanse.files import uploads
from hanse_invoicing.models import Invoice

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest


@page(
    "take-in",
    title=_("Take in electronic invoices"),
    menu="invoicing",
    icon="file-import",
    order=13,
    permission="invoicing.invoice.create",
)
def take_in(request: WebRequest) -> Response:
    """Ask for files, and make a draft bill of each; one that is refused leaves the others alone."""
    from hanse.web.page import page_of, render  # Pyramid is loaded by the web only

    taking: dict[str, Any] = {"action": request.to("/invoicing/take-in"), "made": [], "refused": []}
    sent: list[Any] = request.POST.getall("files") if request.method == "POST" else []
    for one in sent:
        if not getattr(one, "filename", None):
            continue
        name = uploads.plain_name(str(one.filename))
        try:
            made = _taken(request, name, one.file)
        except BusinessError as error:
            taking["refused"].append({"name": name, "reason": error.message})
            continue
        invoice = request.ctx.all(Invoice, Invoice.id == made).one()
        said = f"{invoice.partner.name} {invoice.their_number}"
        taking["made"].append({"name": name, "title": said, "url": request.to(f"/invoicing/invoice/{made}")})
    title = _("Take in electronic invoices")
    return render(request, "invoicing/take_in.jinja2", page_of(request, title), taking=taking)


def _taken(request: WebRequest, name: str, source: BinaryIO) -> int:
    from hanse_invoicing.actions.receiving import take_in as take
    from hanse_invoicing.electronic.receiving import xml_of

    ctx = request.ctx
    xml = xml_of(source.read())
    source.seek(0)
    most = uploads.most_megabytes(ctx, request.services.settings)
    stored = uploads.take(request.services.files, name, source, most)
    with ctx.session.begin_nested():
        uploads.note(ctx.session, ctx.user.id, stored, ctx.now)
        made: list[int] = ctx.run(take, xml=xml, original=stored.key).result
    return made[0]


__all__ = ["take_in"]
