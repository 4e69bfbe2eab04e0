"""What whoever keeps products may rely on."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from catalogue import act

from hanse import BusinessError
from hanse.errors import Forbidden
from hanse.testing import statements
from hanse.testing.people import open_for_admin
from hanse_contacts.models import Partner
from hanse_products.costing import costing_of
from hanse_products.measures import STANDARD, english
from hanse_products.models import Category, Costing, Price, Product, ProductsSettings, Unit, UnitGroup
from hanse_products.pricing import Asked, prices_of
from hanse_products.setup import usual_unit

# --- products ---------------------------------------------------------------------------------------------------------


def test_a_product_has_a_code_of_its_own_and_one_may_be_typed(product):
    given = product("Tea")
    assert given.code == f"P{given.id:05}"
    assert product("Coffee", code="K-001").code == "K-001"


def test_two_products_cannot_have_one_code(product):
    product("Tea", code="K-001")
    with pytest.raises(BusinessError, match="with this code already"):
        product("Coffee", code="K-001")


def test_a_code_that_is_still_to_be_given_is_refused(product):
    last = product("Tea")
    with pytest.raises(BusinessError, match="given automatically") as refused:
        product("Coffee", code=f"P{last.id + 100:05}")
    assert refused.value.field == "code"
    assert product("Coffee", code=f"P{last.id - 1:05}").name == "Coffee"  # an export comes in again


def test_who_may_not_set_prices_may_change_the_rest(ctx, as_user, product, unit):
    tea = product("Tea", list_price=Decimal(18))
    clerk = as_user("products.*", "contacts.*")
    assert clerk.may("products.product.set_prices")
    clerk = as_user("products.product.read", "products.product.update", "products.unit.read")
    act(clerk, Product, "update", tea, values={"name": "Green tea"})
    with pytest.raises(Forbidden):
        act(clerk, Product, "update", tea, values={"list_price": Decimal(1)})


@pytest.mark.parametrize("price", [Decimal(-1), "-1", -1, "-0.01"])
def test_a_price_is_never_negative(product, change, price):
    """Programs and imports give amounts as text or whole numbers."""
    with pytest.raises(BusinessError, match="not negative") as refused:
        product("Tea", list_price=price)
    assert refused.value.field == "list_price"
    tea = product("Tea", list_price="18.00")
    with pytest.raises(BusinessError, match="not negative"):
        change(tea, list_price=price)


def test_each_company_has_its_own_sales_price(ctx, product):
    from hanse.directory.founding import found_company

    tea = product("Tea", list_price=Decimal(18))
    other = found_company(
        ctx.session, ctx.user, {"name": "Other", "currency": "CNY"}, addons=["hanse_contacts", "hanse_products"]
    )
    assert prices_of(other, [Asked(tea.id)]) == [None]
    act(other, Product, "update", tea, values={"list_price": Decimal(20)})
    assert prices_of(other, [Asked(tea.id)])[0].amount == 20
    ctx.bind()
    assert prices_of(ctx, [Asked(tea.id)])[0].amount == 18


def test_pinyin_finds_a_product(ctx, product):
    from hanse.screens.filtering import read
    from hanse.screens.listing import read_page
    from hanse_products.screens import PRODUCTS

    product("乌龙茶", specification="100克")
    product("Coffee")

    def found(words):
        return [row[1] for row in read_page(ctx, PRODUCTS, read(ctx, PRODUCTS, [("q", words)])).rows]

    assert len(found("wulong")) == len(found("wlc")) == len(found("乌龙")) == len(found("100克")) == 1
    assert found("longjing") == []


def test_a_list_takes_one_statement(ctx, product):
    from hanse.screens.filtering import read
    from hanse.screens.listing import read_page
    from hanse_products.screens import PRODUCTS

    product("Tea")
    with statements(ctx) as sent:
        read_page(ctx, PRODUCTS, read(ctx, PRODUCTS, []))
    assert len(sent) == 1


# --- units ------------------------------------------------------------------------------------------------------------


def test_the_usual_units_are_there_as_they_are_declared(ctx):
    stored = {
        (one.group.name, one.name, one.symbol, one.code, one.ratio, one.step)
        for one in ctx.all(Unit, order_by=[Unit.id])
    }
    assert stored == {
        (english(group), english(one.name), english(one.symbol), one.code, one.ratio, one.step)
        for group, units in STANDARD
        for one in units
    }
    assert len(ctx.all(UnitGroup)) == len(STANDARD)


def test_a_company_counts_by_the_piece_unless_it_says_otherwise(ctx, unit):
    from hanse.settings.changing import change_settings

    assert usual_unit(ctx) == unit("pcs").id
    change_settings(ctx, ProductsSettings, {"unit": unit("kg")})
    assert usual_unit(ctx) == unit("kg").id
    change_settings(ctx, ProductsSettings, {"unit": None})
    act(ctx, Unit, "archive", unit("pcs"))
    assert usual_unit(ctx) is None


def test_the_size_of_a_unit_that_is_used_stays(ctx, make, change, product, unit):
    weight = unit("kg").group
    sack = make(Unit, name="Sack", symbol="sack", group=weight, numerator=25)
    sack = change(sack, numerator=50)
    assert sack.ratio == 50
    rice = product("Rice", "sack")
    with pytest.raises(BusinessError, match=r"cannot be changed, as it is used: 1 × Products \(Unit\)") as refused:
        change(sack, numerator=25)
    assert refused.value.field == "numerator"
    assert change(sack, name="Bag", numerator=50).name == "Bag"
    act(ctx, Product, "delete", rice)
    assert change(sack, numerator=25).ratio == 25


@pytest.mark.parametrize("size", [{"numerator": 0}, {"denominator": 0}, {"numerator": -1}, {"step": Decimal(0)}])
def test_a_unit_is_larger_than_nothing(make, unit, size):
    with pytest.raises(BusinessError):
        make(Unit, name="Void", symbol="v", group=unit("kg").group, **size)


# --- categories -------------------------------------------------------------------------------------------------------


def test_costing_comes_from_the_nearest_category_that_says_so(ctx, make, change):
    food = make(Category, name="Food", costing=Costing.FIFO)
    dairy = make(Category, name="Dairy", parent=food)
    cheese = make(Category, name="Cheese", parent=dairy)
    other = make(Category, name="Other")
    assert costing_of(ctx, [cheese.id, food.id, other.id, None]) == {
        cheese.id: Costing.FIFO,
        food.id: Costing.FIFO,
        other.id: Costing.MOVING_AVERAGE,
        None: Costing.MOVING_AVERAGE,
    }
    change(dairy, costing=Costing.MOVING_AVERAGE)
    assert costing_of(ctx, [cheese.id]) == {cheese.id: Costing.MOVING_AVERAGE}


def test_a_category_is_not_part_of_itself(make, change):
    food = make(Category, name="Food")
    dairy = make(Category, name="Dairy", parent=food)
    cheese = make(Category, name="Cheese", parent=dairy)
    for parent in (food, dairy, cheese):
        with pytest.raises(BusinessError, match="part of itself") as refused:
            change(food, parent=parent)
        assert refused.value.field == "parent"
    assert change(cheese, parent=food).parent is food


def test_two_who_move_categories_below_each_other_make_no_circle(own_database):
    """Each alone is allowed; the database lets one of them wait for the other, and refuses it then.

    What is moved and where to are four rows, so that no lock on rows comes before that of the trigger.
    """
    with own_database.session() as session, session.begin():
        ctx = open_for_admin(session)
        one, other = act(ctx, Category, "create", values=[{"name": "A"}, {"name": "B"}]).done
        below = [{"name": "below A", "parent": one}, {"name": "below B", "parent": other}]
        below_one, below_other = act(ctx, Category, "create", values=below).done
    both, failed = threading.Barrier(2), []

    def move(record: int, parent: int) -> None:
        with own_database.session() as session:
            ctx = open_for_admin(session)
            both.wait(20)
            try:
                act(ctx, Category, "update", record, values={"parent": parent})
                session.commit()
            except BusinessError as error:
                failed.append(str(error))

    threads = [threading.Thread(target=move, args=pair) for pair in ((one, below_other), (other, below_one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == ["A category cannot be part of itself, nor of one below it."]


# --- prices -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def price(ctx, make):
    """Write a price of a product."""
    return lambda product, amount, **values: make(
        Price, product=product, amount=Decimal(amount), currency=ctx.company.currency_id, **values
    )


def amount(ctx, product, quantity=1, **asked):
    unit = asked.pop("unit", None)
    (found,) = prices_of(ctx, [Asked(product.id, quantity, unit.id if unit else None)], **asked)
    return None if found is None else found.amount


def test_the_sales_price_holds_where_there_is_no_other(ctx, product, price):
    tea = product("Tea", list_price=Decimal("18"))
    assert amount(ctx, tea) == 18
    price(tea, "15", min_quantity=Decimal(10))
    assert [amount(ctx, tea, n) for n in (1, 9, 10, 100)] == [18, 18, 15, 15]
    price(tea, "12", min_quantity=Decimal(50))
    assert [amount(ctx, tea, n) for n in (10, 49, 50)] == [15, 15, 12]


def test_a_price_holds_from_its_first_day_to_its_last(ctx, product, price):
    tea, today = product("Tea", list_price=Decimal("18")), ctx.today
    price(tea, "9", valid_from=today, valid_until=today + timedelta(days=1))
    days = [today + timedelta(days=n) for n in (-1, 0, 1, 2)]
    assert [amount(ctx, tea, on=day) for day in days] == [18, 9, 9, 18]


def test_the_price_that_begins_last_holds(ctx, product, price):
    tea, today = product("Tea"), ctx.today
    price(tea, "10")
    price(tea, "11", valid_from=today)
    price(tea, "12", valid_from=today + timedelta(days=7))
    assert [amount(ctx, tea, on=today + timedelta(days=n)) for n in (-1, 0, 7)] == [10, 11, 12]


def test_a_price_per_kilogram_is_one_per_gram_too(ctx, product, price, unit):
    rice = product("Rice", "kg", list_price=Decimal("6"))
    assert amount(ctx, rice, unit=unit("g")) == Decimal("0.006")
    assert amount(ctx, rice, unit=unit("lb")) == Decimal("2.72155422")
    price(rice, "5", min_quantity=Decimal(25))
    assert amount(ctx, rice, 24_999, unit=unit("g")) == Decimal("0.006")
    assert amount(ctx, rice, 25_000, unit=unit("g")) == Decimal("0.005")
    price(rice, "3.5", unit=unit("jin"))
    assert amount(ctx, rice, 100, unit=unit("jin")) == Decimal("3.5")


def test_another_currency_has_prices_of_its_own(ctx, product, make):
    from hanse.directory.models import Currency

    tea, euro = product("Tea", list_price=Decimal("18")), ctx.all(Currency, Currency.code == "EUR").one()
    assert amount(ctx, tea, currency=euro.id) is None
    make(Price, product=tea, amount=Decimal("2.5"), currency=euro)
    assert amount(ctx, tea, currency=euro.id) == Decimal("2.5")
    assert amount(ctx, tea) == 18


def test_many_prices_take_three_statements(ctx, product, price):
    teas = [product(f"Tea {n}", list_price=Decimal(n)) for n in range(20)]
    price(teas[3], "1")
    with statements(ctx) as sent:
        found = prices_of(ctx, [Asked(tea.id) for tea in teas])
    assert [one.amount for one in found] == [0, 1, 2, 1, *range(4, 20)]
    assert len(sent) == 3


def test_nothing_is_priced_per_a_unit_it_cannot_be_counted_in(product, price, unit):
    tea = product("Tea")
    with pytest.raises(BusinessError, match="kg cannot be converted into pcs") as refused:
        price(tea, "10", unit=unit("kg"))
    assert refused.value.field == "unit"


def test_a_product_with_prices_stays_in_their_group_of_units(product, price, change, unit):
    rice = product("Rice", "kg")
    price(rice, "3", unit=unit("jin"))
    with pytest.raises(BusinessError, match="packs in jin") as refused:
        change(rice, unit=unit("pcs"))
    assert refused.value.field == "unit"
    assert change(rice, unit=unit("g")).unit.symbol == "g"


@pytest.mark.parametrize(
    "wrong",
    [{"amount": Decimal(-1)}, {"min_quantity": Decimal(-1)}, {"valid_from": "2030-02-01", "valid_until": "2030-01-31"}],
)
def test_the_database_keeps_prices_sound(ctx, make, product, wrong):
    values = {"product": product("Tea"), "amount": Decimal(1), "currency": ctx.company.currency_id}
    with pytest.raises(BusinessError):
        make(Price, **values | wrong)


def test_one_price_for_one_quantity_and_day(product, price):
    tea = product("Tea")
    price(tea, "10")
    with pytest.raises(BusinessError, match="for this quantity and day already"):
        price(tea, "11")


def test_a_supplier_may_be_named(product, ctx):
    partner = act(ctx, Partner, "create", values=[{"name": "Tea house", "is_supplier": True}]).id
    assert product("Tea", supplier=partner).supplier.name == "Tea house"
