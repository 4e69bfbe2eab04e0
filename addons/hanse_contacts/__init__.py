"""Contacts: the companies and people one deals with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hanse import Addon, BusinessError, Caution, Context, Model, Records, _, hook
from hanse.actions import Action

ADDON = Addon(
    "hanse_contacts",
    key="contacts",
    title=_("Contacts"),
    description=_("The companies and people one deals with: addresses, bank accounts, roles, tags."),
)


@hook
def validate(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[BusinessError] | None:
    """Judge what is given for partners: numbers, addresses, employers, codes."""
    if not action.name.startswith("contacts.partner."):
        return None
    from hanse_contacts import validation  # models may be used only once all are built

    if action.creates:
        return validation.refused_new(ctx, params["values"])
    return validation.refused_changes(ctx, records, params["values"]) if action.verb == "update" else None


@hook
def warn(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[Caution] | None:
    """Name partners that a new or changed one looks like."""
    if action.name not in ("contacts.partner.create", "contacts.partner.update"):
        return None
    from hanse_contacts import duplicates, validation
    from hanse_contacts.models import ContactsSettings

    if not ctx.settings(ContactsSettings).warn_of_duplicates:
        return None
    values = params["values"]
    rows = values if action.creates else [validation.changed(ctx, records.ids, values)]
    return duplicates.cautions(ctx, rows, besides=records.ids)


@hook
def merged(
    ctx: Context, model: type[Model], survivor: int, losers: Sequence[int], moved: Mapping[str, Sequence[int]]
) -> None:
    """Leave a merged partner one default address, and the country of that."""
    from hanse_contacts.models import Partner

    if model is Partner:
        from hanse_contacts import homes

        homes.settle_addresses(ctx, survivor, moved.get("contacts.address", ()))


@hook
def demo(ctx: Context) -> None:
    """Load Northwind's partners."""
    from hanse_contacts.demo import load_northwind

    load_northwind(ctx)
