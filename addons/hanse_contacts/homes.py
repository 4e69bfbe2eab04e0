"""Which country's rules hold for a partner: that of the default address, else that of our own company."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from babel import Locale
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from hanse import Context, Model, link_id
from hanse.directory.models import Company, Country
from hanse_contacts.checks import Home
from hanse_contacts.models import Address, Partner


def homes_of(ctx: Context, rows: Sequence[Mapping[str, Any]], partners: Sequence[int] = ()) -> list[Home]:
    """Give the country for each row of values, in one statement for all of them, two when partners are changed.

    :param partners: ids of those to which a row without a country is written
    """
    chosen = [country_in(row.get("addresses")) for row in rows]
    stored = _stored_country(ctx, partners) if partners and None in chosen else None
    wanted = [country if country is not None else stored for country in chosen]
    codes, own = _codes(ctx, {country for country in wanted if country is not None})
    return [Home(codes.get(country), certain=True) if country in codes else own for country in wanted]


def country_in(addresses: Iterable[Mapping[str, Any]] | None) -> int | None:
    """Give the country of the default address among given lines, else of the first that has one."""
    given = [line for line in addresses or () if line.get("country")]
    line = next((line for line in given if line.get("is_default")), given[0] if given else None)
    if line is None:
        return None
    country = line["country"]
    if isinstance(country, Model):
        return country.id
    return country if isinstance(country, int) else None  # the kernel refuses what is no link


def _stored_country(ctx: Context, partners: Sequence[int]) -> int | None:
    """Give the country in which all the partners are, None where they differ or none is known."""
    found = set(ctx.session.scalars(select(link_id(Partner.country)).where(Partner.id.in_(partners))))
    return found.pop() if len(found) == 1 else None


def countries_by_address(ctx: Context, partners: Sequence[int]) -> list[int | None]:
    """Give the country each partner has by its stored addresses, by the rule of :func:`country_in`."""
    country, partner = link_id(Address.country), link_id(Address.partner)
    first = (
        select(partner, country)
        .where(partner.in_(partners), country.is_not(None))
        .ext(distinct_on(partner))
        .order_by(partner, Address.is_default.desc(), Address.id)
    )
    found = {row[0]: row[1] for row in ctx.session.execute(first)}
    return [found.get(record) for record in partners]


def _codes(ctx: Context, countries: set[int]) -> tuple[dict[int | None, str], Home]:
    """Give the codes of countries, and the home of our own company."""
    own = select(link_id(Company.country)).where(Company.id == ctx.company.id).scalar_subquery()
    rows = ctx.session.execute(
        select(Country.id, Country.code, Country.id == own).where(Country.id.in_(countries) | (Country.id == own))
    )
    codes: dict[int | None, str] = {}
    ours: str | None = None
    for country, code, is_own in rows:
        codes[country] = code
        ours = code if is_own else ours
    return codes, Home(ours or Locale.parse(ctx.company.locale).territory)


def home_country(ctx: Context) -> int | None:
    """Give the country of our own company; one statement in a transaction."""
    query = select(link_id(Company.country)).where(Company.id == ctx.company.id)
    return ctx.once(home_country, lambda: ctx.session.scalar(query), of=(Company,))


def settle_addresses(ctx: Context, partner: int, moved: Iterable[int]) -> None:
    """Leave a partner into which others were merged its own default address, and the country of that."""
    marked = select(Address.id).where(link_id(Address.partner) == partner, Address.is_default).order_by(Address.id)
    defaults = list(ctx.session.scalars(marked))
    came = set(moved)
    own = [one for one in defaults if one not in came]
    ctx.update([one for one in defaults if one != (own or defaults)[0]], Address, {"is_default": False})
    ctx.update([partner], Partner, {"country": countries_by_address(ctx, [partner])[0]})
