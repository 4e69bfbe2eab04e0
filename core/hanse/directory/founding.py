"""Found a database: currencies, countries, roles, the first administrator; then company by company."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from babel import Locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hanse.actions import Context, Identity, system_context
from hanse.actions.context import identify
from hanse.actions.write import insert_columns
from hanse.addons import installed
from hanse.directory.models import Company, CompanyAddon, Country, Currency, Role, RolePermission, User, UserRole
from hanse.models import link_id
from hanse.security.passwords import generate_password, hash_password

#: Decimals of the currencies that have not two (ISO 4217).
_PLACES = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "CLP": 0,
    "ISK": 0,
    "XAF": 0,
    "XOF": 0,
    "KWD": 3,
    "BHD": 3,
    "OMR": 3,
    "JOD": 3,
    "TND": 3,
    "IQD": 3,
}
_CURRENCIES = [
    "CNY",
    "USD",
    "EUR",
    "JPY",
    "GBP",
    "HKD",
    "TWD",
    "MOP",
    "KRW",
    "SGD",
    "AUD",
    "CAD",
    "CHF",
    "NZD",
    "THB",
    "MYR",
    "IDR",
    "PHP",
    "VND",
    "INR",
    "RUB",
    "BRL",
    "MXN",
    "ZAR",
    "TRY",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "HUF",
    "RON",
    "ILS",
    "AED",
    "SAR",
    "KWD",
    "BHD",
    "OMR",
    "JOD",
    "TND",
    "IQD",
    "CLP",
    "ISK",
    "XAF",
    "XOF",
    "EGP",
    "NGN",
    "KES",
    "PKR",
    "BDT",
    "LKR",
    "KZT",
    "UAH",
]
#: Roles every database starts with: key, English name, permission patterns and scopes.
ROLES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("administrator", "Administrator", (("*", "company"),)),
    ("reader", "Reader", (("*.read", "company"), ("*.export", "company"))),
)
SYSTEM = "system"


def found_database(session: Session) -> str | None:
    """Fill an empty database with what everything else refers to.

    :returns: the generated password of the new user ``admin``; None when there were users already
    """
    if session.scalar(select(func.count()).select_from(User)):
        return None
    _add_currencies(session)
    _add_countries(session)
    for key, name, permissions in ROLES:
        add_role(session, key, name, permissions)
    bring_roles(session, installed().addons)
    add_service_user(session, SYSTEM, "System", role="administrator")
    password = generate_password()
    insert_columns(
        session, User.__table__, {"login": ["admin"], "name": ["Administrator"], "password": [hash_password(password)]}
    )
    give_role(session, "admin", "administrator")
    return password


def _add_currencies(session: Session) -> None:
    english = Locale("en")
    names = cast("Mapping[str, str]", english.currencies)
    symbols = cast("Mapping[str, str]", english.currency_symbols)
    insert_columns(
        session,
        Currency.__table__,
        {
            "code": _CURRENCIES,
            "name": [names.get(code, code) for code in _CURRENCIES],
            "symbol": [symbols.get(code, code) for code in _CURRENCIES],
            "places": [_PLACES.get(code, 2) for code in _CURRENCIES],
        },
    )


def _add_countries(session: Session) -> None:
    territories = cast("Mapping[str, str]", Locale("en").territories)
    names = {
        code: name
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in ("EU", "UN", "ZZ", "QO", "EZ", "XA", "XB")
    }
    insert_columns(session, Country.__table__, {"code": list(names), "name": list(names.values())})


def bring_roles(session: Session, addons: Iterable[str]) -> None:
    """Add the roles that addons bring, and what they add to the roles of others; in order of need."""
    for name in addons:
        for roles in installed().call_one("roles", name):
            for key, label, permissions in roles:
                add_role(session, key, str(label), permissions)
        for additions in installed().call_one("role_additions", name):
            for role, more in additions.items():
                _widen_role(session, role, _lent(name), more)


def _lent(name: str) -> list[str]:
    """Give the keys of those addons whose permissions an addon may add to roles: a bridge's also what it joins."""
    addon = installed().addons[name]
    needed = addon.needs if addon.bridge else ()
    return [addon.key, *dict.fromkeys(key for one in needed for key in [installed().addons[one].key, *_lent(one)])]


def _widen_role(session: Session, key: str, addons: Sequence[str], permissions: Sequence[tuple[str, str]]) -> None:
    """Add permissions of addons to a role that is there, but for addons of which it holds something already.

    :param addons: the keys with which permissions may begin, first that of the addon that adds them
    :raises ValueError: a permission is of another
    """
    strange = [permission for permission, _scope in permissions if permission.partition(".")[0] not in addons]
    if strange:
        raise ValueError(f"{addons[0]} adds {strange[0]!r} to the role {key!r}, which is not its own")
    role = session.scalar(select(Role.id).where(Role.key == key))
    if role is None:
        return
    held = session.scalars(select(RolePermission.permission).where(link_id(RolePermission.role) == role))
    known = {permission.partition(".")[0] for permission in held}
    fresh = [one for one in permissions if one[0].partition(".")[0] not in known]
    if fresh:
        _grant(session, role, fresh)


def add_role(session: Session, key: str, name: str, permissions: Sequence[tuple[str, str]]) -> int:
    """Add a role under a key unless it is there; give its id."""
    there = session.scalar(select(Role.id).where(Role.key == key))
    if there is not None:
        return there
    insert_columns(session, Role.__table__, {"key": [key], "name": [name]})
    role = session.scalars(select(Role.id).where(Role.key == key)).one()
    _grant(session, role, permissions)
    return role


def _grant(session: Session, role: int, permissions: Sequence[tuple[str, str]]) -> None:
    columns: dict[str, Sequence[Any]] = {
        "role_id": [role] * len(permissions),
        "permission": [permission for permission, _scope in permissions],
        "scope": [scope for _permission, scope in permissions],
    }
    insert_columns(session, RolePermission.__table__, columns)


def add_service_user(session: Session, login: str, name: str, *, role: str) -> Identity:
    """Add a user that only programs act as, unless it is there."""
    found = identify(session, login)
    if found is None:
        insert_columns(session, User.__table__, {"login": [login], "name": [name], "service": [True]})
        give_role(session, login, role)
        found = identify(session, login)
        assert found is not None
    return found


def give_role(session: Session, login: str, role: str, company_id: int | None = None) -> None:
    """Give somebody a role, in one company or in all."""
    user = session.scalars(select(User.id).where(User.login == login)).one()
    held = session.scalars(select(Role.id).where(Role.key == role)).one()
    insert_columns(session, UserRole.__table__, {"user_id": [user], "role_id": [held], "company_id": [company_id]})


def currency_id(session: Session, code: str, *, places: int = 2) -> int:
    """Give the id of a currency, which is added when the code is new."""
    there = session.scalar(select(Currency.id).where(Currency.code == code))
    if there is None:
        insert_columns(
            session, Currency.__table__, {"code": [code], "name": [code], "symbol": [code], "places": [places]}
        )
        there = session.scalars(select(Currency.id).where(Currency.code == code)).one()
    return there


def found_company(
    session: Session,
    user: Identity,
    values: Mapping[str, Any],
    *,
    addons: Sequence[str] | None = None,
    answers: Mapping[str, Any] | None = None,
) -> Context:
    """Add a company, switch addons on and let each set itself up from the answers of the set-up assistant.

    :param values: of the company's own fields; ``currency`` is a code
    :param addons: names; None: every installed one
    :returns: a Context for the new company that may do everything
    """
    row = dict(values)
    row["currency_id"] = currency_id(session, row.pop("currency", "CNY"))
    insert_columns(session, Company.__table__, {name: [value] for name, value in row.items()})
    company = session.scalars(select(Company.id).where(Company.name == row["name"])).one()
    ctx = system_context(session, user, company, via="setup")
    wanted = [name for name in installed().addons if addons is None or name in addons]
    on = installed().enabled(dict.fromkeys(wanted, True))
    if wanted:
        rows: dict[str, list[Any]] = {
            "addon": wanted,
            "enabled": [True] * len(wanted),
            "ready": [name in on for name in wanted],
        }
        insert_columns(session, CompanyAddon.__table__, rows, {"company_id": company})
    ctx = system_context(session, user, company, via="setup")
    installed().call("company_created", ctx.enabled, ctx=ctx, answers=answers or {})
    return ctx
