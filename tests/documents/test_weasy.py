"""What documents may rely on: HTML becomes a PDF of our fonts, and reads nothing it was not given."""

import re
import zlib
from pathlib import Path

import pytest
from PIL import ImageChops

from hanse.documents import DocumentError
from hanse.documents.weasy import Resource, render, render_once, template_environment

RED_SQUARE = Resource(
    b"<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'><path fill='#f00' d='M0 0h90v90H0z'/></svg>",
    "image/svg+xml",
)


@pytest.mark.parametrize(
    "html",
    [
        "<img src='http://192.0.2.1/logo.png'>",
        "<img src='file:///etc/hostname'>",
        "<img src='../secret.svg'>",
        "<img src='link.svg'>",
        "<img src='data:image/svg+xml,<svg/>'>",
        "<img src='resource:unknown'>",
        "<link rel=stylesheet href='https://192.0.2.1/a.css'>",
        "<style>@import url(file:///etc/a.css);</style>",
        "<style>@font-face{font-family:x;src:url(file:///usr/share/fonts/x.ttf)} body{font-family:x}</style>a",
        "<style>p{background:url(ftp://192.0.2.1/b.png)}</style><p>a",
        "<svg width=9 height=9><image href='file:///etc/hostname' width=9 height=9 /></svg>",
    ],
)
def test_a_document_that_asks_for_something_else_is_refused(html, tmp_path):
    (tmp_path / "secret.svg").write_bytes(RED_SQUARE.content)
    base = tmp_path / "static"
    base.mkdir()
    (base / "link.svg").symlink_to(tmp_path / "secret.svg")
    with pytest.raises(DocumentError, match=r"asked for .*(192\.0|etc|usr|secret|link|data|unknown).*not allowed"):
        render(html, base=base)


def test_a_relative_address_without_a_base_is_refused():
    with pytest.raises(DocumentError, match=r"no files"):
        render("<img src='logo.png'>")


def is_red(picture) -> bool:
    return any(red > 200 and green < 60 for _, (red, green, _) in picture.getcolors(100_000))


def test_a_resource_and_a_file_below_the_base_are_drawn(tmp_path, picture_of):
    (tmp_path / "square.svg").write_bytes(RED_SQUARE.content)
    assert is_red(picture_of(render("<img src='square.svg'>", base=tmp_path)))
    assert is_red(picture_of(render("<img src='resource:square'>", resources={"square": RED_SQUARE})))
    assert not is_red(picture_of(render("<p>no square")))


@pytest.mark.parametrize(("variant", "part"), [("pdf/a-2b", b"2"), ("pdf/a-3u", b"3")])
def test_an_archival_variant_declares_itself(variant, part):
    pdf = render("<p>存档", variant=variant)
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)
    plain = b"".join(zlib.decompress(one) if one[:1] == b"x" else one for one in streams)
    assert re.search(rb"pdfaid:part[^0-9]*" + part, plain)


def test_common_and_rare_characters_have_shapes_of_their_own(picture_of):
    """Extracted text looks right even where boxes were printed, so this looks at the pictures."""
    shapes = [picture_of(render(f"<p style='font:40pt Noto Sans SC'>{character}")) for character in "喆囍龘重□"]
    for index, shape in enumerate(shapes):
        assert all(ImageChops.difference(shape, other).getbbox() for other in shapes[index + 1 :])


def test_a_shared_form_is_rendered_once_and_again_when_it_changes(monkeypatch):
    calls = []

    def counted(html, **options):
        calls.append(html)
        return render(html, **options)

    monkeypatch.setattr("hanse.documents.weasy.render", counted)
    for html in ("<p>甲", "<p>甲", "<p>乙", "<p>甲"):
        render_once(html, resources={"square": RED_SQUARE}, variant="pdf/a-2u")
    render_once("<p>甲", resources={}, variant="pdf/a-2u")
    assert calls == ["<p>甲", "<p>乙", "<p>甲"]


def test_templates_escape_what_people_wrote(tmp_path: Path):
    (tmp_path / "letter.html.jinja").write_text("<p>{{ name }}</p>", encoding="utf-8")
    page = template_environment(tmp_path).get_template("letter.html.jinja").render(name="<img src=x>")
    assert page == "<p>&lt;img src=x&gt;</p>"
