"""What whoever counts in packs, and whoever scans, may rely on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from catalogue import act
from hypothesis import given
from hypothesis import strategies as st

from hanse import BusinessError
from hanse.actions.write import execute
from hanse.errors import Errors
from hanse.testing import statements
from hanse_products.actions import look_up
from hanse_products.gs1 import check_digit
from hanse_products.looking import find
from hanse_products.models import Barcode, BarcodeKind, Pack, Product
from hanse_products.packs import Packing, packings, packings_of

TEA, COFFEE, CASE = "6901234567892", "4006381333931", "16901234567899"


def the_pack(ctx, product, name="箱"):
    return ctx.all(Pack, Pack.product == product, Pack.name == name).one()


# --- packs ------------------------------------------------------------------------------------------------------------


def test_four_packs_are_forty_pieces(ctx, product):
    """InvenTree orders 40 packs instead of 4 (issues 10946 and 3030): the quantity is told both ways everywhere."""
    tea = product("Tea", packs=[{"name": "包", "contents": Decimal(10)}])
    (pack,) = packings_of(ctx, [tea.id])[tea.id]
    assert pack.told(4) == "4 包 = 40 pcs"
    assert (pack.unpacked(4), pack.packed(40), pack.packed(5)) == (40, 4, Fraction(1, 2))
    assert [pack.needed(quantity) for quantity in (0, 1, 10, 11, 40)] == [0, 1, 1, 2, 4]


def test_contents_may_be_in_another_unit_of_the_group(ctx, product, unit):
    rice = product(
        "Rice",
        "kg",
        packs=[
            {"name": "bag", "contents": Decimal(500), "unit": unit("g")},
            {"name": "sack", "contents": Decimal("12.5")},
            {"name": "lb tin", "contents": Decimal(1), "unit": unit("lb")},
        ],
    )
    told = [pack.told() for pack in packings_of(ctx, [rice.id])[rice.id]]
    assert told == ["1 lb tin = 0.45359237 kg", "1 bag = 0.5 kg", "1 sack = 12.5 kg"]


def test_each_supplier_may_have_packs_of_its_own(ctx, product, make):
    from hanse_contacts.models import Partner

    one, other = make(Partner, name="One", is_supplier=True), make(Partner, name="Other", is_supplier=True)
    packs = [
        {"name": "case", "contents": Decimal(n), "supplier": who} for n, who in ((12, one), (24, other), (6, None))
    ]
    tea = product("Tea", packs=packs)
    found = {pack.supplier: pack.told(2) for pack in packings_of(ctx, [tea.id])[tea.id]}
    assert found == {one.id: "2 case = 24 pcs", other.id: "2 case = 48 pcs", None: "2 case = 12 pcs"}
    with pytest.raises(BusinessError, match="a pack of this name already"):
        product("Coffee", packs=[packs[2], packs[2]])


@pytest.mark.parametrize("contents", [Decimal(0), Decimal(-1)])
def test_a_pack_holds_more_than_nothing(product, contents):
    with pytest.raises(BusinessError, match="more than nothing"):
        product("Tea", packs=[{"name": "pack", "contents": contents}])


def test_a_pack_of_pieces_holds_no_kilograms(product, unit):
    packs = [{"name": "ok", "contents": Decimal(1)}, {"name": "pack", "contents": Decimal(1), "unit": unit("kg")}]
    with pytest.raises(BusinessError, match="kg cannot be converted into pcs") as refused:
        product("Tea", packs=packs)
    assert refused.value.field == "packs.1.unit"


def test_the_unit_under_packs_stays(ctx, product, change, unit):
    tea = product("Tea", packs=[{"name": "pack", "contents": Decimal(10)}])
    with pytest.raises(BusinessError, match="would mean something else") as refused:
        change(tea, unit=unit("dozen"))
    assert refused.value.field == "unit"
    (line,) = tea.packs
    with pytest.raises(BusinessError, match="would mean something else"):
        change(tea, unit=unit("dozen"), packs=[{"id": line.id, "contents": Decimal(10)}])
    tea = change(tea, unit=unit("dozen"), packs=[{"id": line.id, "unit": unit("pcs")}])
    assert [pack.told(6) for pack in packings_of(ctx, [tea.id])[tea.id]] == ["6 pack = 5 dozen"]
    assert change(tea, unit=unit("pcs")).unit.symbol == "pcs"
    with pytest.raises(BusinessError, match="in pcs, which cannot be converted"):
        change(tea, unit=unit("kg"))


@given(st.fractions(0, 10**6), st.fractions(Fraction(1, 1000), 1000))
def test_packs_and_units_are_the_same_quantity(quantity, contents):
    pack = Packing(1, 1, "pack", contents, "pcs")
    assert pack.unpacked(pack.packed(quantity)) == quantity
    assert pack.unpacked(pack.needed(quantity)) >= quantity > pack.unpacked(pack.needed(quantity) - 1)


def test_packs_of_many_products_are_one_statement(ctx, product):
    made = [product(f"Tea {n}", packs=[{"name": "pack", "contents": Decimal(n + 1)}]) for n in range(5)]
    with statements(ctx) as sent:
        found = packings_of(ctx, [one.id for one in made])
    assert len(sent) == 1
    assert [found[one.id][0].contents for one in made] == [1, 2, 3, 4, 5]
    assert packings(ctx, []) == {}


# --- barcodes ---------------------------------------------------------------------------------------------------------


def test_a_barcode_is_kept_without_blanks_and_found_at_any_length(ctx, product):
    tea = product("Tea", barcodes=[{"code": "6 901234-567892"}, {"code": "036000291452"}])
    assert [(one.code, one.key) for one in tea.barcodes] == [(TEA, f"0{TEA}"), ("036000291452", "00036000291452")]
    for text in (TEA, f"0{TEA}", "0036000291452", "036000291452"):
        assert find(ctx, text).product is tea


def test_a_wrong_check_digit_is_told_with_the_right_one(product):
    with pytest.raises(BusinessError, match="must be 2") as refused:
        product("Tea", barcodes=[{"code": COFFEE}, {"code": "6901234567890"}])
    assert refused.value.field == "barcodes.1.code"
    with pytest.raises(BusinessError, match="8, 12, 13 or 14 digits"):
        product("Tea", barcodes=[{"code": "12345"}])


def test_an_own_code_is_whatever_a_house_prints(ctx, product):
    tea = product("Tea", barcodes=[{"code": " Shelf 12/3 ", "kind": BarcodeKind.OWN}])
    assert find(ctx, "Shelf 12/3").product is tea


def test_no_two_products_have_one_barcode(product):
    product("Tea", barcodes=[{"code": TEA}])
    with pytest.raises(BusinessError, match=rf"Tea \(P\d+\) has the barcode {TEA} already") as refused:
        product("Coffee", barcodes=[{"code": f"0{TEA}"}])
    assert refused.value.field == "barcodes.0.code"
    with pytest.raises(BusinessError, match="stands there twice"):
        product("Milk", barcodes=[{"code": COFFEE}, {"code": f"0{COFFEE}"}])


def test_many_rows_are_judged_in_few_statements_and_errors_name_the_row(ctx, unit):
    piece = unit("pcs").id

    def rows(count):
        codes = [f"20{n:010}" for n in range(count)]
        return [
            {"name": f"N{n}", "unit": piece, "barcodes": [{"code": c + check_digit(c)}]} for n, c in enumerate(codes)
        ]

    with statements(ctx) as few:
        act(ctx, Product, "create", values=rows(2))
    with statements(ctx) as many, pytest.raises(Errors) as refused:
        act(ctx, Product, "create", values=rows(50))
    assert [error.field for error in refused.value.errors] == ["0.barcodes.0.code", "1.barcodes.0.code"]
    assert len(many) <= len(few)


def test_a_changed_barcode_is_found_by_its_new_number_only(ctx, product, change):
    tea = product("Tea", barcodes=[{"code": TEA}])
    (line,) = tea.barcodes
    change(tea, barcodes=[{"id": line.id, "code": COFFEE}])
    assert find(ctx, COFFEE).product is tea
    with pytest.raises(BusinessError, match="No product has the code"):
        find(ctx, TEA)
    change(tea, barcodes=[{"id": line.id, "kind": BarcodeKind.OWN}])
    assert ctx.all(Barcode, Barcode.product == tea).one().key == COFFEE
    change(tea, barcodes=[{"id": line.id}], name="Green tea")
    assert ctx.all(Barcode, Barcode.product == tea).one().key == COFFEE


def test_a_barcode_names_no_pack_of_another_product(ctx, product, change):
    tea = product("Tea", packs=[{"name": "箱", "contents": Decimal(24)}])
    coffee = product("Coffee")
    with pytest.raises(BusinessError, match="one of another product"):
        change(coffee, barcodes=[{"code": CASE, "pack": the_pack(ctx, tea)}])


# --- looking up -------------------------------------------------------------------------------------------------------


@pytest.fixture
def tea(ctx, product, change):
    """Tea with a barcode of its own and one on the case of 24."""
    tea = product("Tea", packs=[{"name": "箱", "contents": Decimal(24)}], barcodes=[{"code": TEA}])
    (line,) = tea.barcodes
    return change(tea, barcodes=[{"id": line.id}, {"code": CASE, "pack": the_pack(ctx, tea)}])


def asked(ctx, text):
    return ctx.run(look_up, text=text).result


def test_a_scan_gives_product_pack_lot_expiry_and_quantity(ctx, tea):
    answer = asked(ctx, f"]C101{CASE}1727123110L-7\x1d3702")
    assert answer["product"] == tea.id
    assert (answer["pack_name"], answer["packs"], answer["quantity"]) == ("箱", 2, 48)
    assert answer["told"] == "2 箱 = 48 pcs"
    assert (answer["lot"], answer["expires"]) == ("L-7", date(2027, 12, 31))


def test_the_product_itself_is_one_unit(ctx, tea):
    answer = asked(ctx, TEA)
    assert (answer["quantity"], answer["told"], "pack" in answer) == (1, "1 pcs", False)
    assert asked(ctx, f"]E0{TEA}")["product"] == tea.id


def test_the_code_of_a_product_is_understood_too(ctx, tea):
    assert asked(ctx, tea.code.lower())["product"] == tea.id


def test_weighed_goods_bring_their_weight(ctx, product):
    cheese = product("Cheese", "g", barcodes=[{"code": COFFEE}])
    answer = asked(ctx, f"010{COFFEE}3103001250")
    assert (answer["product"], answer["quantity"], answer["told"]) == (cheese.id, 1250, "1,250 g")


def test_weight_says_nothing_where_pieces_are_counted(ctx, tea):
    assert asked(ctx, f"010{TEA}3103001250")["quantity"] == 1


def test_what_nobody_has_is_refused(ctx, tea):
    with pytest.raises(BusinessError, match="No product has the code 04006381333931"):
        asked(ctx, COFFEE)


def test_a_case_that_nobody_has_entered_is_named(ctx, product):
    product("Coffee", barcodes=[{"code": COFFEE}])
    inside = "1" + COFFEE[:12]
    with pytest.raises(BusinessError, match="is a case of Coffee, but nobody has said how many it holds"):
        asked(ctx, inside + check_digit(inside))


def test_who_may_not_see_products_learns_nothing_from_a_code(as_user, tea):
    from hanse.errors import Forbidden

    with pytest.raises(Forbidden):
        asked(as_user("contacts.partner.read"), TEA)


def test_a_look_up_takes_few_statements(ctx, tea):
    ctx.session.expire_all()
    with statements(ctx) as sent:
        asked(ctx, f"]C101{CASE}10L-7")
    assert len([one for one in sent if "SAVEPOINT" not in one]) == 3


def test_the_search_finds_by_barcode(ctx, tea, product):
    from hanse.screens.filtering import read
    from hanse.screens.listing import read_page
    from hanse_products.screens import PRODUCTS

    product("Coffee")
    for word in (TEA, f"0{TEA}", CASE):
        assert len(read_page(ctx, PRODUCTS, read(ctx, PRODUCTS, [("q", word)])).rows) == 1


def test_the_database_itself_keeps_a_barcode_to_one_product(ctx, tea, product):
    coffee = product("Coffee")
    with pytest.raises(BusinessError, match="has this barcode already"), ctx.session.begin_nested():
        execute(
            ctx.session,
            "INSERT INTO products_barcode (product_id, code, key) VALUES (%(product)s, %(code)s, %(key)s)",
            {"product": coffee.id, "code": TEA, "key": f"0{TEA}"},
        )
