"""The chart of accounts as a tree, for whoever walks it: books, statements, closing, taking over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from hanse import Context, link_id
from hanse.i18n import current_locale
from hanse_finance.models import Account, AccountType, Side
from hanse_finance.statements.formula import Accounts


@dataclass(frozen=True, slots=True)
class Node:
    """An account in the tree.

    :ivar name: in the reader's language
    :ivar stored_name: in the language of the books; words of formulas and standards are looked for in it
    :ivar currency: id of the foreign currency it is kept in
    :ivar unit: what its quantities are counted in
    :ivar codes: of the accounts above it, the highest first, and its own: what it is sorted by
    :ivar reported: the same, each as what it is reported as: where formulas find it
    :ivar leaf: no account stands below it
    """

    id: int
    code: str
    name: str
    stored_name: str
    type: AccountType
    side: Side
    cash: bool
    postable: bool
    active: bool
    currency: int | None
    unit: str | None
    parent: int | None
    codes: tuple[str, ...]
    reported: tuple[str, ...]
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
    """All accounts of a company, those of the archive too."""

    def __init__(self, nodes: Mapping[int, Node]) -> None:
        self.nodes = nodes
        self._below: dict[int, list[int]] = {}
        self._chosen: dict[Accounts, list[Node]] = {}
        for node in nodes.values():
            if node.parent is not None:
                self._below.setdefault(node.parent, []).append(node.id)

    @classmethod
    def read(cls, ctx: Context) -> Chart:
        """Read the chart of the company, once in a transaction unless accounts change."""
        return ctx.once(cls.read, lambda: cls(_nodes(ctx)), of=[Account])

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

    def chosen(self, wanted: Accounts) -> list[Node]:
        """Give the accounts that a term of a formula reads: of a type, or those reported below a code.

        Below a code is what begins with it, and what stands below such an account in the tree.
        """
        found = self._chosen.get(wanted)
        if found is None:
            found = self._chosen[wanted] = [node for node in self.nodes.values() if _is_wanted(node, wanted)]
        return found

    def of_types(self, *types: AccountType) -> list[Node]:
        """Give the accounts of some types."""
        return [node for node in self.nodes.values() if node.type in types]

    def between(self, first: int | None, last: int | None) -> list[Node]:
        """Give the accounts from one to another and all below that, by code; None: no bound."""
        start = self.nodes[first].codes if first is not None else ()
        end = self.nodes[last].codes if last is not None else None
        return [
            node
            for node in self.sorted(self.nodes)
            if node.codes >= start and (end is None or node.codes[: len(end)] <= end)
        ]


def _nodes(ctx: Context) -> dict[int, Node]:
    english = current_locale() == "en"
    query = select(
        Account.id,
        Account.code,
        Account.name,
        Account.name_en,
        Account.type,
        Account.side,
        Account.cash,
        Account.postable,
        Account.active,
        Account.reported_as,
        Account.unit,
        link_id(Account.currency).label("currency"),
        link_id(Account.parent).label("parent"),
    ).where(Account.company_id == ctx.company.id)
    rows = {row.id: row for row in ctx.session.execute(query)}
    parents = {key: row.parent for key, row in rows.items()}
    inner = set(parents.values())
    found: dict[int, Node] = {}
    for key, row in rows.items():
        path = [rows[one] for one in _upwards(parents, key)]
        found[key] = Node(
            key,
            row.code,
            (row.name_en if english else None) or row.name,
            row.name,
            row.type,
            row.side,
            row.cash,
            row.postable,
            row.active,
            row.currency,
            row.unit,
            row.parent,
            tuple(one.code for one in path),
            tuple(one.reported_as or one.code for one in path),
            leaf=key not in inner,
        )
    return found


def _upwards(parents: Mapping[int, int | None], account: int) -> Sequence[int]:
    """Give an account and those above it, the highest first; a circle is cut."""
    path = [account]
    while (above := parents.get(path[0])) is not None and above not in path:
        path.insert(0, above)
    return path


def _is_wanted(node: Node, wanted: Accounts) -> bool:
    if wanted.words and not any(word in node.stored_name for word in wanted.words):
        return False
    return any(
        str(node.type) == code[1:] if code[:1] == "@" else any(own.startswith(code) for own in node.reported)
        for code in wanted.codes
    )


__all__ = ["Chart", "Node"]
