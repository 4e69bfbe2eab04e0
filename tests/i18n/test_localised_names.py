"""What readers may rely on: countries, currencies and roles that come with Hanse have names in their language."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hanse.actions import Context
from hanse.directory.models import Country, Currency, Role
from hanse.directory.names import countries_called, country_name, currency_name, role_name
from hanse.i18n import speaking
from hanse.screens.names import names_of
from hanse.testing.browser import Site
from hanse.testing.databases import Databases


def test_names_are_stored_in_english_and_written_in_the_readers_language(ctx: Context) -> None:
    country = ctx.session.scalars(select(Country).where(Country.code == "CN")).one()
    currency = ctx.session.scalars(select(Currency).where(Currency.code == "CNY")).one()
    role = ctx.session.scalars(select(Role).where(Role.key == "administrator")).one()
    with speaking("zh_CN"):
        assert names_of(ctx, Country, [country.id]) == {country.id: "中国"}
        assert (country_name(country.name), currency_name(currency.name), role_name(role.name)) == (
            "中国",
            "人民币",
            "管理员",
        )
    with speaking("en"):
        assert (country_name(country.name), currency_name(currency.name)) == ("China", "Chinese Yuan")


@pytest.mark.parametrize("name", ["Atlantis", "Gold ounce"])
def test_a_name_of_somebodys_own_stays(name: str) -> None:
    with speaking("zh_CN"):
        assert (country_name(name), currency_name(name), role_name(name)) == (name, name, name)


def test_a_country_is_found_by_the_name_that_one_reads() -> None:
    with speaking("zh_CN"):
        assert countries_called("德国") == ["Germany"]


def test_lists_and_links_show_names_in_the_readers_language(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with databases.copy() as database:
        site = Site(database, tmp_path_factory.mktemp("names"))
        browser = site.browser()
        browser.app.set_cookie("hz_locale", "zh_CN")
        assert "日元" in browser.get("/core/currency?q=JPY").text
        assert "管理员" in browser.get("/core/role").text
        assert [one["name"] for one in browser.get("/core/country/-/complete", params={"q": "德国"}).json] == ["德国"]
