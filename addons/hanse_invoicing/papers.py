"""Invoices and statements of account on paper, in the language of whoever gets them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hanse import Context, _
from hanse.errors import NotFound
from hanse.files import FileStore
from hanse.i18n import Label, current_locale, format_day, format_decimal, format_money, negotiate, speaking
from hanse.models import Model
from hanse.paper import Letterhead, PaperKind, register_paper
from hanse.paper.heads import STYLE
from hanse.paper.reading import letterhead
from hanse_contacts.models import Partner
from hanse_invoicing.models import Invoice, InvoiceKind, InvoiceState, InvoicingSettings, Ledger, OpenItem, Reminder
from hanse_invoicing.permissions import Invoicing
from hanse_invoicing.standing import BUCKETS, Left, ageing, left

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.web.request import WebRequest

_INVOICE, _STATEMENT, _REMINDER = (
    register_paper(PaperKind(f"invoicing.{name}", label, "hanse_invoicing"))
    for name, label in (
        ("invoice", _("Invoices")),
        ("statement", _("Statements of account")),
        ("reminder", _("Reminders")),
    )
)
_FOLDER = Path(__file__).parent / "documents"
ZERO = Decimal(0)


def language_of(ctx: Context, partner: Partner) -> str:
    """Give the language in which a partner is written to: its own, else that of the company."""
    return negotiate([partner.language] if partner.language else [], ctx.company.locale)


def print_invoices(ctx: Context, invoices: Iterable[Invoice], files: FileStore) -> bytes:
    """Give invoices as one PDF/A, each on pages of its own and in the language of its partner.

    :raises DocumentError: fonts or Pango are missing
    """
    sheets, heads = list[str](), _Heads(ctx, files, _INVOICE)
    for invoice in invoices:
        with speaking(language_of(ctx, invoice.partner)):
            sheets.append(_drawn("invoice.html.jinja", _invoice(ctx, invoice), heads, invoice.partner))
    return _bound(ctx, sheets, heads)


def print_statement(ctx: Context, partners: Iterable[Partner], ledger: Ledger, end: date, files: FileStore) -> bytes:
    """Give statements of what is open at the end of a day, one for each partner, each in the partner's language."""
    sheets, heads = list[str](), _Heads(ctx, files, _STATEMENT)
    for partner in partners:
        with speaking(language_of(ctx, partner)):
            sheets.append(_drawn("statement.html.jinja", _statement(ctx, partner, ledger, end), heads, partner))
    return _bound(ctx, sheets, heads)


class _Heads:
    """The letterhead in each language that is written in, read once for each."""

    def __init__(self, ctx: Context, files: FileStore, kind: PaperKind) -> None:
        self._ctx, self._files, self._kind = ctx, files, kind
        self._known: dict[str, Letterhead] = {}

    def spoken(self) -> Letterhead:
        """Give it in the language that is spoken now."""
        language = current_locale()
        if language not in self._known:
            self._known[language] = letterhead(self._ctx, self._files, self._kind)
        return self._known[language]


def _drawn(template: str, values: Mapping[str, Any], heads: _Heads, partner: Partner) -> str:
    from hanse.documents.weasy import template_environment  # half a second that few processes need

    said = {
        "lang": current_locale().replace("_", "-"),
        "head": heads.spoken(),
        "partner": partner.name,
        "address": _address(partner),
        "tax_id": partner.tax_id,
        "tax_id_label": str(_("Tax number")),
    }
    return template_environment(_FOLDER).get_template(template).render(**said, **values)


def _address(partner: Partner) -> list[str]:
    """Give the lines of the address that letters go to."""
    address = partner.default_address()
    if address is None:
        return []
    place = " ".join(part for part in (address.postal_code, address.city) if part)
    country = address.country.name if address.country is not None else None
    return [part for part in (address.street, place, address.province, country) if part]


def _bound(ctx: Context, sheets: Sequence[str], heads: _Heads) -> bytes:
    from hanse.documents.weasy import render, template_environment

    template = template_environment(_FOLDER).get_template("paper.html.jinja")
    with speaking(ctx.company.locale):
        head = heads.spoken()
        lang = current_locale().replace("_", "-")
        html = template.render(sheets=sheets, head=head, style=STYLE, lang=lang, title=ctx.company.name)
    return render(html, resources=head.resources(), variant="pdf/a-3u")


# --- what stands on them ----------------------------------------------------------------------------------------------


def _invoice(ctx: Context, invoice: Invoice) -> dict[str, Any]:
    places, currency = invoice.currency.places, invoice.currency.code
    rates: dict[Decimal | None, list[Decimal]] = {}
    for line in invoice.lines:
        there = rates.setdefault(line.percent, [ZERO, ZERO])
        there[0] += line.net
        there[1] += line.tax_amount
    items = ctx.all(OpenItem, OpenItem.invoice_id == invoice.id, order_by=[OpenItem.number])
    dues = [(format_day(one.due), format_decimal(abs(one.amount), places)) for one in items]
    one = next(iter(items), None)
    discount = None
    if one is not None and one.discount is not None and one.discount_until is not None:
        taken = sum((abs(each.discount or ZERO) for each in items), ZERO)
        discount = _(
            "Paid until %(day)s, %(amount)s less is due.",
            day=one.discount_until,
            amount=format_money(taken, currency, places),
        )
    facts: list[tuple[Label, Label | None]] = [
        (_("Number"), invoice.number or _("(draft)")),
        (_("Date"), format_day(invoice.day)),
        (_("Payment terms"), invoice.term.name if invoice.term is not None else None),
        (_("Reference"), invoice.reference),
        (_("Invoice number"), " ".join(part for part in (invoice.series, invoice.their_number) if part) or None),
        (_("Takes back"), invoice.corrects.number if invoice.corrects is not None else None),
    ]
    return {
        "title": str(_TITLES[invoice.kind]),
        "draft": invoice.state is InvoiceState.DRAFT,
        "facts": [(str(label), str(value)) for label, value in facts if value],
        "heads": _heads(currency),
        "lines": [_line(line, places) for line in invoice.lines],
        "rates": [
            (
                str(_("Tax %(percent)s %%", percent=percent) if percent is not None else _("Without tax")),
                format_decimal(net, places),
                format_decimal(tax, places),
            )
            for percent, (net, tax) in rates.items()
        ],
        "totals": [
            (str(_("Net")), format_decimal(invoice.net, places)),
            (str(_("Tax amount")), format_decimal(invoice.tax, places)),
            (str(_("Total with tax")), format_money(invoice.gross, currency, places)),
        ],
        "dues": dues,
        "due_label": str(_("Due")),
        "discount": str(discount) if discount else "",
        "note": (invoice.note or "").split("\n") if invoice.note else [],
        "footer": (ctx.settings(InvoicingSettings).footer or "").split("\n"),
    }


_TITLES = {
    InvoiceKind.INVOICE: _("Invoice"),
    InvoiceKind.CREDIT_NOTE: _("Credit note"),
    InvoiceKind.BILL: _("Supplier bill"),
    InvoiceKind.BILL_CREDIT: _("Credit note from a supplier"),
}


def _heads(currency: str) -> list[str]:
    amount = _("Amount %(currency)s", currency=currency)
    words = (_("Description"), _("Quantity"), _("Unit"), _("Price"), _("Discount"), _("Tax rate"), amount)
    return [str(word) for word in words]


def _line(line: Any, places: int) -> list[str]:
    return [
        line.description,
        format_decimal(line.quantity),
        line.unit or "",
        format_decimal(line.price, max(places, -line.price.normalize().as_tuple().exponent)),
        f"{format_decimal(line.discount)} %" if line.discount else "",
        f"{format_decimal(line.percent)} %" if line.percent is not None else "",
        format_decimal(line.gross if line.invoice.tax_included else line.net, places),
    ]


def _statement(ctx: Context, partner: Partner, ledger: Ledger, end: date) -> dict[str, Any]:
    sign = 1 if ledger is Ledger.RECEIVABLE else -1
    rows = left(ctx, ledger, end, partner.id)
    aged = next(iter(ageing(ctx, ledger, end, partner.id)), None)
    pairs = pairwise(BUCKETS)
    labels = [
        _("Not due"),
        *(_("%(first)s–%(last)s days", first=first + 1, last=last) for first, last in pairs),
        _("over %(days)s days", days=BUCKETS[-1]),
    ]
    buckets = [sign * amount for amount in aged.buckets] if aged else [ZERO] * len(labels)
    return {
        "title": str(_("Statement of account")),
        "when": str(_("Open items at %(day)s", day=end)),
        "heads": _left_heads(),
        "groups": _by_currency(rows, sign, end),
        "total": str(_("Total")),
        "nothing": str(_("Nothing is open.")),
        "ageing_label": str(_("Ageing in %(currency)s", currency=ctx.company.currency)),
        "ageing": [
            (str(label), format_decimal(amount, ctx.company.places))
            for label, amount in zip(labels, buckets, strict=True)
        ],
        "footer": (ctx.settings(InvoicingSettings).footer or "").split("\n"),
        "please": str(_("Please compare this with your books, and tell us where they differ.")),
    }


def _left_heads() -> list[str]:
    words = (_("Document"), _("Date"), _("Due"), _("Days overdue"), _("Amount"), _("Open"))
    return [str(word) for word in words]


def _by_currency(rows: Iterable[Left], sign: int, end: date) -> list[tuple[str, list[list[str]], str]]:
    """Give the rows of each currency with their sum; they come sorted by currency."""
    parts = ((currency, list(group)) for currency, group in groupby(rows, key=lambda one: one.currency))
    return [(currency, [_left(one, sign, end) for one in items], _sum(items, sign)) for currency, items in parts]


def _left(one: Left, sign: int, end: date) -> list[str]:
    late = (end - one.due).days
    amounts = (format_decimal(sign * amount, one.places) for amount in (one.amount, one.open))
    return [one.document, format_day(one.day), format_day(one.due), str(late) if late > 0 else "", *amounts]


def _sum(items: Sequence[Left], sign: int) -> str:
    total = sum((one.open for one in items), ZERO)
    return format_money(sign * total, items[0].currency, items[0].places)


def print_reminders(ctx: Context, reminders: Iterable[Reminder], files: FileStore) -> bytes:
    """Give reminders as one PDF/A, each in the language of its partner and the words of its level."""
    sheets, heads = list[str](), _Heads(ctx, files, _REMINDER)
    for reminder in reminders:
        language = language_of(ctx, reminder.partner)
        with speaking(language):
            sheets.append(_drawn("reminder.html.jinja", _reminder(ctx, reminder, language), heads, reminder.partner))
    return _bound(ctx, sheets, heads)


def _reminder(ctx: Context, reminder: Reminder, language: str) -> dict[str, Any]:
    words = reminder.level.text_in(language)
    rows = sorted(
        (
            Left(
                line.item.document,
                line.item.day,
                line.due,
                line.currency.code,
                line.currency.places,
                line.item.amount,
                line.open,
            )
            for line in reminder.lines
        ),
        key=lambda one: (one.currency, one.due, one.document),
    )
    return {
        "title": words.subject if words is not None else reminder.level.name,
        "when": f"{reminder.number}, {format_day(reminder.day)}",
        "body": words.body.split("\n") if words is not None else [],
        "heads": _left_heads(),
        "groups": _by_currency(rows, 1, reminder.day),
        "total": str(_("Total")),
        "footer": (ctx.settings(InvoicingSettings).footer or "").split("\n"),
    }


# --- in the browser ---------------------------------------------------------------------------------------------------


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
