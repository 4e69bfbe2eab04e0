"""Forms that hold nothing, or one picture: what stamped sheets stand on, and what is stamped over them."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from hanse.documents import reference, weasy
from hanse.documents.stamp import Template, template
from hanse.documents.weasy import Resource

_PICTURE: Final = "picture"


def blank(width: float, height: float) -> Template:
    """Return a form of ``width`` x ``height`` millimetres with nothing on it."""

    def render() -> bytes:
        return weasy.render_once(reference.page(width, height, [""]), resources={}, variant="pdf/a-2u")

    return template(("hanse.blank", width, height), height, render)


def picture(resource: Resource, width: float, height: float, position: str = "center") -> Template:
    """Return a picture as large as ``width`` x ``height`` millimetres allow, where CSS ``object-position`` has it."""

    def render() -> bytes:
        place = f"left:0;top:0;width:{width}mm;height:{height}mm;object-fit:contain;object-position:{position}"
        image = f'<img src="resource:{_PICTURE}" alt="" style="{place}">'
        html = reference.page(width, height, [image])
        return weasy.render_once(html, resources={_PICTURE: resource}, variant="pdf/a-2u")

    key = ("hanse.picture", width, height, position, sha256(resource.content).hexdigest())
    return template(key, height, render)


__all__ = ["blank", "picture"]
