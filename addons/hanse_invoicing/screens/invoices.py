"""Invoices, bills and credit notes: list and form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, select

from hanse import Board, Calendar, Computed, Context, Filter, Lines, Row, Screen, Shown, Tab, _, link_id
from hanse.i18n import Label, format_money
from hanse.models import Kind, Model
from hanse_finance.models import Voucher
from hanse_finance.numbering import voucher_title
from hanse_invoicing.models import Invoice, InvoiceLine, InvoiceState, InvoiceVoucher, OpenItem
from hanse_invoicing.screens.papers import ElectronicPaper, InvoicePaper


def _open(_model: type[Model]) -> Any:
    """Add up what is open of an invoice; positive: still to be paid."""
    return (
        select(func.sum(func.abs(OpenItem.open)))
        .where(link_id(OpenItem.invoice) == Invoice.id)
        .correlate(Invoice)
        .scalar_subquery()
    )


def _open_tone(_model: type[Model]) -> Any:
    """Green what is paid, red what is late."""
    return case((_open(Invoice) == 0, "ok"), (Invoice.due < func.current_date(), "bad"))


def _unpaid(_ctx: Context) -> Any:
    return Invoice.id.in_(select(link_id(OpenItem.invoice)).where(OpenItem.open != 0))


def _overdue(ctx: Context) -> Any:
    return Invoice.id.in_(select(link_id(OpenItem.invoice)).where(OpenItem.open != 0, OpenItem.due < ctx.today))


def _voucher(ctx: Context, invoice: Invoice) -> Voucher | None:
    if invoice.state is InvoiceState.DRAFT:
        return None
    query = select(Voucher).join(InvoiceVoucher, link_id(InvoiceVoucher.voucher) == Voucher.id)
    return ctx.session.scalar(query.where(link_id(InvoiceVoucher.invoice) == invoice.id))


def _voucher_title(ctx: Context, invoice: Invoice) -> Label | None:
    found = _voucher(ctx, invoice)
    return None if found is None else voucher_title(found)


def _voucher_record(ctx: Context, invoice: Invoice) -> tuple[type[Model], int] | None:
    found = _voucher(ctx, invoice)
    return None if found is None else (Voucher, found.id)


def _still_open(ctx: Context, invoice: Invoice) -> Label | None:
    if invoice.state is InvoiceState.DRAFT:
        return None
    query = select(func.sum(func.abs(OpenItem.open))).where(link_id(OpenItem.invoice) == invoice.id)
    amount = ctx.session.scalar(query) or Decimal(0)
    return format_money(amount, invoice.currency.code, invoice.currency.places) if amount else _("Paid")


def _defaults(ctx: Context) -> dict[str, Any]:
    return {"day": ctx.today, "currency": ctx.company.currency_id}


LINES = Lines(
    Invoice.lines,
    columns=[
        InvoiceLine.description,
        InvoiceLine.quantity,
        InvoiceLine.unit,
        InvoiceLine.price,
        InvoiceLine.discount,
        InvoiceLine.tax,
        InvoiceLine.account,
        InvoiceLine.details,
        InvoiceLine.net,
        InvoiceLine.tax_amount,
    ],
    widths={
        "quantity": "s",
        "unit": "xs",
        "price": "s",
        "discount": "xs",
        "tax": "m",
        "account": "m",
        "details": "m",
        "net": "m",
        "tax_amount": "m",
    },
    small=["description", "quantity", "price", "tax", "net"],
    optional=["details", "discount"],
    asks_with={"details": ["account"]},
    blank=1,
)
INVOICES = Screen(
    Invoice,
    title=_("Invoices and bills"),
    singular=_("Invoice or bill"),
    menu="invoicing",
    icon="file-invoice",
    order=10,
    shortcut="i",
    list=[
        Invoice.number,
        Invoice.day,
        Invoice.partner,
        Invoice.kind,
        Invoice.due,
        Invoice.gross,
        Computed("open", _("Open"), Kind.MONEY, _open, tone=_open_tone),
        Invoice.state,
    ],
    filters=[
        Invoice.kind,
        Invoice.state,
        Invoice.partner,
        Invoice.day,
        Invoice.due,
        Invoice.maker,
        Filter(_("Not paid"), _unpaid, name="unpaid"),
        Filter(_("Overdue"), _overdue, name="overdue"),
    ],
    order_by=[Invoice.day.desc()],
    form=[
        Row(Invoice.kind, Invoice.partner),
        Row(Invoice.day, Invoice.term, Invoice.due),
        Row(Invoice.currency, Invoice.rate, Invoice.tax_included),
        Row(Invoice.reference, Invoice.corrects),
        LINES,
        Row(Invoice.net, Invoice.tax, Invoice.gross),
        Row(
            Shown("left", _("Open"), _still_open),
            Shown("voucher", _("Voucher"), _voucher_title, _voucher_record),
        ),
    ],
    tabs=[
        Tab(
            _("Tax invoice"),
            Row(Invoice.their_number, Invoice.series, Invoice.their_day),
        ),
        Tab(_("Account and note"), Row(Invoice.account, Invoice.base_gross), Row(Invoice.note)),
        Tab(_("People"), Row(Invoice.maker, Invoice.poster, Invoice.posted_at)),
    ],
    board=Board(by=Invoice.state, card=[Invoice.partner, Invoice.number, Invoice.day, Invoice.gross]),
    calendar=Calendar(start=Invoice.due, title=[Invoice.partner, Invoice.gross], tone=Invoice.state),
    sums=[Invoice.gross],
    editable=lambda invoice: invoice.state is InvoiceState.DRAFT,
    possible={"delete": lambda _ctx, invoice: invoice.state is InvoiceState.DRAFT},
    defaults=_defaults,
    carries=[Invoice.kind, Invoice.day],
    documents=[
        InvoicePaper(_("Invoice as PDF")),
        ElectronicPaper("factur-x", _("Electronic invoice (Factur-X)")),
        ElectronicPaper("ubl", _("Electronic invoice (UBL)")),
    ],
    tones={InvoiceState.POSTED: "ok"},
    title_of=lambda invoice: invoice.title(),
)
