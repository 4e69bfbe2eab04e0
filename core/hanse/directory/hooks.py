"""What the kernel itself says to actions on what all companies share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hanse.addons.hooks import hook
from hanse.directory.models import Company, Role, User
from hanse.directory.reach import beyond, companies_of
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from hanse.actions import Action, Context, Records


@hook
def validate(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> list[BusinessError] | None:
    """Refuse to reach from one company into another, see :mod:`hanse.directory.reach`."""
    model = action.model
    if model not in (User, Role, Company) or action.reads or action.permission == verb(model, "read"):
        return None
    reach = companies_of(ctx, action.permission)
    if reach is None:
        return None
    if model is User:
        return beyond(ctx, reach, records.ids)
    if model is Role:
        return [BusinessError(_("Roles hold in all companies; who changes them needs this right in all of them."))]
    return [
        BusinessError(_("You may not do this in this company."), record=company)
        for company in records.ids
        if company not in reach
    ]
