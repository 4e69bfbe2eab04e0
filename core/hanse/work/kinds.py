"""The kinds of activities that come with Hanse, in the reader's language; what is added keeps its name."""

from __future__ import annotations

from hanse.i18n import KERNEL, _, current_locale, translate
from hanse.screens.formats import write_widget

WIDGET = "activity_kind_name"
#: What the first migration of activities stores, in English.
FOUNDED = (_("To-do"), _("Call"), _("Meeting"))


def kind_name(stored: str) -> str:
    """Write the name of a kind that came with Hanse or an addon in the reader's language."""
    return translate(stored, KERNEL, current_locale())


write_widget(WIDGET, kind_name)
