"""A trading company under Chinese accounts: short ways to write invoices and payments, and to read the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import Context, Model
from hanse.actions import find_action, open_context
from hanse.actions.context import identify
from hanse.directory.models import Currency
from hanse.security.permissions import model_name
from hanse.settings.changing import change_settings
from hanse_cn.charts import load_chart
from hanse_contacts.models import Partner
from hanse_finance import books
from hanse_finance.models import Account, Voucher, VoucherLine, VoucherState, VoucherWord
from hanse_invoicing import checks, items
from hanse_invoicing.models import Invoice, InvoiceKind, InvoiceVoucher, InvoicingSettings, OpenItem, Payment, Tax

Line = tuple[str, str] | tuple[str, str, dict[str, Any]]
_SALES = (InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE)


class Trade:
    """The template's company in 2025 with the small business chart, two customers and a supplier."""

    def __init__(self, admin: Context) -> None:
        self.ctx = admin
        system = identify(admin.session, "system")
        assert system is not None
        self.other = open_context(admin.session, system, admin.company.id, via="test")

    def open(self, chart: str = "small_business") -> Trade:
        load_chart(self.ctx, chart)
        if not self.ctx.all(VoucherWord):
            self.act(VoucherWord, "create", values=[{"code": "记", "name": "记账凭证"}])
        self.run("finance.fiscal_year.create", values=[{"start": date(2025, 1, 1)}])
        self.acme = self.partner("Acme", is_customer=True)
        self.bolt = self.partner("Bolt", is_customer=True)
        self.mill = self.partner("Mill", is_supplier=True)
        self.vat = self.tax("OUT", "sale", "13", "销项税额")
        self.input = self.tax("IN", "purchase", "13", "进项税额")
        change_settings(
            self.ctx,
            InvoicingSettings,
            {
                "expense_account": self.account("1405"),
                "discount_allowed_account": self.account("5603", below=True),
                "discount_received_account": self.account("5603", below=True),
                "write_off_account": self.account("5711", below=True),
            },
        )
        self.ctx.kept.clear()
        self.other.kept.clear()
        return self

    # --- doing

    def run(self, name: str, *records: Any, by: Context | None = None, **params: Any) -> Any:
        found = find_action(name)
        assert found is not None, name
        return (by or self.ctx).run(found, [*records] or None, **params)

    def act(self, model: type[Model], verb: str, *records: Any, **params: Any) -> Any:
        return self.run(f"{model_name(model)}.{verb}", *records, **params)

    def partner(self, name: str, **values: Any) -> int:
        return self.act(Partner, "create", values=[{"name": name, **values}]).id

    def account(self, code: str, *, below: bool = False) -> int:
        where = Account.code.startswith(code) if below else Account.code == code
        return self.ctx.all(Account, where, Account.postable, order_by=[Account.code]).ids[0]

    def tax(self, code: str, use: str, percent: str, name: str, **more: Any) -> int:
        account = self.ctx.all(Account, Account.name.endswith(f"-{name}"), Account.postable).ids[0]
        values = {"code": code, "name": code, "use": use, "percent": percent, "account": account, **more}
        return self.act(Tax, "create", values=[values]).id

    def currency(self, code: str) -> int:
        return self.ctx.session.scalars(select(Currency.id).where(Currency.code == code)).one()

    def rate(self, code: str, day: str, rate: str) -> None:
        row = {"currency": self.currency(code), "quote": self.ctx.company.currency_id, "day": day, "rate": rate}
        self.run("finance.exchange_rate.create", values=[row])

    def draft(
        self, lines: Sequence[Line] = (("1", "100"),), *, kind: str = "invoice", on: str = "2025-03-10", **more: Any
    ) -> Invoice:
        """Write a draft; a line is quantity and price, with tax of 13 % unless it says otherwise."""
        usual = self.vat if InvoiceKind(kind) in _SALES else self.input
        rows = [
            {"description": "goods", "quantity": line[0], "price": line[1], "tax": usual, **dict(*line[2:])}
            for line in lines
        ]
        partner = self.acme if InvoiceKind(kind) in _SALES else self.mill
        values = {"kind": kind, "partner": partner, "day": on, "lines": rows, **more}
        return self.invoice(self.act(Invoice, "create", values=[values]).id)

    def posted(self, *arguments: Any, **more: Any) -> Invoice:
        return self.post(self.draft(*arguments, **more))

    def post(self, invoice: Invoice) -> Invoice:
        self.act(Invoice, "post", invoice.id)
        return self.invoice(invoice.id)

    def credited(self, invoice: Invoice, on: str = "2025-04-02") -> Invoice:
        made = self.act(Invoice, "credit", invoice.id).result[0]
        self.act(Invoice, "update", made, values={"day": on})
        return self.post(self.invoice(made))

    def payment(self, amount: str | None = None, *settles: tuple[OpenItem, str] | Any, **more: Any) -> Payment:
        """Write and post a payment; it settles items with amounts, or (item, amount, discount, written off)."""
        rows = [
            dict(zip(("amount", "discount", "write_off"), one[1:], strict=False)) | {"item": one[0].id}
            for one in settles
        ]
        values = {"partner": self.acme, "day": "2025-03-20", "bank": self.account("1002"), "lines": rows, **more}
        made = self.act(Payment, "create", values=[values | {"amount": amount}]).id
        self.act(Payment, "post", made)
        return self.ctx.all(Payment, Payment.id == made).one()

    # --- reading

    def invoice(self, key: int) -> Invoice:
        return self.ctx.all(Invoice, Invoice.id == key).one()

    def items(self, invoice: Invoice | Payment) -> list[OpenItem]:
        where = OpenItem.invoice_id if isinstance(invoice, Invoice) else OpenItem.payment_id
        return list(self.ctx.all(OpenItem, where == invoice.id, order_by=[OpenItem.number]))

    def open_amounts(self, invoice: Invoice | Payment) -> list[str]:
        return [f"{one.open:.2f}" for one in self.items(invoice)]

    def voucher(self, invoice: Invoice) -> Voucher:
        link = self.ctx.all(InvoiceVoucher, InvoiceVoucher.invoice_id == invoice.id).one()
        return self.ctx.all(Voucher, Voucher.id == link.voucher_id).one()

    def lines(self, voucher: Voucher) -> list[tuple[str, str | None, str]]:
        """Give account, side and amount of each line, the dimension in between."""
        return [
            (
                line.account.code[:4],
                line.details.name.split()[-1] if line.details else None,
                f"D {line.debit:.2f}" if line.debit is not None else f"C {line.credit:.2f}",
            )
            for line in voucher.lines
        ]

    def moved(self) -> dict[tuple[str, str | None, bool], Decimal]:
        """Give what all posted lines moved by account, dimension and side, without what is zero."""
        found: dict[tuple[str, str | None, bool], Decimal] = defaultdict(Decimal)
        for voucher in self.ctx.all(Voucher, Voucher.state == VoucherState.POSTED):
            for line in self.ctx.all(VoucherLine, VoucherLine.voucher_id == voucher.id):
                key = (line.account.code, line.details.name if line.details else None, line.debit is not None)
                found[key] += line.base
        return {key: amount for key, amount in found.items() if amount}

    def differences(self) -> list[str]:
        """Say where anything maintained is not what it should be."""
        return [
            *(str(one) for one in items.differences(self.ctx)),
            *(str(one) for one in books.differences(self.ctx)),
            *(str(one) for one in checks.compared(self.ctx, date(2025, 12, 31))),
        ]
