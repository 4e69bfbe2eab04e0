"""HTML and print CSS to PDF by WeasyPrint, with a closed door to the outside.

WeasyPrint is imported when first used: it needs Pango, takes a second and 60 MB, and most processes never print.
"""

import mimetypes
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Final, Literal, Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hanse.documents.errors import DocumentError
from hanse.documents.fonts import cache_directory, font_directory, only_our_fonts, write_whole
from hanse.setup.pango import load_pango

Variant = Literal["pdf/a-2b", "pdf/a-2u", "pdf/a-3b", "pdf/a-3u"]
_FORMS_KEPT: Final = 256
_drawing = RLock()
_NOWHERE: Final = "hanse-document:/"


@dataclass(frozen=True, slots=True)
class Resource:
    """Bytes a document may refer to as ``resource:<name>``: a logo, a chart, a style sheet."""

    content: bytes
    mime: str


class _Page(Protocol):
    """A parsed page of WeasyPrint, which ships no types."""

    def write_pdf(self, **options: object) -> bytes: ...


@cache
def _engine() -> tuple[ModuleType, object]:
    """Return WeasyPrint and the one FontConfiguration of this process (a new one for each document leaks memory).

    :raises DocumentError: Pango or the fonts are missing
    """
    load_pango()
    with only_our_fonts():
        try:
            weasyprint = import_module("weasyprint")
        except OSError as error:
            raise DocumentError(
                f"Pango, which makes PDF, is missing ({error}). Run ./run setup, then print."
            ) from error
        configuration = import_module("weasyprint.text.fonts").FontConfiguration()
    return weasyprint, configuration


def ready() -> None:
    """Load the engine, which takes a second the first time.

    :raises DocumentError: Pango or the fonts are missing
    """
    _engine()


def _answer(url: str, content: bytes, mime: str) -> object:
    return import_module("weasyprint.urls").URLFetcherResponse(url, content, {"Content-Type": mime})


class _Door:
    """Decides what a document may read: named resources, and files below its base or the font folder.

    Stands where WeasyPrint expects a URLFetcher, and has the two things it uses: to be called, and ``_fail_on_errors``,
    which makes an error end the rendering instead of leaving a hole in the page.
    """

    _fail_on_errors = True

    def __init__(self, base: Path | None, resources: Mapping[str, Resource]) -> None:
        self._resources = resources
        self._folders = [folder.resolve() for folder in (base, font_directory()) if folder is not None]
        self.refused: str | None = None

    def __call__(self, url: str) -> object:
        address = urlsplit(url)
        if address.scheme == "resource" and (resource := self._resources.get(unquote(address.path))):
            return _answer(url, resource.content, resource.mime)
        if address.scheme == "file" and address.netloc in ("", "localhost"):
            path = Path(url2pathname(address.path)).resolve()
            if path.is_file() and any(path.is_relative_to(folder) for folder in self._folders):
                mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                return _answer(url, path.read_bytes(), mime)
        self.refused = self.refused or url
        raise DocumentError(f"refused {url}")


def render(
    html: str,
    *,
    base: Path | None = None,
    resources: Mapping[str, Resource] | None = None,
    variant: Variant | None = None,
) -> bytes:
    """Return the PDF of an HTML page.

    Nothing is read but ``resources`` (as ``resource:<name>``), files below ``base``, to which relative addresses
    belong, and our fonts: no network, no ``data:``, no other file.

    :raises DocumentError: the page asked for anything else; the message names the first address
    """
    weasyprint, configuration = _engine()
    door = _Door(base, resources or {})
    base_url = f"{base.resolve().as_uri()}/" if base is not None else _NOWHERE
    fatal: type[BaseException] = import_module("weasyprint.urls").FatalURLFetchingError
    page: _Page = weasyprint.HTML(string=html, base_url=base_url, url_fetcher=door)
    try:
        content = _written(page, font_config=configuration, pdf_variant=variant)
    except fatal as error:
        raise _refusal(door, base) from error
    if door.refused is not None:
        raise _refusal(door, base)
    return content


def _written(page: _Page, **options: object) -> bytes:
    """Return the PDF of a page, one page at a time because Pango's font map is shared.

    The warning that WeasyPrint 70 leaves its colour profile open is not for us.
    """
    with _drawing, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"unclosed file .*sRGB2014\.icc", category=ResourceWarning)
        return page.write_pdf(**options)


def render_once(html: str, *, resources: Mapping[str, Resource], variant: Variant) -> bytes:
    """Return the PDF of a page that many documents share, kept on disk under the hash of all it is made of.

    A process that finds it there needs neither Pango nor the second and the 60 MB of importing WeasyPrint.
    """
    file = cache_directory() / "forms" / f"{_fingerprint(html, resources, variant)}.pdf"
    if file.is_file():
        return file.read_bytes()
    content = render(html, resources=resources, variant=variant)
    write_whole(file, content)
    _forget_oldest(file.parent)
    return content


def _fingerprint(html: str, resources: Mapping[str, Resource], variant: Variant) -> str:
    digest = sha256(f"{version('weasyprint')} {variant}\n{html}".encode())
    for path in sorted(font_directory().rglob("*.ttf")):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    for name, resource in sorted(resources.items()):
        digest.update(f"{name} {resource.mime} {len(resource.content)}\n".encode() + resource.content)
    return digest.hexdigest()


def _forget_oldest(folder: Path) -> None:
    by_age = sorted(folder.glob("*.pdf"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_age[_FORMS_KEPT:]:
        path.unlink(missing_ok=True)


def _refusal(door: _Door, base: Path | None) -> DocumentError:
    allowed = f"files below {base}" if base is not None else "no files"
    return DocumentError(
        f"The document asked for {door.refused}, which is not allowed: it may read {allowed} and the resources"
        " passed to it."
    )


@lru_cache(maxsize=64)
def template_environment(folder: Path) -> Environment:
    """Return the Jinja2 environment of an addon's document folder: escaping always on, unknown names are errors."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
