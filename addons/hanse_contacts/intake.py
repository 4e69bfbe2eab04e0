"""What is given for partners, judged and tidied field by field before anything is stored.

The ``validate`` hook asks :func:`judge` for errors; the actions ``create`` and ``update`` ask it for tidied values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from hanse import BusinessError, Context, _
from hanse_contacts import checks
from hanse_contacts.checks import Home, Unfit
from hanse_contacts.homes import homes_of

Values = Mapping[str, Any]

_PLAIN: dict[str, Callable[[str], str]] = {
    "email": checks.checked_email,
    "website": checks.checked_website,
    "language": checks.checked_language,
}
#: Fields whose format depends on the country.
_BY_COUNTRY: dict[str, Callable[[str, Home], str]] = {
    "tax_id": checks.checked_tax_id,
    "phone": checks.checked_phone,
    "mobile": checks.checked_phone,
}
_OF_ACCOUNTS: dict[str, Callable[[str], str]] = {
    "account_number": checks.checked_account_number,
    "bic": checks.checked_bic,
}
#: Every field of a partner that is judged here.
JUDGED = (*_PLAIN, *_BY_COUNTRY)


@dataclass(slots=True)
class Intake:
    """Rows as they will be stored, and what is wrong with them."""

    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    errors: list[BusinessError] = field(default_factory=list[BusinessError])


def judge(ctx: Context, rows: Sequence[Values], *, partners: Sequence[int] = ()) -> Intake:
    """Judge and tidy rows of values for partners.

    Takes one statement more if there are telephone or tax numbers among them, and none otherwise.

    :param partners: ids of those that are changed; empty when the rows make new ones
    """
    intake = Intake()
    asks_country = any(row.get(name) for name in _BY_COUNTRY for row in rows)
    homes = homes_of(ctx, rows, partners) if asks_country else [Home()] * len(rows)
    for index, (row, home) in enumerate(zip(rows, homes, strict=True)):
        tidy = dict(row)
        path = f"{index}." if len(rows) > 1 else ""
        intake.errors += _tidy_fields(tidy, home, path)
        if row.get("bank_accounts"):
            intake.errors += _tidy_accounts(tidy, path)
        if row.get("addresses"):
            intake.errors += _choose_default(tidy, path)
        intake.rows.append(tidy)
    return intake


def _tidy_fields(row: dict[str, Any], home: Home, path: str) -> Iterator[BusinessError]:
    for name, check in _PLAIN.items():
        if name in row and (typed := _typed(row, name)) is not None:
            try:
                row[name] = check(typed)
            except Unfit as error:
                yield BusinessError(error.message, field=path + name)
    for name, judge_by in _BY_COUNTRY.items():
        if name in row and (typed := _typed(row, name)) is not None:
            try:
                row[name] = judge_by(typed, home)
            except Unfit as error:
                yield BusinessError(error.message, field=path + name)


def _typed(row: Values, name: str) -> str | None:
    """Give what was typed; what is no text at all is left to the kernel to refuse."""
    value = row.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _tidy_accounts(row: dict[str, Any], path: str) -> Iterator[BusinessError]:
    accounts = [dict(line) for line in cast("list[Values]", row["bank_accounts"])]
    row["bank_accounts"] = accounts
    for number, line in enumerate(accounts):
        for name, check in _OF_ACCOUNTS.items():
            if (typed := _typed(line, name)) is not None:
                try:
                    line[name] = check(typed)
                except Unfit as error:
                    message = _("Line %(line)s: %(message)s", line=number + 1, message=error.message)
                    yield BusinessError(message, field=f"{path}bank_accounts.{number}.{name}")


def _choose_default(row: dict[str, Any], path: str) -> Iterator[BusinessError]:
    """Keep exactly one default address: the marked one, or the first where none is marked.

    A stored line that says nothing of it may be the default one; it gives way to a marked one.
    """
    addresses = [dict(line) for line in cast("list[Values]", row["addresses"])]
    row["addresses"] = addresses
    marked = [number for number, line in enumerate(addresses) if line.get("is_default")]
    silent = [line for line in addresses if line.get("id") and "is_default" not in line]
    if len(marked) > 1:
        message = _(
            "Only one address can be the default one; lines %(one)s and %(other)s both are.",
            one=marked[0] + 1,
            other=marked[1] + 1,
        )
        yield BusinessError(message, field=f"{path}addresses.{marked[1]}.is_default")
    elif marked:
        for line in silent:
            line["is_default"] = False
    elif not silent:
        addresses[0]["is_default"] = True
