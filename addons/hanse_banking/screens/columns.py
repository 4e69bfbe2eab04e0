"""The page where somebody says once what the headings of a bank's tables mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse import BusinessError, _, page
from hanse_banking.actions.statements import name_columns
from hanse_banking.reading.tables import ROLES
from hanse_banking.screens.adjustment import chosen_bank

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest


@page("columns", title=_("Columns"), icon="table", permission="banking.statement.import")
def columns(request: WebRequest) -> Response:
    """Show a heading for each role, as it was said; keep what is said."""
    from pyramid.httpexceptions import HTTPSeeOther

    from hanse.web.page import page_of, render  # Pyramid is loaded by the web only

    asked = request.params.get("record") or request.params.get("bank") or ""
    bank = chosen_bank(request.ctx, str(asked))
    told = {role: heading for heading, role in (bank.columns or {}).items()}
    error = None
    if request.method == "POST":
        told = {role: str(request.POST.get(role, "")).strip()[:80] for role in ROLES}
        try:
            request.ctx.run(name_columns, [bank.id], columns={text: role for role, text in told.items() if text})
            request.say(_("Kept. Read the file again."))
            return HTTPSeeOther(request.to("/banking/reconcile", bank=str(bank.id)))
        except BusinessError as refused:
            error = refused.message
    values: dict[str, Any] = {
        "action": request.to("/banking/columns"),
        "bank": bank.id,
        "name": bank.name,
        "error": error,
        "fields": [{"name": role, "label": label, "value": told.get(role, "")} for role, label in ROLES.items()],
    }
    head = page_of(request, _("Columns"))
    return render(request, "banking/columns.jinja2", head, columns=values, status=422 if error else 200)
