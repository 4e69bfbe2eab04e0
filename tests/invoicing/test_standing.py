"""What ageing and statements may rely on: as of a day, by due days, adding up to what stands on the accounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pypdfium2
import pytest

from hanse.actions import find_action
from hanse.documents.fonts import font_directory
from hanse.files import FolderStore
from hanse.files.uploads import note
from hanse.i18n import speaking
from hanse.models import StoredFile
from hanse.screens.reports import Given
from hanse_contacts.models import Partner
from hanse_invoicing.models import Ledger, OpenItem
from hanse_invoicing.papers import print_invoices, print_statement
from hanse_invoicing.screens import AGEING, STATEMENT
from hanse_invoicing.standing import ageing, left, moved

D = Decimal
END = date(2025, 6, 30)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("HANSE_FONTS", str(font_directory()))
    monkeypatch.setenv("HANSE_HOME", str(tmp_path))
    return FolderStore(tmp_path / "files")


@pytest.mark.parametrize(
    ("due", "bucket"),
    [
        ("2025-07-01", 0),
        ("2025-06-30", 0),
        ("2025-06-29", 1),
        ("2025-05-31", 1),
        ("2025-05-30", 2),
        ("2025-04-01", 3),
        ("2025-03-31", 4),
        ("2025-01-01", 4),
        ("2024-12-31", 5),
    ],
)
def test_what_is_due_falls_into_its_bucket(trade, due, bucket):
    day = "2025-03-10"
    if due < "2025-01-01":
        trade.run("finance.fiscal_year.create", values=[{"start": date(2024, 1, 1)}])
        day = "2024-12-31"
    days = (date.fromisoformat(due) - date.fromisoformat(day)).days
    if days < 0:
        day, days = due, 0
    term = trade.run("invoicing.term.create", values=[{"name": "so", "parts": [{"days": days}]}]).id
    trade.posted(on=day, term=term)
    (found,) = ageing(trade.ctx, Ledger.RECEIVABLE, END)
    assert [place for place, amount in enumerate(found.buckets) if amount] == [bucket]
    assert found.total == D(113)


def test_an_earlier_day_knows_nothing_of_later_payments(trade):
    (item,) = trade.items(trade.posted())
    trade.payment("100", (item, "100"), day="2025-05-01")
    assert [one.total for one in ageing(trade.ctx, Ledger.RECEIVABLE, date(2025, 4, 30))] == [D(113)]
    assert [one.total for one in ageing(trade.ctx, Ledger.RECEIVABLE, date(2025, 5, 1))] == [D(13)]
    assert ageing(trade.ctx, Ledger.RECEIVABLE, date(2025, 3, 9)) == []


def test_a_statement_ends_with_what_is_open(trade):
    trade.rate("USD", "2025-03-01", "7.2")
    (item,) = trade.items(trade.posted([("3", "100")]))
    trade.posted([("1", "50", {"tax": None})], currency=trade.currency("USD"))
    trade.payment("338.50", (item, "338.50", "0", "0.50"))
    trade.payment("20", advance=True)
    found = moved(trade.ctx, Ledger.RECEIVABLE, END, trade.acme)
    sums = {currency: sum(one.amount for one in found if one.currency == currency) for currency in ("CNY", "USD")}
    assert sums == {"CNY": D(-20), "USD": D(50)}
    assert {one.kind for one in found} == {"document", "write_off"}
    assert sum(one.open for one in left(trade.ctx, Ledger.RECEIVABLE, END, trade.acme) if one.currency == "CNY") == -20
    reading = STATEMENT.read(trade.ctx, Given({"partner": str(trade.acme), "ledger": "receivable"}))
    assert [row.values[-1] for row in reading.rows if row.strong] == [D(-20), D(50)]


def test_ageing_adds_up_to_the_open_items(trade):
    trade.posted(partner=trade.bolt)
    trade.posted([("1", "200")], on="2025-05-05")
    trade.posted(kind="bill")
    reading = AGEING.read(trade.ctx, Given({"ledger": "receivable"}))
    assert [row.values[0] for row in reading.rows] == ["Acme", "Bolt"]
    total = sum(one.open_base for one in trade.ctx.all(OpenItem, OpenItem.ledger == Ledger.RECEIVABLE))
    assert reading.totals[-1] == total == D(339)
    payables = AGEING.read(trade.ctx, Given({"ledger": "payable"}))
    assert payables.totals[-1] == D(113)


def test_ageing_is_read_in_pages_and_adds_up_on_each(trade, monkeypatch):
    monkeypatch.setattr("hanse_invoicing.screens.standing.PAGE", 1)
    trade.posted(partner=trade.bolt)
    trade.posted([("1", "200")])
    first = AGEING.read(trade.ctx, Given({"ledger": "receivable"}))
    second = AGEING.read(trade.ctx, Given({"ledger": "receivable", **first.after}))
    assert [[row.values[0] for row in one.rows] for one in (first, second)] == [["Acme"], ["Bolt"]]
    assert [one.totals[-1] for one in (first, second)] == [D(339), D(339)]
    assert [first.before, second.before, second.after] == [None, {"at": ""}, None]
    whole = AGEING.read(trade.ctx, Given({"ledger": "receivable"}, whole=True))
    assert len(whole.rows) == 2


def test_an_invoice_is_printed_in_the_language_of_its_partner(trade, files, text_of):
    trade.run("contacts.partner.update", trade.acme, values={"language": "en"})
    trade.run("contacts.partner.update", trade.bolt, values={"language": "zh_CN"})
    chosen = [trade.posted([("2", "1450.50", {"description": "商品"})]), trade.posted(partner=trade.bolt)]
    with speaking("zh_CN"):
        first, second = text_of(print_invoices(trade.ctx, chosen, files))
    assert "INV2025-00001" in first
    assert "商品" in first
    assert "3,278.13" in first
    assert "Total with tax" in first
    assert "价税合计" in second


def test_an_invoice_has_letterhead_and_seal_of_the_company(trade, files, text_of):
    values = {"address": "Harbour 1", "tax_id": "91310000MA1K00000X"}
    trade.run("core.company.update", trade.ctx.company.id, values=values)
    for partner, language in ((trade.acme, "en"), (trade.bolt, "zh_CN")):
        trade.run("contacts.partner.update", partner, values={"language": language})
    picture = (
        b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><circle cx='4' cy='4' r='4' fill='#f0f'/></svg>"
    )
    stored = StoredFile.of(files.store(picture), len(picture), "seal.svg")
    note(trade.ctx.session, trade.ctx.user.id, stored, trade.ctx.now)
    seal = trade.ctx.run(find_action("core.seal.create"), values=[{"name": "Invoices", "picture": stored}]).id
    chosen = [trade.posted(), trade.posted(partner=trade.bolt)]

    def sealed(pdf: bytes) -> list[bool]:
        with pypdfium2.PdfDocument(pdf) as document:
            pictures = [page.render().to_pil().getcolors(1 << 20) for page in document]
        return [any(colour == (255, 0, 255) for _count, colour in colours) for colours in pictures]

    without = print_invoices(trade.ctx, chosen, files)
    trade.ctx.run(find_action("core.paper.create"), values=[{"kind": "invoicing.invoice", "seal": seal}])
    with_seal = print_invoices(trade.ctx, chosen, files)

    english, chinese = text_of(with_seal)
    assert "Harbour 1" in english
    assert "Tax number 91310000MA1K00000X" in english
    assert "税号 91310000MA1K00000X" in chinese
    assert (sealed(without), sealed(with_seal)) == ([False, False], [True, True])


def test_a_statement_is_printed_with_its_ageing(trade, files, text_of):
    trade.posted()
    partners = list(trade.ctx.all(Partner, Partner.id.in_([trade.acme, trade.bolt]), order_by=[Partner.id]))
    with speaking("en"):
        for one in partners:
            trade.run("contacts.partner.update", one.id, values={"language": "en"})
        acme, bolt = text_of(print_statement(trade.ctx, partners, Ledger.RECEIVABLE, END, files))
    assert "INV2025-00001" in acme
    assert "112" in acme  # days since March 10
    assert "Nothing is open" in bolt
