"""What a storekeeper may rely on when stock documents are posted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text
from warehouse import act

from hanse import BusinessError
from hanse_inventory import rebuilding
from hanse_inventory.models import EntryState, StockEntry
from hanse_products.models import Costing, Product


def test_the_moving_average_of_the_requirements(shop):
    """Formula 4: +10 at 10, +10 at 20, issue 5, return 5 at 20 to the supplier."""
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    shop.receipt(tea, 10, 20, at=2)
    assert shop.cost(tea).cost == 15
    shop.issue(tea, 5, at=3)
    assert shop.held(tea) == (15, 225)
    shop.post("supplier_return", {"product": tea, "quantity": 5, "price": 20}, at=4)
    assert shop.held(tea) == (10, 125)
    assert shop.cost(tea).cost == Decimal("12.5")
    assert not rebuilding.differences(shop.ctx)


def test_first_in_first_out(shop):
    tea = shop.product("Tea", costing=Costing.FIFO)
    shop.receipt(tea, 10, 10, at=1)
    shop.receipt(tea, 10, 20, at=2)
    issue = shop.issue(tea, 15, at=3)
    assert shop.costs_of(issue) == -200
    assert shop.held(tea) == (5, 100)
    assert not rebuilding.differences(shop.ctx)


def test_a_box_of_nine_leaves_nothing(shop):
    """Formula 3: receive 1 box of 9 pieces, issue 9 pieces: exactly nothing is left."""
    tea = shop.product("Tea", packs=[{"name": "box", "contents": 9}])
    box = tea.packs[0]
    shop.receipt(tea, 1, 10, pack=box, at=1)
    for number in range(9):
        shop.issue(tea, 1, at=2 + number)
    assert shop.on_hand(tea) == 0
    assert shop.held(tea) == (0, 0)
    assert shop.booked(tea) == 0


def test_more_than_there_is_does_not_leave(shop):
    tea = shop.product("Tea")
    shop.receipt(tea, 3, 10, at=1)
    entry = shop.draft("issue", {"product": tea, "quantity": 2}, {"product": tea, "quantity": 2}, at=2)
    with pytest.raises(BusinessError, match="Tea: only 3 pcs is at .*, not 4 pcs") as refused:
        act(shop.ctx, StockEntry, "post", entry)
    fields = {one.field for one in refused.value.each()}
    assert fields == {"lines.0.quantity", "lines.1.quantity"}
    assert shop.on_hand(tea) == 3


def test_below_zero_costs_the_last_cost_until_more_comes(shop):
    """Formula 4: what leaves first is valued at the last cost, and put right by what comes next."""
    bar = shop.store("Bar", negative=True)
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 5, place=bar, at=1)
    shop.issue(tea, 14, place=bar, at=2)
    assert shop.held(tea, bar) == (-4, -20)
    receipt = shop.receipt(tea, 10, 6, place=bar, at=3)
    assert shop.held(tea, bar) == (6, 36)
    assert shop.costs_of(receipt) == 56  # 60 came, of which 4 had left at 5: the difference of 4 is none of the stock's
    assert not rebuilding.differences(shop.ctx)


def test_what_comes_in_between_is_costed_as_if_it_had_come_then(shop):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    issue = shop.issue(tea, 5, at=3)
    assert shop.costs_of(issue) == -50
    shop.receipt(tea, 10, 20, at=2)
    assert shop.costs_of(issue) == -75
    assert shop.held(tea) == (15, 225)
    assert not rebuilding.differences(shop.ctx)


def test_what_was_not_there_then_did_not_leave_then(shop):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=5)
    with pytest.raises(BusinessError, match="only 0 pcs"):
        shop.issue(tea, 1, at=4)
    shop.issue(tea, 10, at=6)
    with pytest.raises(BusinessError, match="only 0 pcs"):
        shop.issue(tea, 1, at=5.5)
    assert shop.on_hand(tea) == 0


def test_reversing_makes_the_opposite_moves(shop):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    second = shop.receipt(tea, 10, 20, at=2)
    back = shop.reverse(second)
    assert shop.held(tea) == (10, 100)
    entry = shop.ctx.all(StockEntry, StockEntry.id == second).one()
    assert entry.state is EntryState.REVERSED
    (move,) = shop.moves(back)
    assert (move.quantity, move.origin_id) == (10, shop.moves(second)[0].id)
    with pytest.raises(BusinessError, match="reverses another"):
        shop.reverse(back)
    assert not rebuilding.differences(shop.ctx)


def test_a_posted_document_and_its_moves_are_final(shop):
    tea = shop.product("Tea")
    entry = shop.receipt(tea, 10, 10, at=1)
    with pytest.raises(BusinessError, match="Reverse it instead"):
        act(shop.ctx, StockEntry, "update", entry, values={"note": "late"})
    with pytest.raises(BusinessError, match="cannot be"):
        act(shop.ctx, StockEntry, "delete", entry)
    for statement in (
        f"UPDATE inventory_move SET quantity = 9 WHERE entry_id = {entry}",
        f"DELETE FROM inventory_move WHERE entry_id = {entry}",
        f"UPDATE inventory_entry_line SET base = 9 WHERE entry_id = {entry}",
        "UPDATE inventory_value SET amount = 0",
    ):
        with pytest.raises(Exception, match="hanse:|denied|append"), shop.ctx.session.begin_nested():
            shop.ctx.session.execute(text(statement))


def test_a_move_stays_within_its_store(shop):
    bar = shop.store("Bar")
    with pytest.raises(BusinessError, match="by a transfer") as refused:
        shop.draft("move", {"product": shop.product("Tea"), "quantity": 1}, other=bar)
    assert refused.value.field == "other"


def test_places_of_a_store_share_its_cost(shop):
    shelf, cellar = shop.place("Shelf", position=1), shop.place("Cellar", position=2)
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, place=cellar, at=1)
    shop.post("move", {"product": tea, "quantity": 4}, place=cellar, other=shelf, at=2)
    assert (shop.on_hand(tea, shelf), shop.on_hand(tea, cellar)) == (4, 6)
    assert shop.held(tea) == (10, 100)
    issue = shop.issue(tea, 7, at=3)  # from the store: what came first, that is the cellar
    assert [(move.source_id, move.quantity) for move in shop.moves(issue)] == [(cellar.id, 6), (shelf.id, 1)]
    assert not rebuilding.differences(shop.ctx)


def test_all_that_is_wrong_with_a_draft_is_told_at_once(shop):
    service = shop.product("Advice", kind="service")
    tea = shop.product("Tea")
    with pytest.raises(BusinessError) as refused:
        shop.draft(
            "issue",
            {"product": service, "quantity": 1},
            {"product": tea, "quantity": "0.5"},
            {"product": tea, "quantity": 1, "unit": shop.unit("kg")},
            {"product": tea, "quantity": 1, "new_lot": "L1"},
        )
    assert [one.field for one in refused.value.each()] == [
        "lines.0.product",
        "lines.1.quantity",
        "lines.2.unit",
        "lines.3.new_lot",
    ]


def test_the_future_has_not_happened(shop):
    tea = shop.product("Tea")
    with pytest.raises(BusinessError, match="not happened yet"):
        shop.receipt(tea, 1, 1, at=24 * 365 * 30)
    assert shop.on_hand(tea) == 0


def test_what_is_maintained_can_be_built_anew(shop):
    """After somebody has spoilt it, a rebuild gives what the moves say, and the check has found it before."""
    cellar = shop.place("Cellar")
    tea, wine = shop.product("Tea"), shop.product("Wine", costing=Costing.FIFO)
    for one in (tea, wine):
        shop.receipt(one, 10, 10, place=cellar, at=1)
        shop.issue(one, 10, at=2)
        shop.receipt(one, 5, 12, place=cellar, at=3)
        shop.issue(one, 2, at=4)
    since = shop.ctx.session.execute(
        text("SELECT product_id, quantity, since FROM inventory_stock ORDER BY 1, 2")
    ).all()
    for table in ("stock SET quantity = quantity + 1", "cost SET value = value + 1", "layer SET quantity = 1"):
        shop.ctx.session.execute(text(f"UPDATE inventory_{table}"))
    found = {one.table for one in rebuilding.differences(shop.ctx)}
    assert found == {"inventory_stock", "inventory_cost", "inventory_layer"}
    rebuilding.rebuild(shop.ctx)
    assert not rebuilding.differences(shop.ctx)
    again = shop.ctx.session.execute(
        text("SELECT product_id, quantity, since FROM inventory_stock ORDER BY 1, 2")
    ).all()
    assert again == since


def test_what_has_moved_keeps_its_unit_and_stays_goods(shop):
    """Formula 3: a unit that is used in a posted move means the same for ever."""
    tea, fresh = shop.product("Tea"), shop.product("Fresh")
    shop.receipt(tea, 3, 1)
    for values in ({"unit": shop.unit("kg")}, {"kind": "service"}, {"tracking": "lot"}):
        with pytest.raises(BusinessError, match="would mean something else"), shop.ctx.session.begin_nested():
            act(shop.ctx, Product, "update", tea, values=values)
        act(shop.ctx, Product, "update", fresh, values=values)
    act(shop.ctx, Product, "update", tea, values={"name": "Green tea", "unit": shop.unit("pcs")})


def test_what_is_in_stock_is_not_merged_away(shop):
    tea, twin = shop.product("Tea"), shop.product("Tea (twin)")
    shop.receipt(twin, 3, 1)
    with pytest.raises(BusinessError, match="There is stock of it"):
        act(shop.ctx, Product, "merge", tea, twin, survivor=tea.id)
    shop.issue(twin, 3)
    act(shop.ctx, Product, "merge", tea, twin, survivor=tea.id)
    assert rebuilding.differences(shop.ctx) == []
