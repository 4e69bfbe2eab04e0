"""What whoever writes invoices may rely on: a product fills in its line, and never what somebody has given."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from shop import Shop

from hanse import BusinessError, Context, Forbidden
from hanse.directory.founding import found_company
from hanse.screens.forms import shown_lines
from hanse.settings.changing import change_settings
from hanse.testing import statements
from hanse_invoicing.models import InvoiceLine, InvoicingSettings, Tax
from hanse_invoicing.screens import INVOICES
from hanse_products.models import AttributeValue
from hanse_products_finance.accounts import Use, accounts_of
from hanse_products_finance.models import ProductAccountsSettings
from hanse_products_invoicing import accounts
from hanse_products_invoicing.accounts import Posted, register_accounts
from hanse_products_invoicing.models import ProductLine, ProductTaxesSettings

D = Decimal


def told(line: InvoiceLine) -> tuple[Any, ...]:
    return line.description, line.unit, line.price, line.account and line.account.code[:4], line.tax and line.tax.code


@pytest.fixture
def tea(shop: Shop) -> int:
    """Tea at 18 a piece, with an account and taxes of its category's category."""
    drinks = shop.category(
        "Drinks",
        income_account=shop.trade.account("5051", below=True),
        expense_account=shop.trade.account("5602", below=True),
        sale_tax=shop.reduced,
        purchase_tax=shop.trade.input,
    )
    return shop.product("Oolong", specification="100 g", list_price=D(18), category=shop.category("Tea", parent=drinks))


def test_a_product_fills_in_the_rest_of_a_line(shop, tea):
    invoice = shop.draft({"product": tea, "quantity": "3"})
    (line,) = invoice.lines
    assert told(line) == ("Oolong 100 g", "个", D(18), "5051", "OUT9")
    assert (invoice.net, invoice.tax, invoice.gross) == (D(54), D("4.86"), D("58.86"))
    assert shop.trade.post(invoice).base_gross == D("58.86")


def test_what_somebody_has_given_stays(shop, tea):
    own = shop.trade.account("5001", below=True)
    given = {"description": "Sample", "unit": "box", "price": "0", "account": own, "tax": shop.trade.vat}
    invoice = shop.draft({"product": tea, **given}, {"product": tea, "tax": None, "unit": None, "description": None})
    assert told(invoice.lines[0]) == ("Sample", "box", D(0), "5001", "OUT")
    assert told(invoice.lines[1]) == ("Oolong 100 g", None, D(18), "5051", None)


def test_changing_a_draft_writes_nothing_into_its_lines(shop, tea):
    invoice = shop.draft({"product": tea, "description": "Sample", "tax": None, "price": "2"})
    shop.trade.act(type(invoice), "update", invoice.id, values={"reference": "PO 17", "day": "2025-03-12"})
    (line,) = shop.trade.invoice(invoice.id).lines
    assert told(line) == ("Sample", "个", D(2), "5051", None)
    added = [{"id": line.id}, {"product": tea, "quantity": 2}]
    shop.trade.act(type(invoice), "update", invoice.id, values={"lines": added})
    assert [told(one)[0:3] for one in shop.trade.invoice(invoice.id).lines] == [
        ("Sample", "个", D(2)),
        ("Oolong 100 g", "个", D(18)),
    ]


def test_a_bill_has_no_price_and_the_other_account_and_tax(shop, tea):
    (line,) = shop.draft({"product": tea, "quantity": 2}, kind="bill").lines
    assert told(line) == ("Oolong 100 g", "个", D(0), "5602", "IN")
    (line,) = shop.draft({"product": tea, "price": "11"}, kind="bill_credit").lines
    assert told(line)[2:] == (D(11), "5602", "IN")


def test_without_accounts_and_taxes_of_products_invoicing_goes_on_as_without_them(shop):
    bare = shop.product("Bare", list_price=D(5))
    (line,), (plain,) = (shop.draft(one).lines for one in ({"product": bare}, {"description": "Plain", "price": 5}))
    assert told(line) == ("Bare", "个", D(5), plain.account.code[:4], None)
    (line,) = shop.draft({"product": bare}, kind="bill").lines
    assert line.account_id == shop.ctx.settings(InvoicingSettings).expense_account_id


def test_the_settings_count_for_products_whose_categories_name_nothing(shop):
    change_settings(shop.ctx, ProductTaxesSettings, {"sale_tax": shop.reduced})
    change_settings(shop.ctx, ProductAccountsSettings, {"income_account": shop.trade.account("5051", below=True)})
    shop.ctx.kept.clear()
    (line,) = shop.draft({"product": shop.product("Bare", list_price=D(5))}).lines
    assert told(line)[3:] == ("5051", "OUT9")


def test_a_tax_that_does_not_hold_on_the_day_is_not_taken(shop):
    old = shop.trade.tax("OUT16", "sale", "16", "销项税额", valid_until="2025-03-09")
    tea = shop.product(category=shop.category("Tea", sale_tax=old))
    lines = [shop.draft({"product": tea}, day=day).lines[0] for day in ("2025-03-09", "2025-03-10")]
    assert [line.tax and line.tax.code for line in lines] == ["OUT16", None]


def test_a_tax_of_the_other_side_is_refused(shop):
    with pytest.raises(BusinessError, match="“IN” is not for Sales") as refused:
        shop.category("Tea", sale_tax=shop.trade.input)
    assert refused.value.field == "sale_tax"
    with pytest.raises(BusinessError, match="“OUT9” is not for Purchases"):
        change_settings(shop.ctx, ProductTaxesSettings, {"purchase_tax": shop.reduced})


def test_another_addon_may_say_where_goods_on_a_bill_go(shop, tea, monkeypatch):
    monkeypatch.setattr(accounts, "_choosers", {})
    stock = shop.trade.account("1405", below=True)

    def goods_on_bills(_ctx: Context, lines: list[Posted]) -> list[int | None]:
        return [None if one.kind.sells else stock for one in lines]

    register_accounts("hanse_products_invoicing", goods_on_bills)
    register_accounts("hanse_that_is_off", lambda _ctx, lines: [0] * len(lines))
    bill, invoice = shop.draft({"product": tea}, kind="bill"), shop.draft({"product": tea})
    assert [one.lines[0].account.code[:4] for one in (bill, invoice)] == ["1405", "5051"]


@pytest.mark.parametrize(
    ("symbol", "written", "price"),
    [
        ("pcs", "pcs", "10"),
        ("pcs", "个", "10"),
        ("pcs", "Piece", "10"),
        ("pcs", "箱", "1200"),  # a pack of 120
        ("pcs", "打", "120"),  # a dozen, as Chinese write it
        ("pcs", "pallet", "0"),  # nobody knows how many that are
        ("pcs", "kg", "0"),  # of another group
        ("kg", "g", "0.01"),
        ("kg", "克", "0.01"),
        ("kg", "千克", "10"),
    ],
)
def test_the_price_is_for_the_unit_that_is_written_on_the_line(shop, symbol, written, price):
    packs = [{"name": "箱", "contents": 120}] if symbol == "pcs" else []
    product = shop.product("Paper", symbol, list_price=D(10), packs=packs)
    (line,) = shop.draft({"product": product, "unit": written}).lines
    assert (line.unit, line.price) == (written, D(price))


def test_a_price_of_another_unit_is_converted_exactly(shop):
    """Ten for a dozen is 0.8333… for one and 100 for a case of 120, not 99.9999996."""
    product = shop.product("Pens", packs=[{"name": "case", "contents": 120}])
    price = {"product": product, "amount": 10, "unit": shop.unit("dozen"), "currency": shop.trade.currency("CNY")}
    shop.trade.run("products.price.create", values=[price])
    (line,) = shop.draft({"product": product, "unit": "case"}).lines
    assert line.price == D(100)


def test_quantity_day_and_currency_of_each_document_say_which_price_holds(shop):
    product, euro = shop.product(list_price=D(10)), shop.trade.currency("EUR")
    shop.trade.rate("EUR", "2025-01-01", "7.8")
    own = {"product": product, "currency": shop.trade.currency("CNY")}
    rows = [
        own | {"amount": 9, "min_quantity": 100},
        own | {"amount": 8, "valid_from": "2025-04-01", "valid_until": "2025-04-30"},
        own | {"amount": 2, "currency": euro},
    ]
    shop.trade.run("products.price.create", values=rows)
    drafts = shop.drafts(
        shop.document([{"product": product}, {"product": product, "quantity": 100}]),
        shop.document([{"product": product}], day="2025-04-02"),
        shop.document([{"product": product}], day="2025-05-01"),
        shop.document([{"product": product}], currency=euro),
    )
    assert [[line.price for line in one.lines] for one in drafts] == [[10, 9], [8], [10], [2]]


def test_one_line_takes_as_many_statements_as_fifty(shop, tea):
    others = [shop.product(f"Tea {at}", list_price=D(at), category=shop.category(f"Sort {at}")) for at in range(1, 50)]
    products, sent = [tea, *others], []
    for chosen in (products[:1], products):
        documents = [shop.document([{"product": one, "unit": "dozen"}]) for one in chosen]
        documents += [shop.document([{"product": one, "price": 1}], kind="bill") for one in chosen]
        shop.ctx.session.flush()
        with statements(shop.ctx) as found:
            shop.trade.run("invoicing.invoice.create", values=documents)
        sent.append(len(found))
    assert sent[0] == sent[1]


def test_a_product_that_comes_in_variants_is_not_sold_itself(shop):
    color = shop.trade.run("products.attribute.create", values=[{"name": "Colour", "values": [{"name": "red"}]}]).id
    (red,) = shop.ctx.all(AttributeValue, AttributeValue.attribute_id == color).ids
    shirt = shop.product("Shirt", options=[{"value": red}])
    shop.trade.run("products.product.make_variants", shirt)
    with pytest.raises(BusinessError, match="Shirt comes in variants: choose one of them") as refused:
        shop.draft({"description": "x"}, {"product": shirt})
    assert refused.value.field == "lines.1.product"


@pytest.mark.parametrize("wrong", ["tea", True, -1, 2**70])
def test_what_is_no_product_is_refused(shop, wrong):
    with pytest.raises(BusinessError):
        shop.draft({"product": wrong, "description": "x"})
    with pytest.raises(BusinessError):
        shop.category("Tea", sale_tax=wrong)


def test_merged_products_leave_posted_lines_as_they_are(shop, tea):
    twin = shop.product("Oolong tea", list_price=D(18))
    posted = shop.trade.post(shop.draft({"product": twin}))
    draft = shop.draft({"product": twin})
    shop.trade.run("products.product.merge", tea, twin, survivor=tea)
    shop.ctx.session.expire_all()
    assert [ProductLine.of(shop.trade.invoice(one.id).lines[0]).product_id for one in (posted, draft)] == [twin, tea]


def test_a_credit_note_takes_back_the_same_products(shop, tea):
    invoice = shop.trade.post(shop.draft({"product": tea, "quantity": 3}, {"description": "Freight", "price": 7}))
    credit = shop.trade.credited(invoice)
    assert [ProductLine.of(line).product_id for line in credit.lines] == [tea, None]


def test_the_product_of_a_posted_line_stays(shop, tea):
    invoice = shop.trade.post(shop.draft({"product": tea}))
    other = shop.product("Other")
    with pytest.raises(BusinessError):
        lines = [{"id": invoice.lines[0].id, "product": other}]
        shop.trade.act(type(invoice), "update", invoice.id, values={"lines": lines})


# --- rights and companies ---------------------------------------------------------------------------------------------

CLERK = ("invoicing.invoice.*", "invoicing.*.read", "contacts.partner.read", "finance.*.read")


def test_who_does_not_see_products_keeps_them_on_lines_and_cannot_put_others_there(shop, tea, as_user):
    clerk = as_user(*CLERK)
    invoice = shop.draft({"product": tea, "quantity": 2})
    lines = [{"id": invoice.lines[0].id, "description": "Oolong, loose"}]
    shop.trade.run("invoicing.invoice.update", invoice.id, by=clerk, values={"lines": lines})
    (line,) = shop.trade.invoice(invoice.id).lines
    assert (ProductLine.of(line).product_id, line.description, line.price) == (tea, "Oolong, loose", D(18))
    with pytest.raises(Forbidden, match="Product"):
        shop.draft({"product": tea}, by=clerk)


def test_who_sees_products_puts_them_on_lines(shop, tea, as_user):
    reader = as_user(*CLERK, ("products.product.read", "company"))
    assert told(shop.draft({"product": tea}, by=reader).lines[0])[0] == "Oolong 100 g"


@pytest.mark.parametrize(("more", "there"), [((), False), (("products.product.read",), True)])
def test_the_column_is_there_for_who_sees_products(shop, as_user, more, there):
    (lines,) = shown_lines(as_user(*CLERK, *more), INVOICES)
    names = [cell.name for cell in lines.cells]
    assert names[:2] == (["product", "description"] if there else ["description", "quantity"])


@pytest.mark.parametrize("role", ["invoice_clerk", "receivables_accountant", "accounting_clerk", "chief_accountant"])
def test_who_writes_invoices_may_choose_products(shop, tea, as_user, role):
    assert told(shop.draft({"product": tea}, by=as_user(role=role)).lines[0])[0] == "Oolong 100 g"


def test_accounts_and_taxes_are_each_company_s_own(shop, tea):
    addons = sorted(shop.ctx.enabled - {"hanse"})
    sister = found_company(shop.ctx.session, shop.ctx.user, {"name": "Sister", "currency": "CNY"}, addons=addons)
    other = Shop(type(shop.trade)(sister).open())
    partner = {"partner": other.trade.acme}
    (line,) = other.draft({"product": tea, "price": 4}, **partner).lines
    assert told(line)[3:] == ("5001", None)
    assert line.company_id == sister.company.id
    shop.ctx.bind()
    assert set(accounts_of(shop.ctx, Use.INCOME, [None]).values()) == {None}
    (line,) = shop.draft({"product": tea}).lines
    assert told(line)[3:] == ("5051", "OUT9")
    assert shop.ctx.all(Tax, Tax.id == line.tax_id).one().company_id == shop.ctx.company.id


def test_without_the_bridge_lines_are_as_before(shop, tea, as_user):
    clerk = as_user(*CLERK, addons=["hanse_contacts", "hanse_finance", "hanse_cn", "hanse_invoicing"])
    (line,) = shop.draft({"description": "Plain", "price": 3}, by=clerk).lines
    assert (line.price, line.unit) == (D(3), None)
    with pytest.raises(Forbidden):
        shop.draft({"product": tea, "description": "x"}, by=clerk)
