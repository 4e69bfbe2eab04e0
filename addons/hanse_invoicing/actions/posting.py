"""Post invoices: number, voucher and open items in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hanse import BusinessError, Context, Records, _, action, sequence
from hanse.actions.write import Each
from hanse_contacts.models import Partner
from hanse_finance.models import Side
from hanse_invoicing.accounts import Accounts, Kept
from hanse_invoicing.amounts import HUNDRED, ZERO, Part, instalments, portion, rounded
from hanse_invoicing.drafts import Terms
from hanse_invoicing.items import Settling, held
from hanse_invoicing.models import (
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
    InvoiceVoucher,
    Ledger,
    OpenItem,
    Tax,
)
from hanse_invoicing.permissions import Invoicing
from hanse_invoicing.vouchers import Booking, Entry, enter_all

_SEQUENCES = {
    InvoiceKind.INVOICE: sequence(
        "invoicing.customer_invoice", title=_("Customer invoices"), pattern="INV{year}-{number:5}"
    ),
    InvoiceKind.CREDIT_NOTE: sequence(
        "invoicing.credit_note", title=_("Credit notes to customers"), pattern="CN{year}-{number:5}"
    ),
    InvoiceKind.BILL: sequence("invoicing.bill", title=_("Supplier bills"), pattern="BILL{year}-{number:5}"),
    InvoiceKind.BILL_CREDIT: sequence(
        "invoicing.bill_credit", title=_("Credit notes from suppliers"), pattern="BCN{year}-{number:5}"
    ),
}


@action(
    Invoice,
    name="post",
    label=_("Post"),
    permission=Invoicing.POST,
    moves=(InvoiceState.DRAFT, InvoiceState.POSTED),
    primary=True,
    icon="book",
    confirm=_("Post? A posted invoice can never be changed again; a credit note takes it back."),
    done=_("%(count)s invoices posted"),
)
def post_invoices(ctx: Context, invoices: Records[Invoice]) -> None:
    """Give numbers without gaps in the order of dates, write vouchers and open items; settle what is credited.

    The voucher has the document's maker, and who posts as its auditor.

    :raises BusinessError: the period is closed, an account or rate is missing, what finance refuses
    """
    chosen = sorted(invoices, key=lambda one: (one.day, one.id))
    taken_back = [one.corrects_id for one in chosen if one.corrects_id is not None]
    if taken_back:
        held(ctx, ctx.all(OpenItem, OpenItem.invoice_id.in_(taken_back)).ids)  # before any counter or balance
    _Batch(ctx, chosen).post()
    invoices.forget()


@dataclass
class _Document:
    """One document on its way into the books; its id and what it takes back are known after its row has changed, too.

    :ivar account: the receivable or payable account, with its combination in ``details``
    :ivar bases: net and tax of each line in the company's currency
    :ivar kept: the combination of each line, and of its tax
    """

    id: int
    corrects: int | None
    invoice: Invoice
    ledger: Ledger
    lines: list[InvoiceLine]
    rate: Decimal
    account: int
    details: int | None = None
    bases: list[tuple[Decimal, Decimal]] = field(default_factory=list[tuple[Decimal, Decimal]])
    kept: list[tuple[int | None, int | None]] = field(default_factory=list[tuple[int | None, int | None]])
    number: str = ""

    @property
    def base(self) -> Decimal:
        """The total in the company's currency."""
        return sum((base for pair in self.bases for base in pair), ZERO)


class _Batch:
    """Documents that are posted together: what they need is read once, what they write is written at once."""

    def __init__(self, ctx: Context, invoices: Sequence[Invoice]) -> None:
        self.ctx, self.places = ctx, ctx.company.places
        self.accounts = Accounts(ctx)
        self.accounts.read_partners(one.partner_id for one in invoices)
        self.terms = Terms(ctx, (one.term_id for one in invoices if one.term_id is not None))
        lines: dict[int, list[InvoiceLine]] = {one.id: [] for one in invoices}
        for line in ctx.all(InvoiceLine, InvoiceLine.invoice_id.in_(lines), order_by=[InvoiceLine.number]):
            lines[line.invoice_id].append(line)
        taxes = {line.tax_id for own in lines.values() for line in own if line.tax_id is not None}
        records = ctx.all(Tax, Tax.id.in_(taxes))
        self.tax_accounts = dict(zip(records.ids, records[Tax.account], strict=True)) if taxes else {}
        partners = ctx.all(Partner, Partner.id.in_({one.partner_id for one in invoices}))
        self.names = dict(zip(partners.ids, partners[Partner.name], strict=True))
        self.documents = [self._document(one, lines[one.id]) for one in invoices]

    def _document(self, invoice: Invoice, lines: list[InvoiceLine]) -> _Document:
        rate = self.accounts.rate(invoice.currency_id, invoice.rate, invoice.day)
        ledger = Ledger.RECEIVABLE if invoice.kind.sells else Ledger.PAYABLE
        account = invoice.account_id or self.accounts.control(ledger, invoice.partner_id)
        found = _Document(invoice.id, invoice.corrects_id, invoice, ledger, lines, rate, account)
        found.bases = [
            (rounded(line.net * rate, self.places), rounded(line.tax_amount * rate, self.places)) for line in lines
        ]
        return found

    def post(self) -> None:
        self._keep_details()
        self._number()
        bookings = [self._booking(one) for one in self.documents]
        rows = [(one, row) for one in self.documents for row in self._items(one)]
        vouchers = enter_all(self.ctx, bookings)
        self._store()
        pairs = zip(self.documents, vouchers, strict=True)
        links = [{"invoice": one.id, "voucher": voucher} for one, voucher in pairs if voucher is not None]
        if links:
            self.ctx.insert(InvoiceVoucher, links)
        made = self.ctx.insert(OpenItem, [row for _one, row in rows]) if rows else []
        items: dict[int, list[int]] = {}
        for (one, _row), item in zip(rows, made, strict=True):
            items.setdefault(one.id, []).append(item)
        for one in self.documents:
            if one.corrects is not None and one.id in items:
                self._settle(one, items[one.id])

    def _keep_details(self) -> None:
        """Find the combinations of all lines at once."""
        wanted: list[Kept] = []
        for one in self.documents:
            partner = one.invoice.partner_id
            wanted.append((one.account, partner, None))
            for line, (_net, tax) in zip(one.lines, one.bases, strict=True):
                wanted.append((_account_of(one, line), partner, line.details_id))
                if tax:
                    wanted.append((self._tax_account(one, line), partner, line.details_id))
        found = iter(self.accounts.all_details(wanted))
        for one in self.documents:
            one.details = next(found)
            one.kept = [(next(found), next(found) if tax else None) for _net, tax in one.bases]

    def _number(self) -> None:
        """Give numbers without gaps, those of each kind in the order of dates."""
        for kind, usual in _SEQUENCES.items():
            own = [one for one in self.documents if one.invoice.kind is kind]
            numbers = self.ctx.numbers_on(usual.key, [one.invoice.day for one in own])
            for one, number in zip(own, numbers, strict=True):
                one.number = number

    def _booking(self, one: _Document) -> Booking:
        invoice = one.invoice
        said = _(
            "%(partner)s %(document)s",
            partner=self.names[invoice.partner_id],
            document=invoice.their_number or invoice.kind.label,
        )
        return Booking(
            day=invoice.day,
            maker=invoice.maker_id,
            summary=said,
            document=f"{invoice.kind.label} {one.number}",
            entries=self._entries(one),
            word=self.accounts.invoice_word,
            record=invoice.id,
        )

    def _entries(self, one: _Document) -> list[Entry]:
        """Give the voucher's lines."""
        invoice = one.invoice
        sign = -1 if invoice.kind.is_credit else 1
        usual, other = (Side.DEBIT, Side.CREDIT) if invoice.kind.sells else (Side.CREDIT, Side.DEBIT)
        toward = -sign if other is Side.CREDIT else sign
        entries: list[Entry] = []
        for line, (net, tax), (details, tax_details) in zip(one.lines, one.bases, one.kept, strict=True):
            entries.append(Entry(_account_of(one, line), details, toward * net, other))
            if tax:
                entries.append(Entry(self._tax_account(one, line), tax_details, toward * tax, other))
        foreign = invoice.currency_id if invoice.currency_id != self.ctx.company.currency_id else None
        control = Entry(
            one.account,
            one.details,
            -toward * one.base,
            usual,
            foreign,
            -toward * invoice.gross if foreign else ZERO,
            one.rate if foreign else None,
        )
        return [control, *entries] if invoice.kind.sells else [*entries, control]

    def _tax_account(self, one: _Document, line: InvoiceLine) -> int:
        account = None if line.tax_id is None else self.tax_accounts.get(line.tax_id)
        if account is None:
            raise BusinessError(
                _("Name the account of the tax on line %(line)s first.", line=line.number), record=one.invoice.id
            )
        return account

    def _store(self) -> None:
        ctx = self.ctx
        lines = [
            (line.id, *pair)
            for one in self.documents
            for line, pair in zip(one.lines, one.bases, strict=True)
            if (line.base_net, line.base_tax) != pair
        ]
        if lines:
            ids, nets, taxes = zip(*lines, strict=True)
            ctx.update(list(ids), InvoiceLine, {"base_net": Each(list(nets)), "base_tax": Each(list(taxes))})
        values: dict[str, Any] = {
            "number": Each([one.number for one in self.documents]),
            "rate": Each([None if one.rate == 1 else one.rate for one in self.documents]),
            "account": Each([one.account for one in self.documents]),
            "details": Each([one.details for one in self.documents]),
            "base_gross": Each([one.base for one in self.documents]),
            "poster": ctx.user.id,
            "posted_at": ctx.now,
            "state": InvoiceState.POSTED,
        }
        ctx.update([one.id for one in self.documents], Invoice, values)

    def _items(self, one: _Document) -> list[dict[str, Any]]:
        """Give the parts that fall due; none for a document of zero.  Base amounts are shared out without a rest."""
        invoice = one.invoice
        term = self.terms.get(invoice.term_id)
        parts: list[Part] = self.terms.parts(invoice.term_id)
        places = invoice.currency.places
        dues = instalments(invoice.gross, invoice.day, parts, places) if invoice.gross else []
        rows: list[dict[str, Any]] = []
        told = told_base = ZERO
        for place, (due, amount) in enumerate(dues, start=1):
            told += amount
            base = portion(one.base, told, invoice.gross, self.places) - told_base
            told_base += base
            sign = invoice.kind.sign
            row: dict[str, Any] = {
                "ledger": one.ledger,
                "document": one.number if len(dues) == 1 else f"{one.number}/{place}",
                "invoice": invoice.id,
                "number": place,
                "partner": invoice.partner_id,
                "account": one.account,
                "details": one.details,
                "day": invoice.day,
                "due": due,
                "currency": invoice.currency_id,
                "amount": sign * amount,
                "base": sign * base,
                "open": sign * amount,
                "open_base": sign * base,
            }
            if term is not None and term.discount_percent is not None and not invoice.kind.is_credit:
                until = Part(term.discount_days or 0).due(invoice.day)
                row |= {
                    "discount": sign * rounded(amount * term.discount_percent / HUNDRED, places),
                    "discount_until": until,
                }
            rows.append(row)
        return rows

    def _settle(self, document: _Document, made: list[int]) -> None:
        """Let a credit note settle what is open of the invoice it takes back."""
        invoice = document.invoice
        there = self.ctx.all(
            OpenItem, OpenItem.invoice_id == document.corrects, OpenItem.open != 0, order_by=[OpenItem.due]
        ).ids
        settling = Settling.begin(self.ctx, [*made, *there], invoice.day, maker=invoice.maker_id)
        for one in there:
            for own in made:
                amount = min(abs(settling.items[one].open), abs(settling.items[own].open))
                if amount:
                    settling.match(one, own, amount)
        settling.finish()


def _account_of(one: _Document, line: InvoiceLine) -> int:
    if line.account_id is None:
        document = one.invoice.title()
        raise BusinessError(
            _("Line %(line)s of %(document)s names no account.", line=line.number, document=document),
            record=one.invoice.id,
        )
    return line.account_id
