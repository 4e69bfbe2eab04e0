"""Laws of the stock that hold after whatever people do, in whatever order they enter it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from warehouse import Warehouse, act

from hanse.errors import BusinessError
from hanse_inventory import rebuilding
from hanse_inventory.models import Fate, Transfer
from hanse_products.models import Costing

STORES = 3
HOURS = 40
quantities = st.decimals(min_value=1, max_value=20, places=0)
prices = st.decimals(min_value=1, max_value=30, places=4)
stores = st.integers(0, STORES - 1)
moments = st.integers(1, HOURS)
steps = st.one_of(
    st.tuples(st.just("receipt"), stores, moments, quantities, prices),
    st.tuples(st.just("issue"), stores, moments, quantities, st.just(None)),
    st.tuples(st.just("customer_return"), stores, moments, quantities, st.just(None)),
    st.tuples(st.just("supplier_return"), stores, moments, quantities, prices),
    st.tuples(st.just("waste"), stores, moments, quantities, st.just(None)),
    st.tuples(st.just("transfer"), stores, stores, quantities, st.sampled_from(["whole", "lost", "returned"])),
    st.tuples(st.just("reverse"), st.integers(0, 30), st.just(0), st.just(Decimal(0)), st.just(None)),
)


class House:
    """Three stores, of which the last may go below zero, and two products, one for each method."""

    def __init__(self, ctx) -> None:
        self.shop = Warehouse(ctx)
        self.stores = [self.shop.main, self.shop.store("North"), self.shop.store("South", negative=True)]
        self.products = [self.shop.product("Tea"), self.shop.product("Wine", costing=Costing.FIFO)]
        self.posted: list[int] = []

    def do(self, step, product) -> None:
        name, first, second, quantity, more = step
        shop = self.shop
        if name == "reverse":
            if self.posted:
                shop.reverse(self.posted[first % len(self.posted)])
        elif name == "transfer":
            if first != second:
                self.transfer(product, self.stores[first], self.stores[second], quantity, more)
        else:
            line = {"product": product, "quantity": quantity, "price": more}
            self.posted.append(shop.post(name, line, place=self.stores[first], at=second))

    def transfer(self, product, source, destination, quantity, how) -> None:
        values = {"source": source, "destination": destination, "lines": [{"product": product, "quantity": quantity}]}
        made = act(self.shop.ctx, Transfer, "create", values=[values]).id
        act(self.shop.ctx, Transfer, "approve", made)
        act(self.shop.ctx, Transfer, "ship", made)
        if how == "whole":
            act(self.shop.ctx, Transfer, "receive", made)
        else:
            act(self.shop.ctx, Transfer, "settle", made, fate=Fate(how))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(steps, st.integers(0, 1)), max_size=25))
def test_what_grew_is_what_a_rebuild_gives(ctx, work):
    with ctx.session.begin_nested() as savepoint:
        house = House(ctx)
        for step, product in work:
            try:
                with ctx.session.begin_nested():
                    house.do(step, house.products[product])
            except BusinessError:
                continue  # refused: nothing of it may be left, which is what follows shows
        assert rebuilding.differences(ctx) == []
        _whole_sums(ctx)
        _value_is_quantity_at_cost(ctx)
        savepoint.rollback()


def _whole_sums(ctx) -> None:
    """Over all locations nothing is gained or lost, nothing is where nothing may be, amounts follow exact values."""
    over_all = text("""
        SELECT product_id, sum(change) FROM (
            SELECT product_id, quantity AS change FROM inventory_move UNION ALL
            SELECT product_id, -quantity FROM inventory_move) ends GROUP BY 1 HAVING sum(change) <> 0""")
    assert ctx.session.execute(over_all).all() == []
    below = text("""
        SELECT s.* FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
        WHERE s.quantity < 0 AND NOT l.negative""")
    assert ctx.session.execute(below).all() == []
    held = text("""
        SELECT c.product_id, c.store_id FROM inventory_cost c
        LEFT JOIN (SELECT product_id, store_id, sum(quantity) AS quantity, sum(value) AS value, sum(amount) AS amount
                   FROM inventory_value GROUP BY 1, 2) v USING (product_id, store_id)
        WHERE (c.quantity, c.value) <> (coalesce(v.quantity, 0), coalesce(v.value, 0))
           OR coalesce(v.amount, 0) <> round(c.value, 2)""")
    assert ctx.session.execute(held).all() == []
    places = text("""
        SELECT c.product_id, c.store_id FROM inventory_cost c
        WHERE c.quantity <> coalesce((SELECT sum(s.quantity) FROM inventory_stock s
            JOIN inventory_location l ON l.id = s.location_id
            WHERE l.store_id = c.store_id AND s.product_id = c.product_id), 0)""")
    assert ctx.session.execute(places).all() == []


def _value_is_quantity_at_cost(ctx) -> None:
    """Nothing held is worth nothing, and nothing is worth less than nothing."""
    wrong = text("""
        SELECT * FROM inventory_cost
        WHERE (quantity = 0 AND value <> 0) OR (quantity > 0 AND value < 0) OR (quantity < 0 AND value > 0)""")
    assert ctx.session.execute(wrong).all() == []


events = st.lists(
    st.one_of(
        st.tuples(st.just("in"), moments, st.integers(1, 50), prices),
        st.tuples(st.just("out"), moments, st.integers(1, 30), st.just(None)),
    ),
    max_size=20,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events)
def test_the_average_is_that_of_the_formula_in_whatever_order_it_is_entered(ctx, work):
    """By another's word: the unit cost as Tryton rounds it, over fractions, in the order of time."""
    with ctx.session.begin_nested() as savepoint:
        shop = Warehouse(ctx)
        tea = shop.product("Tea")
        done: list[tuple[int, int, int, Fraction | None]] = []
        for name, at, quantity, price in work:
            try:
                with ctx.session.begin_nested():
                    if name == "in":
                        shop.receipt(tea, quantity, price, at=at)
                    else:
                        shop.issue(tea, quantity, at=at)
            except BusinessError:
                continue
            done.append((at, len(done), quantity, None if price is None else Fraction(price)))
        held, worth, cost = Fraction(0), Fraction(0), Fraction(0)
        for _at, _number, quantity, price in sorted(done, key=lambda one: one[:2]):
            if price is None:
                worth -= quantity * cost
                held -= quantity
                worth *= bool(held)  # what rounding has left goes with the last piece
            else:
                worth += quantity * price
                cost = Fraction(round((cost * held + quantity * price) / (held + quantity), 4))
                held += quantity
            assert abs(worth - held * cost) <= len(done) * 50 * Fraction(1, 20_000)
        if done:
            quantity, value = shop.held(tea)
            assert (quantity, shop.cost(tea).cost) == (held, cost)
            assert value == worth
            assert shop.booked(tea) == value.quantize(Decimal("0.01"), "ROUND_HALF_UP")
        savepoint.rollback()
