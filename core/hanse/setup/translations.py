"""Collect sentences into i18n/<locale>/LC_MESSAGES/<domain>.po and compile them: ``extract``, ``update``, ``compile``.

The kernel has the domain ``hanse``, every addon the one of its own name.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

from hanse.setup.places import CHECKOUT

METHODS = [("**.py", "python"), ("**.jinja2", "jinja2"), ("**.jinja", "jinja2")]
KEYWORDS: Mapping[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2)}
NEW_LOCALES = ("zh_CN",)  # English is what the source is written in
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # a date of its own in every run would only make noise in the history


def sources(checkout: Path) -> dict[str, Path]:
    """Return the folder of each domain."""
    addons = {path.name: path for path in sorted((checkout / "addons").glob("*")) if (path / "__init__.py").exists()}
    return {"hanse": checkout / "core" / "hanse"} | addons


def extract(checkout: Path = CHECKOUT, *, keep_gone: bool = True) -> None:
    """Bring the .po files of all domains up to date; ``keep_gone`` leaves sentences that are gone as comments."""
    locales = sorted(path.name for path in (checkout / "i18n").glob("*") if path.is_dir()) or NEW_LOCALES
    for domain, folder in sources(checkout).items():
        template = collect(domain, folder)
        for locale in locales:
            bring_up_to_date(checkout / "i18n" / locale / "LC_MESSAGES" / f"{domain}.po", template, locale, keep_gone)


def collect(domain: str, folder: Path) -> Catalog:
    """Return every sentence below the folder, with the files it stands in."""
    template = Catalog(project=domain, charset="utf-8", creation_date=_NO_DATE)
    found = extract_from_dir(folder, METHODS, keywords=KEYWORDS, comment_tags=["i18n:"], strip_comment_tags=True)
    for path, _line, message, comments, context in found:
        template.add(message, None, [(f"{folder.name}/{path}", 0)], auto_comments=comments, context=context)
    return template


def bring_up_to_date(path: Path, template: Catalog, locale: str, keep_gone: bool) -> None:
    if not template and not path.exists():
        return
    catalogue = read(path) if path.exists() else Catalog(locale=locale, charset="utf-8", fuzzy=False)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.revision_date = catalogue.creation_date = _NO_DATE
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=110, sort_output=True, include_lineno=False, ignore_obsolete=not keep_gone)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())


def compile_all(checkout: Path = CHECKOUT) -> None:
    """Write the .mo file beside each .po file."""
    for path in sorted((checkout / "i18n").glob("*/LC_MESSAGES/*.po")):
        unfinished = path.with_suffix(".mo.new")
        with unfinished.open("wb") as file:
            write_mo(file, read(path))
        unfinished.replace(path.with_suffix(".mo"))


def read(path: Path) -> Catalog:
    """Read a .po file.

    :raises SystemExit: it is malformed, or a translation asks for a value that the sentence does not have
    """
    with path.open("rb") as file:
        try:
            catalogue = read_po(file, locale=path.parts[-3], abort_invalid=True)
        except PoFileError as error:
            sys.exit(f"{path}: {error}")
    for message, errors in catalogue.check():
        sys.exit(f"{path}: {message.id!r} is translated wrongly: {errors[0]}")
    return catalogue


COMMANDS: Mapping[str, Callable[[], None]] = {
    "extract": extract,
    "update": lambda: extract(keep_gone=False),
    "compile": compile_all,
}


def main(arguments: list[str]) -> None:
    """Run one of the commands."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        sys.exit(f"Say which: ./run i18n {' | '.join(COMMANDS)}")
    COMMANDS[arguments[0]]()


if __name__ == "__main__":
    main(sys.argv[1:])
