"""Invoices, reminders and statements of account on paper, in the language of whoever gets them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from hanse import Context, _
from hanse.files import FileStore
from hanse.i18n import Label, current_locale, format_day, format_decimal, format_money, negotiate, speaking
from hanse.paper import Letterhead, PaperKind, register_paper
from hanse.paper.reading import letterhead
from hanse_contacts.homes import home_country
from hanse_contacts.models import Partner
from hanse_invoicing.models import (
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
    InvoicingSettings,
    Ledger,
    OpenItem,
    Reminder,
    ReminderLine,
)
from hanse_invoicing.standing import BUCKETS, Left, ageing, left

if TYPE_CHECKING:  # drawing is imported by who draws
    from hanse.documents.letters import Letter, Part, Small, Sums
    from hanse.documents.tables import Column

_INVOICE, _STATEMENT, _REMINDER = (
    register_paper(PaperKind(f"invoicing.{name}", label, "hanse_invoicing"))
    for name, label in (
        ("invoice", _("Invoices")),
        ("statement", _("Statements of account")),
        ("reminder", _("Reminders")),
    )
)
ZERO = Decimal(0)


def language_of(ctx: Context, partner: Partner) -> str:
    """Give the language in which a partner is written to: its own, else that of the company."""
    return negotiate([partner.language] if partner.language else [], ctx.company.locale)


def print_invoices(ctx: Context, invoices: Iterable[Invoice], files: FileStore) -> bytes:
    """Give invoices as one PDF/A, each on pages of its own and in the language of its partner.

    :raises DocumentError: fonts or Pango are missing
    """
    return _printed(ctx, files, _INVOICE, ((one.partner, partial(_invoice, ctx, one)) for one in invoices))


def print_statement(ctx: Context, partners: Iterable[Partner], ledger: Ledger, end: date, files: FileStore) -> bytes:
    """Give statements of what is open at the end of a day, one for each partner, each in the partner's language."""
    wanted = ((one, partial(_statement, ctx, one, ledger, end)) for one in partners)
    return _printed(ctx, files, _STATEMENT, wanted)


def print_reminders(ctx: Context, reminders: Iterable[Reminder], files: FileStore) -> bytes:
    """Give reminders as one PDF/A, each in the language of its partner and the words of its level."""
    return _printed(ctx, files, _REMINDER, ((one.partner, partial(_reminder, ctx, one)) for one in reminders))


def _printed(
    ctx: Context,
    files: FileStore,
    kind: PaperKind,
    wanted: Iterable[tuple[Partner, Callable[[Letterhead], Letter]]],
) -> bytes:
    """Draw letters, each in the language of its partner, under a letterhead read once for each language."""
    from hanse.documents.letters import print_letters

    heads: dict[str, Letterhead] = {}

    def written() -> Iterable[Letter]:
        for partner, write in wanted:
            with speaking(language_of(ctx, partner)):
                language = current_locale()
                if language not in heads:
                    heads[language] = letterhead(ctx, files, kind)
                letter = write(heads[language])
            yield letter

    out = io.BytesIO()
    language = ctx.company.locale.replace("_", "-")
    print_letters(out, written(), title=ctx.company.name, language=language, created=ctx.now)
    return out.getvalue()


def _to(ctx: Context, partner: Partner) -> list[str]:
    """Give whom a letter goes to: name, address that letters go to, tax number."""
    lines = [partner.name]
    address = partner.default_address()
    if address is not None:
        lines += address.on_letter(home_country(ctx))
    if partner.tax_id:
        lines.append(f"{_('Tax number')} {partner.tax_id}")
    return lines


def _footer(ctx: Context) -> list[Part]:
    from hanse.documents.letters import SMALL, Words

    footer = ctx.settings(InvoicingSettings).footer
    return [Words(footer, SMALL, before=9.0, ruled=True)] if footer else []


# --- invoices ---------------------------------------------------------------------------------------------------------

_TITLES = {
    InvoiceKind.INVOICE: _("Invoice"),
    InvoiceKind.CREDIT_NOTE: _("Credit note"),
    InvoiceKind.BILL: _("Supplier bill"),
    InvoiceKind.BILL_CREDIT: _("Credit note from a supplier"),
}


def _invoice(ctx: Context, invoice: Invoice, head: Letterhead) -> Letter:
    from hanse.documents.letters import Letter, Words

    title = str(_TITLES[invoice.kind])
    facts: list[tuple[Label, Label | None]] = [
        (_("Number"), invoice.number or _("(draft)")),
        (_("Date"), format_day(invoice.day)),
        (_("Payment terms"), invoice.term.name if invoice.term is not None else None),
        (_("Reference"), invoice.reference),
        (_("Invoice number"), " ".join(part for part in (invoice.series, invoice.their_number) if part) or None),
        (_("Takes back"), invoice.corrects.number if invoice.corrects is not None else None),
    ]
    parts: list[Part] = [_lines(invoice), _sums(ctx, invoice)]
    if invoice.note:
        parts.append(Words(invoice.note, before=6.0))
    return Letter(
        title,
        _to(ctx, invoice.partner),
        [*parts, *_footer(ctx)],
        [(str(label), str(value)) for label, value in facts if value],
        head,
        f"{title} {invoice.number}" if invoice.state is not InvoiceState.DRAFT else title,
    )


def _lines(invoice: Invoice) -> Part:
    """Give the lines of an invoice as a table, without the columns that would be empty."""
    from hanse.documents.letters import Grid
    from hanse.documents.tables import Column, Row

    places, currency = invoice.currency.places, invoice.currency.code
    amount = _("Amount %(currency)s", currency=currency)
    heads = (_("Description"), _("Quantity"), _("Unit"), _("Price"), _("Discount"), _("Tax rate"), amount)
    rows = [_line(line, invoice, places) for line in invoice.lines]
    shown = [at for at in range(len(heads)) if at not in (2, 4, 5) or any(row[at] for row in rows)]
    columns = [Column(str(heads[at]), figures=at not in (0, 2)) for at in shown]
    return Grid(columns, [Row([row[at] for at in shown]) for row in rows])


def _line(line: InvoiceLine, invoice: Invoice, places: int) -> list[str]:
    exponent = line.price.normalize().as_tuple().exponent
    return [
        line.description,
        format_decimal(line.quantity),
        line.unit or "",
        format_decimal(line.price, max(places, -exponent) if isinstance(exponent, int) else places),
        f"{format_decimal(line.discount)} %" if line.discount else "",
        f"{format_decimal(line.percent)} %" if line.percent is not None else "",
        format_decimal(line.gross if invoice.tax_included else line.net, places),
    ]


def _sums(ctx: Context, invoice: Invoice) -> Sums:
    """Give the totals of an invoice; on their left the taxes by rate, and what is due when."""
    from hanse.documents.letters import SMALL, Small, Sums, Words

    places, currency = invoice.currency.places, invoice.currency.code
    rates: dict[Decimal | None, list[Decimal]] = {}
    for line in invoice.lines:
        there = rates.setdefault(line.percent, [ZERO, ZERO])
        there[0] += line.net
        there[1] += line.tax_amount
    by_rate = [
        (
            str(_("Tax %(percent)s %%", percent=percent) if percent is not None else _("Without tax")),
            format_decimal(net, places),
            format_decimal(tax, places),
        )
        for percent, (net, tax) in rates.items()
    ]
    beside: list[Small | Words] = [Small(by_rate, figures=(1, 2))] if by_rate else []
    items = list(ctx.all(OpenItem, OpenItem.invoice_id == invoice.id, order_by=[OpenItem.number]))
    if items:
        due = str(_("Due"))
        rows = [
            (due if at == 0 else "", format_day(one.due), format_decimal(abs(one.amount), places))
            for at, one in enumerate(items)
        ]
        beside.append(Small(rows, figures=(2,)))
        first = items[0]
        if first.discount is not None and first.discount_until is not None:
            less = format_money(sum((abs(one.discount or ZERO) for one in items), ZERO), currency, places)
            told = _("Paid until %(day)s, %(amount)s less is due.", day=first.discount_until, amount=less)
            beside.append(Words(str(told), SMALL))
    totals = [
        (str(_("Net")), format_decimal(invoice.net, places)),
        (str(_("Tax amount")), format_decimal(invoice.tax, places)),
        (str(_("Total with tax")), format_money(invoice.gross, currency, places)),
    ]
    return Sums(totals, beside)


# --- what is open -----------------------------------------------------------------------------------------------------


def _statement(ctx: Context, partner: Partner, ledger: Ledger, end: date, head: Letterhead) -> Letter:
    from hanse.documents.letters import STRONG, Grid, Letter, Words
    from hanse.documents.tables import Column, Row

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
    parts = _by_currency(rows, sign, end)
    if parts:
        due_since = Row([format_decimal(amount, ctx.company.places) for amount in buckets])
        parts += [
            Words(str(_("Ageing in %(currency)s", currency=ctx.company.currency)), STRONG, before=3.0),
            Grid([Column(str(label), figures=True) for label in labels], [due_since], equal=True),
            Words(str(_("Please compare this with your books, and tell us where they differ."))),
        ]
    else:
        parts = [Words(str(_("Nothing is open.")))]
    title = str(_("Statement of account"))
    when = ("", str(_("Open items at %(day)s", day=end)))
    return Letter(title, _to(ctx, partner), [*parts, *_footer(ctx)], [when], head, f"{title}: {partner.name}")


def _by_currency(rows: Iterable[Left], sign: int, end: date) -> list[Part]:
    """Give a table with its sum for each currency; rows come sorted by currency."""
    from hanse.documents.letters import Grid
    from hanse.documents.tables import Row

    parts: list[Part] = []
    for currency, group in groupby(rows, key=lambda one: one.currency):
        items = list(group)
        total = sum((one.open for one in items), ZERO)
        last = [str(_("Total")), "", "", "", "", format_decimal(sign * total, items[0].places)]
        drawn = [*(Row(_left(one, sign, end)) for one in items), Row(last, strong=True)]
        parts.append(Grid(_left_columns(currency), drawn))
    return parts


def _left_columns(currency: str) -> list[Column]:
    from hanse.documents.tables import Column

    words = (_("Document"), _("Date"), _("Due"), _("Days overdue"), _("Amount"), _("Open"))
    return [
        Column(f"{word} {currency}" if at > _DAYS_OVERDUE else str(word), figures=at >= _DAYS_OVERDUE)
        for at, word in enumerate(words)
    ]


_DAYS_OVERDUE = 3


def _left(one: Left, sign: int, end: date) -> list[str]:
    late = (end - one.due).days
    amounts = (format_decimal(sign * amount, one.places) for amount in (one.amount, one.open))
    return [one.document, format_day(one.day), format_day(one.due), str(late) if late > 0 else "", *amounts]


def _reminder(ctx: Context, reminder: Reminder, head: Letterhead) -> Letter:
    from hanse.documents.letters import Letter, Words

    words = reminder.level.text_in(current_locale())
    rows = sorted(map(_as_left, reminder.lines), key=lambda one: (one.currency, one.due, one.document))
    title = words.subject if words is not None else reminder.level.name
    parts: list[Part] = _by_currency(rows, 1, reminder.day)
    if words is not None and words.body:
        parts.insert(0, Words(f"{words.body}\n"))
    when = ("", f"{reminder.number}, {format_day(reminder.day)}")
    name = f"{title} {reminder.number}"
    return Letter(title, _to(ctx, reminder.partner), [*parts, *_footer(ctx)], [when], head, name)


def _as_left(line: ReminderLine) -> Left:
    item, currency = line.item, line.currency
    return Left(item.document, item.day, line.due, currency.code, currency.places, item.amount, line.open)
