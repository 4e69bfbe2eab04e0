"""What people see of assets: list, form, schedule, report, card; and an import."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from asset_house import House, act

from hanse.exchange import importing, staging
from hanse.exchange.mapping import SKIP, by_headings
from hanse.exchange.models import Import, ImportRow
from hanse.files import FolderStore
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse_assets.models import Asset, AssetCategory
from hanse_assets.setup import add_categories


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application with one asset that is depreciated in January and February of 2025."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            house = House(ctx)
            house.asset(name="Laptop", specification="14 inch", keeper="Ann")
            house.depreciate("2025-01", "2025-02")
        yield site


@pytest.fixture
def browser(site: Site) -> Browser:
    """A browser in which the administrator is signed in."""
    return site.browser()


def key(site: Site, name: str = "Laptop") -> int:
    with site.transaction() as ctx:
        return ctx.all(Asset, Asset.name == name).one().id


def test_the_list_shows_net_book_values_in_few_statements(site: Site, browser: Browser) -> None:
    browser.get("/assets/asset")
    with site.statements() as sent:
        answer = browser.get("/assets/asset")
    assert "FA00001" in answer
    assert "34,100.00" in answer  # 36,000 less twice 950
    assert len(sent) <= 8


def test_an_asset_has_a_form_with_its_figures_and_a_way_to_its_schedule(site: Site, browser: Browser) -> None:
    page = browser.get(f"/assets/asset/{key(site)}")
    for told in ("34,100.00", "1,900.00", "1,800.00", "Depreciation schedule", "Dispose of", "2025-02"):
        assert told in page, told


def test_a_new_asset_takes_the_rest_from_its_category(site: Site, browser: Browser) -> None:
    form = next(
        one
        for one in browser.get("/assets/asset/new").forms.values()
        if "name" in one.fields and "in_use_since" in one.fields
    )
    with site.transaction() as ctx:
        category = ctx.all(AssetCategory, AssetCategory.code == "05").one().id
    form["name"], form["cost"] = "Scanner", "3600"
    form["category"].force_value(str(category))
    form.submit()
    with site.transaction() as ctx:
        made = ctx.all(Asset, Asset.name == "Scanner").one()
        assert (made.code, made.life, made.residual_rate) == ("FA00002", 36, Decimal(5))


def test_the_schedule_shows_what_is_done_and_what_is_planned(site: Site, browser: Browser) -> None:
    page = browser.get(f"/assets/schedule?asset={key(site)}")
    for told in ("2025-01", "记-1", "2027-12", "Planned", "34,200.00"):
        assert told in page, told


def test_the_depreciation_of_a_period_adds_up_and_is_printed(browser: Browser) -> None:
    page = browser.get("/assets/depreciation?period=2025-02")
    for told in ("Laptop", "950.00", "1,900.00", "34,100.00"):
        assert told in page, told
    assert "Laptop" not in browser.get("/assets/depreciation?period=2025-03")
    printed = browser.post("/assets/depreciation/-/export.pdf?period=2025-02", {}).body
    text = pypdfium2.PdfDocument(printed)[0].get_textpage().get_text_bounded()
    for told in ("Laptop", "950.00", "1,900.00", "34,100.00"):
        assert told in text, told


def test_the_card_is_a_pdf_with_what_was_charged(site: Site, browser: Browser) -> None:
    answer = browser.get(f"/assets/asset/{key(site)}/print/card")
    assert answer.content_type == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.body)) as file:
        assert len(file.pages) == 1
    text = pypdfium2.PdfDocument(answer.body)[0].get_textpage().get_text_bounded()
    for told in ("Asset card", "14 inch", "Ann", "2025-02", "记-1"):
        assert told in text, told


def test_assets_are_imported_from_a_table(site: Site, tmp_path: Path) -> None:
    table = "Name,Category,Acquired on,In use since,Cost,Opening depreciation,Months depreciated before\n"
    table += "Lathe,05,2023-12-05,2023-12-05,36000,11400,12\nBad,05,2023-12-05,2023-12-05,-1,0,0\n"
    with site.transaction() as ctx:
        batch = staging.add_import(
            ctx, "assets.asset", io.BytesIO(table.encode()), "assets.csv", FolderStore(tmp_path / "files")
        )
        headings = [str(name) for name in ctx.session.get_one(Import, batch).headers]
        columns = {
            "Name": "name",
            "Category": "category",
            "Acquired on": "acquired_on",
            "In use since": "in_use_since",
            "Cost": "cost",
            "Opening depreciation": "opening_depreciation",
            "Months depreciated before": "opening_months",
        }
        importing.set_mapping(ctx, batch, by_headings({"columns": columns, "mode": SKIP}, headings))
        importing.run_at_once(ctx, batch)
        refused = [one.errors for one in ctx.session.query(ImportRow).filter(ImportRow.batch_id == batch) if one.errors]
    assert len(refused) == 1, refused
    assert "cost is above zero" in str(refused)
    with site.transaction() as ctx:
        lathe = ctx.all(Asset, Asset.name == "Lathe").one()
        assert (lathe.life, lathe.residual_rate, f"{lathe.basis_from:%Y-%m}") == (36, Decimal(5), "2025-01")
        assert not ctx.all(Asset, Asset.name == "Bad")


def test_the_usual_categories_come_where_china_is_on(databases: Databases, tmp_path: Path) -> None:
    """企业所得税法实施条例, article 60: 20, 10, 5, 4 and 3 years."""
    with databases.copy() as database, Site(database, tmp_path).transaction() as ctx:
        add_categories(ctx)
        found = {one.code: (one.life, one.residual_rate) for one in ctx.all(AssetCategory)}
        assert found == {
            code: (12 * years, Decimal(5)) for code, years in (("01", 20), ("02", 10), ("03", 5), ("04", 4), ("05", 3))
        }
        assert act("assets.category.create").permission == "assets.category.create"
