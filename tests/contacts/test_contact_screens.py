"""What people see of partners in lists."""

from __future__ import annotations

import pytest

from hanse.actions import find_action
from hanse.screens.filtering import read
from hanse.screens.listing import read_page
from hanse.testing import statements
from hanse_contacts.screens import PARTNERS


def shown(ctx, column, *query):
    """Give a column of the list that an address asks for."""
    page = read_page(ctx, PARTNERS, read(ctx, PARTNERS, query))
    slot = next(slot for slot in page.slots if slot.column.name == column)
    return [row[slot.places[0]] for row in page.rows]


@pytest.fixture
def partners(ctx, create, address):
    create(
        name="Alpha",
        is_customer=True,
        addresses=[address("CN", city="Wuhan"), address("DE", city="Bonn", is_default=True)],
    )
    create(name="Beta", is_supplier=True, phone="13800138000", addresses=[address("CN", city="Tianjin")])
    archived = create(name="Gamma", is_customer=True, is_supplier=True)
    ctx.run(find_action("contacts.partner.archive"), [archived])


def test_a_list_shows_city_and_country_of_the_default_address(ctx, partners):
    assert shown(ctx, "city") == ["Bonn", "Tianjin"]
    assert shown(ctx, "country", ("columns", "country")) == ["Germany", "China"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ([("f-is_customer", "yes")], ["Alpha"]),
        ([("f-is_customer", "yes"), ("f-archived", "all")], ["Alpha", "Gamma"]),
        ([("f-is_supplier", "yes")], ["Beta"]),
        ([("f-archived", "yes")], ["Gamma"]),
        ([], ["Alpha", "Beta"]),
        ([("q", "13800138")], ["Beta"]),
        ([("q", "alp")], ["Alpha"]),
        ([("sort", "-name")], ["Beta", "Alpha"]),
    ],
)
def test_filters_search_and_order(ctx, partners, query, names):
    assert shown(ctx, "name", *query) == names


def test_partners_of_a_country_can_be_listed(ctx, partners, country):
    assert shown(ctx, "name", ("f-country", str(country("DE")))) == ["Alpha"]


def test_a_page_takes_one_statement(ctx, partners):
    with statements(ctx) as sent:
        shown(ctx, "name")
    assert len(sent) == 1


def test_the_country_follows_the_addresses(create, update, address):
    partner = create(addresses=[address("CN")])
    assert partner.country.code == "CN"
    (line,) = partner.addresses
    moved = update(partner, addresses=[{"id": line.id}, address("DE", is_default=True)])
    assert moved.country.code == "DE"
    assert update(partner, addresses=[]).country is None
