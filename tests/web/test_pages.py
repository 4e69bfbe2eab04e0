"""What everybody may rely on who looks at a page of Hanse: the gallery in a real browser, under the real policy."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import gallery
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

NAMES = (*gallery.PAGES, "components")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
CHROMIUM = Path("/usr/bin/chromium")

needs_browser = pytest.mark.skipif(
    not (CHROMIUM.exists() and (gallery.WEB / "static" / "vendor" / "icons.svg").exists()),
    reason="needs Debian's chromium, and the assets of the set-up",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the gallery; give its address."""
    folder = tmp_path_factory.mktemp("gallery")
    gallery.write(folder, "zh_CN", "")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(gallery.Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """Give a page as wide as a desk; what it complains about fails the test."""
    context = chromium.new_context(viewport=DESK, base_url=address)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", partial(note_complaint, complaints))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def note_complaint(complaints: list[str], message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        complaints.append(message.text)


def show(page: Page, name: str) -> None:
    page.goto(f"/{name}.html")


@needs_browser
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_accessible_and_no_wider_than_the_screen(page: Page, name: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, name)
    for scheme, size in (("light", DESK), ("dark", DESK), ("light", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        wide, screen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        found = Axe().run(page).response["violations"]
        assert wide <= screen
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


@needs_browser
def test_a_list_shows_twenty_rows_on_a_small_desk(page: Page) -> None:
    show(page, "list")
    area = page.locator(".hz-tablewrap").bounding_box()
    rows = [row.bounding_box() for row in page.locator(".hz-row").all()]
    assert area
    assert sum(row["y"] + row["height"] <= area["y"] + area["height"] for row in rows if row) == 20


@needs_browser
def test_rows_are_picked_by_keys_and_by_range(page: Page) -> None:
    show(page, "list")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator(".hz-row .hz-pick input").nth(4).click(modifiers=["Shift"])
    assert page.text_content("[data-bulk-count]") == "已选 5 条"
    page.keyboard.press("Escape")
    assert page.locator("[data-bulk]").is_hidden()


@needs_browser
def test_nothing_is_destroyed_before_the_question_is_answered(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    show(page, "list")
    page.locator(".hz-row .hz-pick input").first.click()
    page.click("#hz-bulk [data-danger]")
    assert page.text_content("#hz-confirm-text") == "删除所选凭证?"
    page.click("#hz-confirm [value=no]")
    assert "POST" not in sent


@needs_browser
def test_a_search_keeps_the_cursor_and_brings_the_toolbar_along(page: Page) -> None:
    show(page, "list")
    page.evaluate("document.getElementById('hz-tools').dataset.old = 'yes'")
    page.keyboard.press("/")
    page.keyboard.type("货款")
    page.wait_for_url("**q=*")
    page.wait_for_selector("#hz-tools:not([data-old])", state="attached")
    assert page.evaluate("document.activeElement.name") == "q"


@needs_browser
def test_the_palette_finds_pages_and_records(page: Page) -> None:
    show(page, "list")
    page.keyboard.press("Control+k")
    page.keyboard.type("1002")
    page.wait_for_selector("#hz-palette [role=option] >> text=银行存款")
    page.keyboard.press("Enter")
    page.wait_for_url("**/form.html")


@needs_browser
def test_lines_add_up_exactly_and_balance_by_one_key(page: Page) -> None:
    show(page, "form")
    page.fill("#lines-0-debit", "9007199254740993.01")
    page.fill("#lines-1-credit", "0.1")
    page.fill("#lines-2-credit", "0.2")
    assert page.text_content("[data-sum=debit]") == "9,007,199,254,739,742.51"
    assert page.text_content("[data-sum=credit]") == "-1,250.20"
    page.focus("#lines-2-credit")
    page.keyboard.press("=")
    assert page.input_value("#lines-2-credit") == "9,007,199,254,740,992.91"
    assert page.get_attribute("[data-difference]", "data-balanced") == "yes"


@needs_browser
def test_enter_walks_the_cells_and_adds_a_line_that_repeats_the_text(page: Page) -> None:
    show(page, "form")
    page.focus("#lines-0-debit")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "lines-1-summary"
    page.focus("#lines-4-credit")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "lines-5-summary"
    assert page.input_value("#lines-5-summary") == "红字示例"
    assert page.input_value("[name=lines-order]") == "0,1,2,3,4", "a line without account or amount does not count"
    page.fill("#lines-5-debit", "1")
    assert page.input_value("[name=lines-order]") == "0,1,2,3,4,5"


@needs_browser
def test_lines_are_moved_removed_and_repeated_by_keys(page: Page) -> None:
    show(page, "form")
    page.fill("#lines-3-summary", "")
    page.focus("#lines-3-summary")
    page.keyboard.type("//")
    assert page.input_value("#lines-3-summary") == "销售商品,收到货款"
    page.keyboard.press("Alt+ArrowUp")
    assert page.input_value("[name=lines-order]") == "0,1,3,2,4"
    page.locator("[data-line-drop]").first.click()
    assert page.input_value("[name=lines-order]") == "1,3,2,4"


@needs_browser
def test_an_amount_typed_with_a_chinese_keyboard_is_understood(page: Page) -> None:
    show(page, "form")
    page.fill("#lines-0-debit", "１,２３４。5")
    page.focus("#lines-0-summary")
    assert page.input_value("#lines-0-debit") == "1,234.50"
    page.fill("#lines-0-debit", "abc")
    page.focus("#lines-0-summary")
    assert page.get_attribute("#lines-0-debit", "aria-invalid") == "true"


@needs_browser
def test_an_account_is_chosen_by_typing_in_a_line_added_later(page: Page) -> None:
    show(page, "form")
    page.click("[data-line-add]")
    page.focus("#lines-5-account")
    page.keyboard.type("1122")
    page.wait_for_selector("[role=option] >> text=应收账款")
    page.keyboard.press("Enter")
    assert page.input_value("#lines-5-account") == "1122 应收账款"
    assert page.input_value("[name=lines-5-account]") == "3"
    assert page.evaluate("document.activeElement.id") == "lines-5-partner"


@needs_browser
def test_what_was_typed_but_not_chosen_does_not_pass_for_a_record(page: Page) -> None:
    show(page, "form")
    page.fill("#lines-0-account", "no such account")
    page.focus("#lines-0-summary")
    assert page.input_value("#lines-0-account") == "1002.01 银行存款 工商银行北京中关村支行"
    page.fill("#lines-0-account", "")
    page.focus("#lines-0-summary")
    assert page.input_value("[name=lines-0-account]") == ""


@needs_browser
def test_the_first_wrong_field_has_the_focus(page: Page) -> None:
    show(page, "refused")
    assert page.locator("#hz-stale").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "f-date"


@needs_browser
def test_a_changed_form_is_not_left_without_a_question(page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    show(page, "form")
    page.click(".hz-nav a >> nth=0")
    page.wait_for_url("**/list.html")
    show(page, "form")
    page.click("#f-attachments")
    page.keyboard.type("4")
    page.click(".hz-nav a >> nth=0")
    page.wait_for_url("**/list.html")
    assert asked == ["beforeunload"]


@needs_browser
def test_the_theme_is_remembered_for_the_server(page: Page) -> None:
    show(page, "list")
    page.click(".hz-me summary")
    page.click("[data-theme-set=dark]")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert "hz_theme=dark" in page.evaluate("document.cookie")


@needs_browser
def test_a_folded_section_of_the_menu_is_remembered_for_the_server(page: Page) -> None:
    show(page, "list")
    section = page.locator("[data-fold=system]")
    assert section.locator("a").first.is_visible()
    section.locator("summary").click()
    assert not section.locator("a").first.is_visible()
    assert "hz_folded=system" in page.evaluate("document.cookie")
    section.locator("summary").click()
    assert section.locator("a").first.is_visible()
    assert "system" not in page.evaluate("document.cookie")


class Words(HTMLParser):
    """Collects what people read or hear of a page."""

    SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-confirm", "data-one", "data-many", "data-label")
    SILENT = ("script", "style", "kbd", "code")

    def __init__(self) -> None:
        super().__init__()
        self.words: set[str] = set()
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in self.SILENT
        self.words |= {value for name, value in attrs if name in self.SPOKEN and value}

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in self.SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.words.add(data.strip())


SAMPLES = re.compile(
    r"(SO-2025-0317|HT-2025-031|Bank statement March.xlsx|\.pdf|KB|Mia Chen|Ava Rossi|Noah Weber|Northwind GmbH"
    r"|English|Red: wrong account|Hanse)"
)


@pytest.mark.parametrize("name", gallery.PAGES)
def test_every_word_of_a_template_is_translated(name: str) -> None:
    """With a language that puts brackets around its sentences, only samples stand outside brackets."""
    env = gallery.environment("en")
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: f"⟦{message}⟧",
        lambda one, many, count: f"⟦{one if count == 1 else many}⟧",
        newstyle=True,
    )
    template, context = gallery.PAGES[name]
    reader = Words()
    reader.feed(env.get_template(template).render(context("en", "")))
    outside = {SAMPLES.sub("", re.sub("⟦[^⟧]*⟧", "", words)) for words in reader.words}
    assert [words for words in sorted(outside) if re.search("[A-Za-z]{2,}", words)] == []


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    known = set((gallery.ROOT / "core/hanse/setup/icons.txt").read_text(encoding="utf-8").split())
    used: set[str] = set()
    for file in (gallery.WEB / "templates").rglob("*.jinja2"):
        text = file.read_text(encoding="utf-8")
        used |= set(re.findall(r"""icon\('([a-z0-9-]+)'""", text))
        used |= set(re.findall(r"""(?:icon_name=|'icon': |icon or |_icon or )'([a-z0-9-]+)'""", text))
    for file in (gallery.WEB / "static" / "js").glob("*.js"):
        used |= set(re.findall(r"""icon\("([a-z0-9-]+)"\)""", file.read_text(encoding="utf-8")))
    assert len(used) > 30
    assert used - known == set()


def test_templates_and_styles_keep_to_the_strict_policy() -> None:
    for file in (gallery.WEB / "templates").rglob("*.jinja2"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"""\s(style|on[a-z]+|hx-on[:a-z-]*)=["']""", text), file.name
        assert not re.search(r"<style|javascript:|<script(?![^>]*(src=|application/json))", text), file.name
    for file in (gallery.WEB / "static" / "css").glob("*.css"):
        assert "url(" not in file.read_text(encoding="utf-8"), file.name


def test_a_part_for_htmx_has_the_list_and_no_frame() -> None:
    part = gallery.environment("en").get_template("list.jinja2")
    html = part.render(gallery.voucher_list("en", ""), layout="part.jinja2")
    assert 'id="hz-list"' in html
    assert "<title>凭证" in html
    assert "<aside" not in html
    assert "<html" not in html
