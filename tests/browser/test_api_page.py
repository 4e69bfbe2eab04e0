"""What readers of the documentation of the API may rely on: it is drawn by our own files, under the strict policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from house import House, Visitor, needs_browser

pytestmark = [needs_browser, pytest.mark.slow]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_documentation_of_the_api_is_drawn_without_a_complaint_of_the_browser(
    chrome: Browser, house: House, scheme: str
) -> None:
    visitor = Visitor(chrome, house, width=1280, locale="zh_CN", scheme="dark" if scheme == "dark" else "light")
    visitor.sign_in("chief")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.goto("/core/api")
    partner = visitor.page.locator(".opblock-tag", has_text="contacts.partner").first
    partner.click()
    visitor.page.get_by_text("/contacts.partner/{id}", exact=True).first.click()
    expect(visitor.page.locator(".opblock.is-open")).to_be_visible()
    expect(visitor.page.get_by_text("Try it out")).to_have_count(0)
    assert visitor.page.evaluate("document.documentElement.classList.contains('dark-mode')") is (scheme == "dark")
    assert {url for url in asked if not url.startswith((house.address, "data:"))} == set()
    assert visitor.complaints == []
    visitor.context.close()


def test_a_description_that_cannot_be_had_is_told_in_words(chrome: Browser, house: House) -> None:
    visitor = Visitor(chrome, house, width=1280, locale="zh_CN")
    visitor.sign_in("chief")
    visitor.page.route("**/openapi.json", lambda route: route.abort())
    visitor.page.goto("/core/api")
    expect(visitor.page.get_by_text("无法加载接口说明，请重新加载页面。")).to_be_visible()
    visitor.context.close()
