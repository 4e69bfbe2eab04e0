"""Whatever leads where: merging loses no reference, and undoing gives back every table as it was."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_library.models import Loan, Reader
from sqlalchemy import text

from hanse.actions import find_action
from hanse.life.merged import forerunners
from hanse.life.models import Merge

#: What a merge and its undoing may leave: versions grow, and the log, the merges and their jobs are told.
_TABLES = {
    "library_reader": "id, name, active",
    # a company's row that keeps nothing is as good as none
    'library_reader_company WHERE num_nonnulls(deposit, "limit", favourite_id) > 0': (
        'company_id, record_id, deposit, "limit", favourite_id'
    ),
    "library_loan": "id, reader_id, guarantor_id, book_id, clerk_id, state, fee, due",
    "library_visit": "id, reader_id",
    "library_shelf": "id, name, active, keeper_id",
    "core_follower": "model, record, user_id, level",
    "core_favourite": "model, record, user_id",
    "core_merged": "model, record, survivor",
}
_NAMED = (
    "SELECT (SELECT count(*) FROM library_loan WHERE reader_id IN :ids), "
    "(SELECT count(*) FROM library_loan WHERE guarantor_id IN :ids), "
    "(SELECT count(*) FROM library_visit WHERE reader_id IN :ids)"
)
_READERS = 4
_number = st.integers(0, _READERS - 1)
_loan = st.tuples(_number, st.none() | _number, st.booleans())
_graph = st.fixed_dictionaries(
    {
        "limits": st.lists(st.none() | st.integers(1, 9), min_size=_READERS, max_size=_READERS),
        "favourites": st.lists(st.none() | st.integers(0, 1), min_size=_READERS, max_size=_READERS),
        "loans": st.lists(_loan, max_size=6),
        "followed": st.sets(_number),
        "starred": st.sets(_number),
        "survivor": _number,
        "losers": st.sets(_number, min_size=1, max_size=3),
        "take_name": _number,
    }
)


def everything(ctx: Any) -> dict[str, list[Any]]:
    ctx.bind()
    return {
        table: sorted(map(repr, ctx.session.execute(text(f"SELECT {columns} FROM {table}"))))
        for table, columns in _TABLES.items()
    }


def named(ctx: Any, ids: list[int]) -> tuple[int, ...]:
    ctx.bind()
    return tuple(ctx.session.execute(text(_NAMED.replace(":ids", "(" + ", ".join(map(str, ids)) + ")"))).one())


def fill(library: Any, graph: dict[str, Any]) -> list[Reader]:
    ctx = library.ctx
    shelves = [library.create("shelf", name=name) for name in ("A1", "A2")]
    readers = [
        library.reader(f"Reader {at}", limit=limit, favourite=None if favourite is None else shelves[favourite].id)
        for at, (limit, favourite) in enumerate(zip(graph["limits"], graph["favourites"], strict=True))
    ]
    for at, (reader, guarantor, back) in enumerate(graph["loans"]):
        other = None if guarantor is None else readers[guarantor].id
        loan = library.loan(reader=readers[reader], guarantor=other, title=f"Book {at}")
        if back:
            ctx.run(find_action("library.loan.lend"), [loan], due=date(2026, 1, 1))
            ctx.run(find_action("library.loan.take_back"), [loan], remark="worn")
    for name, chosen in (("core.follower.follow", graph["followed"]), ("core.favourite.star", graph["starred"])):
        for one in chosen:
            ctx.run(find_action(name), model="library.reader", record=readers[one].id)
    return readers


@given(graph=_graph)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_merging_and_undoing_gives_back_every_table(library, graph):
    ctx = library.ctx
    with ctx.session.begin_nested() as savepoint:
        readers = fill(library, graph)
        survivor = readers[graph["survivor"]].id
        losers = [readers[one].id for one in graph["losers"] if readers[one].id != survivor]
        if losers:
            taken = readers[graph["take_name"]].id
            values = {"name": taken} if taken in (survivor, *losers) else {}
            before, counts = everything(ctx), named(ctx, [survivor, *losers])

            ctx.run(find_action("library.reader.merge"), [survivor, *losers], survivor=survivor, values=values)
            assert sorted(forerunners(ctx, Reader, survivor)) == sorted(losers)
            assert named(ctx, [survivor, *losers]) == counts
            still = ctx.all(Loan, Loan.reader.in_(losers), Loan.state != "back")
            assert not still

            ctx.run(find_action("core.merge.undo"), [ctx.all(Merge, order_by=[Merge.id.desc()]).first()])
            assert everything(ctx) == before
        savepoint.rollback()
    ctx.session.expire_all()
