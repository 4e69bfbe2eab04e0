"""Every page in both languages, at a desk and on a phone, light and dark, as pictures to look at.

    python tests/browser/contact_sheet.py FOLDER [--locale zh_CN] [--width 1280] [--scheme dark]

writes one picture a page into FOLDER and pastes them into sheets, ``sheet-<locale>-<width>-<scheme>-<n>.png``.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent / "core"), str(TESTS.parent / "addons"), str(TESTS / "browser")]

from PIL import Image  # noqa: E402
from playwright.sync_api import Page  # noqa: E402

from hanse.app import boot  # noqa: E402
from hanse.config import Settings  # noqa: E402

boot(Settings.load(environ={}))  # before what asks models for their attributes is imported

from hanse.testing.databases import Databases, make_home, remove_home  # noqa: E402
from house import COMPANY, OURS, House, Scheme, Visitor, chromium, open_house, pages_of  # noqa: E402

LOCALES = ("zh_CN", "en")
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
#: Pages that the menu does not name, besides a form and a new form of each list.
MORE = (
    "/me",
    "/setup",
    "/no/such/page",
    "/finance/trial-balance?period=2025-01",
    "/finance/account-ledger?account=2&period=2025-01",
    "/finance/voucher?as=board",
    "/finance/voucher?as=calendar",
    "/finance/voucher?group=state&group=word",
    "/finance/voucher?as=pivot&p-rows=day:month&p-cols=state&p-measure=sum:total",
    "/contacts/partner?as=pivot&p-rows=country&p-measure=count&p-chart=bar",
    "/core/search?q=a",
)
COLUMNS = {1280: 4, 390: 9}
SCALE = {1280: 0.5, 390: 0.62}
ROWS = 3
GAP = 8


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--locale", choices=LOCALES, action="append")
    parser.add_argument("--width", choices=WIDTHS, type=int, action="append")
    parser.add_argument("--scheme", choices=SCHEMES, action="append")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    home = make_home()
    databases = Databases(home, OURS)
    try:
        with tempfile.TemporaryDirectory() as state:
            for house in open_house(databases, Path(state)):
                for width in given.width or WIDTHS:
                    for locale in given.locale or LOCALES:
                        for scheme in given.scheme or SCHEMES:
                            photograph(house, given.folder, locale, width, cast("Scheme", scheme))
    finally:
        databases.close()
        remove_home(home)


def photograph(house: House, folder: Path, locale: str, width: int, scheme: Scheme) -> None:
    """Take a picture of every page in one language, width and theme, and paste them."""
    name = f"{locale}-{width}-{scheme}"
    taken: list[Path] = []
    with chromium() as browser:
        visitor = Visitor(browser, house, width=width, locale=locale, scheme=scheme)
        visitor.page.goto("/login")
        taken.append(shoot(visitor.page, folder, name, "login"))
        visitor.sign_in("admin")
        enter_company(visitor.page)
        for path in every_page(visitor.page):
            visitor.page.goto(path)
            taken.append(shoot(visitor.page, folder, name, path))
        visitor.close()
    for number, start in enumerate(range(0, len(taken), ROWS * COLUMNS[width])):
        paste(taken[start : start + ROWS * COLUMNS[width]], width).save(folder / f"sheet-{name}-{number}.png")


def enter_company(page: Page) -> None:
    """Go on in the company of the demonstration."""
    page.goto("/")
    button = page.locator(".hz-sidebar > .hz-menu button", has_text=COMPANY)
    if button.count():
        with page.expect_navigation():
            button.evaluate("button => button.click()")


def every_page(page: Page) -> Iterator[str]:
    """Give the address of each page: those of the menu, and of each list its first record and a new one."""
    menu = pages_of(page)
    yield from ("/", *menu, *MORE)
    for path in menu:
        page.goto(path)
        first = page.locator(".hz-row[data-id]").first
        if first.count():
            yield f"{path}/{first.get_attribute('data-id')}"
            yield f"{path}/new"


def shoot(page: Page, folder: Path, name: str, path: str) -> Path:
    """Take one picture of what the screen shows."""
    file = folder / f"{name}-{re.sub('[^a-z0-9-]+', '_', path).strip('_') or 'home'}.png"
    page.screenshot(path=file)
    return file


def paste(files: list[Path], width: int) -> Image.Image:
    """Put pictures side by side, smaller."""
    pictures = [Image.open(file).convert("RGB") for file in files]
    across, down = (int(size * SCALE[width]) for size in pictures[0].size)
    rows = -(-len(pictures) // COLUMNS[width])
    sheet = Image.new("RGB", (COLUMNS[width] * (across + GAP) + GAP, rows * (down + GAP) + GAP), "#808080")
    for place, picture in enumerate(pictures):
        row, column = divmod(place, COLUMNS[width])
        sheet.paste(
            picture.resize((across, down), Image.Resampling.LANCZOS),
            (GAP + column * (across + GAP), GAP + row * (down + GAP)),
        )
    return sheet


if __name__ == "__main__":
    main()
