"""Keep views, change them, and share them with those who may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hanse.actions import Context, Records, action
from hanse.actions.generic import check_rights, save
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.saved.models import SavedView
from hanse.saved.permissions import SavedViews
from hanse.saved.state import is_state
from hanse.work.records import model_called

#: Characters of a query; browsers and proxies take no longer addresses.
MOST = 4_000


@action(SavedView, name="create", label=_("Save view"), permission="core.saved_view.create", creates=True, hidden=True)
def create_views(ctx: Context, views: Records[SavedView], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Keep states of lists under names.

    :raises NotFound: there is no such list for the person
    :raises BusinessError: a name is taken, or the state is too long
    :raises Forbidden: it would be shared by somebody who may not share
    """
    check_rights(ctx, SavedView, values)
    for row in values:
        _require_list(ctx, str(row.get("model") or ""))
        _require_share(ctx, bool(row.get("shared") or row.get("department")))
    return ctx.insert(SavedView, [{**_plain(row), "user": ctx.user.id} for row in values])


@action(SavedView, name="update", label=_("Save changes"), permission="core.saved_view.update", hidden=True)
def update_views(ctx: Context, views: Records[SavedView], *, values: Mapping[str, Any]) -> None:
    """Change what views show, their names, or for whom they are.

    :raises BusinessError: a name is taken, or the state is too long
    :raises Forbidden: others see it, or would, and the person may not share
    """
    check_rights(ctx, SavedView, [values])
    if "model" in values:
        _require_list(ctx, str(values["model"] or ""))
    others = any(view.shared or view.department_id is not None for view in views)
    _require_share(ctx, others or bool(values.get("shared") or values.get("department")))
    save(ctx, views, _plain(values))


@action(
    SavedView,
    name="delete",
    label=_("Delete view"),
    permission="core.saved_view.delete",
    deletes=True,
    hidden=True,
    confirm=_("Delete for good?"),
)
def delete_views(ctx: Context, views: Records[SavedView]) -> None:
    """Keep views no longer; who has one as their default sees the plain list again."""
    ctx.delete(views)


def _require_list(ctx: Context, model: str) -> None:
    """Refuse lists the person does not see.

    :raises NotFound: there is none like that
    :raises Forbidden: the person may not read its records
    """
    model_called(model)
    ctx.require(f"{model}.read")


def _require_share(ctx: Context, wanted: bool) -> None:
    if wanted:
        ctx.require(SavedViews.SHARE)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a query only what is the state of a list, no pages and nothing that was not asked."""
    row = dict(values)
    if "query" in row:
        pairs = [pair for pair in parse_qsl(str(row["query"] or "").lstrip("?")) if is_state(*pair)]
        row["query"] = urlencode(pairs)
        if len(row["query"]) > MOST:
            raise BusinessError(_("This list is filtered by too much to be kept. Take filters away."), field="query")
    return row
