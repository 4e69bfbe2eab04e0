"""What whoever keeps products in colours and sizes may rely on."""

from __future__ import annotations

import itertools
import threading
from decimal import Decimal

import pytest
from catalogue import act
from hypothesis import given
from hypothesis import strategies as st

from hanse import BusinessError
from hanse.errors import Forbidden
from hanse.testing import statements
from hanse.testing.people import open_for_admin
from hanse_products.actions import make_variants
from hanse_products.models import Attribute, AttributeValue, Price, Product, ProductKind, Unit
from hanse_products.pricing import Asked, prices_of
from hanse_products.variants import MOST, Value, combinations, how_many, key_of, variant_name


@pytest.fixture
def values(make):
    """Give values of new attributes: ``values(colour=["red"], size=["S", "M"])`` → name → id."""

    def made(**attributes):
        found = {}
        for name, words in attributes.items():
            lines = [{"name": word, "code": word.upper() if word.isascii() else None} for word in words]
            attribute = make(Attribute, name=name, values=lines)
            found |= {one.name: one.id for one in attribute.values}
        return found

    return made


@pytest.fixture
def shirt(product, values):
    """A T-shirt in red and blue, S and M."""
    known = values(colour=["red", "blue"], size=["S", "M"])
    return product("T-shirt", code="TS", options=[{"value": known[one]} for one in ("red", "blue", "S", "M")])


def variants(ctx, product):
    """Give the variants by name inside their brackets."""
    found = ctx.all(Product, Product.template == product, order_by=[Product.id])
    return {one.name.partition(" (")[2].rstrip(")"): one for one in found}


def in_use(ctx, product):
    return [name for name, one in variants(ctx, product).items() if one.active]


def with_options(ctx, product, *value_ids):
    """Make the product come in exactly these values."""
    product = ctx.all(Product, Product.id == product.id).one()
    kept = {one.value_id: one.id for one in product.options}
    lines = [{"id": kept[one]} if one in kept else {"value": one} for one in value_ids]
    act(ctx, Product, "update", product, values={"options": lines})


def test_each_combination_of_options_becomes_a_variant(ctx, shirt):
    ctx.run(make_variants, [shirt])
    found = variants(ctx, shirt)
    assert list(found) == ["red, S", "red, M", "blue, S", "blue, M"]
    assert [one.code for one in found.values()] == ["TS-RED-S", "TS-RED-M", "TS-BLUE-S", "TS-BLUE-M"]
    red = found["red, M"]
    assert (red.unit, red.kind, red.template.has_variants) == (shirt.unit, ProductKind.GOODS, True)
    assert [one.value.name for one in red.traits] == ["red", "M"]


def test_making_them_again_changes_nothing(ctx, shirt):
    ctx.run(make_variants, [shirt])
    before = {one.id: one.rev for one in ctx.all(Product)}
    assert ctx.run(make_variants, [shirt]).result == []
    ctx.session.expire_all()
    assert {one.id: one.rev for one in ctx.all(Product)} == before


def test_a_value_that_is_added_brings_only_its_own_variants(ctx, shirt, values):
    ctx.run(make_variants, [shirt])
    before = {name: one.id for name, one in variants(ctx, shirt).items()}
    size = ctx.all(Attribute, Attribute.name == "size").one()
    act(ctx, Attribute, "update", size, values={"values": [*({"id": one.id} for one in size.values), {"name": "L"}]})
    large = ctx.all(AttributeValue, AttributeValue.name == "L").one().id
    with_options(ctx, shirt, *(one.value_id for one in shirt.options), large)
    made = ctx.run(make_variants, [shirt]).result
    after = {name: one.id for name, one in variants(ctx, shirt).items()}
    assert len(made) == 2
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"red, L", "blue, L"}
    assert variants(ctx, shirt)["red, L"].code.startswith("P")  # the value has no short code


def test_a_value_that_is_taken_away_archives_its_variants_and_brings_them_back(ctx, shirt):
    ctx.run(make_variants, [shirt])
    ids = [one.value_id for one in shirt.options]
    before = {name: one.id for name, one in variants(ctx, shirt).items()}
    with_options(ctx, shirt, ids[0], ids[2], ids[3])
    ctx.run(make_variants, [shirt])
    assert in_use(ctx, shirt) == ["red, S", "red, M"]
    assert all(one.dropped for name, one in variants(ctx, shirt).items() if "blue" in name)
    with_options(ctx, shirt, *ids)
    assert ctx.run(make_variants, [shirt]).result == []
    assert len(in_use(ctx, shirt)) == 4
    assert {name: one.id for name, one in variants(ctx, shirt).items()} == before


def test_what_somebody_has_archived_stays_archived(ctx, shirt):
    ctx.run(make_variants, [shirt])
    act(ctx, Product, "archive", variants(ctx, shirt)["blue, M"])
    ctx.run(make_variants, [shirt])
    assert in_use(ctx, shirt) == ["red, S", "red, M", "blue, S"]


def test_an_attribute_that_is_added_later_makes_all_variants_anew(ctx, shirt, values):
    ctx.run(make_variants, [shirt])
    cotton = values(cloth=["cotton"])["cotton"]
    with_options(ctx, shirt, *(one.value_id for one in shirt.options), cotton)
    assert len(ctx.run(make_variants, [shirt]).result) == 4
    assert in_use(ctx, shirt) == [f"{one}, cotton" for one in ("red, S", "red, M", "blue, S", "blue, M")]


def test_a_used_value_is_not_deleted(ctx, shirt):
    colour = ctx.all(Attribute, Attribute.name == "colour").one()
    with pytest.raises(BusinessError):
        act(ctx, Attribute, "update", colour, values={"values": []})
    with pytest.raises(BusinessError):
        act(ctx, Attribute, "delete", colour)


def test_a_product_with_too_many_combinations_is_refused_and_says_how_many(ctx, product, values):
    known = values(**{name: [f"{name}{n}" for n in range(11)] for name in ("a", "b", "c")})
    many = product("Many", options=[{"value": one} for one in known.values()])
    with pytest.raises(BusinessError, match=r"1,?331 variants; at most 1,?000"):
        ctx.run(make_variants, [many])


def test_a_variant_has_no_options(ctx, shirt, change):
    ctx.run(make_variants, [shirt])
    red = variants(ctx, shirt)["red, S"]
    with pytest.raises(BusinessError, match="This is a variant already"):
        change(red, options=[{"value": shirt.options[0].value_id}])


def test_who_may_not_make_variants_makes_none(as_user, shirt):
    clerk = as_user("products.product.read", "products.product.update", "products.product.create")
    with pytest.raises(Forbidden):
        clerk.run(make_variants, [shirt])


def test_a_taken_code_is_replaced_by_a_number(ctx, shirt, product):
    product("Odd one", code="TS-RED-M")
    ctx.run(make_variants, [shirt])
    found = variants(ctx, shirt)
    assert found["red, M"].code == f"P{found['red, M'].id:05}"
    assert found["red, S"].code == "TS-RED-S"


# --- what passes on ---------------------------------------------------------------------------------------------------


def test_variants_follow_their_product_until_they_differ(ctx, shirt, change, unit, make):
    from hanse_products.models import Category

    ctx.run(make_variants, [shirt])
    own = change(variants(ctx, shirt)["red, S"], specification="thick", name="Crimson shirt S")
    clothes = make(Category, name="Clothes")
    change(shirt, name="Tee", specification="cotton", category=clothes, unit=unit("dozen"), discontinued=True)
    found = {one.code: one for one in ctx.all(Product, Product.template == shirt)}
    other = found["TS-BLUE-M"]
    assert (other.name, other.specification, other.category, other.unit.symbol, other.discontinued) == (
        "Tee (blue, M)",
        "cotton",
        clothes,
        "dozen",
        True,
    )
    mine = found["TS-RED-S"]
    assert (mine.id, mine.name, mine.specification, mine.category) == (own.id, "Crimson shirt S", "thick", clothes)


def test_prices_of_the_product_hold_for_variants_without_their_own(ctx, shirt, change, make):
    ctx.run(make_variants, [shirt])
    red, blue = variants(ctx, shirt)["red, S"], variants(ctx, shirt)["blue, S"]

    def amounts(quantity=1):
        return [one and one.amount for one in prices_of(ctx, [Asked(one.id, quantity) for one in (red, blue)])]

    assert amounts() == [None, None]
    change(shirt, list_price=Decimal(20))
    assert amounts() == [20, 20]
    make(Price, product=shirt, amount=Decimal(15), currency=ctx.company.currency_id, min_quantity=Decimal(10))
    assert (amounts(), amounts(10)) == ([20, 20], [15, 15])
    change(red, list_price=Decimal(25))
    assert (amounts(), amounts(10)) == ([25, 20], [25, 15])


def test_making_many_takes_few_statements(ctx, product, values):
    known = values(a=[f"a{n}" for n in range(10)], b=[f"b{n}" for n in range(10)])
    small = product("Small", options=[{"value": known["a0"]}, {"value": known["b0"]}])
    large = product("Large", options=[{"value": one} for one in known.values()])
    with statements(ctx) as few:
        ctx.run(make_variants, [small])
    with statements(ctx) as many:
        assert len(ctx.run(make_variants, [large]).result) == 100
    assert len(many) <= len(few) + 2  # what is inserted by the hundred is counted for the planner


def test_two_who_make_variants_at_once_make_each_once(own_database):
    with own_database.session() as session, session.begin():
        ctx = open_for_admin(session)
        piece = ctx.all(Unit, Unit.symbol == "pcs").one().id
        made = act(ctx, Attribute, "create", values=[{"name": "size", "values": [{"name": "S"}, {"name": "M"}]}]).id
        options = [{"value": one.id} for one in ctx.all(Attribute, Attribute.id == made).one().values]
        shirt = act(ctx, Product, "create", values=[{"name": "T-shirt", "unit": piece, "options": options}]).id
    both, found = threading.Barrier(2), []

    def work() -> None:
        with own_database.session() as session:
            ctx = open_for_admin(session)
            both.wait(20)
            found.append(len(ctx.run(make_variants, [shirt]).result))
            session.commit()

    threads = [threading.Thread(target=work) for _one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == [0, 2]


# --- combinations -----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 5), max_size=4))
def test_combinations_are_one_value_of_each_attribute(sizes):
    ids = itertools.count(1)
    options = [Value(next(ids), place, f"v{n}", None) for place, size in enumerate(sizes) for n in range(size)]
    found = combinations(options)
    assert len(found) == how_many(options)
    assert all([value.attribute for value in one] == list(range(len(sizes))) for one in found.values())
    assert all(key == key_of(one) == key_of(reversed(one)) for key, one in found.items())
    assert how_many(options) <= MOST


def test_long_names_keep_their_values():
    name = variant_name("x" * 300, ["red", "XL"])
    assert len(name) == 200
    assert name.endswith("x (red, XL)")
