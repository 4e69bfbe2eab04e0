"""What whoever takes over Northwind's partners may rely on: with one bad row, and all of it in the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from northwind import NORTHWIND, Row, northwind, write
from playwright.sync_api import Page, expect
from sqlalchemy import select

from hanse.testing.people import open_for_admin
from hanse_contacts.models import Address, Partner
from house import Visitor, needs_browser

pytestmark = [needs_browser, pytest.mark.slow]

START = "/contacts/partner/-/import"
COLUMNS = {
    "company_name": "name",
    "address": "addresses.street",
    "city": "addresses.city",
    "region": "addresses.province",
    "postal_code": "addresses.postal_code",
    "country": "addresses.country",
    "phone": "phone",
}
#: Northwind's own names of two countries.
COUNTRIES = {"USA": "United States", "UK": "United Kingdom"}


def upload(visitor: Visitor, file: Path) -> None:
    visitor.page.goto(START)
    visitor.page.set_input_files("#f-file", file)
    visitor.press("Upload")
    visitor.page.get_by_role("heading", name="What is in the columns?").wait_for()


def say_columns(page: Page, headings: list[str], code: str, role: str) -> None:
    """Say what each column is, that the code tells records apart, and what all of them are."""
    for place, heading in enumerate(headings):
        page.select_option(f"#column-{place}", {code: "code", **COLUMNS}.get(heading, ""))
    page.get_by_role("checkbox", name=f"Match by {code}").check()
    page.select_option("#constant-0", role)
    page.fill("#constant-text-0", "yes")


def say_countries(page: Page) -> None:
    """Say once what the file's own names of countries mean."""
    for name, meant in COUNTRIES.items():
        box = page.get_by_role("combobox", name=name, exact=True)
        box.fill(meant)
        page.get_by_role("option", name=meant, exact=True).click()
        expect(box).to_have_value(meant)
    page.get_by_role("button", name="Check again").click()


def tiles(page: Page) -> Row:
    """Read the figures of the page."""
    return {
        tile.locator("dt").inner_text(): tile.locator(".hz-kpi__value").inner_text()
        for tile in page.locator(".hz-kpi").all()
    }


def stored(visitor: Visitor) -> dict[str, Row]:
    """Give what is kept of each partner, by code, as Northwind would write it."""
    other = {"United States": "USA", "United Kingdom": "UK"}
    with visitor.house.database.session() as session:
        open_for_admin(session)
        found: dict[str, Row] = {}
        for partner in session.scalars(select(Partner)):
            (address,) = session.scalars(select(Address).where(Address.partner == partner))
            country = address.country.name if address.country is not None else ""
            found[partner.code] = {
                "company_name": partner.name,
                "address": address.street or "",
                "city": address.city or "",
                "region": address.province or "",
                "postal_code": address.postal_code or "",
                "country": other.get(country, country),
                "phone": "".join(filter(str.isdigit, partner.phone or ""))[-5:],
                "roles": f"{partner.is_customer} {partner.is_supplier}",
            }
    return found


def wanted(rows: list[Row], code: str, roles: str) -> dict[str, Row]:
    return {
        row[code]: {name: row[name] for name in COLUMNS}
        | {"phone": "".join(filter(str.isdigit, row["phone"]))[-5:], "roles": roles}
        for row in rows
    }


def test_customers_and_suppliers_come_in_with_a_mapping_and_without_the_bad_row(
    newcomer: Visitor, tmp_path: Path
) -> None:
    page, customers, suppliers = newcomer.page, northwind("customers"), northwind("suppliers")
    bad = [row | {"country": "Atlantis"} if row["customer_id"] == "BERGS" else row for row in customers]

    upload(newcomer, write(tmp_path / "customers.csv", bad))
    newcomer.look()
    say_columns(page, list(customers[0]), "customer_id", "is_customer")
    newcomer.press("Check")
    expect(page.get_by_text("Some rows cannot be imported as they are.")).to_be_visible()
    assert tiles(page) == {"would be created": "70", "refused": "21"}
    newcomer.look()
    say_countries(page)
    expect(page.get_by_role("cell", name="Atlantis", exact=True)).to_be_visible()
    assert tiles(page) == {"would be created": "90", "refused": "1"}
    assert stored(newcomer) == {}

    page.get_by_role("radio", name="Import 90, leave out the refused").check()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported, except for the rows in the table.")).to_be_visible()
    good = [row for row in customers if row["customer_id"] != "BERGS"]
    assert stored(newcomer) == wanted(good, "customer_id", "True False")
    newcomer.look()

    # the corrected file: what is there stays as it is, what was refused comes in
    upload(newcomer, write(tmp_path / "customers.csv", customers))
    newcomer.press("Check")
    expect(page.get_by_text("Every row can be imported.")).to_be_visible()
    assert tiles(page) == {"would be created": "1", "would be unchanged": "90", "refused": "0"}
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported.", exact=True)).to_be_visible()
    assert stored(newcomer) == wanted(customers, "customer_id", "True False")

    upload(newcomer, NORTHWIND / "suppliers.csv")
    assert page.input_value("#column-5") == "addresses.city"  # remembered from the customers' file
    say_columns(page, list(suppliers[0]), "supplier_id", "is_supplier")
    newcomer.press("Check")  # and so is what USA and UK mean
    expect(page.get_by_text("Every row can be imported.")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported.", exact=True)).to_be_visible()
    every = wanted(customers, "customer_id", "True False") | wanted(suppliers, "supplier_id", "False True")
    assert len(every) == 91 + 29
    assert stored(newcomer) == every

    newcomer.press("Undo the import")
    page.locator("#hz-confirm [value=yes]").click()
    expect(page.get_by_text("Undone: everything is as before the import.")).to_be_visible()
    assert stored(newcomer) == wanted(customers, "customer_id", "True False")
