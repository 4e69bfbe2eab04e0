"""What accountants may rely on when they print: the right vouchers, in order, with all that a voucher must say."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from bookkeeping import Ledger, act
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from hanse import BusinessError, Forbidden
from hanse.documents import DocumentError
from hanse.errors import SetupError
from hanse.files import FileStore, FolderStore
from hanse.files.uploads import note
from hanse.models import StoredFile
from hanse.paper import Letterhead
from hanse.testing.counting import statements
from hanse.testing.people import open_for_admin, switch_on
from hanse_finance.models import DimensionValue, Voucher, VoucherPrint, VoucherState, VoucherWord
from hanse_finance.printed import (
    CountedQuantity,
    ForeignAmount,
    Look,
    PrintedVoucher,
    PrintResult,
    Volume,
    VoucherForm,
    amount_in_words,
    voucher_form,
)
from hanse_finance.printing import Selection, chosen, print_to, printed_vouchers, whole_file
from hanse_finance.reports import span_of
from hanse_finance.statements.printing import print_all as print_statements


def shown(ledger: Ledger, *vouchers: Voucher, locale: str = "zh_CN") -> list[PrintedVoucher]:
    """Read vouchers as a form shows them."""
    return printed_vouchers(ledger.maker, [voucher.id for voucher in vouchers], locale)


def selected(ledger: Ledger, period: str = "2025-03", **more: Any) -> list[int]:
    return chosen(ledger.maker, Selection(span_of(ledger.maker, period), **more))


def account(ledger: Ledger, code: str, **values: Any) -> int:
    made: int = ledger.maker.run(
        act("finance.account.create"), values=[{"code": code, "type": "asset", "side": "D", **values}]
    ).id
    return made


class Collector:
    """A form that keeps what it is given."""

    def __init__(self) -> None:
        self.printed: list[PrintedVoucher] = []
        self.volumes: list[Volume] = []
        self.letterhead = Letterhead()
        self.look = Look()
        self.form = VoucherForm("collect", "", "hanse_finance", self)

    def __call__(
        self,
        volumes: Any,
        *,
        letterhead: Letterhead,
        look: Look,
        progress: Callable[[int], None] | None,
        **_options: Any,
    ) -> PrintResult:
        self.letterhead, self.look = letterhead, look
        for volume in volumes:
            self.volumes.append(volume)
            for voucher in volume.vouchers:
                self.printed.append(voucher)
                if progress:
                    progress(len(self.printed))
        return PrintResult(len(self.printed), len(self.printed), (), ())


def print_all(ledger: Ledger, ids: Sequence[int], files: FileStore, **more: Any) -> Collector:
    form = Collector()
    print_to(ledger.maker, ids, form.form, io.BytesIO(), files=files, locale="zh_CN", **more)
    return form


@pytest.fixture
def files(tmp_path) -> FileStore:
    return FolderStore(tmp_path / "files")


# --- which, and in which order ----------------------------------------------------------------------------------------


def test_a_period_is_printed_by_word_and_number_without_drafts(ledger):
    ledger.maker.run(act("finance.voucher_word.create"), values=[{"code": "收", "name": "收款凭证", "position": 2}])
    receipt = ledger.maker.all(VoucherWord, VoucherWord.code == "收").one().id
    receipts = ledger.posted(word=receipt)  # a debit on cash, as 收 asks for
    second, first = (ledger.posted(on=f"2025-03-{day}") for day in ("20", "05"))
    ledger.voucher()
    ledger.posted(on="2025-04-01")

    assert selected(ledger) == [second.id, first.id, receipts.id]  # the number is the order of posting
    assert selected(ledger, word="收") == [receipts.id]


def test_drafts_are_printed_when_asked_for_but_never_void_ones(ledger):
    draft, posted, void = ledger.voucher(), ledger.posted(), ledger.voucher()
    ledger.do("void", void)

    assert selected(ledger, unposted=True) == [posted.id, draft.id]
    (printed,) = shown(ledger, draft)
    assert (printed.number, printed.provisional) == (None, draft.provisional)


def test_numbers_can_be_chosen(ledger):
    vouchers = [ledger.posted() for _number in range(4)]

    assert selected(ledger, first=2, last=3) == [vouchers[1].id, vouchers[2].id]


def test_nothing_to_print_is_said(ledger):
    ledger.voucher()

    with pytest.raises(BusinessError, match="2025-03"):
        selected(ledger)


def test_whoever_may_not_print_prints_nothing(ledger, as_user):
    voucher = ledger.posted()
    reader = as_user("finance.voucher.read")

    with pytest.raises(Forbidden):
        chosen(reader, Selection(span_of(ledger.maker, "2025-03")))
    with pytest.raises(Forbidden):
        reader.run(act("finance.voucher.print"), [voucher.id])


# --- what a voucher says ----------------------------------------------------------------------------------------------


def test_a_voucher_shows_what_the_law_asks_for(ledger):
    """Date, number, summaries, accounts, amounts, attachments, signatures: 会计基础工作规范, article 51."""
    ledger.maker.run(act("core.company.update"), [ledger.maker.company.id], values={"legal_name": "示例有限公司"})
    voucher = ledger.posted([("1001", "88.50", {"summary": "收到货款"}), ("5001", "-88.50")], attachments=3)

    (printed,) = shown(ledger, voucher)

    assert (printed.company, printed.word, printed.number, printed.period) == ("示例有限公司", "记", 1, "2025-03")
    assert (printed.date, printed.attachments, printed.title) == (date(2025, 3, 10), 3, "记账凭证")
    assert (printed.maker, printed.auditor, printed.poster) == ("Administrator", "System", "System")
    debit, credit = printed.lines
    assert (debit.summary, debit.account_code, debit.account_title) == ("收到货款", "1001", "Cash")
    assert (debit.side, debit.amount, credit.side, credit.amount) == ("D", Decimal("88.50"), "C", Decimal("88.50"))


def test_an_account_is_shown_as_general_account_and_detail(ledger):
    tax = account(ledger, "2221", name="应交税费", name_en="Taxes payable", postable=False)
    vat = account(ledger, "222101", name="应交税费-应交增值税", name_en="VAT payable", parent=tax, postable=False)
    account(ledger, "22210101", name="应交税费-应交增值税-进项税额", name_en="Input VAT", parent=vat)
    account(ledger, "100201", name="银行存款-工商银行")
    account(ledger, "Assets:Petty-Cash", name="Assets:Petty-Cash")
    voucher = ledger.posted([("22210101", "1"), ("100201", "1"), ("Assets:Petty-Cash", "1"), ("5001", "-3")])

    (chinese,), (english,) = shown(ledger, voucher), shown(ledger, voucher, locale="en")

    assert [(line.account_code, line.account_title, line.detail) for line in chinese.lines] == [
        ("22210101", "应交税费", "应交增值税-进项税额"),
        ("100201", "银行存款", "工商银行"),
        ("", "Assets:Petty-Cash", ""),
        ("5001", "Sales", ""),
    ]
    assert (english.lines[0].account_title, english.lines[0].detail) == ("Taxes payable", "VAT payable-Input VAT")


def test_dimensions_are_shown_by_the_names_they_have_now(ledger):
    sets = ledger.dimension("customer", "C001")
    ledger.require("1122", "customer")
    voucher = ledger.posted([("1122", "5", {"details": sets["C001"]}), ("5001", "-5")])
    value = ledger.maker.all(DimensionValue, DimensionValue.code == "C001").one().id
    ledger.maker.run(act("finance.dimension_value.update"), [value], values={"name": "张三商贸"})

    assert shown(ledger, voucher)[0].lines[0].detail == "张三商贸"


def test_a_reversal_is_red_on_the_side_of_the_original(ledger):
    red = ledger.post(ledger.audit(ledger.reverse(ledger.posted())))

    assert [(line.side, line.amount) for line in shown(ledger, red)[0].lines] == [
        ("D", Decimal(-100)),
        ("C", Decimal(-100)),
    ]


def test_foreign_amounts_stand_beside_those_of_the_books(ledger):
    ledger.maker.run(
        act("finance.exchange_rate.create"),
        values=[
            {
                "currency": ledger.currency("USD"),
                "quote": ledger.currency("CNY"),
                "day": date(2025, 3, 1),
                "rate": Decimal("7.1884"),
            },
        ],
    )
    triple = {
        "foreign_currency": ledger.currency("USD"),
        "foreign_amount": Decimal(-20),
        "foreign_rate": Decimal("7.2"),
    }
    own = {"currency": ledger.currency("USD")}
    recorded = ledger.maker.run(
        act("finance.voucher.record"),
        values=[
            {
                "day": date(2025, 3, 10),
                "source": "test",
                "lines": ledger.lines([("1002", "20", own), ("1001", "0.23"), ("5001", "-144", triple)]),
            },
        ],
    )

    dollars, _cash, sales = printed_vouchers(ledger.maker, recorded.done, "zh_CN")[0].lines

    assert (dollars.amount, dollars.foreign) == (
        Decimal("143.77"),
        ForeignAmount("USD", Decimal(20), Decimal("7.188500")),
    )
    assert (sales.amount, sales.foreign) == (Decimal(144), ForeignAmount("USD", Decimal(20), Decimal("7.2")))


def test_what_a_line_counts_stands_beside_its_amount_with_the_price_worked_out(ledger):
    paper = account(ledger, "1406", name="Paper", unit="箱")
    voucher = ledger.posted([("1406", "525", {"quantity": "15"}), ("1406", "10", {"quantity": "3"}), ("5001", "-535")])
    assert paper

    exact, recurring, none = (line.quantity for line in shown(ledger, voucher)[0].lines)

    assert exact == CountedQuantity(Decimal(15), "箱", Decimal("35.00"))
    assert recurring == CountedQuantity(Decimal(3), "箱", Decimal("3.33333333"))
    assert none is None


# --- printing ---------------------------------------------------------------------------------------------------------


def test_each_print_is_noted_for_good(ledger, files):
    voucher = ledger.posted()

    print_all(ledger, [voucher.id], files)
    print_all(ledger, [voucher.id], files)

    notes = ledger.maker.all(VoucherPrint)
    assert [(note.voucher_id, note.user_id) for note in notes] == [(voucher.id, ledger.maker.user.id)] * 2
    with pytest.raises(DBAPIError), ledger.maker.session.begin_nested():
        ledger.maker.session.execute(delete(VoucherPrint))


def test_a_print_tells_its_layout(ledger, files):
    print_all(ledger, [ledger.posted().id], files)

    assert [note.form for note in ledger.maker.all(VoucherPrint)] == ["collect"]


def test_by_maker_and_state_and_what_nobody_has_printed(ledger, files):
    first, second = ledger.posted(), ledger.posted()
    audited = ledger.audit(ledger.voucher())
    print_all(ledger, [first.id], files)

    assert selected(ledger, unprinted=True) == [second.id]
    assert selected(ledger, state=VoucherState.AUDITED) == [audited.id]
    assert selected(ledger, maker=ledger.maker.user.id) == [first.id, second.id]
    with pytest.raises(BusinessError, match="2025-03"):
        selected(ledger, maker=ledger.auditor.user.id)


def test_statements_bear_the_companys_seal_and_no_letterhead(ledger, files, documents_home):
    """The forms of 小企业会计准则 are laid down: their heads have the company's name only."""
    ledger.maker.run(
        act("core.company.update"),
        [ledger.maker.company.id],
        values={"address": "Harbour 1", "legal_name": "Hansa Trading Ltd"},
    )
    ledger.posted()
    picture = (
        b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><circle cx='4' cy='4' r='4' fill='#f0f'/></svg>"
    )
    stored = StoredFile.of(files.store(picture), len(picture), "seal.svg")
    note(ledger.maker.session, ledger.maker.user.id, stored, ledger.maker.now)
    seal = ledger.maker.run(act("core.seal.create"), values=[{"name": "Finance", "picture": stored}]).id
    ledger.maker.run(act("core.paper.create"), values=[{"kind": "finance.statement", "seal": seal, "head": "full"}])

    with pypdfium2.PdfDocument(print_statements(ledger.maker, span_of(ledger.maker, "2025-03"), files)) as document:
        pages = [(page.get_textpage().get_text_bounded(), page.render().to_pil()) for page in document]

    assert "Hansa Trading Ltd" in pages[0][0]
    for said, drawn in pages:
        assert "Harbour 1" not in said
        assert any(colour == (255, 0, 255) for _count, colour in drawn.getcolors(1 << 20))


def test_many_vouchers_take_as_many_statements_as_one(ledger, files):
    first, one, *more = (ledger.posted().id for _number in range(13))
    print_all(ledger, [first], files)  # settings are read once

    with statements(ledger.maker) as for_one:
        print_all(ledger, [one], files)
    with statements(ledger.maker) as for_many:
        form = print_all(ledger, more, files)

    assert len(form.printed) == 11
    assert len(for_many) == len(for_one) <= 13


def test_progress_is_told_voucher_by_voucher(ledger, files):
    ids = [ledger.posted().id for _number in range(3)]
    told: list[int] = []

    print_all(ledger, ids, files, progress=told.append)

    assert told == [1, 2, 3]


def test_missing_fonts_are_told_to_the_person(ledger, files):
    voucher = ledger.posted()

    def without_fonts(*_vouchers: Any, **_options: Any) -> PrintResult:
        raise DocumentError("The fonts are missing. Run ./run setup.")

    form = VoucherForm("fontless", "", "hanse_finance", without_fonts)
    with pytest.raises(BusinessError, match=r"\./run setup"):
        print_to(ledger.maker, [voucher.id], form, io.BytesIO(), files=files, locale="zh_CN")


def test_a_form_is_there_only_where_its_addon_is_on(ledger):
    assert voucher_form("240x140", ledger.maker.enabled).addon == "hanse_cn"
    switch_on(ledger.maker, ["hanse_contacts", "hanse_finance"])
    with pytest.raises(BusinessError, match="240x140"):
        voucher_form("240x140", open_for_admin(ledger.maker.session).enabled)


def test_a_file_that_fails_halfway_leaves_nothing_and_keeps_the_old_one(tmp_path):
    place = tmp_path / "vouchers.pdf"
    place.write_bytes(b"old")

    with pytest.raises(RuntimeError), whole_file(place) as out:
        out.write(b"half")
        raise RuntimeError("the power fails")

    assert [path.name for path in tmp_path.iterdir()] == ["vouchers.pdf"]
    assert place.read_bytes() == b"old"


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(SetupError, match="no-such-folder"), whole_file(tmp_path / "no-such-folder" / "x.pdf"):
        pass


def test_words_of_amounts_come_from_the_addon_of_the_language():
    assert amount_in_words(Decimal("107000.53"), "zh_CN") == "壹拾万柒仟元伍角叁分"
    with pytest.raises(BusinessError, match="tlh"):
        amount_in_words(Decimal(1), "tlh")
    with pytest.raises(BusinessError, match="too large"):
        amount_in_words(Decimal(10) ** 20, "zh_CN")
