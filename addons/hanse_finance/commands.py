"""hanse finance …: import ledgers, trial balances, PDF vouchers, without a browser."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanse.cli.main import group
from hanse.errors import SetupError
from hanse_finance.closing_commands import add_commands as add_closing_commands
from hanse_finance.ledger_command import add_ledger
from hanse_finance.takeover.command import add_command as add_take_over
from hanse_finance.taking_out import add_taking_out

if TYPE_CHECKING:
    from hanse import Context
    from hanse_finance.binding import Binding
    from hanse_finance.printed import Look
    from hanse_finance.printing import Selection
    from hanse_finance.reports import Span

_AMOUNT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
_MOST_WARNINGS = 20


def add_commands(commands: Any) -> None:
    """Add the subcommands of finance."""
    verbs = group(commands, "finance", "books from the command line")
    load = verbs.add_parser("import-ledger", help="create a company from a neutral ledger file and post its vouchers")
    load.add_argument("file", type=Path, metavar="CASE.json")
    load.add_argument("--company", required=True)
    load.add_argument("--json", action="store_true")
    load.set_defaults(work=_import_ledger)
    trial = verbs.add_parser("trial-balance", help="opening, debit, credit and closing per account and currency")
    trial.add_argument("--company", required=True)
    trial.add_argument("--period", required=True, help="2025-03, or 2025 for the year")
    trial.add_argument("--json", action="store_true")
    trial.set_defaults(work=_trial_balance)
    add_take_over(verbs)
    add_ledger(verbs)
    _add_printing(verbs)
    add_closing_commands(verbs)
    add_taking_out(verbs)


def _add_printing(verbs: Any) -> None:
    from hanse_finance.printed import voucher_forms

    names = [form.name for form in voucher_forms()]
    vouchers = verbs.add_parser("print-vouchers", help="the vouchers of a period as one PDF file with bookmarks")
    vouchers.add_argument("--company", required=True)
    vouchers.add_argument("--period", required=True, help="2025-03, or 2025 for the year")
    vouchers.add_argument("--form", choices=names, default=names[0] if names else None)
    vouchers.add_argument("--out", type=Path, required=True, metavar="FILE.pdf")
    vouchers.add_argument("--locale", choices=["zh_CN", "en"], help="language of the form; by default the company's")
    vouchers.add_argument("--word", help="only this series, such as 记")
    vouchers.add_argument("--from", type=int, dest="first", metavar="N", help="the first number")
    vouchers.add_argument("--to", type=int, dest="last", metavar="N", help="the last number")
    vouchers.add_argument("--all", action="store_true", help="drafts and audited vouchers too")
    vouchers.add_argument("--maker", metavar="LOGIN", help="only those this user made")
    vouchers.add_argument("--not-printed", action="store_true", help="only those that nobody has printed yet")
    _add_look(vouchers)
    vouchers.set_defaults(work=_print_vouchers)
    words = verbs.add_parser("amount-in-words", help="amounts of money in words: amount-in-words -- 107000.53")
    words.add_argument("amounts", nargs="+", metavar="AMOUNT")
    words.add_argument("--locale", default="zh_CN")
    words.set_defaults(work=_amount_in_words)


def _add_look(vouchers: Any) -> None:
    """Add what else one chooses; what is left out is as the company has set."""
    vouchers.add_argument("--columns", choices=["detailed", "compact", "foreign", "quantity"])
    vouchers.add_argument("--lines", type=int, metavar="N", help="lines a page")
    for name, words in (
        ("subtotals", "sums from page to page"),
        ("strike-unused", "a slanted line through unused lines"),
        ("signatures", "the names of those who signed"),
        ("cells", "a cell for each digit"),
        ("red", "negative amounts in red; without, a minus"),
    ):
        vouchers.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=words)
    vouchers.add_argument("--right", type=Decimal, metavar="MM", help="move on pre-printed forms")
    vouchers.add_argument("--down", type=Decimal, metavar="MM", help="move on pre-printed forms")
    vouchers.add_argument("--cover", action="store_true", help="a cover for each volume")
    vouchers.add_argument("--summary", action="store_true", help="a summary sheet by account for each volume")
    vouchers.add_argument("--no-vouchers", action="store_true", help="cover and summary sheet only")
    vouchers.add_argument("--sheets-a-volume", type=int, metavar="N")
    vouchers.add_argument("--binder", default="", metavar="NAME")


def _import_ledger(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import open_database
    from hanse_finance.ledger import import_ledger, read_case

    case = read_case(chosen.file)
    with open_database() as database:
        report = import_ledger(database, case, chosen.company)
    print(json.dumps(report.as_json(), ensure_ascii=False) if chosen.json else report)


def _trial_balance(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse_finance.reports import span_of, trial_balance

    with open_database() as database, database.session() as session, session.begin():
        ctx = context(session, chosen.company)
        rows = [row for row in trial_balance(ctx, span_of(ctx, chosen.period)) if not row.is_zero]
    if chosen.json:
        json.dump([row.as_json() for row in rows], sys.stdout, ensure_ascii=False)
        print()
        return
    for row in rows:
        amounts = " ".join(f"{amount:>20f}" for amount in (row.opening, row.debit, row.credit, row.closing))
        print(f"{row.code:24} {row.currency:5} {amounts}  {row.name}")


def _print_vouchers(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse.config import Settings
    from hanse.files import FileStore
    from hanse_finance import printing
    from hanse_finance.printed import voucher_form
    from hanse_finance.reports import span_of

    with open_database() as database, database.session() as session, session.begin():
        ctx = context(session, chosen.company)
        form = voucher_form(chosen.form or "", ctx.enabled)
        span = span_of(ctx, chosen.period)
        ids = printing.chosen(ctx, _selection(ctx, chosen, span))
        title = f"{ctx.company.name} {chosen.period}"
        with printing.whole_file(chosen.out) as out:
            files = FileStore.of(Settings.load())
            report = printing.print_to(
                ctx,
                ids,
                form,
                out,
                files=files,
                locale=chosen.locale or ctx.company.locale,
                look=_look(ctx, chosen),
                binding=_binding(chosen),
                title=title,
            )
    print(f"{chosen.out}: {report.vouchers} vouchers on {report.pages} pages")
    if report.missing_characters:
        print(f"  no font has {' '.join(report.missing_characters)}: they are printed as boxes", file=sys.stderr)
    for text in report.truncated[:_MOST_WARNINGS]:
        print(f"  too long for the form and cut: {text}", file=sys.stderr)


def _selection(ctx: Context, chosen: argparse.Namespace, span: Span) -> Selection:
    """Read which vouchers are wanted.

    :raises SetupError: nobody has this login
    """
    from sqlalchemy import select

    from hanse.directory.models import User
    from hanse_finance.printing import Selection

    maker = None
    if chosen.maker is not None:
        maker = ctx.session.scalar(select(User.id).where(User.login == chosen.maker))
        if maker is None:
            raise SetupError(f"nobody has the login {chosen.maker}")
    return Selection(
        span, chosen.all, chosen.word, chosen.first, chosen.last, maker=maker, unprinted=chosen.not_printed
    )


def _look(ctx: Context, chosen: argparse.Namespace) -> Look:
    from hanse_finance.binding import company_look

    names = ("columns", "lines", "subtotals", "strike_unused", "signatures", "cells", "red", "right", "down")
    given = {name: getattr(chosen, name) for name in names if getattr(chosen, name) is not None}
    return replace(company_look(ctx), **given)


def _binding(chosen: argparse.Namespace) -> Binding:
    from hanse_finance.binding import Binding

    return Binding(
        vouchers=not chosen.no_vouchers,
        cover=chosen.cover,
        summary=chosen.summary,
        sheets_a_volume=chosen.sheets_a_volume,
        binder=chosen.binder,
    )


def _amount_in_words(chosen: argparse.Namespace) -> None:
    from hanse_finance.printed import amount_in_words

    for text in chosen.amounts:
        print(amount_in_words(_amount(text), chosen.locale))


def _amount(text: str) -> Decimal:
    """Read an amount as people type it.

    :raises SetupError: it is none
    """
    if not _AMOUNT.fullmatch(text.strip()):
        raise SetupError(f"{text[:80]!r} is no amount; write one like 107000.53")
    return Decimal(text.replace(",", ""))
