"""Recompute the chain over the audit log, and say what is wrong first.

Everything is read from one snapshot, so that sealing and writing may go on meanwhile.  An entry is compared with the
digest in its seal, a seal with its own hash and the one before it, the end of each day with its root.  What is not
sealed waits, unless a seal says that nothing could follow there any more: then somebody has put it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.audit.chain import FIRST

#: Every seal, computed anew, with its first entry that is not as it was.  An entry is looked up by its id alone, which
#: leaves the planner one index; one that is another company's now is as good as gone.
_SEALS = text("""
    SELECT s.position, s.sealed_on, s.total, s.complete, s.previous, s.hash, hanse_audit_hash(s) AS again,
           jsonb_array_length(s.entries) AS count, wrong.id AS entry, wrong.digest
    FROM core_audit_seal s LEFT JOIN LATERAL (
        SELECT now.id, now.digest FROM (
            SELECT (e.pair->>0)::bigint AS id, e.pair->>1 AS sealed, e.place,
                   (SELECT CASE WHEN a.company_id = s.company_id THEN hanse_audit_digest(a) END FROM core_audit a
                    WHERE a.id = (e.pair->>0)::bigint) AS digest
            FROM jsonb_array_elements(s.entries) WITH ORDINALITY e(pair, place)
        ) now
        WHERE now.digest IS DISTINCT FROM now.sealed ORDER BY now.place LIMIT 1
    ) wrong ON true
    WHERE s.company_id = :company ORDER BY s.position
""")
_ROOTS = text(
    "SELECT sealed_on, position, total, hash FROM core_audit_root WHERE company_id = :company ORDER BY sealed_on"
)
_PLACE_OF = text("""
    SELECT (e.pair->>0)::bigint FROM core_audit_seal s, jsonb_array_elements(s.entries) e(pair)
    WHERE s.company_id = :company AND e.pair->>1 = :digest LIMIT 1
""")
#: What is in no seal: how many, and the first with an id up to which the chain is complete.
_UNSEALED = text("""
    SELECT count(*), min(id) FILTER (WHERE id <= :complete) FROM (
        SELECT id FROM core_audit WHERE company_id = :company
        EXCEPT SELECT (e.pair->>0)::bigint FROM core_audit_seal s, jsonb_array_elements(s.entries) e(pair)
        WHERE s.company_id = :company
    ) unsealed
""")


@dataclass(frozen=True)
class Root:
    """The end of the chain on a day."""

    day: date
    position: int
    total: int
    hash: str


@dataclass(frozen=True)
class Broken:
    """What is wrong first.

    :ivar kind: ``changed``, ``removed``, ``order``, ``inserted``, ``seal`` or ``root``
    :ivar entry: id of the audit entry it is about, if it is about one
    :ivar seal: position of the seal it is about, if it is about one
    """

    kind: str
    message: str
    entry: int | None = None
    seal: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What became of a company's chain.

    :ivar sealed: entries in the seals that were found right
    :ivar waiting: entries that are in no seal yet
    """

    company: str
    sealed: int
    waiting: int
    seals: int
    root: Root | None
    broken: Broken | None


class _Walk:
    """Goes along the chain of a company until something is wrong."""

    def __init__(self, session: Session, company: int) -> None:
        self.session = session
        self.company = company
        self.position, self.total, self.complete, self.hash = 0, 0, 0, FIRST
        #: where the chain ended on each day
        self.ends: dict[date, Root] = {}

    def first_wrong(self, roots: Sequence[Root]) -> Broken | None:
        """Give what is wrong first: along the seals, at the roots, beside the chain."""
        result = self.session.execute(_SEALS, {"company": self.company}, execution_options={"yield_per": 20})
        for row in result:
            broken = self._wrong_seal(row)
            if broken is not None:
                result.close()
                return broken
            self.position, self.total, self.complete, self.hash = row.position, row.total, row.complete, row.hash
            self.ends[row.sealed_on] = Root(row.sealed_on, row.position, row.total, row.hash)
        return self._wrong_root(roots)

    def _wrong_seal(self, row: Any) -> Broken | None:
        here = self.position + 1
        if row.position != here:
            return Broken("seal", f"Seal {here} has been removed.", seal=here)
        if row.hash != row.again:
            return Broken("seal", f"Seal {here} has been changed.", seal=here)
        if row.previous != self.hash or row.total != self.total + row.count:
            message = f"Seal {here} does not follow the one before it: one of them was exchanged."
            return Broken("seal", message, seal=here)
        return None if row.entry is None else self._wrong_entry(here, row.entry, row.digest)

    def _wrong_entry(self, seal: int, entry: int, digest: str | None) -> Broken:
        if digest is None:
            return Broken("removed", f"Entry {entry} has been removed.", entry, seal)
        other = self.session.scalar(_PLACE_OF, {"company": self.company, "digest": digest})
        if other is None:
            return Broken("changed", f"Entry {entry} has been changed.", entry, seal)
        message = f"Entry {entry} is out of order: it says what entry {other} said when it was sealed."
        return Broken("order", message, entry, seal)

    def _wrong_root(self, roots: Sequence[Root]) -> Broken | None:
        there = {root.day: root for root in roots}
        for root in roots:
            if root.position > self.position:
                message = f"Seal {self.position + 1} has been removed from the end of the chain."
                return Broken("seal", message, seal=self.position + 1)
            if self.ends.get(root.day) != root:
                return Broken("root", f"The root of {root.day} has been changed.")
        gone = next((day for day in self.ends if day not in there), None)
        return None if gone is None else Broken("root", f"The root of {gone} has been removed.")


def roots_of(session: Session, company: int) -> list[Root]:
    """Give where the chain of a company ended on each day, the oldest first."""
    return [Root(*row) for row in session.execute(_ROOTS, {"company": company})]


def verify(session: Session, company: int, name: str) -> Verdict:
    """Recompute the chain of a company the session is bound to, in a transaction of REPEATABLE READ."""
    roots = roots_of(session, company)
    walk = _Walk(session, company)
    broken = walk.first_wrong(roots)
    waiting, inserted = session.execute(_UNSEALED, {"company": company, "complete": walk.complete}).one()
    if broken is None and inserted is not None:
        message = f"Entry {inserted} has been put in where the chain was complete."
        broken = Broken("inserted", message, inserted)
    return Verdict(name, walk.total, waiting, walk.position, roots[-1] if roots else None, broken)


__all__ = ["Broken", "Root", "Verdict", "roots_of", "verify"]
