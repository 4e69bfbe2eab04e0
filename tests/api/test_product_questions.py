"""What programs may rely on with actions that only ask: no records, an answer, nothing changed."""

from __future__ import annotations

from typing import Any

import pytest

from hanse.actions import action
from hanse.models import ModelError
from hanse.testing.browser import Site
from hanse.testing.people import switch_on
from hanse_products.models import Product, Unit

GTIN = "6901234567892"


@pytest.fixture
def scanner(site: Site, program: Any) -> Any:
    """A program of somebody who may do everything, in a company with one product."""
    with site.transaction() as ctx:
        switch_on(ctx, ("hanse_contacts", "hanse_products"))
    with site.transaction() as ctx:
        unit = ctx.all(Unit, Unit.symbol == "pcs").one().id
    found = program()
    found.post("products.product", {"name": "Tea", "unit": unit, "barcodes": [{"code": GTIN}]})
    return found


def test_a_question_is_answered_in_one_request(scanner: Any) -> None:
    told = scanner.post("products.product/actions/look_up", {"params": {"text": f"(01)0{GTIN}(10)L7(17)271231"}}, 200)
    answer = told["answer"]
    assert (told["done"], told["held"]) == ([], [])
    assert (answer["name"], answer["quantity"], answer["lot"], answer["expires"]) == ("Tea", "1", "L7", "2027-12-31")


def test_what_cannot_be_answered_says_why_at_the_parameter(scanner: Any) -> None:
    told = scanner.post("products.product/actions/look_up", {"params": {"text": "4006381333931"}}, 422)
    assert "No product has the code" in str(told)
    assert "text" in str(told)


def test_a_question_is_asked_about_no_records(scanner: Any) -> None:
    scanner.post("products.product/actions/look_up", {"ids": [1], "params": {"text": GTIN}}, 400)
    scanner.post("products.product/1/actions/look_up", {"text": GTIN}, 404)


def test_questions_are_described(scanner: Any) -> None:
    paths = scanner.get("/api/v1/openapi.json")["paths"]
    assert "/products.product/{id}/actions/look_up" not in paths
    body = paths["/products.product/actions/look_up"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"params", "partial"}


def test_what_only_asks_says_that_it_changes_nothing() -> None:
    with pytest.raises(ModelError, match="reads=True and hidden=True"):

        @action(Product, label="Ask", permission="products.product.read", asks=True)
        def ask(ctx: Any, products: Any) -> dict[str, Any]:
            return {}
