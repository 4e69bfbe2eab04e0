"""Where our fonts are, and how Pango is made to see only them.

A document must look the same on every machine and must embed a font we may embed, so the fonts of the system are never
used.  ``./run setup`` puts static TrueType files into a folder of the installation; ``HANSE_FONTS`` names another one.
"""

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Final, Literal
from xml.sax.saxutils import escape

from hanse.documents.errors import DocumentError
from hanse.setup.places import build_folder, fonts_folder

Role = Literal["serif", "serif-bold", "sans", "sans-bold"]

_FIRST: Final[dict[Role, tuple[str, ...]]] = {
    "serif": ("NotoSerifSC_400Regular.ttf", "NotoSansSC_400Regular.ttf", "Inter_400Regular.ttf"),
    "serif-bold": ("NotoSerifSC_700Bold.ttf", "NotoSansSC_700Bold.ttf", "Inter_700Bold.ttf"),
    "sans": ("NotoSansSC_400Regular.ttf", "NotoSerifSC_400Regular.ttf", "Inter_400Regular.ttf"),
    "sans-bold": ("NotoSansSC_700Bold.ttf", "NotoSerifSC_700Bold.ttf", "Inter_700Bold.ttf"),
}
_NAMED: Final = frozenset(name for names in _FIRST.values() for name in names)
CSS_FAMILY: Final[dict[Role, str]] = {
    "serif": "Noto Serif SC",
    "serif-bold": "Noto Serif SC",
    "sans": "Noto Sans SC",
    "sans-bold": "Noto Sans SC",
}
_fontconfig_lock = RLock()


def font_directory() -> Path:
    """Return the folder with our fonts.

    :raises DocumentError: the folder is not there or holds no font, so set-up has not run
    """
    directory = Path(os.environ.get("HANSE_FONTS") or fonts_folder())
    if next(directory.rglob("*.ttf"), None) is None:
        raise DocumentError(f"There are no fonts in {directory}. Run ./run setup, then print again.")
    return directory


def cache_directory() -> Path:
    """Return a folder for what can be made again: of ``HANSE_HOME``, else of the installation, else of this process."""
    home = os.environ.get("HANSE_HOME")
    for state in ([Path(home)] if home else []) + [build_folder()]:
        if os.access(next(one for one in (state, *state.parents) if one.exists()), os.W_OK):
            return state / "cache"
    return _cache_of_process()


@cache
def _cache_of_process() -> Path:
    return Path(tempfile.mkdtemp(prefix="hanse-"))


def _font_files(directory: Path) -> list[Path]:
    """Return the TrueType files below a folder by name; none if there is no such folder."""
    return sorted(directory.rglob("*.ttf"), key=lambda path: path.name)


def font_stack(role: Role) -> tuple[Path, ...]:
    """Return the fonts to ask for a character, best first.

    The named fonts come first; any other TrueType file in the folder is a fallback for rare characters, so a company
    with an employee called 𠮷田 adds a font by putting a file there.

    :raises DocumentError: the first font of the role is missing
    """
    directory = font_directory()
    by_name = {path.name: path for path in _font_files(directory)}
    first = _FIRST[role]
    if first[0] not in by_name:
        raise DocumentError(f"The font {first[0]} is not in {directory}. Run ./run setup, then print again.")
    named = [by_name[name] for name in first if name in by_name]
    return (*named, *(path for name, path in by_name.items() if name not in _NAMED))


def _configuration(directory: Path, cached: Path) -> str:
    aliases = "".join(
        f"<alias binding='same'><family>{generic}</family><prefer><family>{family}</family></prefer></alias>"
        for generic, family in (("serif", "Noto Serif SC"), ("sans-serif", "Noto Sans SC"), ("system-ui", "Inter"))
    )
    return (
        "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'urn:fontconfig:fonts.dtd'>"
        f"<fontconfig><reset-dirs/><dir>{escape(str(directory))}</dir>"
        f"<cachedir>{escape(str(cached))}</cachedir>{aliases}</fontconfig>\n"
    )


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file so that another process sees the old or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
        temporary.write(content)
    Path(temporary.name).replace(path)


@contextmanager
def only_our_fonts() -> Generator[None, None, None]:
    """Make fontconfig read our configuration inside the block, and leave the environment as it was.

    Fontconfig reads ``FONTCONFIG_FILE`` whenever a configuration is loaded, so it is set just for that: a browser or
    another program started later by this process keeps its fonts.
    """
    directory = font_directory()
    folder = cache_directory() / "fontconfig"
    file = folder / f"{directory.resolve().as_posix().strip('/').replace('/', '-')}.conf"
    with _fontconfig_lock:
        content = _configuration(directory.resolve(), folder).encode()
        if not file.exists() or file.read_bytes() != content:
            write_whole(file, content)
        before = os.environ.get("FONTCONFIG_FILE")
        os.environ["FONTCONFIG_FILE"] = str(file)
        try:
            yield
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before
