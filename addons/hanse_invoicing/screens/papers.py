"""Invoices, reminders and statements of account as documents of their screens."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from hanse import Context, _
from hanse.errors import NotFound
from hanse.files import FileStore
from hanse.i18n import Label
from hanse.models import Model
from hanse_contacts.models import Partner
from hanse_invoicing.models import Invoice, Ledger, Reminder
from hanse_invoicing.papers import language_of, print_invoices, print_reminders, print_statement
from hanse_invoicing.permissions import Invoicing

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest


def _sent(content: bytes, name: str, kind: str = "application/pdf") -> Response:
    from pyramid.response import Response

    response = Response(body=content, content_type=kind)
    file = name if kind != "application/pdf" or name.endswith(".pdf") else f"{name}.pdf"
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file, safe='')}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@dataclass(frozen=True, slots=True)
class InvoicePaper:
    """Invoices as a document of their list and form."""

    label: Label
    name: str = "invoice"
    addon: str = "hanse_invoicing"
    permission: str = "invoicing.invoice.read"

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send invoices as one file.

        :raises NotFound: none of them is there for this person
        """
        chosen = list(request.ctx.visible(Invoice, Invoice.id.in_(ids)))
        if not chosen:
            raise NotFound(_("There is nothing to print, or it is not for you."))
        pdf = print_invoices(request.ctx, chosen, request.services.files)
        return _sent(pdf, str(chosen[0].title()) if len(chosen) == 1 else str(_("Invoices")))


@dataclass(frozen=True, slots=True)
class ElectronicPaper:
    """Electronic invoices as a document of their list and form: one as it is, several as a ZIP archive."""

    name: str
    label: Label
    addon: str = "hanse_invoicing"
    permission: str = "invoicing.invoice.read"

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send electronic invoices.

        :raises NotFound: none of them is there for this person
        :raises BusinessError: one is no posted customer invoice, or says too little for the standard
        """
        ctx = request.ctx
        chosen = list(ctx.visible(Invoice, Invoice.id.in_(ids), order_by=[Invoice.id]))
        if not chosen:
            raise NotFound(_("There is nothing to print, or it is not for you."))
        made = [self._made(ctx, one, request.services.files) for one in chosen]
        if len(made) == 1:
            name, content = made[0]
            kind = "application/pdf" if name.endswith(".pdf") else "application/xml"
            return _sent(content, name, kind)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in made:
                archive.writestr(name, content)
        return _sent(out.getvalue(), f"{_('Invoices')}.zip", "application/zip")

    def _made(self, ctx: Context, invoice: Invoice, files: FileStore) -> tuple[str, bytes]:
        from hanse_invoicing.electronic import embedding
        from hanse_invoicing.electronic.content import content_of

        paper = content_of(ctx, invoice)
        name = (invoice.number or "").replace("/", "-")
        if self.name == embedding.UBL:
            return f"{name}.xml", embedding.ubl_of(paper)
        language = language_of(ctx, invoice.partner).replace("_", "-")
        return f"{name}.pdf", embedding.facturx(print_invoices(ctx, [invoice], files), paper, language)


@dataclass(frozen=True, slots=True)
class StatementPaper:
    """Statements of account as a document of partners."""

    ledger: Ledger
    label: Label
    addon: str = "hanse_invoicing"
    permission: str = Invoicing.REPORT

    @property
    def name(self) -> str:
        """Its name in addresses."""
        return f"statement-{self.ledger.value}"

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send statements of what is open today as one file.

        :raises NotFound: none of the partners is there for this person
        """
        ctx = request.ctx
        chosen = list(ctx.visible(Partner, Partner.id.in_(ids)))
        if not chosen:
            raise NotFound(_("There is nothing to print, or it is not for you."))
        pdf = print_statement(ctx, chosen, self.ledger, ctx.today, request.services.files)
        name = _("Statement of account")
        return _sent(pdf, f"{name} {chosen[0].name}" if len(chosen) == 1 else str(name))


@dataclass(frozen=True, slots=True)
class ReminderPaper:
    """Reminders as a document of their list and page."""

    label: Label
    name: str = "reminder"
    addon: str = "hanse_invoicing"
    permission: str = "invoicing.reminder.read"

    def answer(self, request: WebRequest, _model: type[Model], ids: Sequence[int]) -> Response:
        """Send reminders as one file.

        :raises NotFound: none of them is there for this person
        """
        chosen = list(request.ctx.visible(Reminder, Reminder.id.in_(ids)))
        if not chosen:
            raise NotFound(_("There is nothing to print, or it is not for you."))
        pdf = print_reminders(request.ctx, chosen, request.services.files)
        return _sent(pdf, chosen[0].number if len(chosen) == 1 else str(_("Reminders")))
