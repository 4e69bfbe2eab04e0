"""The chart of accounts as a tree, read in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from hanse import Context, link_id
from hanse.i18n import current_locale
from hanse_finance.models import Account, Side


@dataclass(frozen=True, slots=True)
class Node:
    """An account in the tree.

    :ivar codes: of the accounts above it, the highest first, and its own: what it is sorted by
    :ivar leaf: no account stands below it
    :ivar currency: id of the foreign currency it is kept in
    """

    id: int
    code: str
    name: str
    side: Side
    cash: bool
    currency: int | None
    parent: int | None
    codes: tuple[str, ...]
    leaf: bool

    @property
    def level(self) -> int:
        """How deep it stands; the highest accounts are of level 1."""
        return len(self.codes)

    @property
    def title(self) -> str:
        """Code and name; one of them where they are the same."""
        return self.name if self.code == self.name else f"{self.code} {self.name}"


class Chart:
    """All accounts of a company, those of the archive too; names are in the reader's language."""

    def __init__(self, nodes: Mapping[int, Node]) -> None:
        self.nodes = nodes
        self._below: dict[int, list[int]] = {}
        for node in nodes.values():
            if node.parent is not None:
                self._below.setdefault(node.parent, []).append(node.id)

    @classmethod
    def read(cls, ctx: Context) -> Chart:
        """Read the chart of the company."""
        english = current_locale() == "en"
        query = select(
            Account.id,
            Account.code,
            Account.name,
            Account.name_en,
            Account.side,
            Account.cash,
            link_id(Account.currency),
            link_id(Account.parent),
        ).where(Account.company_id == ctx.company.id)
        rows = {row[0]: row for row in ctx.session.execute(query)}
        parents = {key: row[-1] for key, row in rows.items()}
        inner = set(parents.values())
        found: dict[int, Node] = {}
        for key, (_id, code, name, name_en, side, cash, currency, parent) in rows.items():
            shown = (name_en if english else None) or name
            codes = tuple(rows[one][1] for one in _upwards(parents, key))
            found[key] = Node(key, code, shown, side, cash, currency, parent, codes, leaf=key not in inner)
        return cls(found)

    @property
    def depth(self) -> int:
        """The number of levels."""
        return max((node.level for node in self.nodes.values()), default=1)

    def path(self, account: int) -> list[Node]:
        """Give an account and those above it, the highest first."""
        parents = {key: node.parent for key, node in self.nodes.items()}
        return [self.nodes[one] for one in _upwards(parents, account)]

    def family(self, account: int) -> list[int]:
        """Give an account and all below it."""
        found = [account]
        for one in found:
            found.extend(below for below in self._below.get(one, ()) if below not in found)
        return found

    def children(self, account: int) -> list[Node]:
        """Give the accounts right below one, by code."""
        return self.sorted(self._below.get(account, ()))

    def sorted(self, accounts: Iterable[int]) -> list[Node]:
        """Give accounts by their codes, each behind the one above it."""
        return sorted((self.nodes[one] for one in accounts), key=lambda node: node.codes)

    def between(self, first: int | None, last: int | None) -> list[Node]:
        """Give the accounts from one to another and all below that, by code; None: no bound."""
        start = self.nodes[first].codes if first is not None else ()
        end = self.nodes[last].codes if last is not None else None
        return [
            node
            for node in self.sorted(self.nodes)
            if node.codes >= start and (end is None or node.codes[: len(end)] <= end)
        ]


def _upwards(parents: Mapping[int, int | None], account: int) -> Sequence[int]:
    """Give an account and those above it, the highest first; a circle is cut."""
    path = [account]
    while (above := parents.get(path[0])) is not None and above not in path:
        path.insert(0, above)
    return path


__all__ = ["Chart", "Node"]
