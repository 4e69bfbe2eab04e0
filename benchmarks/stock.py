"""W8: 2,000 products in 5 bins, 100,000 moves behind them: receipts, what is on hand, and costs worked out again."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import select, text

from benchmarks.bench import Bench, action, bench, counted, rss_mb, spread, timed
from hanse import Context
from hanse_inventory import rebuilding
from hanse_inventory.models import Location, StoreCost, Usage
from hanse_inventory.standing import quantities
from hanse_products.models import Unit

CHUNK = 500
BINS = 5
#: Of each product 50 moves on as many days: 20 receipts of 10 to 13, 20 deliveries of 4 to 6, 10 of 2 from bin to bin.
FILL = """
    SET LOCAL session_replication_role = replica;
    CREATE TEMPORARY TABLE steps AS
        SELECT k, CASE WHEN k % 5 IN (0, 2) THEN 'receipt' WHEN k % 5 IN (1, 3) THEN 'delivery' ELSE 'move' END AS kind,
               now() - interval '60 days' + k * interval '1 day' AS at
        FROM generate_series(0, 49) k;
    INSERT INTO inventory_entry (company_id, kind, state, number, place_id, other_id, at, day, maker_id, poster_id,
        posted_at)
    SELECT c.id, s.kind, 'posted', 'H' || s.k, b.ids[1], o.id, s.at, s.at::date, u.id, u.id, s.at
    FROM steps s, core_company c, core_user u, inventory_location o,
         (SELECT array_agg(id ORDER BY position) AS ids FROM inventory_location WHERE usage = 'place') b
    WHERE c.name = 'Benchmark Ltd' AND u.login = 'bench-maker' AND o.company_id = c.id
      AND o.usage = CASE s.kind WHEN 'receipt' THEN 'supplier' ELSE 'customer' END;
    INSERT INTO inventory_entry_line (company_id, entry_id, number, product_id, quantity, rejected, base, price)
    SELECT e.company_id, e.id, row_number() OVER (PARTITION BY e.id ORDER BY p.id), p.id, q.quantity, 0, q.quantity,
           CASE e.kind WHEN 'receipt' THEN 10 + (p.id + s.k) % 17 END
    FROM inventory_entry e
    JOIN steps s ON e.number = 'H' || s.k
    CROSS JOIN products_product p
    CROSS JOIN LATERAL (SELECT CASE e.kind WHEN 'receipt' THEN 10 + (p.id + s.k) % 4
        WHEN 'delivery' THEN 4 + (p.id + s.k) % 3 ELSE 2 END AS quantity) q;
    INSERT INTO inventory_move (company_id, product_id, source_id, destination_id, source_store_id,
        destination_store_id, quantity, worth, at, day, posted_at, entry_id, line_id)
    SELECT l.company_id, l.product_id,
           CASE e.kind WHEN 'receipt' THEN e.other_id ELSE b.ids[1 + l.product_id % 5] END,
           CASE e.kind WHEN 'receipt' THEN b.ids[1 + l.product_id % 5] WHEN 'delivery' THEN e.other_id
               ELSE b.ids[1 + (l.product_id + 1 + s.k % 4) % 5] END,
           CASE e.kind WHEN 'receipt' THEN NULL ELSE b.store END,
           CASE e.kind WHEN 'delivery' THEN NULL ELSE b.store END,
           l.base, l.price * l.base, e.at, e.day, e.at, e.id, l.id
    FROM inventory_entry_line l
    JOIN inventory_entry e ON e.id = l.entry_id
    JOIN steps s ON e.number = 'H' || s.k
    CROSS JOIN (SELECT array_agg(id ORDER BY position) AS ids, min(store_id) AS store
                FROM inventory_location WHERE usage = 'place') b;
    INSERT INTO inventory_cost (company_id, product_id, store_id, method, quantity, value, last_at)
    SELECT m.company_id, m.product_id, b.store, CASE c.name WHEN 'FIFO' THEN 'fifo' ELSE 'average' END, 0, 0, max(m.at)
    FROM inventory_move m
    JOIN products_product p ON p.id = m.product_id
    JOIN products_category c ON c.id = p.category_id
    CROSS JOIN (SELECT min(store_id) AS store FROM inventory_location WHERE usage = 'place') b
    GROUP BY 1, 2, 3, 4;
"""


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Over 2,000 products, or n of them."""
    count = n or 2_000
    with bench() as house:
        products = _found(house, count)
        _fill(house)
        yield from _receipts(house, products[:2_000])
        yield _on_hand(house, count)
        for method in ("average", "fifo"):
            yield _again(house, method)


def _context(house: Bench, session: Any) -> Context:
    """Open a Context for the stock without books."""
    ctx = house.context(session)
    ctx.enabled -= {"hanse_inventory_finance"}
    return ctx


def _found(house: Bench, count: int) -> list[int]:
    """Make bins and products: half by moving average, half first in, first out."""
    with house.database.session() as session, session.begin():
        ctx = _context(house, session)
        store = ctx.all(Location, Location.usage == Usage.STORE).ids[0]
        bins = [
            {"name": f"Bin {number}", "usage": Usage.PLACE, "parent": store, "position": number, "negative": True}
            for number in range(1, BINS + 1)
        ]
        ctx.run(action("inventory.location.create"), values=bins)
        methods = [{"name": "Average", "costing": "moving_average"}, {"name": "FIFO", "costing": "fifo"}]
        categories = ctx.run(action("products.category.create"), values=methods).done
        piece = session.scalars(select(Unit.id).where(Unit.symbol == "pcs")).one()
        rows = [
            {"name": f"Product {number}", "unit": piece, "category": categories[number % 2]} for number in range(count)
        ]
        return list(ctx.run(action("products.product.create"), values=rows).done)


def _fill(house: Bench) -> None:
    """Load the history by SQL as a superuser would restore it, then work out what it comes to."""
    import psycopg

    from hanse.database.cluster import SUPERUSER

    with psycopg.connect(house.cluster.url(role=SUPERUSER).replace("+psycopg", "")) as connection:
        connection.execute(FILL)
    house.analyze()
    with house.database.session() as session, session.begin():
        rebuilding.rebuild(_context(house, session))
    house.analyze()


def _receipts(house: Bench, products: list[int]) -> Iterator[dict[str, Any]]:
    """Write and post receipts of one line, and then of many lines, in batches of 500."""
    with house.database.session() as session, session.begin():
        bins = _context(house, session).all(Location, Location.usage == Usage.PLACE).ids
    for lines in (1, 50):
        seconds: list[float] = []
        with counted(house.database) as statements:
            for first in range(0, len(products), CHUNK):
                some = products[first : first + CHUNK]
                seconds.append(timed(lambda: _receive(house, some, bins, lines)))  # noqa: B023
        yield {
            "n": len(products),
            "mode": f"receipts of {lines} lines",
            **spread(seconds),
            "per_s": round(len(products) / sum(seconds)),
            "rss_mb": rss_mb(),
            "statements": statements[0] // len(seconds),
        }


def _receive(house: Bench, products: list[int], bins: list[int], lines: int) -> None:
    with house.database.session() as session, session.begin():
        ctx = _context(house, session)
        values = [
            {
                "kind": "receipt",
                "place": bins[first % BINS],
                "lines": [
                    {"product": product, "quantity": 10, "price": Decimal("12.5")}
                    for product in products[first : first + lines]
                ],
            }
            for first in range(0, len(products), lines)
        ]
        made = ctx.run(action("inventory.entry.create"), values=values).done
        ctx.run(action("inventory.entry.post"), made)


def _on_hand(house: Bench, count: int) -> dict[str, Any]:
    """What is on hand of all products in the bins."""
    with house.database.session() as session, session.begin():
        ctx = _context(house, session)
        bins = ctx.all(Location, Location.usage == Usage.PLACE).ids
        rows = len(quantities(ctx, locations=bins))
        seconds = [timed(lambda: quantities(ctx, locations=bins)) for _run in range(5)]
        moves = session.scalar(text("SELECT count(*) FROM inventory_move"))
        assert rows >= count
        return {"n": count, "mode": f"on hand, {rows} rows over {moves} moves", **spread(seconds)}


def _again(house: Bench, method: str) -> dict[str, Any]:
    """Work out all costs of one method again, thrown away afterwards."""
    with house.database.session() as session, session.begin() as work:
        ctx = _context(house, session)
        query = select(StoreCost.product_id, StoreCost.store_id).where(StoreCost.method == method)
        keys = [(product, store) for product, store in session.execute(query)]
        again = action("inventory.entry.cost_again")
        parts = [keys[first : first + 200] for first in range(0, len(keys), 200)]
        seconds = [timed(partial(ctx.run, again, keys=some)) for some in parts]
        work.rollback()
    item = sum(seconds) / len(keys)
    return {"n": len(keys), "mode": f"cost again, {method}", "ms_per_item": round(item * 1000, 3), **spread(seconds)}
