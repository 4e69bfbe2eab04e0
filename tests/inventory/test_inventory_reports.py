"""What the reports of the stock may be relied on for: as of any day, with costs for few, and few statements."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from warehouse import Warehouse, act, hours

from hanse.testing import statements
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person
from hanse_contacts.models import Partner
from hanse_inventory import standing, tracing
from hanse_inventory.hooks import roles
from hanse_inventory.models import StockValue, Transfer, WasteReason

ROLES = {name: tuple(permissions) for name, _label, permissions in roles()}


def places(shop: Warehouse) -> list[int]:
    return standing.seen_places(shop.ctx)


# --- on hand ----------------------------------------------------------------------------------------------------------


def test_what_was_on_hand_is_what_came_less_what_left_until_then(shop: Warehouse) -> None:
    """Formula 4: 10 at 10, then 10 at 20, are 20 at 15; of which 5 leave."""
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    shop.receipt(tea, 10, 20, at=3)
    shop.issue(tea, 5, at=5)

    def held(at: float | None) -> list[tuple[Decimal, Decimal | None]]:
        moment = None if at is None else hours(at)
        found = standing.on_hand(shop.ctx, locations=places(shop), at=moment, valued=True)
        return [(one.quantity, one.value) for one in found]

    assert held(0) == []
    assert held(1) == [(10, 100)]
    assert held(4) == [(20, 300)]
    assert held(5) == held(None) == [(15, 225)]


def test_what_came_late_counts_from_the_moment_at_which_it_happened(shop: Warehouse) -> None:
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    shop.issue(tea, 5, at=5)
    shop.receipt(tea, 10, 20, at=3)
    (then,) = standing.on_hand(shop.ctx, locations=places(shop), at=hours(4), valued=True)
    assert (then.quantity, then.value) == (20, 300)


def test_the_value_of_places_and_lots_adds_up_to_that_of_the_store(shop: Warehouse) -> None:
    tea = shop.product("Tea", tracking="lot")
    cold = shop.place("Cold room")
    shop.receipt(tea, 3, 10, new_lot="A", at=1)
    shop.receipt(tea, 7, 20, new_lot="B", at=2, place=cold)
    rows = standing.on_hand(shop.ctx, locations=places(shop), valued=True)
    assert {(one.lot_name, one.location_name, one.quantity) for one in rows} == {
        ("A", shop.main.name, 3),
        ("B", "Cold room", 7),
    }
    (store,) = standing.by_store(rows)
    assert (store.quantity, store.value) == (10, 170)


def test_on_hand_takes_one_statement_and_reads_no_moves_for_now(shop: Warehouse) -> None:
    for number in range(5):
        shop.receipt(shop.product(f"Thing {number}"), 1, 1, at=1)
    here = places(shop)
    with statements(shop.ctx) as sent:
        assert len(standing.on_hand(shop.ctx, locations=here, valued=True)) == 5
    assert len(sent) == 1
    assert "inventory_move" not in str(sent[0])


# --- stock card -------------------------------------------------------------------------------------------------------


def test_a_card_begins_with_what_there_was_and_tells_every_move(shop: Warehouse) -> None:
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    shop.issue(tea, 4, at=25)
    shop.receipt(tea, 2, 13, at=26)
    first = hours(24).astimezone(shop.ctx.company.zone).date()
    first = max(first, (hours(1) + timedelta(days=1)).astimezone(shop.ctx.company.zone).date())
    (quantity, value), moves = standing.card(
        shop.ctx, tea.id, locations=places(shop), stores=[shop.main.id], lot=None, first=first, last=first
    )
    assert (quantity, value) == (10, 100)
    assert [(one.quantity, one.value) for one in moves] == [(-4, -40), (2, 26)]


def test_a_card_ends_with_the_value_that_the_store_holds(shop: Warehouse) -> None:
    tea = shop.product("Tea")
    shop.receipt(tea, 3, "3.33", at=1)
    shop.issue(tea, 1, at=2)
    shop.receipt(tea, 5, "1.11", at=1.5)  # what left is valued again
    day = hours(1).astimezone(shop.ctx.company.zone).date()
    opening, moves = standing.card(
        shop.ctx, tea.id, locations=places(shop), stores=[shop.main.id], lot=None, first=day, last=day
    )
    assert opening == (0, 0)
    assert sum(one.quantity for one in moves) == 7
    assert sum(one.value for one in moves) == shop.held(tea)[1]


def test_a_transfer_stands_on_the_card_of_each_store_and_not_on_that_of_all(shop: Warehouse) -> None:
    tea, other = shop.product("Tea"), shop.store("Shop")
    shop.receipt(tea, 10, 10, at=1)
    values = {"source": shop.main, "destination": other, "lines": [{"product": tea, "quantity": 4}]}
    transfer = act(shop.ctx, Transfer, "create", values=[values]).id
    for verb in ("approve", "ship", "receive"):
        act(shop.ctx, Transfer, verb, transfer)
    first, last = hours(0).date(), shop.ctx.today

    def quantities(*locations: int) -> list[Decimal]:
        _opening, moves = standing.card(
            shop.ctx, tea.id, locations=locations, stores=locations, lot=None, first=first, last=last
        )
        return [one.quantity for one in moves]

    assert quantities(shop.main.id) == [10, -4]
    assert quantities(other.id) == [4]
    assert [one for one in quantities(*places(shop)) if one] == [10]


# --- lots and waste ---------------------------------------------------------------------------------------------------


def test_a_lot_is_traced_from_its_supplier_to_whoever_got_it(shop: Warehouse) -> None:
    farm, guest = shop.make(Partner, name="Farm"), shop.make(Partner, name="Guest")
    milk = shop.product("Milk", tracking="lot")
    shop.receipt(milk, 10, 1, new_lot="M-1", partner=farm, reference="F-77", at=1)
    lot = shop.lot(milk, "M-1")
    shop.post("delivery", {"product": milk, "quantity": 3}, partner=guest, at=2)
    shop.post("waste", {"product": milk, "quantity": 1, "lot": lot}, at=3)
    found = tracing.steps(shop.ctx, lot.id)
    assert [(one.partner_name, one.quantity, one.came, one.went) for one in found] == [
        ("Farm", 10, True, False),
        ("Guest", 3, False, True),
        (None, 1, False, True),
    ]
    assert found[0].reference == "F-77"


def test_what_expires_comes_in_order_with_what_it_is_worth(shop: Warehouse) -> None:
    milk, today = shop.product("Milk", tracking="lot"), shop.ctx.today
    for name, days in (("late", 40), ("soon", 3), ("gone", -2)):
        shop.receipt(milk, 2, 5, new_lot=name, expires_on=today + timedelta(days=days), at=1)
    found = tracing.expiring(shop.ctx, until=today + timedelta(days=30), locations=places(shop))
    assert [(one.lot_name, one.quantity, one.value) for one in found] == [("gone", 2, 10), ("soon", 2, 10)]


def test_waste_is_told_by_reason_and_what_is_taken_back_is_no_waste(shop: Warehouse) -> None:
    salt = shop.product("Salt")
    broken = shop.make(WasteReason, name="Broken")
    shop.receipt(salt, 20, 2, at=1)
    shop.post("waste", {"product": salt, "quantity": 3}, reason=broken, at=2)
    shop.post("waste", {"product": salt, "quantity": 1}, at=3)
    mistake = shop.post("waste", {"product": salt, "quantity": 5}, reason=broken, at=4)
    shop.reverse(mistake)
    found = tracing.wasted(shop.ctx, first=hours(0).date(), last=shop.ctx.today, locations=places(shop))
    assert [(one.reason_name, one.quantity, one.cost) for one in found] == [("Broken", 3, 6), (None, 1, 2)]


def test_costs_of_a_document_are_what_the_books_get(shop: Warehouse) -> None:
    salt = shop.product("Salt")
    entry = shop.receipt(salt, 3, "1.999", at=1)
    (row,) = tracing.valued(shop.ctx, entry)
    assert row.cost == sum(one.amount for one in shop.ctx.all(StockValue)) == Decimal("6.00")


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application with tea of a cost that stands nowhere else, and salt that was wasted."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            shop = Warehouse(ctx)
            tea = shop.product("Green tea", tracking="lot")
            soon = ctx.today + timedelta(days=5)
            shop.receipt(tea, 10, "7.77", new_lot="T-1", expires_on=soon, at=1)
            shop.post("waste", {"product": tea, "quantity": 2}, at=2)
            site.tea, site.lot = tea.id, shop.lot(tea, "T-1").id  # type: ignore[attr-defined]
            for login, role in (("keeper", "storekeeper"), ("manager", "inventory_manager")):
                open_for_person(ctx, Person(login, ROLES[role], None, ()))
        yield site


def addresses(site: Site) -> list[str]:
    tea, lot = site.tea, site.lot  # type: ignore[attr-defined]
    span = f"first=2025-03-01&last={datetime.now(UTC).date()}"
    return [
        "on-hand?by=store",
        "on-hand?by=place",
        "on-hand?by=lot",
        "on-hand?day=2025-03-02",
        f"stock-card?product={tea}&{span}",
        "expiring?days=30",
        f"trace?lot={lot}",
        f"waste?{span}",
    ]


def test_every_report_is_a_page_and_a_file_and_tells_costs_to_few(site: Site) -> None:
    manager, keeper = site.browser("manager"), site.browser("keeper")
    for address in addresses(site):
        name, _mark, query = address.partition("?")
        file = f"/inventory/{name}/-/export.csv?{query}"
        assert "Green tea" in manager.get(f"/inventory/{address}").text, address
        assert keeper.get(f"/inventory/{address}").status_int == 200
        heads, keepers_heads = (
            next(csv.reader(io.StringIO(one.get(file).text.lstrip("\ufeff")))) for one in (manager, keeper)
        )
        assert set(keepers_heads) <= set(heads)
        assert not {"Value", "Unit cost", "Cost", "Change of value", "Share in %"} & set(keepers_heads), address
        for text in (keeper.get(f"/inventory/{address}").text, keeper.get(file).text):
            assert not [amount for amount in ("7.77", "77.70", "62.16", "15.54") if amount in text], address


def test_the_manager_reads_values_and_goes_on_to_card_and_document(site: Site) -> None:
    manager: Browser = site.browser("manager")
    page = manager.get("/inventory/on-hand?by=store").text
    assert "62.16" in page
    assert f"/inventory/stock-card?product={site.tea}" in page  # type: ignore[attr-defined]
    card = manager.get("/inventory/" + addresses(site)[4]).text
    assert "/inventory/entry/" in card
    assert "77.70" in card
    assert "15.54" in manager.get("/inventory/" + addresses(site)[7]).text


def test_reports_are_printed(site: Site) -> None:
    manager = site.browser("manager")
    for address in ("on-hand", "expiring"):
        assert manager.post(f"/inventory/{address}/-/export.pdf", {}).body.startswith(b"%PDF-")


def test_a_report_takes_few_statements_however_much_there_is(site: Site) -> None:
    manager = site.browser("manager")
    manager.get("/inventory/on-hand?by=lot")
    with site.statements() as few:
        manager.get("/inventory/on-hand?by=lot")
    with site.transaction() as ctx:
        shop = Warehouse(ctx)
        for number in range(15):
            shop.receipt(shop.product(f"Thing {number}"), 1, 1, at=3)
    with site.statements() as many:
        manager.get("/inventory/on-hand?by=lot")
    assert len(many) == len(few) <= 10, few
