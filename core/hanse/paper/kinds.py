"""Kinds of documents, as far as letterhead and seal are concerned."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hanse.i18n import Label
from hanse.paper.heads import Head


@dataclass(frozen=True, slots=True)
class PaperKind:
    """A kind of document, and what stands on it where a company has set nothing else.

    :ivar name: ``<key>.<what>``
    :ivar addon: whose documents they are
    :ivar head: how much of the letterhead
    :ivar official: the form is laid down: nobody may put a letterhead on it
    """

    name: str
    label: Label
    addon: str
    head: Head = "full"
    official: bool = False


_kinds: dict[str, PaperKind] = {}


def register_paper(kind: PaperKind) -> PaperKind:
    """Let companies say what stands on a kind of document."""
    return _kinds.setdefault(kind.name, kind)


def paper_kinds(seen: Collection[str] | None = None) -> list[PaperKind]:
    """Give the kinds of documents of these addons; None: of all installed ones."""
    return [kind for kind in _kinds.values() if seen is None or kind.addon in seen]


__all__ = ["PaperKind", "paper_kinds", "register_paper"]
