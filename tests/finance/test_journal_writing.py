"""What writing a journal may be relied on for: whatever people type, the programs read it and reckon the same balances.

Figures: hledger, ledger and beancount, run by the tests.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from plaintext import PROGRAMS, Program, run

from hanse_finance.analyses import Analysis
from hanse_finance.journals import write_journal
from hanse_finance.journals.content import (
    BookBalance,
    Books,
    Commodity,
    Foreign,
    JournalAccount,
    JournalEntry,
    JournalFormat,
    JournalLine,
    Price,
)
from hanse_finance.journals.names import CONVERSION
from hanse_finance.journals.writing import WRITERS
from hanse_finance.models import AccountType, Side

DAY = date(2025, 3, 10)
#: What ends a field, begins a comment, a tag, a date or an expression in one of the formats, or has no place in it.
NASTY = [
    "",
    " ",
    "a;b",
    "a | b",
    'say "hi"',
    "back\\slash\\",
    "two\nlines\r\n",
    "tab\there",
    "date:2025-13-45",
    "[2025-99-99]",
    "value:: 1/0",
    "Payee: x",
    ":tag:",
    "a  b",
    "* (x) ! =",
    "= 5 CNY",
    "@@ 3 USD",
    "银行存款",
    "Zürich ｜ é",
    "😀",
    "\u3000全角\u2028",
    "a:b:c",
    "-",
    "(paren",
    "{brace}",
    "<def>",
    "1",
    "lower",
    "%",
    "s",
    "TRUE",
    "~",
    "#tag ^link",
    "\x07",
]
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=12))
CODES = ["USD", "£", "s", "m", "TRUE", "a b", "X", "x", "AAPL 2025", '5"', "JPY;", "usd", "N/A", "币", "K" * 40]


@st.composite
def books(draw: st.DrawFn) -> Books:
    """Draw small books: accounts in a tree, currencies of any name, entries that balance in the company's currency."""
    commodities = [Commodity(0, "CNY", 2)]
    for key, code in enumerate(draw(st.lists(st.sampled_from(CODES), max_size=3, unique=True)), start=1):
        commodities.append(Commodity(key, code, draw(st.sampled_from([0, 2, 8]))))
    accounts: list[JournalAccount] = []
    for key, code in enumerate(draw(st.lists(texts, min_size=2, max_size=5))):
        accounts.append(
            JournalAccount(
                key,
                code,
                draw(st.one_of(st.just(code), texts)),
                draw(st.sampled_from(list(AccountType))),
                draw(st.sampled_from(list(Side))),
                draw(st.sampled_from([None, *range(key)])),
                draw(st.booleans()),
            )
        )
    entries = sorted(
        (draw(entry(accounts, commodities)) for _one in range(draw(st.integers(1, 5)))), key=lambda one: one.day
    )
    return of(entries, accounts, commodities)


@st.composite
def entry(draw: st.DrawFn, accounts: list[JournalAccount], commodities: list[Commodity]) -> JournalEntry:
    lines: list[JournalLine] = []
    for _line in range(draw(st.integers(0, 4))):
        commodity = draw(st.sampled_from(commodities))
        amount = Decimal(draw(st.integers(-(10**9), 10**9))).scaleb(-commodity.places) * draw(st.sampled_from([0, 1]))
        base = Decimal(draw(st.integers(-(10**9), 10**9))).scaleb(-2) * draw(st.sampled_from([0, 1]))
        own = commodity.id == 0 and draw(st.booleans())
        lines.append(
            JournalLine(
                draw(st.sampled_from(accounts)).id,
                commodity.id,
                amount,
                amount if own else base,
                draw(texts),
                draw(st.sampled_from([None, *Side])),
                draw(st.sampled_from([None, Foreign("£ ;", amount, Decimal("7.1"))])),
                [Analysis(0, draw(texts), draw(texts))],
            )
        )
    rest = -sum((one.base for one in lines), Decimal(0))
    lines.append(JournalLine(draw(st.sampled_from(accounts)).id, 0, rest, rest))
    return JournalEntry(
        DAY + timedelta(days=draw(st.integers(0, 20))), draw(texts), draw(texts), lines, {"maker": draw(texts)}
    )


def of(entries: list[JournalEntry], accounts: list[JournalAccount], commodities: list[Commodity]) -> Books:
    """Make books of entries, with the closing balances that they add up to."""
    sums: dict[tuple[int, int], Decimal] = {}
    for one in (line for each in entries for line in each.lines):
        sums[one.account, one.commodity] = sums.get((one.account, one.commodity), Decimal(0)) + one.amount
    closing = [BookBalance(*key, amount, Decimal(0)) for key, amount in sums.items()]
    prices = [Price(DAY, one.id, 0, Decimal("7.123456789")) for one in commodities if one.id]
    return Books(
        'Ann "& Co" ; 甲',
        DAY,
        DAY + timedelta(days=30),
        0,
        commodities,
        accounts,
        {0: "date"},
        [],
        closing,
        entries,
        prices,
    )


def check(program: Program, folder: Path, given_books: Books) -> None:
    """Have books read by a program, and compare its balances with those of the books."""
    path = program.file(folder)
    with path.open("w", encoding="utf-8") as out:
        assert write_journal(given_books, program.form, out) == len(list(given_books.entries))
    names = WRITERS[program.form](given_books, io.StringIO())
    assert len(set(names.accounts.values())) == len(given_books.accounts)
    assert len(set(names.commodities.values())) == len(given_books.commodities)
    wanted = {
        (names.accounts[one.account], names.commodities[one.commodity].strip('"')): one.amount
        for one in given_books.closing
        if one.amount
    }
    found = {key: amount for key, amount in program.ask(path).items() if key[0] != CONVERSION}
    assert found == wanted


def account(key: int, code: str = "1001", kind: AccountType = AccountType.ASSET, **more: object) -> JournalAccount:
    return JournalAccount(key, code, more.pop("title", code), kind, Side.DEBIT, **more)  # type: ignore[arg-type]


CNY, USD = Commodity(0, "CNY", 2), Commodity(1, "USD", 2)


def simple(*lines: tuple[int, int, str, str], places: int = 2) -> Books:
    """Make books of one entry: account, currency, amount and base amount of each line."""
    written = [JournalLine(one, currency, Decimal(amount), Decimal(base)) for one, currency, amount, base in lines]
    chart = [account(0, "1001", title="Cash"), account(1, "1002", title="Bank")]
    return of([JournalEntry(DAY, "记-1", "test", written)], chart, [CNY._replace(places=places), USD])


@pytest.fixture(params=PROGRAMS, ids=lambda program: program.form.value)
def program(request: pytest.FixtureRequest) -> Program:
    request.param.need()
    return request.param


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(random=books())
@example(random=simple((0, 1, "100.00", "726.83"), (1, 0, "-726.83", "-726.83")))
@example(random=simple((0, 1, "0", "5.00"), (1, 0, "-5.00", "-5.00")))  # a revaluation: value without an amount
@example(random=simple((0, 1, "3.00", "-5.00"), (1, 0, "5.00", "5.00")))  # no price can be negative
@example(random=simple((0, 1, "3.00", "0"), (1, 1, "-3.00", "0")))  # nor nothing
@example(random=simple((0, 0, "95.00", "100.00"), (1, 0, "-100.00", "-100.00")))  # own currency, weighed otherwise
@example(random=simple((0, 0, "0", "0")))  # a single line of nothing
@example(random=simple((0, 1, "3.00", "100"), (1, 1, "-7.00", "-100"), places=0))  # a third has no end
def test_programs_reckon_our_balances_whatever_is_typed(tmp_path_factory, program, random):
    check(program, tmp_path_factory.mktemp("books"), random)


def test_a_program_finds_a_balance_that_is_not_what_the_entries_add_up_to(tmp_path, program):
    right = simple((0, 1, "100.00", "726.83"), (1, 0, "-726.83", "-726.83"))
    wrong = replace(right, closing=[one._replace(amount=one.amount + Decimal("0.01")) for one in right.closing])
    with pytest.raises(AssertionError, match="(?i)balance"):
        check(program, tmp_path, wrong)


def test_what_is_not_an_amount_travels_as_tags(tmp_path):
    red = JournalLine(
        0,
        0,
        Decimal("-7.00"),
        Decimal("-7.00"),
        "冲销; 货款",
        Side.DEBIT,
        Foreign("USD", Decimal("-1.00"), Decimal("7.0")),
        [Analysis(0, "C001", "甲公司")],
    )
    one = JournalEntry(
        DAY,
        "记-12",
        "冲销",
        [red, JournalLine(1, 0, Decimal("7.00"), Decimal("7.00"), "冲销")],
        {"reverses": "2025-02 记-3"},
    )
    whole = of([one], [account(0), account(1, "1002")], [CNY, USD])
    whole = replace(whole, dimensions={0: "customer"}, closing=[])
    PROGRAMS[0].need()
    path = tmp_path / "books.journal"
    with path.open("w", encoding="utf-8") as out:
        write_journal(whole, JournalFormat.HLEDGER, out)
    (read,) = json.loads(run("hledger", "-f", str(path), "print", "-O", "json"))
    assert (read["tcode"], read["tdescription"], read["tdate"]) == ("记-12", "冲销", "2025-03-10")
    assert ["reverses", "2025-02 记-3"] in read["ttags"]
    first, second = read["tpostings"]
    own = [["type", "A"], ["code", "1001"]]  # those of the account
    assert [tag for tag in first["ptags"] if tag not in own] == [
        ["summary", "冲销； 货款"],
        ["red", "debit"],
        ["foreign", "-1.00 USD"],
        ["rate", "7.0"],
        ["customer", "C001 甲公司"],
    ]
    assert second["ptags"] == [["type", "A"], ["code", "1002"]]


def test_accounts_stand_below_each_other_under_the_root_of_their_type():
    chart = [
        account(0, "1002", title="银行存款"),
        account(1, "100201", title="银行存款-工商银行", parent=0),
        account(2, "5001", AccountType.COST, title="生产成本"),
        account(3, "assets:bank:工商银行"),
        account(4, "2221", AccountType.LIABILITY, title="应交 税费"),
        account(5, "3101", AccountType.COMMON, title="衍生工具"),
    ]
    whole = of([], chart, [CNY])
    spoken = WRITERS[JournalFormat.HLEDGER](whole, io.StringIO()).accounts
    assert list(spoken.values()) == [
        "Assets:1002 银行存款",
        "Assets:1002 银行存款:100201 工商银行",
        "Liabilities:2221 应交 税费",
        "Assets:3101 衍生工具",
        "Assets:5001 生产成本",
        "Assets:bank:工商银行",
    ]
    strict = WRITERS[JournalFormat.BEANCOUNT](whole, io.StringIO()).accounts
    assert strict[1] == "Assets:1002-银行存款:100201-工商银行"
    assert strict[3] == "Assets:Bank:X工商银行"
    assert strict[4] == "Liabilities:2221-应交-税费"


def test_currencies_are_quoted_or_mapped_and_the_code_is_said_beside(tmp_path):
    whole = replace(of([], [account(0)], [CNY, Commodity(1, "£", 2), Commodity(2, "BTC 2", 8)]), prices=[])
    out = io.StringIO()
    write_journal(whole, JournalFormat.HLEDGER, out)
    assert 'commodity 1000.00 "£"\ncommodity 1000.00000000 "BTC 2"\n' in out.getvalue()
    out = io.StringIO()
    write_journal(whole, JournalFormat.BEANCOUNT, out)
    assert '2025-03-09 commodity XA3\n  code: "£"\n' in out.getvalue()
    assert '2025-03-09 commodity BTC-20-2\n  code: "BTC 2"\n' in out.getvalue()
