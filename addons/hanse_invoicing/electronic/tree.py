"""A short way to write XML: elements that have children, a text and attributes, each under its namespace's prefix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from hanse import BusinessError, _

#: What XML 1.0 cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Node:
    """An element; ``name`` has a prefix, ``None`` among the children is left out."""

    name: str
    children: tuple[Node | None, ...] = ()
    text: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not self.text and all(child is None or child.is_empty for child in self.children)


def node(name: str, *children: Node | None, **attributes: str) -> Node:
    """Give an element with children."""
    return Node(name, children, None, attributes)


def told(name: str, said: str, **attributes: str) -> Node | None:
    """Give an element with a text; None without one."""
    return Node(name, (), said, attributes) if said else None


def some(name: str, *children: Node | None, **attributes: str) -> Node | None:
    """Give an element with children, unless they say nothing."""
    made = Node(name, children, None, attributes)
    return None if made.is_empty else made


def written(root: Node, namespaces: Mapping[str, str]) -> bytes:
    """Write a document, indented, in UTF-8."""
    made = _element(root, namespaces)
    for prefix, space in namespaces.items():
        made.set(f"xmlns:{prefix}" if prefix else "xmlns", space)
    ElementTree.indent(made)
    content: bytes = ElementTree.tostring(made, encoding="UTF-8", xml_declaration=True)
    return content


def _element(one: Node, namespaces: Mapping[str, str]) -> ElementTree.Element:
    element = ElementTree.Element(one.name, dict(one.attributes))
    if one.text is not None:
        element.text = _FORBIDDEN.sub("", one.text)
    element.extend(_element(child, namespaces) for child in one.children if child is not None)
    return element


# --- reading ----------------------------------------------------------------------------------------------------------


def parsed(xml: str) -> ElementTree.Element:
    """Read a document of somebody else; nothing in it is expanded or fetched.

    :raises BusinessError: it is no XML, or declares entities
    """
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise BusinessError(_("The file is no XML of an electronic invoice."))
    try:
        return ElementTree.fromstring(re.sub(r"^<\?xml[^>]*\?>", "", xml.lstrip()))  # noqa: S314  no DTD is left in it
    except ElementTree.ParseError as error:
        raise BusinessError(_("The file is no XML of an electronic invoice.")) from error


def local(element: ElementTree.Element) -> str:
    """Give the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def all_at(element: ElementTree.Element, path: str) -> Iterator[ElementTree.Element]:
    """Give the elements at a path of local names, whatever their namespaces."""
    first, _slash, rest = path.partition("/")
    for child in element:
        if local(child) == first:
            yield from all_at(child, rest) if rest else (child,)


def text_at(element: ElementTree.Element | None, *paths: str) -> str:
    """Give the first text there is at one of the paths; empty where there is none."""
    if element is None:
        return ""
    found: Iterable[str] = ((one.text or "").strip() for path in paths for one in all_at(element, path))
    return next((said for said in found if said), "")
