"""Contacts: the companies and people one deals with."""

from hanse import Addon, _

ADDON = Addon("hanse_contacts", key="contacts", title=_("Contacts"))
