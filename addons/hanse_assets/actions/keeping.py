"""Make and change assets: what is not said comes from the category, and new terms count from the next month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hanse import BusinessError, Context, Records, _, action
from hanse.actions.generic import check_rights, save
from hanse.security.permissions import verb
from hanse_assets.charging import charged, month_after
from hanse_assets.models import Asset, AssetCategory, AssetStatus, Method

#: What the plan follows from.
_TERMS = ("category_id", "cost", "method", "life", "residual_rate", "residual", "output")
#: From where it is reckoned.
_BEGINNING = ("in_use_since", "opening_depreciation", "opening_months", "opening_output")
#: What the category says where the asset does not.
_USUAL = ("method", "life", "residual_rate")


@action(Asset, name="create", label=_("New"), permission=verb(Asset, "create"), creates=True, hidden=True)
def create(ctx: Context, assets: Records[Asset], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Enter assets; give their ids.

    :raises BusinessError: a value is missing or wrong, or no plan follows from them
    """
    check_rights(ctx, Asset, values)
    # The month is known once the days are converted; until the next statement any day will do.
    ids = ctx.insert(Asset, [{**one, "basis_from": ctx.today} for one in values])
    _complete(ctx, ids)
    return ids


@action(Asset, name="update", label=_("Save"), permission=verb(Asset, "update"), hidden=True)
def update(ctx: Context, assets: Records[Asset], *, values: Mapping[str, Any]) -> None:
    """Change assets.  New terms count from the first month that is not depreciated yet (article 19).

    :raises BusinessError: an asset is disposed of, or is depreciated already and would begin elsewhere
    """
    check_rights(ctx, Asset, [values], records=assets.ids)
    before = {one.id: _facts(one) for one in assets}
    save(ctx, assets, values)
    ctx.session.expire_all()
    changed = [key for key, facts in before.items() if _facts(ctx.session.get_one(Asset, key)) != facts]
    _complete(ctx, changed, before)
    assets.forget()


def _facts(asset: Asset) -> dict[str, Any]:
    return {name: getattr(asset, name) for name in (*_TERMS, *_BEGINNING)}


def _complete(ctx: Context, ids: Iterable[int], before: Mapping[int, Mapping[str, Any]] | None = None) -> None:
    """Fill what the category says, see that a plan follows, and set from where it is reckoned."""
    keys = list(ids)
    done = charged(ctx, keys)
    for asset in ctx.all(Asset, Asset.id.in_(keys)):
        category = ctx.session.get_one(AssetCategory, asset.category_id)
        fresh: dict[str, Any] = {name: getattr(category, name) for name in _USUAL if getattr(asset, name) is None}
        _check(asset, {name: getattr(asset, name) for name in _USUAL} | fresh)
        so_far = done.get(asset.id)
        if so_far is None or so_far.last is None:
            fresh["basis_from"] = month_after(asset.in_use_since, 1 + asset.opening_months)
        else:
            _refuse_new_beginning(asset, (before or {}).get(asset.id, {}))
            fresh["basis_from"] = month_after(so_far.last)
        ctx.update(Records(ctx.session, Asset, ids=[asset.id]), fresh)


def _refuse_new_beginning(asset: Asset, before: Mapping[str, Any]) -> None:
    changed = [name for name in _BEGINNING if before and before[name] != getattr(asset, name)]
    if changed:
        message = _("%(asset)s is depreciated already: its beginning stays.", asset=asset.display_name())
        raise BusinessError(message, field=changed[0], record=asset.id)


def _check(asset: Asset, terms: Mapping[str, Any]) -> None:
    """See that a plan follows.

    :raises BusinessError: a life or an output is missing, or years are not whole
    """
    if asset.status is AssetStatus.DISPOSED:
        raise BusinessError(
            _("%(asset)s is disposed of and does not change.", asset=asset.display_name()), record=asset.id
        )
    method = Method(terms["method"])
    if method is Method.PRODUCTION:
        if (asset.output or 0) <= asset.opening_output:
            raise BusinessError(_("Enter what it can produce over its life."), field="output", record=asset.id)
        return
    if method is Method.NONE:
        return
    if terms["life"] is None:
        raise BusinessError(_("Enter a useful life in months."), field="life", record=asset.id)
    if method in (Method.DECLINING, Method.DIGITS) and terms["life"] % 12:
        raise BusinessError(
            _("By this method a life is whole years: 12, 24, 36 months."), field="life", record=asset.id
        )


__all__ = ["create", "update"]
