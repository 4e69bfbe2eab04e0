"""What programs may rely on with records whose ``create`` takes more than values: the rest may be left out."""

from __future__ import annotations

from typing import Any

import pytest

from hanse.testing.browser import Site
from hanse.testing.people import switch_on


@pytest.fixture
def partners(site: Site, program: Any) -> Any:
    """A program that may do everything, in a company with contacts."""
    with site.transaction() as ctx:
        switch_on(ctx, ("hanse_contacts",))
    return program()


def test_partners_are_made_one_by_one_and_many_at_once(partners: Any) -> None:
    one = partners.post("contacts.partner", {"name": "Tea Ltd", "addresses": [{"city": "Hamburg"}]})
    assert (one["name"], one["addresses"][0]["city"], one["addresses"][0]["is_default"]) == ("Tea Ltd", "Hamburg", True)
    made = partners.post("contacts.partner", [{"name": f"Partner {number}"} for number in range(30)])
    assert len(made["ids"]) == 30
    assert partners.get("contacts.partner", count="true", limit=1)["count"] == 31


def test_that_is_described(partners: Any) -> None:
    paths = partners.get("/api/v1/openapi.json")["paths"]
    assert "post" in paths["/contacts.partner"]
    assert "post" not in paths["/core.api_token"]
    partners.post("core.api_token", {"name": "x"}, status=403)


def test_a_request_with_a_token_takes_six_statements(partners: Any, site: Site) -> None:
    """Two of them set the request up: whose token it is with all that its user may, and the company."""
    one = partners.post("contacts.partner", {"name": "Tea Ltd"})["id"]
    partners.get(f"contacts.partner/{one}")
    with site.statements() as sent:
        partners.get(f"contacts.partner/{one}")
    assert len(sent) == 6, sent
