"""What lines are analysed by, for those who read many of them: combinations of dimensions, read a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Final, NamedTuple

from sqlalchemy import select

from hanse import Context, link_id
from hanse_finance.models import DimensionSetValue, DimensionValue

_MOST: Final = 20_000


class Analysis(NamedTuple):
    """A value of a dimension: the dimension's id, and code and name of the value."""

    dimension: int
    code: str
    name: str


class Analyses:
    """The values of combinations, by the id of the combination; no more of them are kept than memory need hold."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._known: dict[int, tuple[Analysis, ...]] = {}

    def read(self, wanted: Iterable[int | None]) -> None:
        """Read those of a chunk of lines that are not known; one statement at most."""
        asked = {key for key in wanted if key is not None}
        missing = asked - self._known.keys()
        if not missing:
            return
        if len(self._known) + len(missing) > _MOST:
            self._known, missing = {}, asked
        query = (
            select(
                link_id(DimensionSetValue.set),
                link_id(DimensionSetValue.dimension),
                DimensionValue.code,
                DimensionValue.name,
            )
            .join(DimensionValue, DimensionValue.id == link_id(DimensionSetValue.value))
            .where(DimensionSetValue.company_id == self._ctx.company.id, link_id(DimensionSetValue.set).in_(missing))
            .order_by(link_id(DimensionSetValue.set), link_id(DimensionSetValue.dimension))
        )
        for key, values in groupby(self._ctx.session.execute(query), key=lambda row: row[0]):
            self._known[key] = tuple(Analysis(*value[1:]) for value in values)

    def of(self, combination: int | None) -> tuple[Analysis, ...]:
        """Give the values of a combination of the chunk that was read last."""
        return () if combination is None else self._known[combination]
