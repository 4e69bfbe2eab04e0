"""The dimensions that lines of documents are kept by: customer, supplier, department, as their accounts ask for them.

Values and combinations that are not there yet are made.  What nobody knows is left to finance to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text

from hanse import Context
from hanse.directory.models import Department
from hanse.models import link_id
from hanse_contacts.models import Partner
from hanse_finance.models import DimensionSetValue, DimensionSource, DimensionValue
from hanse_finance.setup import action

_REQUIRED = text(
    """
    SELECT r.account_id, d.id, d.source FROM finance_account_dimension r
    JOIN finance_dimension d ON d.id = r.dimension_id AND d.company_id = r.company_id
    WHERE r.company_id = :company AND r.account_id = ANY(:accounts)
    """
)
_PARTNERS = (DimensionSource.CUSTOMERS, DimensionSource.SUPPLIERS)
#: A dimension, where its values come from, and the record there.
_Wanted = tuple[int, DimensionSource, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a line is kept by.

    :ivar given: id of a combination that somebody has chosen
    """

    account: int
    partner: int | None = None
    department: int | None = None
    given: int | None = None

    def of(self, source: DimensionSource) -> int | None:
        """The record that is a value of dimensions with this source."""
        if source in _PARTNERS:
            return self.partner
        return self.department if source is DimensionSource.DEPARTMENTS else None


@dataclass
class Details:
    """Finds combinations of dimensions, in a handful of statements for any number of lines.  Used inside an action."""

    ctx: Context
    _required: dict[int, list[tuple[int, DimensionSource]]] = field(default_factory=dict[int, Any])
    _given: dict[int, dict[int, int]] = field(default_factory=dict[int, Any])
    _values: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    _sets: dict[tuple[int, ...], int] = field(default_factory=dict[tuple[int, ...], int])

    def find(self, lines: Sequence[Kept]) -> list[int | None]:
        """Give the combination of each line; None where its account asks for none."""
        self._read_required({one.account for one in lines})
        kept = [one for one in lines if self._required[one.account]]
        self._read_given({one.given for one in kept if one.given is not None})
        self._read_values({wanted for one in kept for wanted in self._wanted(one)})
        chosen = [self._chosen(one) for one in lines]
        self._combine({key for key in chosen if key})
        return [self._sets[key] if key else None for key in chosen]

    def _wanted(self, one: Kept) -> Iterable[_Wanted]:
        for dimension, source in self._required[one.account]:
            record = one.of(source)
            if record is not None:
                yield dimension, source, record

    def _chosen(self, one: Kept) -> tuple[int, ...]:
        """Give the values that a line is kept by, in order; what the line itself says goes before what was chosen."""
        found = {} if one.given is None else dict(self._given.get(one.given, {}))
        required = {dimension for dimension, _source in self._required[one.account]}
        values = {dimension: value for dimension, value in found.items() if dimension in required}
        values |= {dimension: self._values[dimension, record] for dimension, _source, record in self._wanted(one)}
        return tuple(sorted(values.values()))

    def _read_required(self, accounts: Iterable[int]) -> None:
        wanted = [one for one in accounts if one not in self._required]
        if not wanted:
            return
        self._required |= {one: [] for one in wanted}
        asked = {"company": self.ctx.company.id, "accounts": wanted}
        for account, dimension, source in self.ctx.session.execute(_REQUIRED, asked):
            self._required[account].append((dimension, DimensionSource(source)))

    def _read_given(self, sets: set[int]) -> None:
        wanted = sets - self._given.keys()
        if not wanted:
            return
        self._given |= {one: {} for one in wanted}
        query = select(
            link_id(DimensionSetValue.set), link_id(DimensionSetValue.dimension), link_id(DimensionSetValue.value)
        ).where(DimensionSetValue.company_id == self.ctx.company.id, DimensionSetValue.set_id.in_(wanted))
        for one, dimension, value in self.ctx.session.execute(query):
            self._given[one][dimension] = value

    def _read_values(self, keys: set[_Wanted]) -> None:
        """Read the values that records are in dimensions, and make those that are not there."""
        wanted = sorted(key for key in keys if (key[0], key[2]) not in self._values)
        if not wanted:
            return
        query = select(
            link_id(DimensionValue.dimension),
            link_id(DimensionValue.partner),
            link_id(DimensionValue.department),
            DimensionValue.id,
        ).where(
            DimensionValue.company_id == self.ctx.company.id,
            DimensionValue.dimension_id.in_({dimension for dimension, _source, _record in wanted}),
        )
        partners = [record for _dimension, source, record in wanted if source in _PARTNERS]
        departments = [record for _dimension, source, record in wanted if source is DimensionSource.DEPARTMENTS]
        query = query.where(DimensionValue.partner_id.in_(partners) | DimensionValue.department_id.in_(departments))
        for dimension, partner, department, value in self.ctx.session.execute(query):
            self._values[dimension, partner or department] = value
        self._make_values([key for key in wanted if (key[0], key[2]) not in self._values])

    def _make_values(self, keys: Sequence[_Wanted]) -> None:
        if not keys:
            return
        names = self._names(keys)
        rows: list[Mapping[str, Any]] = []
        for dimension, source, record in keys:
            code, name = names[source in _PARTNERS, record]
            field_name = "partner" if source in _PARTNERS else "department"
            rows.append({"dimension": dimension, "code": code, "name": name, field_name: record})
        made = self.ctx.run(action("finance.dimension_value.create"), values=rows).done
        for (dimension, _source, record), value in zip(keys, made, strict=True):
            self._values[dimension, record] = value

    def _names(self, keys: Sequence[_Wanted]) -> dict[tuple[bool, int], tuple[str, str]]:
        """Give code and name of records: partners, and departments, which are known by their names."""
        partners = [record for _dimension, source, record in keys if source in _PARTNERS]
        query = select(Partner.id, Partner.code, Partner.name).where(Partner.id.in_(partners))
        found = {(True, key): (code, name) for key, code, name in self.ctx.session.execute(query)}
        departments = [record for _dimension, source, record in keys if source not in _PARTNERS]
        names = select(Department.id, Department.name).where(Department.id.in_(departments))
        return found | {(False, key): (name, name) for key, name in self.ctx.session.execute(names)}

    def _combine(self, keys: set[tuple[int, ...]]) -> None:
        missing = sorted(keys - self._sets.keys())
        if missing:
            made = self.ctx.run(action("finance.dimension_set.combine"), combinations=[list(one) for one in missing])
            self._sets |= dict(zip(missing, made.result, strict=True))


__all__ = ["Details", "Kept"]
