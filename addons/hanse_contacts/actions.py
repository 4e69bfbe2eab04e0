"""Verbs on partners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanse import Context, Records, _, action
from hanse.actions.generic import check_rights, update_checked
from hanse.actions.write import Each
from hanse.security.permissions import verb
from hanse_contacts.checks import comparison_key
from hanse_contacts.duplicates import refuse_duplicates
from hanse_contacts.homes import countries_by_address, country_in
from hanse_contacts.intake import judge
from hanse_contacts.models import Partner
from hanse_contacts.validation import changed


@action(Partner, name="create", label=_("New"), permission=verb(Partner, "create"), creates=True, hidden=True)
def create(
    ctx: Context, partners: Records[Partner], *, values: list[Mapping[str, Any]], confirm_duplicates: bool | None = None
) -> list[int]:
    """Make partners from values, lines nested, with numbers written the same way everywhere; give their ids.

    :param confirm_duplicates: no: refuse those that look like one that is there; yes, or not given: make them anyway
    :raises PossibleDuplicates: it looks as if they were there already, and nobody has confirmed that they are not
    :raises BusinessError: a value is missing or wrong, or a link leads where the person may not look
    """
    check_rights(ctx, Partner, values)
    if confirm_duplicates is False:
        refuse_duplicates(ctx, values)
    rows = judge(ctx, values).rows
    for row in rows:
        if isinstance(name := row.get("name"), str):
            row["name_key"] = comparison_key(name)
        if addresses := row.get("addresses"):
            row["country"] = country_in(addresses)
    return ctx.insert(Partner, rows)


@action(Partner, name="update", label=_("Save"), permission=verb(Partner, "update"), hidden=True)
def update(
    ctx: Context, partners: Records[Partner], *, values: Mapping[str, Any], confirm_duplicates: bool | None = None
) -> None:
    """Change partners, and make their lines what ``values`` say.

    :param confirm_duplicates: as for ``create``
    """
    fresh = changed(ctx, partners.ids, values)
    if confirm_duplicates is False:
        refuse_duplicates(ctx, [fresh], besides=partners.ids)
    (row,) = judge(ctx, [fresh], partners=partners.ids).rows
    update_checked(ctx, partners, row)
    if isinstance(name := row.get("name"), str):
        ctx.update(partners, {"name_key": comparison_key(name)})
    if "addresses" in row:
        ctx.update(partners, {"country": Each(countries_by_address(ctx, partners.ids))})
