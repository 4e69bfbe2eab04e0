"""Copy from node_modules what the browser and the printer need: ``python -m hanse.setup.assets NODE_MODULES``."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

from hanse.setup import debian
from hanse.setup.places import fonts_folder, vendor_folder

SCRIPTS = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "sortablejs/Sortable.min.js": "sortable.min.js",
    "tom-select/dist/js/tom-select.base.min.js": "tom-select.min.js",
    "tom-select/dist/css/tom-select.min.css": "tom-select.min.css",
    "echarts/dist/echarts.common.min.js": "echarts.min.js",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui.css",
}
WEB_FONTS = {"inter": "@fontsource-variable/inter", "noto-sans-sc": "@fontsource-variable/noto-sans-sc"}
# Static files only: WeasyPrint needs seconds to instance a variable font, and garbles fonts cut into slices.
PRINT_FONTS = tuple(
    f"@expo-google-fonts/{package}/{weight}/{family}_{weight}.ttf"
    for package, family in (("noto-sans-sc", "NotoSansSC"), ("noto-serif-sc", "NotoSerifSC"), ("inter", "Inter"))
    for weight in ("400Regular", "700Bold")
)
# Names of people and places are written with characters of CJK extension B, which the Noto files lack.
RARE_PACKAGE = "fonts-hanazono"
RARE_FONT = "HanaMinB.ttf"


def main(node_modules: Path) -> None:
    copy_for_browser(node_modules)
    copy_for_printer(node_modules)


def copy_for_browser(node_modules: Path) -> None:
    """Fill the vendor folder anew; its manifest, which says that it is whole, comes last."""
    vendor = vendor_folder()
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for source, name in SCRIPTS.items():
        shutil.copyfile(node_modules / source, vendor / name)
    for name, package in WEB_FONTS.items():
        copy_web_font(node_modules / package, vendor / name)
    names = (Path(__file__).parent / "icons.txt").read_text(encoding="utf-8").split()
    sprite = icon_sprite(node_modules / "@tabler/icons/icons/outline", names)
    (vendor / "icons.svg").write_text(sprite, encoding="utf-8")
    (vendor / "manifest.json").write_text(manifest(vendor), encoding="utf-8")


def copy_web_font(package: Path, target: Path) -> None:
    """Copy the upright variable font: a style sheet and the slices it names."""
    style = (package / "wght.css").read_text(encoding="utf-8")
    (target / "files").mkdir(parents=True)
    (target / "wght.css").write_text(style, encoding="utf-8")
    for name in sorted(set(re.findall(r"url\(\./files/([\w.-]+)\)", style))):
        shutil.copyfile(package / "files" / name, target / "files" / name)


def icon_sprite(icons: Path, names: list[str]) -> str:
    """Return one SVG with a symbol for each icon; colour and width of the lines come from the style around it."""
    symbols = [icon_symbol(name, (icons / f"{name}.svg").read_text(encoding="utf-8")) for name in names]
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'


def icon_symbol(name: str, drawing: str) -> str:
    inside = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
    shapes = " ".join(inside.split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>\n'


def manifest(folder: Path) -> str:
    """Return a hash of each file below the folder, by its path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return json.dumps(hashes, indent=1) + "\n"


def copy_for_printer(node_modules: Path) -> None:
    """Fill the fonts folder anew, as a whole."""
    fonts = fonts_folder()
    unfinished = fonts.with_name("fonts.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for source in PRINT_FONTS:
        shutil.copy(node_modules / source, unfinished)
    add_rare_font(unfinished)
    shutil.rmtree(fonts, ignore_errors=True)
    unfinished.rename(fonts)


def add_rare_font(fonts: Path) -> None:
    """Add the font for rare characters where Debian offers it; elsewhere a file in the folder does the same."""
    tree = fonts.with_name("fonts.deb")
    try:
        debian.unpack([RARE_PACKAGE], tree)
        for found in tree.rglob(RARE_FONT):
            shutil.copy(found, fonts)
    except debian.NotAvailable as error:
        print(f"Characters of CJK extension B will be missing on paper: {error}")
    finally:
        shutil.rmtree(tree, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
