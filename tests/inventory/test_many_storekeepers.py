"""What many storekeepers at once may rely on: nothing is lost, taken twice or stuck, whatever rolls back.

Real connections, each thread its own; every step commits or, at random, is thrown away at its very end.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from warehouse import BOOKS, Warehouse, act

from hanse.addons import installed
from hanse.errors import BusinessError
from hanse.i18n import speaking
from hanse.testing import TrialDatabase
from hanse.testing.databases import Databases
from hanse.testing.people import open_for_admin, switch_on
from hanse_inventory import rebuilding
from hanse_inventory.models import StockEntry
from hanse_products.models import Costing, Product

WORKERS = 4
STEPS = 12


class Regret(Exception):
    """Whoever did the last step takes it back."""


@pytest.fixture(scope="module")
def house(databases: Databases) -> Iterator[TrialDatabase]:
    """A database with a warehouse that keeps tea by the average and wine first in, first out."""
    with databases.copy() as database:
        with database.session() as session, session.begin():
            ctx = open_for_admin(session)
            switch_on(ctx, [name for name in installed().addons if name in ctx.enabled - {BOOKS}])
            shop = Warehouse(open_for_admin(session))
            shop.place("Cellar")
            for name, costing in (("Tea", Costing.MOVING_AVERAGE), ("Wine", Costing.FIFO)):
                shop.receipt(shop.product(name, costing=costing), 20, 5, at=1)
        yield database


def once(database: TrialDatabase, step: Callable[[Warehouse, random.Random], Any], seed: int) -> Any:
    """Do a step in a transaction of its own; now and then it is regretted at its very end."""
    rnd = random.Random(seed)
    with database.session() as session, session.begin(), speaking("en"):
        made = step(Warehouse(open_for_admin(session)), rnd)
        if rnd.random() < 0.2:
            raise Regret
        return made


def work(shop: Warehouse, rnd: random.Random) -> None:
    """Do what a storekeeper does, now or entered late."""
    products = {one.name: one for one in shop.ctx.all(Product, Product.name.in_(["Tea", "Wine"]))}
    product = products[rnd.choice(["Tea", "Wine"])]
    at = rnd.choice([None, None, 24 + rnd.random() * 48])
    quantity = rnd.randint(1, 6)
    kind = rnd.choice(["receipt", "issue", "issue", "reserve", "waste", "two"])
    if kind == "receipt":
        shop.receipt(product, quantity, rnd.randint(1, 9), at=at)
    elif kind == "reserve":
        entry = shop.draft("delivery", {"product": product, "quantity": quantity})
        act(shop.ctx, StockEntry, "reserve", entry)
        if rnd.random() < 0.6:
            act(shop.ctx, StockEntry, "post", entry)
    elif kind == "two":  # both products at once, in either order
        some = [products["Wine"], products["Tea"]]
        rnd.shuffle(some)
        shop.post("issue", *({"product": one, "quantity": 1} for one in some), at=at)
    else:
        shop.post(kind, {"product": product, "quantity": quantity}, at=at)


def test_four_at_once_leave_what_one_after_the_other_would(house):
    start = threading.Barrier(WORKERS)
    done: list[str] = []

    def busy(worker: int) -> None:
        start.wait()
        for step in range(STEPS):
            try:
                once(house, work, worker * 1000 + step)
                done.append("done")
            except Regret:
                done.append("regretted")
            except BusinessError:
                done.append("refused")

    with ThreadPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(busy, worker) for worker in range(WORKERS)]:
            future.result()
    assert len(done) == WORKERS * STEPS  # whatever was refused or regretted, nobody was stuck
    assert done.count("done") >= WORKERS
    with house.session() as session, session.begin():
        ctx = open_for_admin(session)
        assert rebuilding.differences(ctx) == []
        below = text("SELECT count(*) FROM inventory_stock WHERE quantity < 0")
        assert session.scalar(below) == 0
        numbers = session.scalars(text("SELECT number FROM inventory_entry WHERE kind = 'issue' ORDER BY number")).all()
        assert [int(one.rpartition("-")[2]) for one in numbers if one.startswith("GI202503")] == list(
            range(1, 1 + len([one for one in numbers if one.startswith("GI202503")]))
        )


def test_the_last_piece_is_issued_once(house):
    """Who comes second is told that nothing is left, and does not wait for ever."""
    with house.session() as session, session.begin():
        shop = Warehouse(open_for_admin(session))
        product = shop.product("Vase")
        shop.receipt(product, 1, 5)
        key = product.id
    start = threading.Barrier(WORKERS)

    def take(_worker: int) -> str:
        start.wait()
        try:
            with house.session() as session, session.begin():
                shop = Warehouse(open_for_admin(session))
                shop.issue(shop.ctx.all(Product, Product.id == key).one(), 1)
        except BusinessError:
            return "refused"
        return "issued"

    with ThreadPoolExecutor(WORKERS) as pool:
        ends = sorted(pool.map(take, range(WORKERS)))
    assert ends == ["issued", *["refused"] * (WORKERS - 1)]
    with house.session() as session, session.begin():
        shop = Warehouse(open_for_admin(session))
        assert shop.on_hand(shop.ctx.all(Product, Product.id == key).one()) == Decimal(0)
