"""Counting: blind, by several people, again where it differs much, right whatever is entered later."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select
from warehouse import act, hours

from hanse import BusinessError
from hanse.settings.changing import change_settings
from hanse.testing import statements
from hanse_inventory import rebuilding
from hanse_inventory.models import CountState, InventorySettings, StockCount, StockCountLine, StockEntry


def begun(shop, **values) -> StockCount:
    values.setdefault("place", shop.main)
    made = act(shop.ctx, StockCount, "create", values=[values]).id
    act(shop.ctx, StockCount, "begin", made)
    return read(shop, made)


def read(shop, count) -> StockCount:
    query = select(StockCount).where(StockCount.id == count).execution_options(populate_existing=True)
    return shop.ctx.session.scalars(query).one()


def lines_of(shop, count) -> list[StockCountLine]:
    query = select(StockCountLine).where(StockCountLine.count_id == count.id).order_by(StockCountLine.number)
    return list(shop.ctx.session.scalars(query.execution_options(populate_existing=True)))


def tally(ctx, count, line, quantity, at=None, key=None, **more):
    one = {"quantity": quantity, "counted_at": None if at is None else hours(at), "key": key, **more}
    if line is not None:
        one["line"] = line.id
    return act(ctx, StockCount, "tally", count.id, tallies=[one]).result


def through(shop, count):
    for verb in ("finish", "approve", "post"):
        act(shop.ctx, StockCount, verb, count.id)
    return read(shop, count.id)


def test_what_is_entered_late_is_counted_in(shop):
    """Formula 10: book 10 at the freeze; an issue of 2 at 09:30 is entered at 11:00; counted 8 at 10:00: all agrees."""
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 5, at=1)
    count = begun(shop)
    (line,) = lines_of(shop, count)
    assert line.book == 10
    tally(shop.ctx, count, line, 8, at=10)
    shop.issue(tea, 2, at=9.5)
    count = through(shop, count)
    assert (count.surplus_id, count.shortage_id) == (None, None)
    assert shop.on_hand(tea) == 8
    (line,) = lines_of(shop, count)
    assert (line.book, line.difference, line.posted) == (8, 0, True)  # kept, though nothing was posted (ERPNext 55066)


def test_a_count_stays_what_it_was_whatever_is_entered_later(shop):
    """ERPNext 54295: a later count ignores a back-dated receipt, and the stock shows 42 where 1 was counted."""
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 5, at=1)
    count = begun(shop)
    tally(shop.ctx, count, lines_of(shop, count)[0], 1, at=10)
    through(shop, count)
    assert shop.on_hand(tea) == 1
    shop.receipt(tea, 41, 7, at=5)
    assert shop.on_hand(tea) == 1
    assert not rebuilding.differences(shop.ctx)
    shop.issue(tea, 3, at=6)
    assert shop.on_hand(tea) == 1
    shop.receipt(tea, 4, 7, at=11)
    assert shop.on_hand(tea) == 5
    assert not rebuilding.differences(shop.ctx)


def test_two_who_count_one_product_add_up(shop, as_user):
    """Odoo OCA 2287, 10682: two counts of one product overwrite each other, or double."""
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 5, at=1)
    count = begun(shop)
    (line,) = lines_of(shop, count)
    other = as_user("inventory.count.*", "products.*", "inventory.location.read")
    tally(shop.ctx, count, line, 4, at=10)
    tally(other, count, line, 5, at=10.5)
    count = through(shop, count)
    assert shop.on_hand(tea) == 9
    assert shop.moves(count.shortage_id)[0].at == hours(10.5)


def test_what_is_sent_twice_counts_once(shop):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 5, at=1)
    count = begun(shop)
    (line,) = lines_of(shop, count)
    assert tally(shop.ctx, count, line, 4, key="phone-1/7") == 1
    assert tally(shop.ctx, count, line, 4, key="phone-1/7") == 0
    assert lines_of(shop, count)[0].counted == 4


def test_who_counts_does_not_see_the_books(shop, as_user):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 5, at=1)
    count = begun(shop)
    counter = as_user("inventory.count.read", "inventory.count.tally", "inventory.count_line.read")
    assert not counter.may("inventory.count.see_book")
    (line,) = lines_of(shop, count)
    from hanse.security.clauses import readable

    hidden = [name for name, field in StockCountLine.__fields__.items() if not readable(counter, field)]
    assert hidden == ["book", "difference", "worth"]
    assert line.book == 10


def test_what_differs_much_is_counted_again_by_somebody_else(shop, as_user):
    change_settings(shop.ctx, InventorySettings, {"recount_value": Decimal(20), "recount_percent": Decimal(50)})
    shop.ctx.kept.clear()
    tea, salt = shop.product("Tea"), shop.product("Salt")
    shop.receipt(tea, 10, 5, at=1)
    shop.receipt(salt, 10, "0.1", at=1)
    count = begun(shop)
    lines = {one.product_id: one for one in lines_of(shop, count)}
    tally(shop.ctx, count, lines[tea.id], 5, at=10)
    tally(shop.ctx, count, lines[salt.id], 8, at=10)
    act(shop.ctx, StockCount, "finish", count.id)
    count = read(shop, count.id)
    assert count.state is CountState.RECOUNT
    assert {one.product_id: one.again for one in lines_of(shop, count)} == {tea.id: True, salt.id: False}
    with pytest.raises(BusinessError, match="Somebody else"):
        tally(shop.ctx, count, lines[tea.id], 9)
    with pytest.raises(BusinessError, match="1 lines .* must still"):
        act(shop.ctx, StockCount, "finish", count.id)
    tally(as_user("inventory.count.*"), count, lines[tea.id], 9)
    count = through(shop, count)
    assert (shop.on_hand(tea), shop.on_hand(salt)) == (9, 8)


def test_what_nobody_expected_is_put_on_the_sheet(shop):
    tea, found = shop.product("Tea"), shop.product("Found")
    fish = shop.product("Fish", tracking="lot")
    shop.receipt(tea, 10, 5, at=1)
    shelf = shop.place("Shelf")
    count = begun(shop)
    tally(shop.ctx, count, None, 3, product=found.id, location=shelf.id)
    with pytest.raises(BusinessError, match="which lot"):
        tally(shop.ctx, count, None, 3, product=fish.id)
    through(shop, count)
    assert shop.on_hand(found, shelf) == 3
    assert shop.on_hand(tea) == 10  # nobody counted it


def test_a_sheet_of_many_lines_takes_few_statements(shop):
    """ERPNext 49507: a count of 5,000 lines takes a quarter of an hour."""
    products = [shop.product(f"Product {number}") for number in range(30)]
    shop.post("receipt", *({"product": one, "quantity": 10, "price": 3} for one in products), at=1)
    count = begun(shop)
    lines = lines_of(shop, count)
    tallies = [{"line": one.id, "quantity": 10 + at % 3 - 1} for at, one in enumerate(lines)]
    act(shop.ctx, StockCount, "tally", count.id, tallies=tallies)
    act(shop.ctx, StockCount, "finish", count.id)
    act(shop.ctx, StockCount, "approve", count.id)
    with statements(shop.ctx) as sent:
        act(shop.ctx, StockCount, "post", count.id)
    assert len(sent) < 60
    count = read(shop, count.id)
    for entry in (count.surplus_id, count.shortage_id):
        assert len(shop.ctx.all(StockEntry, StockEntry.id == entry).one().lines) == 10


def test_a_count_that_is_not_begun_takes_nothing(shop):
    made = act(shop.ctx, StockCount, "create", values=[{"place": shop.main}]).id
    with pytest.raises(BusinessError, match="not being counted"):
        act(shop.ctx, StockCount, "tally", made, tallies=[])
