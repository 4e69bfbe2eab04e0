"""What people see of files in fields: dropped, shown, kept through a refusal, small in lists, on a phone too."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, expect

from house import House, Scheme, Visitor, needs_browser

pytestmark = [needs_browser, pytest.mark.slow]

_DROP = """([content, name]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "image/png" }));
  const box = document.querySelector("[data-field=picture] [data-upload]");
  for (const type of ["dragenter", "dragover", "drop"]) {
    box.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
  }
}"""


def picture(colour: str) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(drawn, "PNG")
    return drawn.getvalue()


@pytest.mark.parametrize(
    ("width", "locale", "scheme"), [(1280, "en", "light"), (390, "zh_CN", "dark")], ids=["desk", "phone"]
)
def test_a_partner_gets_a_picture(chrome: Browser, house: House, width: int, locale: str, scheme: Scheme) -> None:
    visitor = Visitor(chrome, house, width=width, locale=locale, scheme=scheme)
    visitor.sign_in("admin")
    page = visitor.page
    page.goto("/contacts/partner/new")
    page.fill("#f-name", f"Pictured {width}")
    page.fill("#f-email", "no address")
    page.evaluate(_DROP, [base64.b64encode(picture("#2b7")).decode(), "绿.png"])
    box = page.locator("[data-field=picture]")
    expect(box.locator("img")).to_be_visible()
    expect(box).to_contain_text("绿.png")
    visitor.look(scheme)

    page.keyboard.press("Control+s")
    expect(page.locator("#f-email-error")).to_be_visible()
    expect(box.locator("img")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-field=picture] img').naturalWidth") == 240, "it is still there"
    page.fill("#f-email", "")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile("/contacts/partner/[0-9]+$"))
    box.locator("a[data-look]").click()
    expect(page.locator("dialog.hz-viewer img")).to_be_visible()
    page.keyboard.press("Escape")

    wrong: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
    box.locator("input[type=file]").first.set_input_files(wrong)
    expect(box.locator("[data-upload-said]")).to_contain_text("notes.txt")
    expect(box).to_contain_text("绿.png")
    blue: FilePayload = {"name": "blue.png", "mimeType": "image/png", "buffer": picture("#27b")}
    box.locator("input[type=file]").first.set_input_files(blue)
    expect(box).to_contain_text("blue.png")
    page.keyboard.press("Control+s")
    expect(page.locator("#hz-timeline")).to_contain_text("blue.png")
    visitor.look(scheme)

    page.goto(f"/contacts/partner?q=Pictured+{width}")
    expect(page.locator("tr.hz-row .hz-thumb img")).to_be_visible()
    visitor.look(scheme)
    page.goto(page.locator("tr.hz-row").first.get_attribute("data-url") or "")
    box.locator("[data-upload-remove]").click()
    expect(box.locator("img")).to_have_count(0)
    page.keyboard.press("Control+s")
    page.wait_for_load_state()
    expect(box.locator("img")).to_have_count(0)
    visitor.close()
