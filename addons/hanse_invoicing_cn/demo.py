"""The demonstration: invoices, bills and payments of the last weeks, told from today, in every state there is.

They stand on accounts of their own below receivables and payables, as the year of books before them knows its customers
by codes alone: so what is open is what stands on these accounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import Context
from hanse.actions import open_context
from hanse.actions.context import identify
from hanse.directory.models import Country, Currency
from hanse.files import FileStore
from hanse.settings.changing import change_settings
from hanse_contacts.models import Partner
from hanse_finance.entry import latest_rate
from hanse_finance.models import Account, AccountDimension, Dimension, DimensionSource, DimensionValue, Side
from hanse_finance.setup import action
from hanse_invoicing.models import Invoice, InvoicingSettings, OpenItem, Tax
from hanse_invoicing_cn import rates

#: Accounts of documents: code, name, English name, type, side, whose debts.
_ACCOUNTS = (
    ("112203", "应收账款-往来客户", "Receivables - invoices", "asset", Side.DEBIT, DimensionSource.CUSTOMERS),
    (
        "220203",
        "应付账款-往来供应商",
        "Payables - bills",
        "liability",
        Side.CREDIT,
        DimensionSource.SUPPLIERS,
    ),
    ("220301", "预收账款-往来客户", "Advances from customers", "liability", Side.CREDIT, DimensionSource.CUSTOMERS),
)
_SETTINGS = ("receivable_account", "payable_account", "received_advance_account")
#: Whom the company deals with: code, name, tax number, city, bank and account, customer or supplier.
_PARTNERS = (
    (
        "D-C1",
        "上海启明商贸有限公司",
        "91310115MA1K3B4X2L",
        "上海",
        "建设银行上海分行",
        "31050161360000000021",
        True,
    ),
    ("D-C2", "苏州宏达机械有限公司", "91320505MA1W8N7T3C", "苏州", "中国银行苏州分行", "4762000000118", True),
    ("D-C3", "Lübeck Handels GmbH", "DE811907980", "Lübeck", "Sparkasse zu Lübeck", "DE89370400440532013000", True),
    ("D-S1", "杭州西溪纸业有限公司", "91330106MA2CDQ5L8A", "杭州", "招商银行杭州分行", "571900000010601", False),
    ("D-S2", "广州粤通物流有限公司", "91440101MA5AP1YH79", "广州", "中国农业银行广州分行", "44010000000000301", False),
)
_EUROPEAN = "D-C3"
_RATES = {"USD": Decimal("7.0288"), "EUR": Decimal("8.2355")}


@dataclass
class Office:
    """Short ways to write documents; days are counted back from today.

    :ivar writer: who writes documents; ``ctx`` is whoever posts them and pays
    """

    ctx: Context
    writer: Context
    partners: Mapping[str, int]
    accounts: Mapping[str, int]
    taxes: Mapping[str, int]
    currencies: Mapping[str, int]
    term: int
    sales: int | None

    def day(self, ago: int) -> date:
        """Give a day some days ago."""
        return self.ctx.today - timedelta(days=ago)

    def document(
        self, kind: str, partner: str, ago: int, lines: Sequence[tuple[str, str, str, str]], **more: Any
    ) -> int:
        """Write a draft; a line is a description, quantity, unit, price."""
        sells = kind in ("invoice", "credit_note")
        rows = [
            {
                "description": text,
                "quantity": quantity,
                "unit": unit,
                "price": price,
                "tax": self.taxes["S13" if sells else "P13"],
                "account": self.accounts["5001" if sells else "1405"],
                "details": self.sales if sells else None,
            }
            for text, quantity, unit, price in lines
        ]
        value = {
            "kind": kind,
            "partner": self.partners[partner],
            "day": self.day(ago),
            "lines": rows,
            "term": self.term,
        }
        return self.writer.run(action("invoicing.invoice.create"), values=[value | more]).done[0]

    def posted(self, *arguments: Any, **more: Any) -> int:
        """Write and post a document."""
        made = self.document(*arguments, **more)
        self.ctx.run(action("invoicing.invoice.post"), [made])
        return made

    def export(self, ago: int, line: tuple[str, str, str, str], currency: str) -> int:
        """Sell abroad in another currency, at the rate of exports."""
        made = self.document("invoice", _EUROPEAN, ago, [line], currency=self.currencies[currency])
        (invoice,) = self.ctx.all(Invoice, Invoice.id == made)
        lines = [{"id": one.id, "tax": self.taxes["S0"]} for one in invoice.lines]
        self.writer.run(action("invoicing.invoice.update"), [made], values={"lines": lines})
        self.ctx.run(action("invoicing.invoice.post"), [made])
        return made

    def credited(self, invoice: int, ago: int) -> None:
        """Take an invoice back."""
        (credit,) = self.writer.run(action("invoicing.invoice.credit"), [invoice]).result
        self.writer.run(action("invoicing.invoice.update"), [credit], values={"day": self.day(ago)})
        self.ctx.run(action("invoicing.invoice.post"), [credit])

    def paid(
        self, partner: str, ago: int, amount: str | None, *settles: tuple[int, Mapping[str, Any]], **more: Any
    ) -> int:
        """Write and post a payment that settles invoices; without an amount it pays what is open of them."""
        lines: list[dict[str, Any]] = []
        for invoice, said in settles:
            (item,) = self.ctx.all(OpenItem, OpenItem.invoice_id == invoice)
            lines.append({"item": item.id, "amount": abs(item.open), **said})
        value = {
            "partner": self.partners[partner],
            "day": self.day(ago),
            "bank": self.accounts["100201"],
            "lines": lines,
        }
        made = self.writer.run(action("invoicing.payment.create"), values=[value | {"amount": amount} | more]).done[0]
        self.ctx.run(action("invoicing.payment.post"), [made])
        return int(made)


def load_documents(ctx: Context, files: FileStore) -> None:
    """Load customers, suppliers and what was invoiced and paid; nothing where these books are not there."""
    there = dict(
        ctx.session.execute(
            select(Account.code, Account.id).where(Account.company_id == ctx.company.id, Account.postable)
        ).all()
    )
    if not {"100201", "1405", "5001"} <= there.keys():
        return
    _tell(_office(ctx, there))


def _office(ctx: Context, there: Mapping[str, int]) -> Office:
    accounts = dict(there) | _add_accounts(ctx)
    rates.load(ctx)
    term = {"name": "月结30天", "parts": [{"days": 30}]}
    taxes = dict(ctx.session.execute(select(Tax.code, Tax.id).where(Tax.company_id == ctx.company.id)).all())
    currencies = dict(ctx.session.execute(select(Currency.code, Currency.id)).all())
    own = ctx.company.currency_id
    rows = [
        {"currency": currencies[code], "quote": own, "day": ctx.today - timedelta(days=100), "rate": rate}
        for code, rate in _RATES.items()
        if latest_rate(ctx, currencies[code], ctx.today) is None
    ]
    if rows:
        ctx.run(action("finance.exchange_rate.create"), values=rows)
    terms = ctx.run(action("invoicing.term.create"), values=[term]).done
    sales = _sales_department(ctx, accounts["5001"])
    partners = _add_partners(ctx)
    writer, chief = (_as(ctx, login) for login in ("accountant", "chief"))
    return Office(chief, writer, partners, accounts, taxes, currencies, terms[0], sales)


def _as(ctx: Context, login: str) -> Context:
    """Give the context of somebody of the demonstration; of whoever loads it, where they are not there."""
    who = identify(ctx.session, login)
    return ctx if who is None else open_context(ctx.session, who, ctx.company.id, via=ctx.via)


def _add_accounts(ctx: Context) -> dict[str, int]:
    dimensions = dict(
        ctx.session.execute(select(Dimension.source, Dimension.id).where(Dimension.company_id == ctx.company.id)).all()
    )
    rows: list[dict[str, Any]] = [
        {
            "code": code,
            "name": name,
            "name_en": english,
            "type": kind,
            "side": side,
            "dimensions": [{"dimension": dimensions[source]}],
        }
        for code, name, english, kind, side, source in _ACCOUNTS
    ]
    made = ctx.run(action("finance.account.create"), values=rows).done
    change_settings(ctx, InvoicingSettings, dict(zip(_SETTINGS, made, strict=True)))
    ctx.kept.clear()
    return dict(zip((row["code"] for row in rows), made, strict=True))


def _sales_department(ctx: Context, account: int) -> int | None:
    """Give the combination that income needs: the department that sells, where it is kept by department."""
    wanted = select(AccountDimension.dimension_id).where(AccountDimension.account_id == account)
    values = ctx.session.scalars(
        select(DimensionValue.id)
        .where(DimensionValue.company_id == ctx.company.id, DimensionValue.dimension_id.in_(wanted))
        .order_by(DimensionValue.name != "销售部", DimensionValue.id)
        .limit(1)
    ).all()
    if not values:
        return None
    return int(ctx.run(action("finance.dimension_set.combine"), combinations=[list(values)]).done[0])


def _add_partners(ctx: Context) -> dict[str, int]:
    countries = dict(ctx.session.execute(select(Country.code, Country.id).where(Country.code.in_(("CN", "DE")))).all())
    there = dict(ctx.session.execute(select(Partner.code, Partner.id).where(Partner.code.startswith("D-"))).all())
    rows: list[dict[str, Any]] = [
        {
            "code": code,
            "name": name,
            "tax_id": tax_id,
            "is_customer": customer,
            "is_supplier": not customer,
            "language": "en" if code == _EUROPEAN else "zh_CN",
            "addresses": [{"city": city, "country": countries["DE" if code == _EUROPEAN else "CN"]}],
            "bank_accounts": [{"bank": bank, "account_number": account}],
        }
        for code, name, tax_id, city, bank, account, customer in _PARTNERS
        if code not in there
    ]
    made = ctx.run(action("contacts.partner.create"), values=rows).done if rows else ()
    return there | dict(zip((row["code"] for row in rows), made, strict=True))


def _tell(office: Office) -> None:
    """Sell, buy, pay, in the order of days: paid, paid in part, overdue, credited, foreign, an advance, drafts."""
    paid = office.posted("invoice", "D-C1", 74, [("A4 复印纸 70g", "120", "箱", "168.00")], reference="QM-2201")
    machine = [("包装机配件", "8", "套", "4250.00"), ("安装调试", "1", "", "3600.00")]
    part = office.posted("invoice", "D-C2", 66, machine)
    paper = office.posted("bill", "D-S1", 63, [("原纸", "5", "吨", "5380.00")], their_number="25332000000112233445")
    office.posted("invoice", "D-C1", 58, [("打印机硒鼓", "40", "个", "285.00")], reference="QM-2214")
    dollars = office.export(50, ("Gift boxes", "500", "pcs", "12.40"), "USD")
    office.paid("D-C1", 43, None, (paid, {}), reference="货款")
    office.posted("bill", "D-S1", 40, [("原纸", "3", "吨", "5420.00")], their_number="25332000000112240017")
    office.paid("D-S1", 33, None, (paper, {}), direction="out", reference="货款")
    office.paid("D-C2", 30, None, (part, {"amount": "25000"}), reference="部分货款")
    returned = office.posted("invoice", "D-C1", 27, [("文件柜", "6", "个", "760.00")])
    office.credited(returned, 19)
    (item,) = office.ctx.all(OpenItem, OpenItem.invoice_id == dollars)
    agreed = {"amount": "43520.00", "settled": item.open}  # in yuan, at the rate of the bank
    office.paid("D-C3", 15, None, (dollars, agreed), reference="Gift boxes")
    office.posted("invoice", "D-C2", 11, [("输送带", "60", "米", "210.00")])
    office.posted("bill", "D-S2", 9, [("运输服务", "1", "", "6800.00")], their_number="25442000000226601290")
    office.export(8, ("Gift boxes, printed", "300", "pcs", "11.90"), "EUR")
    office.paid("D-C2", 6, "20000", advance=True, reference="预付款")
    office.document("bill", "D-S2", 1, [("运输服务", "1", "", "4150.00")], their_number="25442000000226607734")
    office.document("invoice", "D-C2", 0, [("输送带", "20", "米", "210.00")])


__all__ = ["load_documents"]
