"""Which lots leave, which may not, and what is set aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from warehouse import act, on

from hanse import BusinessError
from hanse.settings.changing import change_settings
from hanse_inventory.allocating import Candidate, Taken, allocate
from hanse_inventory.models import InventorySettings, Lot, LotState, Removal, Reservation, StockEntry
from hanse_inventory.standing import quantities

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)


def test_the_vector_of_the_requirements():
    """Formula 7: A expires 10-30 (5), B 10-29 (3), C 10-20 (9); 6 are needed on 10-21: 3 of B, then 3 of A."""
    lots = [
        Candidate(1, 1, Decimal(5), BEGIN, usable_until=on("2026-10-30")),
        Candidate(1, 2, Decimal(3), BEGIN, usable_until=on("2026-10-29")),
        Candidate(1, 3, Decimal(9), BEGIN, usable_until=on("2026-10-20")),
    ]
    taken = allocate(lots, Decimal(6), Removal.FEFO, need_day=on("2026-10-21"))
    assert taken == [Taken(1, 2, Decimal(3)), Taken(1, 1, Decimal(3))]


def test_nearest_goes_by_the_way_and_first_in_by_time():
    near = Candidate(1, None, Decimal(5), BEGIN + timedelta(days=3), position=1)
    old = Candidate(2, None, Decimal(5), BEGIN, position=9)
    for removal, first in ((Removal.NEAREST, 1), (Removal.FIFO, 2), (Removal.FEFO, 2)):
        assert allocate([near, old], Decimal(1), removal, need_day=None)[0].location == first


candidates = st.builds(
    Candidate,
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(0, 9).map(Decimal),
    st.integers(0, 5).map(lambda days: BEGIN + timedelta(days=days)),
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(0, 20).map(lambda days: on("2026-10-10") + timedelta(days=days))),
    st.booleans(),
)


@given(st.lists(candidates, max_size=8), st.integers(1, 40).map(Decimal), st.sampled_from(Removal))
def test_nothing_unusable_is_taken_and_nothing_usable_is_passed_over(some, wanted, removal):
    day = on("2026-10-15")
    taken = allocate(some, wanted, removal, need_day=day)
    usable = [one for one in some if one.usable_on(day) and one.quantity > 0]
    assert sum(one.quantity for one in taken) == min(wanted, sum(one.quantity for one in usable))
    if removal is Removal.FEFO and sum(one.quantity for one in taken) < sum(one.quantity for one in usable):
        ends = [one.usable_until or on("9999-12-31") for one in usable]
        pairs = {(one.location, one.lot) for one in taken}
        untouched = [one for one in usable if (one.location, one.lot) not in pairs]
        taken_ends = [one.usable_until or on("9999-12-31") for one in usable if (one.location, one.lot) in pairs]
        assert (
            not untouched
            or not ends
            or min(taken_ends) <= min(one.usable_until or on("9999-12-31") for one in untouched)
        )


@pytest.fixture
def fish(shop):
    return shop.product("Fish", tracking="lot", life_to_issue=1)


def test_what_is_usable_for_the_shortest_time_leaves_first(shop, fish):
    """ERPNext 58135, 42021; Odoo 22850: the setting is ignored here and there; here one allocator serves all."""
    shop.receipt(fish, 5, 3, new_lot="A", expires_on="2025-10-30", at=1)
    shop.receipt(fish, 3, 3, new_lot="B", expires_on="2025-10-29", at=2)
    shop.receipt(fish, 9, 3, new_lot="C", expires_on="2025-10-20", at=3)
    entry = shop.draft("issue", {"product": fish, "quantity": 6}, at=0)
    act(shop.ctx, StockEntry, "update", entry, values={"at": datetime(2025, 10, 21, 4, tzinfo=UTC)})
    act(shop.ctx, StockEntry, "post", entry)
    names = [(move.lot.name, move.quantity) for move in shop.moves(entry)]
    assert names == [("B", 3), ("A", 3)]


def test_what_is_expired_is_not_issued_but_can_be_wasted_and_returned(shop, fish):
    """ERPNext 43309, 44012: an expired batch can neither be returned nor written off."""
    shop.receipt(fish, 9, 3, new_lot="C", expires_on="2025-03-02", at=1)
    lot = shop.lot(fish, "C")
    assert lot.usable_until == on("2025-03-01")
    late = 24 * 3
    with pytest.raises(BusinessError, match="9 is expired or set aside"):
        shop.issue(fish, 1, at=late)
    with pytest.raises(BusinessError, match="Lot C was usable until") as refused:
        shop.issue(fish, 1, lot=lot, at=late)
    assert refused.value.field == "lines.0.lot"
    shop.post("waste", {"product": fish, "quantity": 4}, at=late)
    shop.post("supplier_return", {"product": fish, "quantity": 5, "price": 3}, at=late + 1)
    assert shop.on_hand(fish) == 0


def test_what_is_in_quarantine_or_recalled_stays(shop, fish):
    shop.receipt(fish, 9, 3, new_lot="C", expires_on="2035-03-02", at=1)
    lot = shop.lot(fish, "C")
    for verb, state in (("quarantine", LotState.QUARANTINE), ("recall", LotState.RECALLED)):
        act(shop.ctx, Lot, verb, lot)
        with pytest.raises(BusinessError, match=str(state.label)):
            shop.issue(fish, 1, lot=lot)
    act(shop.ctx, Lot, "release", lot)
    shop.issue(fish, 1, lot=lot)
    assert shop.on_hand(fish) == 8


def test_what_comes_gets_a_lot_with_its_life(shop):
    milk = shop.product("Milk", tracking="lot", shelf_life=7, life_to_issue=2)
    shop.receipt(milk, 5, 1, at=1)
    (lot,) = shop.ctx.all(Lot, Lot.product_id == milk.id)
    assert (lot.name, lot.received_on, lot.expires_on, lot.usable_until) == (
        "L20250301-001",
        on("2025-03-01"),
        on("2025-03-08"),
        on("2025-03-06"),
    )


def test_a_serial_number_is_one_thing(shop):
    scale = shop.product("Scale", tracking="serial")
    with pytest.raises(BusinessError, match="Give the serial number"):
        shop.receipt(scale, 1, 100)
    with pytest.raises(BusinessError, match="one thing"):
        shop.receipt(scale, 2, 100, new_lot="S1")
    shop.receipt(scale, 1, 100, new_lot="S1")
    with pytest.raises(BusinessError, match="is there already"):
        shop.receipt(scale, 1, 100, new_lot="S1")


# --- set aside --------------------------------------------------------------------------------------------------------


def reserved(shop, product) -> Decimal:
    query = select(func.sum(Reservation.quantity)).where(Reservation.product_id == product.id)
    return shop.ctx.session.scalar(query) or Decimal(0)


def test_what_is_set_aside_is_not_free_for_others(shop):
    """Odoo 62139, 154905: a counter of what is reserved that goes its own way.  Here it is the sum of rows."""
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 5, at=1)
    mine = shop.draft("delivery", {"product": tea, "quantity": 7})
    act(shop.ctx, StockEntry, "reserve", mine)
    assert reserved(shop, tea) == 7
    with pytest.raises(BusinessError, match="1 more is needed than is free; 7 is set aside"):
        shop.issue(tea, 4)
    shop.issue(tea, 3)
    act(shop.ctx, StockEntry, "post", mine)
    assert (shop.on_hand(tea), reserved(shop, tea)) == (0, 0)


def test_what_is_wasted_is_gone_whoever_it_was_set_aside_for(shop):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 5, at=1)
    mine = shop.draft("delivery", {"product": tea, "quantity": 7})
    act(shop.ctx, StockEntry, "reserve", mine)
    shop.post("waste", {"product": tea, "quantity": 6})
    with pytest.raises(BusinessError, match="only 4 pcs"):
        act(shop.ctx, StockEntry, "post", mine)


def test_as_much_is_set_aside_as_is_free(shop, fish):
    shop.receipt(fish, 3, 3, new_lot="B", expires_on="2035-10-29", at=1)
    shop.receipt(fish, 5, 3, new_lot="A", expires_on="2035-10-30", at=2)
    first, second, third = (shop.draft("delivery", {"product": fish, "quantity": 6}) for _ in range(3))
    act(shop.ctx, StockEntry, "reserve", first)
    missing = act(shop.ctx, StockEntry, "reserve", second).result
    assert list(missing.values()) == [4]
    with pytest.raises(BusinessError, match="Nothing of it is free"):
        act(shop.ctx, StockEntry, "reserve", third)
    act(shop.ctx, StockEntry, "reserve", first)  # again: nothing is set aside twice
    assert reserved(shop, fish) == 8
    act(shop.ctx, StockEntry, "free", second)
    act(shop.ctx, StockEntry, "post", first)
    assert reserved(shop, fish) == 0
    assert shop.on_hand(fish, lot=shop.lot(fish, "A")) == 2


def test_stock_is_set_aside_for_the_day_on_which_it_is_needed(shop, fish):
    """Odoo 117138: a lot that is usable today is reserved for next week."""
    tomorrow = shop.ctx.today + timedelta(days=1)
    shop.receipt(fish, 3, 3, new_lot="B", expires_on=tomorrow + timedelta(days=1), at=1)
    entry = shop.draft("delivery", {"product": fish, "quantity": 2})
    values = {"at": datetime.now(UTC) + timedelta(days=5)}
    act(shop.ctx, StockEntry, "update", entry, values=values)
    with pytest.raises(BusinessError, match="Nothing of it is free"):
        act(shop.ctx, StockEntry, "reserve", entry)
    assert reserved(shop, fish) == 0


def test_places_by_the_settings(shop):
    change_settings(shop.ctx, InventorySettings, {"removal": Removal.NEAREST})
    shop.ctx.kept.clear()
    near, far = shop.place("Near", position=1), shop.place("Far", position=2)
    tea = shop.product("Tea")
    shop.receipt(tea, 5, 1, place=far, at=1)
    shop.receipt(tea, 5, 1, place=near, at=2)
    issue = shop.issue(tea, 6, at=3)
    assert [(move.source_id, move.quantity) for move in shop.moves(issue)] == [(near.id, 5), (far.id, 1)]


def test_lots_of_a_place_add_up(shop, fish):
    tea = shop.product("Tea")
    shelf = shop.place("Shelf")
    shop.receipt(fish, 3, 1, new_lot="B", at=1)
    shop.receipt(fish, 5, 1, new_lot="A", at=2)
    shop.receipt(tea, 2, 1, place=shelf, at=2)
    here = [shop.main.id, shelf.id]
    assert quantities(shop.ctx, locations=here) == {(fish.id, shop.main.id): 8, (tea.id, shelf.id): 2}
    assert quantities(shop.ctx, locations=here, products=[tea.id]) == {(tea.id, shelf.id): 2}
