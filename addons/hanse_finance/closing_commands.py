"""hanse finance statements, close, reopen, verify-closed: the end of a period without a browser."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hanse_finance.closing.unattended import Closed


def add_commands(verbs: Any) -> None:
    """Add the subcommands."""
    made = verbs.add_parser("statements", help="balance sheet, income statement and cash flow statement")
    _add_common(made, "2025-03, or 2025 for the year")
    made.set_defaults(work=_statements)
    close = verbs.add_parser(
        "close", help="revalue, transfer profit and loss and what else the end of a period asks for, check, and close"
    )
    _add_common(close, "every open period up to this one, 2025-03, or to the end of a year, 2025")
    close.add_argument("--check", action="store_true", help="only check what stands against closing")
    close.set_defaults(work=_close)
    reopen = verbs.add_parser("reopen", help="reopen the latest closed period")
    _add_common(reopen, "2025-03")
    reopen.add_argument("--reason", required=True)
    reopen.set_defaults(work=_reopen)
    verify = verbs.add_parser("verify-closed", help="compare the reports of closed periods with what they said then")
    verify.add_argument("--company", required=True)
    verify.set_defaults(work=_verify)


def _add_common(parser: Any, period: str) -> None:
    parser.add_argument("--company", required=True)
    parser.add_argument("--period", required=True, help=period)
    parser.add_argument("--json", action="store_true")


def _statements(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse.i18n import speaking
    from hanse_finance.statements.working import disagreements, work_out

    with open_database() as database, database.session() as session, session.begin():
        ctx = context(session, chosen.company)
        with speaking(ctx.company.locale):
            worked = work_out(ctx, chosen.period)
            if chosen.json:
                print(json.dumps(worked.as_json(), ensure_ascii=False))
                return
            for one in worked.sheets.values():
                print(f"{one.statement.title} {one.statement.form} {worked.span.label}")
                for line in one.statement.lines:
                    amounts = (
                        ""
                        if line.number is None
                        else "".join(f"{one.amount(column.name, line.number):>20,.2f}" for column in one.columns)
                    )
                    print(f"{line.number or '':>4} {amounts}  {'  ' * line.indent}{line.shown}")
            for each in disagreements(ctx, worked):
                print(f"{each.what}: {each.left} / {each.right} {', '.join(each.accounts)}")


def _close(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import company_id, open_database
    from hanse.errors import SetupError
    from hanse_finance.closing.unattended import Bookkeepers, close

    with open_database() as database, database.session() as session, session.begin():
        people = Bookkeepers.at(session, company_id(session, chosen.company))
        told = close(people, chosen.period, only_check=chosen.check)
        stopped = next((one for one in told if not one.closed), None)
        if stopped is not None and not chosen.check:
            session.rollback()  # a half-closed month is worse than an open one
    if chosen.json:
        print(json.dumps([one.as_json() for one in told], ensure_ascii=False))
    else:
        for one in told:
            _say(one)
    if stopped is not None and not chosen.check:
        raise SetupError(f"{stopped.period} was not closed; nothing was stored")


def _say(one: Closed) -> None:
    steps = ", ".join(f"{name} {count}" for name, count in one.vouchers.items()) or "none"
    print(f"{one.period}: {'closed' if one.closed else 'open'}; vouchers written: {steps}")
    for result in one.checks:
        for finding in result.findings:
            print(f"  {result.check.code} {finding.level.value}: {finding.message}")
    for name, digest in one.hashes.items():
        print(f"  {name} {digest}")


def _reopen(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import company_id, open_database
    from hanse.errors import SetupError
    from hanse_finance.closing.unattended import Bookkeepers
    from hanse_finance.models import Period

    with open_database() as database, database.session() as session, session.begin():
        people = Bookkeepers.at(session, company_id(session, chosen.company))
        found = people.maker.all(Period, Period.code == chosen.period).ids
        if not found:
            raise SetupError(f"{chosen.company} has no period {chosen.period}")
        people.do("finance.period.reopen", found, reason=chosen.reason)
    print(json.dumps({"period": chosen.period, "closed": False}) if chosen.json else f"{chosen.period}: open")


def _verify(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse.errors import SetupError
    from hanse_finance.closing.sealing import changed

    with open_database() as database, database.session() as session, session.begin():
        found = changed(context(session, chosen.company))
    for one in found:
        print(f"{one.period} {one.report}: {'; '.join(one.places) or 'the kept figures were altered'}")
    if found:
        raise SetupError(f"{len(found)} reports of closed periods are not what they were")
    print("every report of a closed period says what it said when it was closed")
