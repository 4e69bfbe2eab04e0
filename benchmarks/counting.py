"""A count of 20,000 lines, and one product with 10,000 moves behind it of which another comes late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from benchmarks.bench import Bench, action, bench, counted, rss_mb, timed
from benchmarks.stock import _context
from hanse_inventory.models import Location, StockCountLine, Usage
from hanse_products.models import Unit

CHUNK = 2_000


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Of n (20,000) products one line each; then the late move."""
    count = n or 20_000
    with bench() as house:
        _stocked(house, count)
        house.analyze()
        yield _counted(house)
        yield from _late(house)


def _products(house: Bench, count: int, name: str) -> list[int]:
    with house.database.session() as session, session.begin():
        piece = session.scalars(select(Unit.id).where(Unit.symbol == "pcs")).one()
        rows = [{"name": f"{name} {number}", "unit": piece} for number in range(count)]
        return list(_context(house, session).run(action("products.product.create"), values=rows).done)


def _stocked(house: Bench, count: int) -> None:
    products = _products(house, count, "Product")
    for first in range(0, count, CHUNK):
        with house.database.session() as session, session.begin():
            ctx = _context(house, session)
            store = ctx.all(Location, Location.usage == Usage.STORE).ids[0]
            lines = [{"product": one, "quantity": 10, "price": 3} for one in products[first : first + CHUNK]]
            made = ctx.run(action("inventory.entry.create"), values=[{"place": store, "lines": lines}]).done
            ctx.run(action("inventory.entry.post"), made)


def _counted(house: Bench) -> dict[str, Any]:
    """Begin, tally, finish, approve and post a count in which every third line differs."""
    steps: dict[str, float] = {}
    with house.database.session() as session, session.begin():
        ctx = _context(house, session)
        store = ctx.all(Location, Location.usage == Usage.STORE).ids[0]
        count = ctx.run(action("inventory.count.create"), values=[{"place": store}]).id
        steps["begin_s"] = timed(lambda: ctx.run(action("inventory.count.begin"), [count]))
        lines = ctx.all(StockCountLine, StockCountLine.count_id == count).ids
        tallies = [{"line": one, "quantity": 9 + at % 3} for at, one in enumerate(lines)]
        tally = action("inventory.count.tally")
        steps["tally_s"] = timed(lambda: ctx.run(tally, [count], tallies=tallies))
        steps["finish_s"] = timed(lambda: ctx.run(action("inventory.count.finish"), [count]))
        ctx.run(action("inventory.count.approve"), [count])
        with counted(house.database) as statements:
            seconds = timed(lambda: ctx.run(action("inventory.count.post"), [count]))
    told = {name: round(one, 2) for name, one in steps.items()}
    return {
        "n": len(lines),
        "mode": "count",
        "median_s": round(seconds, 2),
        "statements": statements[0],
        **told,
        "rss_mb": rss_mb(),
    }


def _late(house: Bench) -> Iterator[dict[str, Any]]:
    """Give one product 10,000 moves, then receive some before all of them, and at last some now."""
    (product,) = _products(house, 1, "Busy")
    moves = 10_000
    with house.database.session() as session, session.begin():
        ctx = _context(house, session)
        store = ctx.all(Location, Location.usage == Usage.STORE).ids[0]
        begun = ctx.now - timedelta(days=40)
    for first in range(0, moves, 1_000):
        with house.database.session() as session, session.begin():
            ctx = _context(house, session)
            values = [
                {
                    "kind": "receipt" if number % 2 == 0 else "issue",
                    "place": store,
                    "at": begun + timedelta(minutes=number),
                    "lines": [
                        {"product": product, "quantity": 5, "price": Decimal(number % 13) if number % 2 == 0 else None}
                    ],
                }
                for number in range(first, first + 1_000)
            ]
            made = ctx.run(action("inventory.entry.create"), values=values).done
            for kind in (made[::2], made[1::2]):
                ctx.run(action("inventory.entry.post"), kind)
    house.analyze()
    for mode, at in (("late, before 10,000 moves", begun - timedelta(days=1)), ("now, after 10,000 moves", None)):
        seconds: list[float] = []
        for _again in range(3):
            with house.database.session() as session, session.begin():
                ctx = _context(house, session)
                value = {"place": store, "at": at, "lines": [{"product": product, "quantity": 5, "price": 7}]}
                made = ctx.run(action("inventory.entry.create"), values=[value]).done
                seconds.append(timed(lambda: ctx.run(action("inventory.entry.post"), made)))  # noqa: B023
        yield {"n": moves, "mode": mode, "median_s": round(sorted(seconds)[1], 4), "runs": len(seconds)}
