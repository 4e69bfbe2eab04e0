"""What somebody who looks at a pivot may rely on: it fits their screen; its chart is drawn under the strict policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from house import House, Visitor, needs_browser

pytestmark = [needs_browser, pytest.mark.slow]

PIVOT = "/contacts/partner?as=pivot&p-rows=kind&p-rows=is_customer&p-cols=country&p-measure=count"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_pivot_and_its_charts_are_drawn_without_a_complaint_of_the_browser(
    chrome: Browser, house: House, width: int, scheme: str
) -> None:
    visitor = Visitor(chrome, house, width=width, locale="zh_CN", scheme="dark" if scheme == "dark" else "light")
    visitor.sign_in("chief")
    visitor.page.goto(PIVOT)
    visitor.look(scheme)
    for kind in ("bar", "stacked", "line", "pie"):
        visitor.page.goto(f"{PIVOT}&p-chart={kind}")
        expect(visitor.page.locator("[data-chart] canvas").first).to_be_visible()
    visitor.look(scheme)
    visitor.close()


def test_a_bar_leads_to_its_records(chrome: Browser, house: House) -> None:
    visitor = Visitor(chrome, house, width=1280, locale="zh_CN")
    visitor.sign_in("chief")
    visitor.page.goto("/contacts/partner?as=pivot&p-rows=kind&p-chart=bar")
    canvas = visitor.page.locator("[data-chart] canvas").first
    box = canvas.bounding_box()
    assert box is not None
    kinds = visitor.page.locator(".hz-pivot tbody tr:not(.hz-pivot__sum)").count()
    canvas.click(position={"x": box["width"] * (0.5 / kinds) + 30, "y": box["height"] - 45})
    visitor.page.wait_for_url("**/contacts/partner?f-kind=**")
    visitor.close()


def test_initials_in_the_palette_find_a_partner(chrome: Browser, house: House) -> None:
    visitor = Visitor(chrome, house, width=390, locale="zh_CN")
    visitor.sign_in("chief")
    visitor.page.goto("/core/search?q=gs")
    visitor.look()
    expect(visitor.page.locator(".hz-columnlist a").first).to_be_visible()
    visitor.close()
