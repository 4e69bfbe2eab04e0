"""Attributes and their values, of which variants are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from hanse import (
    Computed,
    Context,
    Lines,
    Offers,
    Row,
    Screen,
    _,
    link_id,
)
from hanse.models import Kind, Model
from hanse_products.models import (
    Attribute,
    AttributeValue,
)


def _values_of(_model: type[Model]) -> Any:
    """Name the values of an attribute."""
    names = select(func.string_agg(AttributeValue.name, aggregate_order_by(literal(", "), AttributeValue.id)))
    return names.where(link_id(AttributeValue.attribute) == Attribute.id).correlate(Attribute).scalar_subquery()


def _in_use(_ctx: Context, _words: str, _values: dict[str, str]) -> ColumnElement[bool]:
    """Offer no values of archived attributes."""
    return link_id(AttributeValue.attribute).in_(select(Attribute.id).where(Attribute.active))


def _values_told(ctx: Context, ids: Sequence[int], _values: Mapping[str, str]) -> dict[int, dict[str, str]]:
    query = select(AttributeValue.id, Attribute.name).join(Attribute, Attribute.id == link_id(AttributeValue.attribute))
    return {value: {"hint": name} for value, name in ctx.session.execute(query.where(AttributeValue.id.in_(ids)))}


ATTRIBUTES = Screen(
    Attribute,
    title=_("Attributes"),
    singular=_("Attribute"),
    menu="products",
    icon="adjustments",
    order=27,
    list=[Attribute.name, Computed("values", _("Values"), Kind.TEXT, _values_of)],
    form=[
        Row(Attribute.name),
        Lines(Attribute.values, columns=[AttributeValue.name, AttributeValue.code], widths={"code": "l"}),
    ],
)

#: Without an entry in the menu: options choose from it.
ATTRIBUTE_VALUES = Screen(
    AttributeValue,
    title=_("Values of attributes"),
    singular=_("Value"),
    icon="adjustments",
    list=[AttributeValue.name, AttributeValue.attribute, AttributeValue.code],
    form=[Row(AttributeValue.name, AttributeValue.attribute), Row(AttributeValue.code)],
    readonly=True,
    complete=_in_use,
    offers=Offers(describe=_values_told),
    leads_to=lambda value: f"/products/attribute/{value.attribute_id}",
)
