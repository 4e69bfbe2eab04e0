"""What merging two partners leaves: each address and account once, one default address, the people, what was empty."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hanse.actions import find_action
from hanse.database.session import TOLD
from hanse.files.keeping import needed_keys
from hanse.files.uploads import forget_old, note
from hanse.life.models import Merge
from hanse.models import StoredFile
from hanse_contacts.models import Partner


def run(ctx: Any, name: str, *records: Any, **params: Any) -> Any:
    action = find_action(name)
    assert action is not None
    return ctx.run(action, list(records), **params)


def of(ctx: Any, partner: Partner) -> Partner:
    ctx.session.expire_all()
    return ctx.all(Partner, Partner.id == partner.id).one()


def test_lines_come_along_each_once_and_go_back(ctx, create, address):
    account = {"account_number": "6222 0212 3456 7890 123", "bank": "ICBC"}
    one = create(name="Alfreds", is_customer=True, addresses=[address("CN", city="Wuhan")], bank_accounts=[account])
    other = create(
        name="Alfreds Ltd",
        is_supplier=True,
        email="info@example.com",
        addresses=[address("CN", city="Wuhan"), address("DE", city="Bonn", is_default=True)],
        bank_accounts=[account, {"account_number": "1234567", "bank": "ABC"}],
    )
    maria = create(name="Maria Anders", kind="person", parent=other.id)
    run(ctx, "contacts.partner.merge", one, other, survivor=one.id)

    merged = of(ctx, one)
    assert [(line.city, line.is_default) for line in merged.addresses] == [("Wuhan", True), ("Bonn", False)]
    assert [line.bank for line in merged.bank_accounts] == ["ICBC", "ABC"]
    assert (merged.is_customer, merged.is_supplier, merged.email) == (True, True, "info@example.com")
    assert (of(ctx, maria).parent_id, merged.country.code, of(ctx, other).active) == (one.id, "CN", False)

    run(ctx, "core.merge.undo", ctx.all(Merge).one())
    assert [line.city for line in of(ctx, one).addresses] == ["Wuhan"]
    assert [(line.city, line.is_default) for line in of(ctx, other).addresses] == [("Wuhan", False), ("Bonn", True)]
    assert (of(ctx, one).is_supplier, of(ctx, one).email, of(ctx, other).active) == (False, None, True)
    assert of(ctx, maria).parent_id == other.id


def test_whoever_works_for_the_merged_company_does_not_work_for_themselves(ctx, create):
    firm = create(name="Firm")
    person = create(name="Ann", kind="person", parent=firm.id)
    twin = create(name="Ann", kind="person", parent=firm.id)
    run(ctx, "contacts.partner.merge", person, twin, survivor=person.id)
    assert of(ctx, person).parent_id == firm.id
    assert of(ctx, twin).parent_id == firm.id


def test_a_picture_comes_along_and_is_kept_as_long_as_the_merge_can_be_undone(ctx, create):
    first, second, third = (StoredFile.of(letter * 64, 9, f"{letter}.png") for letter in "abc")
    for one in (first, second, third):
        note(ctx.session, ctx.user.id, one, ctx.now)
    bare, pictured = create(name="Ann"), create(name="Ann Lee", picture=first)
    run(ctx, "contacts.partner.merge", bare, pictured, survivor=bare.id)
    assert of(ctx, bare).picture == first

    mine, theirs = create(name="Bob", picture=second), create(name="Bob Lee", picture=third)
    chosen = {"picture": theirs.id}
    run(ctx, "contacts.partner.merge", mine, theirs, survivor=mine.id, values=chosen)
    assert of(ctx, mine).picture == third
    forget_old(ctx.session, ctx.now + timedelta(days=1))
    assert needed_keys(ctx.session.connection())["b" * 64] == ["core_merge_move.changes"], "else it could not go back"
    ctx.session.info.pop(TOLD, None)  # the question is for all companies
    ctx.bind()
    run(ctx, "core.merge.undo", list(ctx.all(Merge))[-1])
    assert of(ctx, mine).picture == second
