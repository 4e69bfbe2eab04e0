"""What merging duplicates may rely on: every reference moves or stays named, and undoing gives back what was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sample_library.models import Loan, Reader, Visit

from hanse.actions import find_action
from hanse.actions.write import insert_columns
from hanse.directory.models import Comment
from hanse.errors import BusinessError, Forbidden
from hanse.life.merged import forerunners, survivors
from hanse.life.models import Merge
from hanse.work.models import Favourite, Follower


def merge(ctx: Any, model: str, survivor: Any, *losers: Any, **params: Any) -> Merge:
    action = find_action(f"library.{model}.merge")
    assert action is not None
    ctx.run(action, [survivor, *losers], survivor=survivor.id, **params)
    return ctx.all(Merge, order_by=[Merge.id.desc()]).first()


def undo(ctx: Any, merged: Merge) -> None:
    action = find_action("core.merge.undo")
    assert action is not None
    ctx.run(action, [merged])


def state(ctx: Any, record: Any) -> dict[str, Any]:
    ctx.session.expire_all()
    return {
        name: getattr(record, field.column) for name, field in type(record).__fields__.items() if field.kind != "lines"
    }


def test_references_move_and_the_merged_record_stays_as_an_archived_forerunner(library):
    ctx = library.ctx
    ann, anne = library.reader("Ann"), library.reader("Anne")
    loan = library.loan(reader=anne, guarantor=ann)
    merged = merge(ctx, "reader", ann, anne)
    ctx.session.expire_all()
    assert (loan.reader_id, loan.guarantor_id) == (ann.id, ann.id)
    assert (ann.active, anne.active, merged.moved, merged.losers) == (True, False, 1, [anne.id])
    assert survivors(ctx, Reader, [anne.id]) == {anne.id: ann.id}
    assert forerunners(ctx, Reader, ann.id) == [anne.id]


def test_rows_that_never_change_keep_what_they_name(library, verb):
    ctx = library.ctx
    ann, anne = library.reader("Ann"), library.reader("Anne")
    back = library.loan(reader=anne)
    ctx.run(verb("library.loan.lend"), [back], due=date(2026, 1, 1))
    ctx.run(verb("library.loan.take_back"), [back])
    assert merge(ctx, "reader", ann, anne).moved == 0
    ctx.session.expire_all()
    assert back.reader_id == anne.id
    assert ctx.all(Visit).one().reader_id == anne.id


def test_values_are_filled_up_and_chosen_field_by_field(library):
    ctx = library.ctx
    ann, anne = library.reader("Ann"), library.reader("Anne", deposit=Decimal(50), limit=3)
    merged = merge(ctx, "reader", ann, anne, values={"name": anne.id})
    ctx.session.expire_all()
    assert (ann.name, ann.deposit, ann.limit) == ("Anne", Decimal(50), 3)
    undo(ctx, merged)
    ctx.session.expire_all()
    assert (ann.name, ann.deposit, ann.limit, anne.active) == ("Ann", None, None, True)
    assert survivors(ctx, Reader, [anne.id]) == {}


def test_per_company_links_lead_to_the_survivor(library):
    ctx = library.ctx
    one, other = library.create("shelf", name="A1"), library.create("shelf", name="A2")
    ann = library.reader("Ann", favourite=other)
    merged = merge(ctx, "shelf", one, other)
    ctx.session.expire_all()
    assert ann.favourite_id == one.id
    undo(ctx, merged)
    ctx.session.expire_all()
    assert ann.favourite_id == other.id


def test_what_people_have_to_do_with_a_record_moves_once(library):
    ctx = library.ctx
    ann, anne = library.reader("Ann"), library.reader("Anne")
    for one in (ann, anne):
        ctx.run(find_action("core.follower.follow"), model="library.reader", record=one.id, level="everything")
    ctx.run(find_action("core.favourite.star"), model="library.reader", record=anne.id)
    said = {"model": ["library.reader"], "record": [anne.id], "body": ["Hello"], "user_id": [ctx.user.id]}
    insert_columns(ctx.session, Comment.__table__, said | {"at": [ctx.now]}, {"company_id": ctx.company.id})
    merged = merge(ctx, "reader", ann, anne)
    assert [len(ctx.all(one, one.record == ann.id)) for one in (Follower, Favourite, Comment)] == [1, 1, 1]
    undo(ctx, merged)
    assert [len(ctx.all(one, one.record == anne.id)) for one in (Follower, Favourite, Comment)] == [1, 1, 1]


def test_nobody_merges_without_the_permission(library, as_user):
    ann, anne = library.reader("Ann"), library.reader("Anne")
    clerk = as_user("library.reader.read", "library.reader.update", "library.reader.archive")
    with pytest.raises(Forbidden):
        merge(clerk, "reader", ann, anne)


def test_a_merged_record_is_not_merged_again_nor_restored_nor_chosen(library, verb):
    ctx = library.ctx
    ann, anne, ben = library.reader("Ann"), library.reader("Anne"), library.reader("Ben")
    merge(ctx, "reader", ann, anne)
    with pytest.raises(BusinessError, match="“Anne” was merged into “Ann” already"):
        merge(ctx, "reader", ben, anne)
    with pytest.raises(BusinessError, match="Undo the merge"):
        ctx.run(verb("library.reader.restore"), [anne])
    with pytest.raises(BusinessError, match="Reader: “Anne” was merged into “Ann”. Choose that one."):
        library.create("loan", book=library.book(), reader=anne)


def test_merges_in_a_row_lead_to_the_last_and_are_undone_from_the_end(library):
    ctx = library.ctx
    ann, anne, hanna = library.reader("Ann"), library.reader("Anne"), library.reader("Hanna")
    loan = library.loan(reader=anne)
    first, second = merge(ctx, "reader", ann, anne), merge(ctx, "reader", hanna, ann)
    assert survivors(ctx, Reader, [anne.id]) == {anne.id: hanna.id}
    with pytest.raises(BusinessError, match="Undo that first"):
        undo(ctx, first)
    undo(ctx, second)
    undo(ctx, first)
    assert state(ctx, loan)["reader"] == anne.id


def test_undoing_leaves_what_was_changed_since_and_names_it(library, verb):
    ctx = library.ctx
    ann, anne, ben = library.reader("Ann"), library.reader("Anne"), library.reader("Ben")
    changed, kept = library.loan(reader=anne), library.loan(reader=anne, title="Two")
    merged = merge(ctx, "reader", ann, anne)
    ctx.run(verb("library.loan.update"), [changed], values={"reader": ben.id})
    ctx.run(verb("library.loan.update"), [kept], values={"fee": 3})
    undo(ctx, merged)
    ctx.session.expire_all()
    assert (changed.reader_id, kept.reader_id, kept.fee) == (ben.id, anne.id, 3)
    assert merged.left == [["library.loan", changed.id]]


def test_what_may_exist_once_only_is_named_before_anything_is_changed(library, monkeypatch):
    from hanse.models import Unique

    ctx = library.ctx
    rule = Unique("reader", error="x")
    monkeypatch.setattr(Loan, "__rules__", [*Loan.__rules__, rule])
    ann, anne = library.reader("Ann"), library.reader("Anne")
    library.loan(reader=ann)
    loan = library.loan(reader=anne, title="Two")
    with pytest.raises(BusinessError, match=r"Loans \(Reader\): both have one"):
        merge(ctx, "reader", ann, anne)
    assert (state(ctx, loan)["reader"], state(ctx, anne)["active"]) == (anne.id, True)


def test_every_moved_record_is_audited(library):
    from hanse.audit.models import AuditEntry

    ctx = library.ctx
    ann, anne = library.reader("Ann"), library.reader("Anne")
    loans = [library.loan(reader=anne, title=title) for title in ("One", "Two")]
    merge(ctx, "reader", ann, anne)
    moved = ctx.all(AuditEntry, AuditEntry.action == "core.merge.move", AuditEntry.model == "library.loan")
    assert {one.record: one.changes for one in moved} == {loan.id: {"reader": [anne.id, ann.id]} for loan in loans}
