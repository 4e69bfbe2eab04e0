"""hanse finance take-over …: open a company's books with balance files, without a browser."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanse.errors import BusinessError, Errors, SetupError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hanse.actions import Context
    from hanse_finance.models import Opening
    from hanse_finance.takeover.planning import Plan


@dataclass
class Report:
    """What taking over did, or would do."""

    company: str
    period: str
    opened: bool = False
    lines: int = 0
    vouchers: list[str] = field(default_factory=list[str])
    sums: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    problems: list[str] = field(default_factory=list[str])
    hints: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        state = "the books are open" if self.opened else "nothing was stored"
        head = [f"{self.company} from {self.period}: {self.lines} lines, {state}"]
        head += [
            f"  {one['what']}: {one['left']} and {one['right']}, difference {one['difference']}" for one in self.sums
        ]
        head += [f"  voucher {voucher}" for voucher in self.vouchers]
        head += [f"  not there: {one}" for one in self.missing]
        head += [f"  wrong: {one}" for one in self.problems]
        return "\n".join([*head, *(f"  note: {one}" for one in self.hints)])


def add_command(verbs: Any) -> None:
    """Add ``hanse finance take-over``."""
    take = verbs.add_parser("take-over", help="open a company's books with the balances of files")
    take.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="XLSX or CSV: balances, then those by customer …"
    )
    take.add_argument("--company", required=True)
    take.add_argument("--period", required=True, help="the first period of the books, such as 2025-01")
    take.add_argument("--profit", metavar="CODE", help="the profit account; by default that of the country's charts")
    take.add_argument("--use", choices=["opening", "closing"], default="", help="which balance of the files is meant")
    take.add_argument("--create", action="store_true", help="add accounts, customers … that are not there")
    take.add_argument("--check", action="store_true", help="say what would happen, and store nothing")
    take.add_argument("--json", action="store_true")
    take.set_defaults(work=_take_over)


def _take_over(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import open_database

    report = Report(chosen.company, chosen.period)
    with open_database() as database, database.session() as session:
        transaction = session.begin()
        try:
            _work(session, chosen, report)
        except BusinessError as error:
            report.problems += [str(one.message) for one in (error.errors if isinstance(error, Errors) else [error])]
        if chosen.check or report.problems or report.missing:
            report.opened = False
            transaction.rollback()
        else:
            transaction.commit()
    if chosen.json:
        json.dump(report.__dict__, sys.stdout, ensure_ascii=False)
        print()
    else:
        print(report)
    if report.problems or report.missing:
        raise SetupError("the books were not opened")


def _work(session: Session, chosen: argparse.Namespace, report: Report) -> None:
    """Begin where nobody has, read the files, enter and open: made by one service user, opened by another."""
    from hanse.actions import open_context
    from hanse.cli.session import company_id
    from hanse.directory.founding import add_role, add_service_user
    from hanse_finance.actions.opening_books import open_books
    from hanse_finance.ledger.importing import AUDITOR, BOOKKEEPING, MAKER
    from hanse_finance.takeover.checking import check
    from hanse_finance.takeover.sheet import read_sheet

    company = company_id(session, chosen.company)
    add_role(session, *BOOKKEEPING)
    maker = open_context(session, add_service_user(session, *MAKER, role=BOOKKEEPING[0]), company, via="cli")
    opening = _opening(maker, chosen)
    for path in chosen.files:
        plan = _enter(maker, opening, path, chosen, report)
        report.lines += len(plan.lines)
    found = check(read_sheet(maker, opening))
    report.sums = [
        {
            "what": str(pair.label),
            "left": _plain(pair.left),
            "right": _plain(pair.right),
            "difference": _plain(pair.difference),
        }
        for pair in found.pairs
    ]
    report.hints += [str(finding.message) for finding in found.findings if not finding.bad]
    if report.problems or report.missing:
        return
    auditor = open_context(session, add_service_user(session, *AUDITOR, role=BOOKKEEPING[0]), company, via="cli")
    vouchers = auditor.run(open_books, [opening.id]).result
    report.opened = True
    report.vouchers = _titles(auditor, vouchers)


def _plain(amount: Decimal) -> str:
    return f"{amount:f}" if amount else "0"


def _titles(ctx: Context, vouchers: list[int]) -> list[str]:
    from hanse_finance.models import Voucher
    from hanse_finance.numbering import voucher_title

    return [voucher_title(one) for one in ctx.all(Voucher, Voucher.id.in_(vouchers))]


def _opening(ctx: Context, chosen: argparse.Namespace) -> Opening:
    """Give the taking over of the company, begun where it must be.

    :raises SetupError: it was begun for another period
    """
    from hanse_finance.actions.taking_over import begin_taking_over
    from hanse_finance.models import Account
    from hanse_finance.takeover.headings import known_words
    from hanse_finance.takeover.sheet import find_opening, opening_of

    opening = find_opening(ctx)
    if opening is not None:
        if opening.first.code != chosen.period:
            raise SetupError(f"the books of {chosen.company} are being taken over from {opening.first.code}")
        return opening
    codes = [chosen.profit] if chosen.profit else [code for words in known_words() for code in words.profit]
    accounts = ctx.all(Account, Account.code.in_(codes)).ids
    if chosen.profit and not accounts:
        raise SetupError(f"{chosen.company} has no account {chosen.profit}")
    ctx.run(begin_taking_over, period=chosen.period, profit=accounts[0] if accounts else None)
    return opening_of(ctx)


def _enter(ctx: Context, opening: Opening, path: Path, chosen: argparse.Namespace, report: Report) -> Plan:
    from hanse_finance.actions.taking_over import replace_balances
    from hanse_finance.models import Dimension
    from hanse_finance.takeover.completing import complete
    from hanse_finance.takeover.planning import plan_balances
    from hanse_finance.takeover.reading import read_balances

    names = {one.name: one.code for one in ctx.all(Dimension)}
    try:
        with path.open("rb") as file:
            found = read_balances(file, names)
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}") from error
    plan = plan_balances(ctx, opening, found, chosen.use)
    if chosen.create and (plan.accounts or plan.values):
        complete(ctx, opening, plan)
        plan = plan_balances(ctx, opening, found, chosen.use)
    report.hints += [str(note) for note in plan.notes]
    report.missing += [f"account {one.code} {one.name}" for one in plan.accounts]
    report.missing += [f"{one.code} {one.name}" for one in plan.values]
    for fault in plan.faults:
        where = ", ".join(
            [path.name, *([f"row {fault.row}"] if fault.row else []), *([fault.column] if fault.column else [])]
        )
        report.problems.append(f"{where}: {fault.message}")
    if plan.is_complete and plan.lines:
        ctx.run(replace_balances, [opening.id], lines=plan.lines)
    return plan
