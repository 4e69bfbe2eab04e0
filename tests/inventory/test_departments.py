"""Chains: people of a shop see its stock and its documents, and transfers that come to them, and no other shop's."""

from __future__ import annotations

import pytest
from warehouse import act

from hanse import BusinessError, NotFound
from hanse.testing.people import department
from hanse_inventory.models import Location, Move, Stock, StockCount, StockEntry, StockEntryLine, Transfer


@pytest.fixture
def chain(shop):
    """Two shops with a department each; the kitchen of the first is a place in it."""
    shop.north = shop.store("North", department=department(shop.ctx, "North"))
    shop.south = shop.store("South", department=department(shop.ctx, "South"))
    shop.kitchen = shop.place("Kitchen", shop.north)
    shop.tea = shop.product("Tea")
    shop.receipt(shop.tea, 10, 1, place=shop.kitchen, at=1)
    shop.receipt(shop.tea, 10, 1, place=shop.south, at=1)
    shop.receipt(shop.tea, 10, 1, at=1)
    return shop


def test_each_sees_its_own(chain, as_user):
    keeper = as_user(("inventory.*", "department"), departments=["North"])
    places = {one.name for one in keeper.visible(Location)}
    assert places == {"North", "Kitchen"}
    assert [one.place_id for one in keeper.visible(StockEntry)] == [chain.kitchen.id]
    assert [one.location_id for one in keeper.visible(Stock)] == [chain.kitchen.id]
    assert [one.destination_id for one in keeper.visible(Move)] == [chain.kitchen.id]
    act(chain.ctx, StockCount, "create", values=[{"place": chain.kitchen}, {"place": chain.south}])
    assert [one.place_id for one in keeper.visible(StockCount)] == [chain.kitchen.id]


def test_both_ends_of_a_transfer_see_it(chain, as_user):
    values = {"source": chain.kitchen, "destination": chain.south, "lines": [{"product": chain.tea, "quantity": 2}]}
    made = act(chain.ctx, Transfer, "create", values=[values]).id
    department(chain.ctx, "West")
    for name, sees in (("North", [made]), ("South", [made]), ("West", [])):
        assert as_user(("inventory.*", "department"), departments=[name]).visible(Transfer).ids == sees


def test_nobody_puts_right_what_they_do_not_see(chain, as_user):
    keeper = as_user(("inventory.*", "department"), ("products.*", "company"), departments=["North"])
    change = {"product": chain.tea.id, "place": chain.south.id, "quantity": 1}
    with pytest.raises(BusinessError, match="Choose a warehouse"):
        act(keeper, StockEntry, "adjust", changes=[change])
    act(keeper, StockEntry, "adjust", changes=[change | {"place": chain.kitchen.id}])
    (receipt,) = chain.ctx.all(StockEntry, StockEntry.place_id == chain.south.id).ids
    (line,) = chain.ctx.all(StockEntryLine, StockEntryLine.entry_id == receipt)
    with pytest.raises(NotFound):
        act(keeper, StockEntry, "reprice", values=[{"lines": {line.id: 5}}])
    assert chain.held(chain.tea, chain.south) == (10, 10)
    assert chain.held(chain.tea, chain.north) == (11, 11)
