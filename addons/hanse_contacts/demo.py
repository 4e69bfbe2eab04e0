"""Northwind's customers, suppliers and employees, for a company to try things with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from hanse import Context
from hanse.actions import find_action
from hanse.directory.models import Country
from hanse_contacts import actions
from hanse_contacts.models import AddressKind, Partner, PartnerKind, Tag

Row = Mapping[str, str]
#: Northwind's names of countries that Babel does not have, by ISO 3166 code.
_OTHER_NAMES = {"UK": "GB", "USA": "US"}
_EMPLOYEE = "Employee"


def load_northwind(ctx: Context) -> None:
    """Load whoever is not there yet, known by the code; whoever is stays as the user has left them."""
    countries = {country.name: country.id for country in ctx.all(Country)}
    countries |= {name: ctx.all(Country, Country.code == code).one().id for name, code in _OTHER_NAMES.items()}
    customers, suppliers = _read("customers"), _read("suppliers")
    firms = [_firm(row, row["customer_id"], countries) | {"is_customer": True} for row in customers]
    firms += [_firm(row, _supplier_code(row), countries) | {"is_supplier": True} for row in suppliers]
    _add(ctx, firms)
    codes = [row["customer_id"] for row in customers] + [_supplier_code(row) for row in suppliers]
    employers = _ids(ctx, codes)
    people = [_contact(row, row["customer_id"], employers) for row in customers]
    people += [_contact(row, _supplier_code(row), employers) for row in suppliers]
    tag = _tag(ctx)
    people += [_employee(row, countries, tag) for row in _read("employees")]
    _add(ctx, people)


def _read(name: str) -> list[Row]:
    source = files("hanse_contacts") / "data" / f"northwind_{name}.csv"
    return list(csv.DictReader(io.StringIO(source.read_text(encoding="utf-8"), newline="")))


def _supplier_code(row: Row) -> str:
    return f"NW-S{int(row['supplier_id']):02}"


def _firm(row: Row, code: str, countries: Mapping[str, int]) -> dict[str, Any]:
    return {
        "code": code,
        "name": row["company_name"],
        "phone": row["phone"],
        "addresses": [_address(row, countries) | {"kind": AddressKind.OFFICE}],
    }


def _address(row: Row, countries: Mapping[str, int]) -> dict[str, Any]:
    return {
        "street": row["address"],
        "postal_code": row["postal_code"],
        "city": row["city"],
        "province": row["region"],
        "country": countries[row["country"]],
    }


def _contact(row: Row, employer: str, employers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "code": f"{employer}-1",
        "kind": PartnerKind.PERSON,
        "name": row["contact_name"],
        "job_title": row["contact_title"],
        "parent": employers[employer],
    }


def _employee(row: Row, countries: Mapping[str, int], tag: int) -> dict[str, Any]:
    return {
        "code": f"NW-E{int(row['employee_id']):02}",
        "kind": PartnerKind.PERSON,
        "name": f"{row['first_name']} {row['last_name']}",
        "job_title": row["title"],
        "phone": row["home_phone"],
        "note": row["notes"],
        "addresses": [_address(row, countries) | {"kind": AddressKind.HOME}],
        "tags": [{"tag": tag}],
    }


def _tag(ctx: Context) -> int:
    there = ctx.all(Tag, Tag.name == _EMPLOYEE)
    if there:
        return there.ids[0]
    create = find_action("contacts.tag.create")
    assert create is not None
    return ctx.run(create, values=[{"name": _EMPLOYEE}]).id


def _ids(ctx: Context, codes: Iterable[str]) -> dict[str, int]:
    there = ctx.all(Partner, Partner.code.in_(list(codes)))
    return dict(zip(there[Partner.code], there.ids, strict=True))


def _add(ctx: Context, values: list[dict[str, Any]]) -> None:
    there = _ids(ctx, [row["code"] for row in values])
    fresh = [row for row in values if row["code"] not in there]
    if fresh:
        ctx.run(actions.create, values=fresh)
