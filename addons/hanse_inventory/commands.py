"""hanse inventory …: the stock without a browser."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, cast

from hanse.cli.main import group
from hanse.errors import SetupError

#: What the company of a replay is called; it is gone when the replay is over.
SCRATCH = "Replay of stock events"
_FIELDS = ("id", "date", "type")
_METHODS = {"average": "moving_average", "fifo": "fifo"}


def add_commands(commands: Any) -> None:
    """Add the subcommands of inventory."""
    verbs = group(commands, "inventory", "stock from the command line")
    replay = verbs.add_parser("replay", help="play events in a company that is thrown away, and show what they cost")
    replay.add_argument("file", type=Path, metavar="EVENTS.json")
    replay.add_argument("--method", choices=list(_METHODS), default="average", help="how what leaves is valued")
    replay.add_argument("--json", action="store_true")
    replay.set_defaults(work=_replay)


def _replay(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import open_database
    from hanse.errors import BusinessError

    case = _read(chosen.file)
    try:
        with open_database() as database, database.session() as session, session.begin() as work:
            rows = replayed(session, case, _METHODS[chosen.method])
            work.rollback()
    except BusinessError as error:
        raise SetupError(f"{chosen.file}: {error}") from error
    if chosen.json:
        json.dump(rows, sys.stdout, ensure_ascii=False)
        print()
        return
    for row in rows:
        print(f"{row['id']!s:>12} {row['qty_on_hand']:>16} {row['product_cost']:>16} {row['move_cost'] or '':>16}")


def replayed(session: Any, case: Any, method: str) -> list[dict[str, Any]]:
    """Play a case in a new company; whoever calls rolls it back."""
    from hanse.addons import installed
    from hanse.cli.session import person
    from hanse.directory.founding import found_company
    from hanse_inventory.replaying import Replay
    from hanse_products.models import Costing

    addons = [name for name in installed().addons if name.startswith(("hanse_contacts", "hanse_products"))]
    addons += ["hanse_inventory", "hanse_finance", "hanse_inventory_finance", "hanse_invoicing"]
    values = {"name": SCRATCH, "currency": str(case.get("currency") or "USD"), "locale": "en"}
    ctx = found_company(session, person(session, "admin"), values, addons=addons)
    return Replay.begin(ctx, case, Costing(method)).play()


def _read(file: Path) -> Any:
    """Read a case.

    :raises SetupError: it is none; the message says where
    """
    try:
        case = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetupError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SetupError(f"{file} is no JSON: {error}") from error
    found: Any = cast("dict[str, Any]", case).get("events") if isinstance(case, dict) else None
    if not isinstance(found, list):
        raise SetupError(f"{file} has no list of events")
    events: list[Any] = cast("Any", found)
    for number, event in enumerate(events, start=1):
        known: dict[str, Any] = cast("dict[str, Any]", event) if isinstance(event, dict) else {}
        missing = [name for name in _FIELDS if known.get(name) is None]
        if missing:
            raise SetupError(f"{file}: event {number} has no {missing[0]}")
    return cast("Any", case)


__all__ = ["SCRATCH", "add_commands", "replayed"]
