"""What a journal may be relied on for: hledger, ledger and beancount read it without a warning and reckon our balances.

Figures: tests/data/ledgers/*.expected.json, and what the programs compute from what we write.  A program that is not
installed is left out, with a message.
"""

from __future__ import annotations

import io
import itertools
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from cases import NAMES, case, content, expected
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plaintext import PROGRAMS, Balances, Program, check_strictly
from test_oracle import random_entry

from hanse.actions import Context
from hanse.cli.main import main
from hanse.cli.session import context
from hanse.errors import Forbidden
from hanse.files import FileStore
from hanse.jobs import jobs_of
from hanse.jobs.execute import execute
from hanse.testing import TrialDatabase
from hanse.testing.browser import Site
from hanse.testing.counting import statements
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person
from hanse_finance.analyses import Analyses
from hanse_finance.journals import JournalFormat, read_books, reading, whole_span, write_journal
from hanse_finance.journals.names import CONVERSION
from hanse_finance.journals.writing import WRITERS
from hanse_finance.ledger import import_ledger, read_case
from hanse_finance.models import FiscalYear, Period
from hanse_finance.reports import Span, span_of, trial_balance

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shelf(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialDatabase]:
    """A database with all cases, each a company of its name."""
    with databases.copy() as found:
        for name in NAMES:
            path = tmp_path_factory.mktemp("cases") / f"{name}.json"
            path.write_bytes(content(path.name))
            import_ledger(found, read_case(path), name)
        yield found


@dataclass
class Written:
    """A journal in a file, and how it calls our accounts and currencies."""

    path: Path
    accounts: dict[str, str]
    currencies: dict[str, str]

    def named(self, balances: dict[tuple[str, str], Decimal]) -> Balances:
        """Give balances of ours by the names of the journal."""
        return {
            (self.accounts[account], self.currencies[currency].strip('"')): amount
            for (account, currency), amount in balances.items()
            if amount
        }


def export(ctx: Context, span: Span, program: Program, folder: Path) -> Written:
    books = read_books(ctx, span)
    names = WRITERS[program.form](books, io.StringIO())
    path = program.file(folder)
    with path.open("w", encoding="utf-8") as out:
        write_journal(books, program.form, out)
    return Written(
        path,
        {one.code: names.accounts[one.id] for one in books.accounts},
        {one.code: names.commodities[one.id] for one in books.commodities},
    )


def ours(balances: Balances) -> Balances:
    """Leave out the account for conversions, which is not ours."""
    return {key: amount for key, amount in balances.items() if key[0] != CONVERSION}


@pytest.fixture(params=PROGRAMS, ids=lambda program: program.form.value)
def program(request: pytest.FixtureRequest) -> Program:
    request.param.need()
    return request.param


@pytest.mark.parametrize("name", NAMES)
def test_every_program_reckons_the_oracles_balances_at_the_end_of_every_period(shelf, tmp_path, program, name):
    with shelf.session() as session, session.begin():
        ctx = context(session, name)
        written = export(ctx, whole_span(ctx), program, tmp_path)
        for period, rows in expected(name).items():
            closing = {key: row[3] for key, row in rows.items()}
            found = ours(program.ask(written.path, span_of(ctx, period).end))
            assert found == written.named(closing), period


@pytest.mark.parametrize("period", ["2025-01", "2025-03", "2025-12"])
def test_a_period_alone_begins_with_the_balances_before_it(shelf, tmp_path, program, period):
    with shelf.session() as session, session.begin():
        ctx = context(session, "cn_company_2025")
        span = span_of(ctx, period)
        written = export(ctx, span, program, tmp_path)
        rows = expected("cn_company_2025")[period]
        opening = ours(program.ask(written.path, span.start - timedelta(days=1)))
        assert opening == written.named({key: row[0] for key, row in rows.items()})
        assert ours(program.ask(written.path)) == written.named({key: row[3] for key, row in rows.items()})


@pytest.mark.parametrize("name", ["edge_cases", "hl_multicurrency"])
def test_a_later_year_alone_keeps_the_balances_of_every_currency(shelf, tmp_path, program, name):
    with shelf.session() as session, session.begin():
        ctx = context(session, name)
        year = "2025" if name == "edge_cases" else "2015-12"
        span = span_of(ctx, year)
        written = export(ctx, span, program, tmp_path)
        closing = {(row.code, row.currency): row.closing for row in trial_balance(ctx, span)}
        assert len({currency for _account, currency in closing}) > 1
        assert ours(program.ask(written.path)) == written.named(closing)


# --- commands, jobs, pages


@pytest.fixture
def environment(shelf: TrialDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that lead the command line to the cases."""
    monkeypatch.setenv("HANSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HANSE_DATABASE_URL", shelf.url)
    monkeypatch.setenv("HANSE_DATABASE_OWNER_URL", shelf.owner_url)


def command(*more: str) -> int:
    return main(["finance", "export-journal", "--company", "hl_vat", *more])


@pytest.mark.usefixtures("environment")
def test_the_command_writes_a_file_or_to_the_standard_output(tmp_path, capfdbinary, program):
    path = program.file(tmp_path)
    assert command("--format", program.form.value, "--out", str(path)) == 0
    capfdbinary.readouterr()
    assert command("--format", program.form.value) == 0
    assert capfdbinary.readouterr().out == path.read_bytes()
    (last,) = [rows for period, rows in expected("hl_vat").items()][-1:]
    assert sorted(ours(program.ask(path)).values()) == sorted(row[3] for row in last.values() if row[3])


@pytest.mark.usefixtures("environment")
def test_a_period_that_is_not_there_is_an_error_and_leaves_no_file(tmp_path, capsys):
    path = tmp_path / "books.journal"
    assert command("--format", "hledger", "--period", "1999-01", "--out", str(path)) == 1
    assert "1999-01" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "home"])


@pytest.mark.parametrize(("model", "code"), [("period", "2025-03"), ("fiscal_year", "2025")])
def test_the_browser_offers_a_journal_and_gives_it_when_it_is_written(shelf, tmp_path, model, code):
    site = Site(shelf, tmp_path)
    with shelf.session() as session, session.begin():
        ctx = context(session, "cn_company_2025")
        record = (ctx.all(Period, Period.code == code) if model == "period" else ctx.all(FiscalYear)).one().id
        company = ctx.company.id
    browser = site.browser()
    browser.post("/company", {"company": str(company)})
    assert "export_journal" in browser.get(f"/finance/{model}/{record}").text
    browser.post(f"/finance/{model}/{record}/do/export_journal", {"form": "ledger"}, status=303)
    with shelf.session() as session, session.begin():
        job = jobs_of(context(session, "cn_company_2025"))[0].id
    execute(shelf, FileStore.of(site.settings), job)
    done = browser.get("/core/jobs", params={"job": str(job)}).json
    assert done["state"] == "done"
    answer = browser.get(done["url"])
    assert f"cn_company_2025%20{code}.ledger" in answer.headers["Content-Disposition"]
    assert b"* (\xe8\xae\xb0-12) " in answer.body


def test_whoever_may_only_read_does_not_take_the_books_out(ledger):
    clerk = open_for_person(ledger.maker, Person("reader", (("*.read", "company"), ("*.report", "company")), None, ()))
    with pytest.raises(Forbidden):
        read_books(clerk, span_of(clerk, "2025"))


def test_a_journal_takes_as_many_statements_for_many_vouchers_as_for_few(shelf):
    counts: list[int] = []
    with shelf.session() as session, session.begin():
        ctx = context(session, "cn_company_2025")
        for period in ("2025-01", "2025"):
            with statements(ctx) as asked:
                write_journal(read_books(ctx, span_of(ctx, period)), JournalFormat.HLEDGER, io.StringIO())
            counts.append(len(asked))
    assert counts[0] < 15
    assert counts[1] - counts[0] < 10  # combinations of dimensions, once each 2,000 lines


def test_lines_are_read_a_chunk_at_a_time(shelf, monkeypatch):
    """Fetched all at once, a million lines would take a gigabyte."""
    sizes: list[int] = []

    def read(_self: Analyses, wanted: Iterable[int | None]) -> None:
        sizes.append(len(list(wanted)))

    monkeypatch.setattr(reading, "CHUNK", 100)
    monkeypatch.setattr(Analyses, "read", read)
    monkeypatch.setattr(Analyses, "of", lambda _self, _combination: ())
    with shelf.session() as session, session.begin():
        ctx = context(session, "cn_company_2025")
        write_journal(read_books(ctx, span_of(ctx, "2025")), JournalFormat.HLEDGER, io.StringIO())
    assert (sum(sizes), max(sizes)) == (14827, 100)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_random_companies_come_back_from_hledger(shelf, tmp_path_factory, seed):
    PROGRAMS[0].need()
    dice, company, folder = random.Random(seed), f"Random {next(numbers)}", tmp_path_factory.mktemp("random")
    entries = [random_entry(dice, key) for key in range(30)]
    (folder / "case.json").write_text(json.dumps(case(*entries, operating_currency=["CNY"])))
    import_ledger(shelf, read_case(folder / "case.json"), company)
    with shelf.session() as session, session.begin():
        ctx = context(session, company)
        for span in (whole_span(ctx), span_of(ctx, "2024"), span_of(ctx, "2024-02")):
            written = export(ctx, span, PROGRAMS[0], folder)
            check_strictly.cache_clear()  # the file is another one each time
            closing = {(row.code, row.currency): row.closing for row in trial_balance(ctx, span)}
            assert ours(PROGRAMS[0].ask(written.path)) == written.named(closing), span
