"""What is on its way between stores, and what becomes of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select
from warehouse import act

from hanse import BusinessError
from hanse_inventory import rebuilding
from hanse_inventory.models import Fate, Location, StockEntry, Transfer, TransferState, Usage


@pytest.fixture
def bar(shop):
    return shop.store("Bar")


@pytest.fixture
def transit(shop) -> Location:
    return shop.ctx.all(Location, Location.usage == Usage.TRANSIT).one()


def transfer(shop, bar, *lines, approved=True):
    values = {"source": shop.main, "destination": bar, "lines": list(lines)}
    made = act(shop.ctx, Transfer, "create", values=[values]).id
    if approved:
        act(shop.ctx, Transfer, "approve", made)
    return made


def read(shop, transfer) -> Transfer:
    query = select(Transfer).where(Transfer.id == transfer).execution_options(populate_existing=True)
    found = shop.ctx.session.scalars(query).one()
    for line in found.lines:
        shop.ctx.session.refresh(line)
        parts = line.received + line.rejected + line.lost + line.returned + line.in_transit
        assert line.shipped == parts
    return found


def test_value_follows_the_goods(shop, bar, transit):
    tea = shop.product("Tea")
    shop.receipt(tea, 3, 10, at=1)
    shop.receipt(tea, 3, "10.01", at=2)
    made = transfer(shop, bar, {"product": tea, "quantity": 4})
    act(shop.ctx, Transfer, "ship", made)
    assert read(shop, made).state is TransferState.SHIPPED
    assert (shop.on_hand(tea, shop.main), shop.on_hand(tea, transit), shop.on_hand(tea, bar)) == (2, 4, 0)
    assert shop.held(tea, transit) == (4, Decimal("40.02"))
    act(shop.ctx, Transfer, "receive", made)
    assert read(shop, made).state is TransferState.RECEIVED
    assert shop.held(tea, transit) == (0, 0)
    assert shop.held(tea, bar) == (4, Decimal("40.02"))
    assert shop.booked(tea) + shop.booked(tea, bar) + shop.booked(tea, transit) == Decimal("60.03")
    assert not rebuilding.differences(shop.ctx)
    act(shop.ctx, Transfer, "close", made)


def test_what_was_refused_is_counted_once(shop, bar, transit):
    """ERPNext 59251, 55320: rejected quantity stays in transit and is counted twice."""
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    made = transfer(shop, bar, {"product": tea, "quantity": 10})
    act(shop.ctx, Transfer, "ship", made)
    (entry,) = act(shop.ctx, Transfer, "prepare_arrival", made).result
    (line,) = shop.ctx.all(StockEntry, StockEntry.id == entry).one().lines
    act(shop.ctx, StockEntry, "update", entry, values={"lines": [{"id": line.id, "quantity": 8, "rejected": 3}]})
    act(shop.ctx, StockEntry, "post", entry)
    found = read(shop, made)
    (line,) = found.lines
    assert (found.state, line.received, line.rejected, line.in_transit) == (TransferState.PART_RECEIVED, 5, 3, 2)
    assert (shop.on_hand(tea, bar), shop.on_hand(tea, transit)) == (5, 5)
    with pytest.raises(BusinessError, match="Received|state|Partly"):
        act(shop.ctx, Transfer, "close", made)
    act(shop.ctx, Transfer, "settle", made, fate=Fate.RETURNED, lines={line.id: Decimal(3)})
    act(shop.ctx, Transfer, "settle", made, fate=Fate.LOST)
    found = read(shop, made)
    (line,) = found.lines
    assert (found.state, line.received, line.rejected, line.returned, line.lost) == (TransferState.RECEIVED, 5, 0, 3, 2)
    assert (shop.on_hand(tea, shop.main), shop.on_hand(tea, bar), shop.on_hand(tea, transit)) == (3, 5, 0)
    assert (shop.held(tea)[1], shop.held(tea, bar)[1], shop.held(tea, transit)[1]) == (30, 50, 0)
    assert not rebuilding.differences(shop.ctx)


def test_no_more_arrives_than_is_on_its_way(shop, bar):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    made = transfer(shop, bar, {"product": tea, "quantity": 4})
    act(shop.ctx, Transfer, "ship", made)
    first, second = (act(shop.ctx, Transfer, "prepare_arrival", made).result[0] for _ in range(2))
    act(shop.ctx, StockEntry, "post", first)
    with pytest.raises(BusinessError, match="4 more than is on its way"):
        act(shop.ctx, StockEntry, "post", second)


def test_goods_are_sent_once(shop, bar):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    made = transfer(shop, bar, {"product": tea, "quantity": 4})
    drafts = [act(shop.ctx, Transfer, "prepare_shipment", made).result[0] for _ in range(2)]
    act(shop.ctx, StockEntry, "post", drafts[0])
    with pytest.raises(BusinessError, match="not approved"):
        act(shop.ctx, StockEntry, "post", drafts[1])
    assert shop.on_hand(tea, shop.main) == 6


def test_an_arrival_that_is_taken_back_is_on_its_way_again(shop, bar, transit):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    made = transfer(shop, bar, {"product": tea, "quantity": 4})
    act(shop.ctx, Transfer, "ship", made)
    (arrival,) = act(shop.ctx, Transfer, "receive", made).result
    shop.reverse(arrival)
    found = read(shop, made)
    assert (found.state, found.lines[0].in_transit) == (TransferState.SHIPPED, 4)
    assert shop.held(tea, transit) == (4, 40)
    act(shop.ctx, Transfer, "receive", made)
    assert shop.held(tea, bar) == (4, 40)
    assert not rebuilding.differences(shop.ctx)


def test_a_late_receipt_changes_what_went_on_to_other_stores(shop, bar, transit):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    made = transfer(shop, bar, {"product": tea, "quantity": 5})
    act(shop.ctx, Transfer, "ship", made)
    act(shop.ctx, Transfer, "receive", made)
    shop.receipt(tea, 10, 20, at=2)
    assert (shop.held(tea), shop.held(tea, bar)) == ((15, 225), (5, 75))
    assert shop.booked(tea, transit) == 0
    assert not rebuilding.differences(shop.ctx)


def test_lots_arrive_as_they_were_sent(shop, bar):
    fish = shop.product("Fish", tracking="lot")
    shop.receipt(fish, 3, 10, new_lot="B", expires_on="2035-10-29", at=1)
    shop.receipt(fish, 5, 10, new_lot="A", expires_on="2035-10-30", at=2)
    made = transfer(shop, bar, {"product": fish, "quantity": 6})
    act(shop.ctx, Transfer, "ship", made)
    act(shop.ctx, Transfer, "receive", made)
    assert shop.on_hand(fish, bar, shop.lot(fish, "B")) == 3
    assert shop.on_hand(fish, bar, shop.lot(fish, "A")) == 3
