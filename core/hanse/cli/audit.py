"""hanse audit: verify the chain over the audit log, and print its roots."""

from __future__ import annotations

import argparse
import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hanse.cli.main import group

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hanse.audit.verify import Root, Verdict


def add_commands(commands: Any) -> None:
    """Add ``audit verify`` and ``audit roots``."""
    verbs = group(commands, "audit", "check the audit log against its chain of hashes")
    verify = verbs.add_parser("verify", help="recompute the chain; exit code 1 when something was tampered with")
    verify.set_defaults(work=_verify)
    roots = verbs.add_parser("roots", help="the chain's last hash of each day, to be kept elsewhere")
    roots.set_defaults(work=_roots)
    for one in (verify, roots):
        one.add_argument("--company", help="only this company")
        one.add_argument("--json", action="store_true", help="for programs")


@contextmanager
def _companies(name: str | None) -> Generator[tuple[Session, list[tuple[int, str]]]]:
    """Open one snapshot of the database, and give the companies that are meant."""
    from sqlalchemy import select

    from hanse.cli.session import company_id, open_database
    from hanse.directory.models import Company

    with open_database() as database, database.session() as session, session.begin():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        query = select(Company.id, Company.name).order_by(Company.id)
        if name:
            query = query.where(Company.id == company_id(session, name))
        yield session, [(key, title) for key, title in session.execute(query)]


def _verify(chosen: argparse.Namespace) -> int:
    from hanse.actions.context import bind
    from hanse.audit.verify import verify

    verdicts: list[Verdict] = []
    with _companies(chosen.company) as (session, companies):
        for key, name in companies:
            bind(session, (key,), key, frozenset())
            verdicts.append(verify(session, key, name))
    if chosen.json:
        print(json.dumps([_plain(one) for one in verdicts], ensure_ascii=False, indent=2))
    else:
        print("\n".join(_sentence(one) for one in verdicts) or "there is no company yet")
    return 1 if any(one.broken for one in verdicts) else 0


def _sentence(verdict: Verdict) -> str:
    counts = f"{verdict.company}: {verdict.sealed} sealed in {verdict.seals} seals, {verdict.waiting} waiting"
    if verdict.broken is not None:
        return f"{counts}; BROKEN: {verdict.broken.message}"
    return f"{counts}; right" + (f"; root of {_root_line(verdict.root)}" if verdict.root else "")


def _root_line(root: Root) -> str:
    return f"{root.day.isoformat()} {root.total} {root.hash}"


def _plain(verdict: Verdict) -> dict[str, Any]:
    broken, root = verdict.broken, verdict.root
    return {
        "company": verdict.company,
        "sealed": verdict.sealed,
        "seals": verdict.seals,
        "waiting": verdict.waiting,
        "root": root and _plain_root(root),
        "broken": broken
        and {"kind": broken.kind, "entry": broken.entry, "seal": broken.seal, "message": str(broken.message)},
    }


def _plain_root(root: Root) -> dict[str, Any]:
    return {"day": root.day.isoformat(), "entries": root.total, "seal": root.position, "hash": root.hash}


def _roots(chosen: argparse.Namespace) -> None:
    from hanse.actions.context import bind
    from hanse.audit.verify import roots_of

    with _companies(chosen.company) as (session, companies):
        found: list[tuple[str, list[Root]]] = []
        for key, name in companies:
            bind(session, (key,), key, frozenset())
            found.append((name, roots_of(session, key)))
    if chosen.json:
        plain = [{"company": name, "roots": [_plain_root(root) for root in roots]} for name, roots in found]
        print(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    for name, roots in found:
        for root in roots:
            print(f"{name} {_root_line(root)}")
