"""What may be relied on: an SVG drawing that is taken only draws; nothing in it runs, reaches out or grows."""

from __future__ import annotations

import io

import pytest

from hanse import BusinessError
from hanse.files.drawings import check_drawing
from hanse.files.kinds import checked_type

HEAD = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 9 9'>"


def drawing(inside: str, head: str = HEAD) -> io.BytesIO:
    return io.BytesIO(f"{head}{inside}</svg>".encode())


@pytest.mark.parametrize(
    "inside",
    [
        "<path d='M0 0h9' stroke='red'/>",
        "<defs><linearGradient id='a'><stop offset='0'/></linearGradient></defs><rect fill='url(#a)' width='9'/>",
        "<style>.a{fill:#c00}</style><g class='a'><circle r='3'/><text>印</text></g>",
        "<symbol id='s'><circle r='1'/></symbol><use xlink:href='#s'/>",
        "<metadata xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:RDF/></metadata>",
    ],
)
def test_what_only_draws_is_taken(inside):
    file = drawing(inside)
    assert checked_type("seal.svg", file) == "image/svg+xml"
    assert file.tell() == 0


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<circle r='3' onclick='alert(1)'/>",
        "<image href='https://example.com/x.png'/>",
        "<image href='data:image/png;base64,AAAA'/>",
        "<use xlink:href='https://example.com/x.svg#a'/>",
        "<use href='other.svg#a'/>",
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<p xmlns='http://www.w3.org/1999/xhtml'>x</p>",
        "<rect fill='url(https://example.com/x)'/>",
        "<rect style='fill:url( \"//example.com/x\")'/>",
        "<style>@import 'https://example.com/x.css';</style>",
        "<style>rect{fill:url(x.svg#a)}</style>",
        "<a href='javascript:alert(1)'><circle r='3'/></a>",
        "<animate attributeName='r'/>",
        "<g>" * 100 + "</g>" * 100,
        "<g/>" * 20_001,
    ],
)
def test_what_does_more_is_refused(inside):
    with pytest.raises(BusinessError, match=r"seal\.svg"):
        checked_type("seal.svg", drawing(inside))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no drawing",
        b"<html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"<svg/>",
        b"<!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>",
        b"<?xml version='1.0'?><! DOCTYPE svg><svg xmlns='http://www.w3.org/2000/svg'/>",
        "<svg xmlns='http://www.w3.org/2000/svg'/>".encode("utf-16"),
        b"<?xml version='1.0' encoding='nonsense'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_what_is_no_drawing_is_refused(content):
    with pytest.raises(BusinessError):
        check_drawing("seal.svg", io.BytesIO(content))
