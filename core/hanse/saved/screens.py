"""Saved views as records: what favourites, the palette and the API know of them.  Opening one shows its list."""

from __future__ import annotations

from hanse.i18n import _
from hanse.saved.models import SavedView
from hanse.saved.reading import OPEN
from hanse.screens import Row, Screen

VIEWS = Screen(
    SavedView,
    title=_("Saved views"),
    singular=_("Saved view"),
    icon="bookmark",
    readonly=True,
    search=False,
    list=[SavedView.name, SavedView.model, SavedView.user, SavedView.shared, SavedView.department],
    form=[Row(SavedView.name, SavedView.model)],
    order_by=[SavedView.name],
    leads_to=lambda view: f"/{view.model.replace('.', '/', 1)}?{OPEN}={view.id}",
)
