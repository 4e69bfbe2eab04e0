"""Post invoices: number, voucher and open items in one go."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hanse import BusinessError, Context, Records, _, action, sequence
from hanse.actions.write import Each
from hanse_finance.models import Side
from hanse_invoicing.accounts import Accounts
from hanse_invoicing.amounts import HUNDRED, ZERO, Part, instalments, portion, rounded
from hanse_invoicing.drafts import term_of, term_parts
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
from hanse_invoicing.vouchers import Entry, enter

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
    accounts = Accounts(ctx)
    chosen = sorted(invoices, key=lambda one: (one.day, one.id))
    taken_back = [one.corrects_id for one in chosen if one.corrects_id is not None]
    if taken_back:
        held(ctx, ctx.all(OpenItem, OpenItem.invoice_id.in_(taken_back)).ids)  # before any counter or balance
    for invoice in chosen:
        _Posting(ctx, invoice, accounts).post()
    invoices.forget()


class _Posting:
    """One document on its way into the books."""

    def __init__(self, ctx: Context, invoice: Invoice, accounts: Accounts) -> None:
        self.ctx, self.invoice, self.accounts = ctx, invoice, accounts
        self.places = ctx.company.places
        self.sign = -1 if invoice.kind.is_credit else 1
        self.ledger = Ledger.RECEIVABLE if invoice.kind.sells else Ledger.PAYABLE

    def post(self) -> None:
        invoice, ctx = self.invoice, self.ctx
        self.rate = self.accounts.rate(invoice.currency_id, invoice.rate, invoice.day)
        self.account = invoice.account_id or self.accounts.control(self.ledger, invoice.partner_id)
        self.details = self.accounts.details(self.account, invoice.partner_id)
        entries = self._entries()
        self.base = sum((base for pair in self.bases for base in pair), ZERO)
        partner = invoice.partner.name
        said = _("%(partner)s %(document)s", partner=partner, document=invoice.their_number or invoice.kind.label)
        (number,) = ctx.next_numbers(_SEQUENCES[invoice.kind].key, on=invoice.day)
        voucher = enter(
            ctx,
            day=invoice.day,
            maker=invoice.maker_id,
            summary=said,
            document=f"{invoice.kind.label} {number}",
            entries=entries,
            word=self.accounts.invoice_word,
        )
        self._store(number)
        if voucher is not None:
            ctx.insert(InvoiceVoucher, [{"invoice": invoice.id, "voucher": voucher}])
        rows = self._items(number)
        made = ctx.insert(OpenItem, rows) if rows else []
        if invoice.corrects_id is not None and made:
            self._settle(made)

    def _entries(self) -> list[Entry]:
        """Give the voucher's lines; base amounts of the document's lines stay in ``bases`` as (net, tax)."""
        invoice = self.invoice
        usual, other = (Side.DEBIT, Side.CREDIT) if invoice.kind.sells else (Side.CREDIT, Side.DEBIT)
        toward = -self.sign if other is Side.CREDIT else self.sign
        self.bases: list[tuple[Decimal, Decimal]] = []
        entries: list[Entry] = []
        for line in invoice.lines:
            net, tax = (self._base(amount) for amount in (line.net, line.tax_amount))
            self.bases.append((net, tax))
            account = line.account_id
            if account is None:
                raise BusinessError(
                    _("Line %(line)s of %(document)s names no account.", line=line.number, document=invoice.title()),
                    record=invoice.id,
                )
            details = self.accounts.details(account, invoice.partner_id, line.details_id)
            entries.append(Entry(account, details, toward * net, other))
            if tax:
                taken = self._tax_account(line.tax, line)
                details = self.accounts.details(taken, invoice.partner_id, line.details_id)
                entries.append(Entry(taken, details, toward * tax, other))
        total = sum((net + tax for net, tax in self.bases), ZERO)
        foreign = invoice.currency_id if invoice.currency_id != self.ctx.company.currency_id else None
        control = Entry(
            self.account,
            self.details,
            -toward * total,
            usual,
            foreign,
            -toward * invoice.gross if foreign else ZERO,
            self.rate if foreign else None,
        )
        return [control, *entries] if invoice.kind.sells else [*entries, control]

    def _base(self, amount: Decimal) -> Decimal:
        return rounded(amount * self.rate, self.places)

    def _tax_account(self, tax: Tax | None, line: InvoiceLine) -> int:
        if tax is None or tax.account_id is None:
            raise BusinessError(
                _("Name the account of the tax on line %(line)s first.", line=line.number), record=self.invoice.id
            )
        return tax.account_id

    def _store(self, number: str) -> None:
        ctx, invoice = self.ctx, self.invoice
        nets, taxes = zip(*self.bases, strict=True)
        ids = [line.id for line in invoice.lines]
        ctx.update(ids, InvoiceLine, {"base_net": Each(list(nets)), "base_tax": Each(list(taxes))})
        values: dict[str, Any] = {
            "number": number,
            "rate": None if self.rate == 1 else self.rate,
            "account": self.account,
            "details": self.details,
            "base_gross": self.base,
            "poster": ctx.user.id,
            "posted_at": ctx.now,
            "state": InvoiceState.POSTED,
        }
        ctx.update([invoice.id], Invoice, values)

    def _items(self, number: str) -> list[dict[str, Any]]:
        """Give the parts that fall due; none for a document of zero.  Base amounts are shared out without a rest."""
        invoice = self.invoice
        term = term_of(self.ctx, invoice.term_id)
        parts: list[Part] = term_parts(self.ctx, invoice.term_id)
        places = invoice.currency.places
        dues = instalments(invoice.gross, invoice.day, parts, places) if invoice.gross else []
        rows: list[dict[str, Any]] = []
        told = told_base = ZERO
        for place, (due, amount) in enumerate(dues, start=1):
            told += amount
            base = portion(self.base, told, invoice.gross, self.places) - told_base
            told_base += base
            sign = invoice.kind.sign
            row: dict[str, Any] = {
                "ledger": self.ledger,
                "document": number if len(dues) == 1 else f"{number}/{place}",
                "invoice": invoice.id,
                "number": place,
                "partner": invoice.partner_id,
                "account": self.account,
                "details": self.details,
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

    def _settle(self, made: list[int]) -> None:
        """Let a credit note settle what is open of the invoice it takes back."""
        there = self.ctx.all(
            OpenItem, OpenItem.invoice_id == self.invoice.corrects_id, OpenItem.open != 0, order_by=[OpenItem.due]
        ).ids
        settling = Settling.begin(self.ctx, [*made, *there], self.invoice.day, maker=self.invoice.maker_id)
        for one in there:
            for own in made:
                amount = min(abs(settling.items[one].open), abs(settling.items[own].open))
                if amount:
                    settling.match(one, own, amount)
        settling.finish()
