"""What a model with an ``archivable()`` may rely on: archive, restore, no new links, telling deletions."""

from __future__ import annotations

from typing import Any

import pytest
from sample_library.models import Loan, Reader, Shelf

from hanse.actions import find_action, run
from hanse.actions.registry import action
from hanse.errors import BusinessError, Forbidden
from hanse.screens import filtering, listing, screen_of
from hanse.testing.counting import statements


def shown(ctx: Any, model: Any, *query: tuple[str, str]) -> list[int]:
    screen = screen_of(model)
    asked = filtering.read(ctx, screen, query)
    return [row[0] for row in listing.read_page(ctx, screen, asked).rows]


def test_what_is_archived_leaves_the_list_and_comes_back(library, verb):
    ann, ben = library.reader("Ann"), library.reader("Ben")
    library.ctx.run(verb("library.reader.archive"), [ann, ben])
    assert not ann.active
    assert shown(library.ctx, Reader) == []
    assert shown(library.ctx, Reader, ("f-archived", "yes")) == [ann.id, ben.id]

    library.ctx.run(verb("library.reader.restore"), [ben])
    assert shown(library.ctx, Reader) == [ben.id]
    assert shown(library.ctx, Reader, ("f-archived", "all")) == [ann.id, ben.id]


def test_archiving_needs_its_own_permission_and_nobody_types_it(library, as_user, verb):
    shelf = library.create("shelf", name="A1")
    clerk = as_user("library.shelf.read", "library.shelf.update", "library.shelf.create")
    with pytest.raises(Forbidden):
        clerk.run(verb("library.shelf.archive"), [shelf])
    with pytest.raises(Forbidden):
        clerk.run(verb("library.shelf.update"), [shelf], values={"active": False})

    keeper = as_user("library.shelf.read", "library.shelf.archive")
    keeper.run(verb("library.shelf.archive"), [shelf])
    assert shown(keeper, Shelf) == []


def test_nothing_new_chooses_what_is_archived_and_the_message_names_field_and_row(library, verb):
    ann, ben = library.reader("Ann"), library.reader("Ben")
    book = library.book()
    library.ctx.run(verb("library.reader.archive"), [ann])
    with pytest.raises(BusinessError, match="Reader: “Ann” is archived") as caught:
        library.create("loan", book=book, reader=ann)
    assert caught.value.field == "reader"

    with pytest.raises(BusinessError, match="is archived") as caught:
        library.create("loan", {"book": book.id, "reader": ben.id}, {"book": book.id, "reader": ann.id})
    assert [one.field for one in caught.value.each()] == ["1.reader"]


def test_a_record_keeps_the_archived_one_it_has(library, verb):
    ann = library.reader("Ann")
    loan = library.loan(reader=ann)
    library.ctx.run(verb("library.reader.archive"), [ann])
    library.ctx.run(verb("library.loan.update"), [loan], values={"reader": ann.id, "fee": 3})
    assert library.ctx.visible(Loan, Loan.id == loan.id).one().reader.name == "Ann"
    with pytest.raises(BusinessError, match="Guarantor"):
        library.ctx.run(verb("library.loan.update"), [loan], values={"guarantor": ann.id})


def test_rules_of_the_business_may_still_write_it(library, verb):
    ann = library.reader("Ann")
    book = library.book()
    library.ctx.run(verb("library.reader.archive"), [ann])

    name = "library.reader.lend_for_test"
    lend = find_action(name) or action(Reader, name="lend_for_test", label="x", permission="library.reader.read")(
        lambda ctx, readers: ctx.run(verb("library.loan.create"), values=[{"book": book, "reader": readers.ids[0]}])
    )
    object.__setattr__(lend, "addon", "sample_library")
    run(library.ctx, lend, [ann])
    assert len(library.ctx.visible(Loan, Loan.reader == ann)) == 1


def test_deleting_says_by_what_a_record_is_used_as_far_as_one_sees_it(library, as_user, verb):
    ann = library.reader("Ann")
    clerk = as_user(
        ("library.reader.read", "company"), ("library.reader.delete", "company"), ("library.loan.read", "own")
    )
    library.loan(reader=ann, title="One", clerk=clerk.user.id)
    for title in ("Two", "Three"):
        library.loan(reader=ann, title=title)
    with pytest.raises(BusinessError) as caught:
        clerk.run(verb("library.reader.delete"), [ann])
    assert str(caught.value) == (
        "It cannot be deleted, as it is still used: 1 × Loans (Reader); 2 more that you may not see. "
        "Archive it instead."
    )
    assert library.ctx.visible(Reader, Reader.id == ann.id).one().name == "Ann"

    ben = library.reader("Ben")
    library.ctx.run(verb("library.reader.delete"), [ben])
    assert not library.ctx.visible(Reader, Reader.id == ben.id)


def test_a_page_of_an_archivable_model_is_still_one_statement(library):
    library.reader("Ann")
    with statements(library.ctx) as sent:
        shown(library.ctx, Reader)
    assert len(sent) == 1
