"""Judging what people type: telephone and tax numbers, e-mail addresses, bank accounts, names.

Each function takes what was typed and gives what is stored, or raises :class:`Unfit`.  Results are remembered by
value, so that the same number costs nothing the second time.  Where a format cannot be judged, what was typed is kept:
numbers from an old system must not stand against bringing in the partner.
"""

from hanse_contacts.checks.bank_accounts import checked_account_number, checked_bic
from hanse_contacts.checks.emails import checked_email
from hanse_contacts.checks.home import Home, Unfit
from hanse_contacts.checks.names import comparison_key
from hanse_contacts.checks.phones import checked_phone, shown_phone
from hanse_contacts.checks.tax_ids import checked_tax_id
from hanse_contacts.checks.web import checked_language, checked_website

__all__ = [
    "Home",
    "Unfit",
    "checked_account_number",
    "checked_bic",
    "checked_email",
    "checked_language",
    "checked_phone",
    "checked_tax_id",
    "checked_website",
    "comparison_key",
    "shown_phone",
]
