"""Contacts: the companies and people one deals with."""

from hanse import Addon, _

ADDON = Addon(
    "hanse_contacts",
    key="contacts",
    title=_("Contacts"),
    description=_("The companies and people one deals with: addresses, bank accounts, roles, tags."),
)
