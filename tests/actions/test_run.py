"""What every caller of run() may rely on: buttons, API, jobs, rules and other actions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sample_library.models import Book, Genre, Loan, LoanState
from sqlalchemy import select, text

from hanse import BusinessError, Errors, Forbidden, NotFound, Stale
from hanse.actions import open_context, release
from hanse.actions.models import HeldAction, HeldState
from hanse.actions.write import OutsideRun
from hanse.audit.models import AuditEntry
from hanse.directory.founding import add_role, found_company, give_role
from hanse.directory.models import DepartmentAddon
from hanse.testing.people import department, switch_on

DUE = date(2026, 12, 1)


def titles(ctx):
    return ctx.all(Book, order_by=[Book.title])[Book.title]


# --- who may ----------------------------------------------------------------------------------------------------------


def test_without_the_permission_nothing_happens(library, as_user, verb):
    book = library.book()
    reader = as_user("library.book.read")
    with pytest.raises(Forbidden, match="You may not do this"):
        reader.run(verb("library.book.update"), [book], values={"title": "Mine"})
    assert titles(reader) == ["Momo"]


def test_a_permission_reaches_only_as_far_as_its_scope(library, as_user, verb):
    clerk = as_user("library.loan.read", ("library.loan.lend", "own"))
    own = library.loan(clerk=clerk.user.id)
    others = library.loan(title="Emma")
    assert clerk.run(verb("library.loan.lend"), [own], due=DUE).done == (own.id,)
    with pytest.raises(NotFound):
        clerk.run(verb("library.loan.lend"), [others], due=DUE)


def test_an_action_of_an_addon_that_is_off_in_the_company_is_refused(library, verb):
    switch_on(library.ctx, [])
    ctx = open_context(library.ctx.session, library.ctx.user, library.ctx.company.id, via="test")
    with pytest.raises(Forbidden, match="Library is not switched on here"):
        ctx.run(verb("library.book.create"), values=[{"title": "Momo"}])


def test_a_department_decides_who_may_start_and_the_company_what_code_may_do(library, as_user, verb):
    """An addon given to sales is not there for the office; but what sales starts may go on into it."""
    sales = department(library.ctx, "Sales")
    library.ctx.run(verb("core.department.show_addons"), [sales], addons=["sample_library"])
    assert library.ctx.all(DepartmentAddon)
    inside, outside = as_user(role="administrator", departments=["Sales"]), as_user(role="administrator")
    book = inside.run(verb("library.book.create"), values=[{"title": "Momo"}]).id
    assert "sample_library" in outside.enabled - outside.seen
    assert not outside.visible(Book)
    with pytest.raises(Forbidden, match="not switched on"):
        outside.run(verb("library.book.update"), [book], values={"title": "Mine"})
    nested = nest(outside)
    assert nested.run(verb("library.book.update"), [book], values={"pages": 3}).done == (book,)


def nest(ctx):
    """Pretend to be inside another action of ``ctx``."""
    from hanse.actions import find_action
    from hanse.actions.run import Run

    ctx.running = Run(find_action("core.user.update"), None)
    return ctx


def test_a_nested_run_does_not_ask_for_the_persons_permission(library, as_user, verb):
    clerk = as_user(("library.book.update", "company"), "library.book.read")
    book = library.book()
    clerk.run(verb("library.book.weed"), [book])
    assert library.ctx.session.scalar(select(Book.remark).where(Book.id == book.id)) == "weeded"


# --- which records ----------------------------------------------------------------------------------------------------


def test_a_record_that_is_not_there_refuses_all(library, verb):
    book = library.book()
    with pytest.raises(NotFound, match=f"Record {book.id + 1} is not there"):
        library.ctx.run(verb("library.book.update"), [book.id, book.id + 1], values={"title": "X"})
    assert titles(library.ctx) == ["Momo"]


def test_records_of_another_company_can_be_read_but_not_changed(library, verb):
    other = found_company(library.ctx.session, library.ctx.user, {"name": "Other"}, addons=["sample_library"])
    theirs = other.run(verb("library.book.create"), values=[{"title": "Theirs"}]).id
    session, user = library.ctx.session, library.ctx.user
    add_role(session, "group", "Group", (("*", "companies"),))
    give_role(session, user.login, "group")
    ctx = open_context(session, user, library.ctx.company.id, via="test")
    assert ctx.visible(Book)[Book.title] == ["Theirs"], "who may read all companies sees it"
    with pytest.raises(NotFound):
        ctx.run(verb("library.book.update"), [theirs], values={"title": "Ours"})


def test_a_record_somebody_else_changed_is_stale_and_says_what_is_there_now(library, verb):
    book = library.book(pages=3)
    seen = book.rev
    library.ctx.run(verb("library.book.update"), [book], values={"pages": 4}, revs=[seen])
    with pytest.raises(Stale) as caught:
        library.ctx.run(verb("library.book.update"), [book], values={"pages": 5}, revs=[seen])
    assert caught.value.theirs["pages"] == 4
    assert caught.value.record == book.id
    assert book.rev == seen + 1


def test_a_change_to_the_same_value_is_none(library, verb):
    book = library.book(pages=3)
    rev = book.rev
    library.ctx.run(verb("library.book.update"), [book], values={"pages": 3, "title": " Momo "})
    assert book.rev == rev
    assert library.ctx.session.scalar(select(AuditEntry.id).where(AuditEntry.action == "library.book.update")) is None


# --- states -----------------------------------------------------------------------------------------------------------


def test_moves_checks_the_state_before_and_sets_it_after(library, verb):
    loan = library.loan()
    library.ctx.run(verb("library.loan.lend"), [loan], due=DUE)
    assert (loan.state, loan.due) == (LoanState.OUT, DUE)
    with pytest.raises(BusinessError, match="This is “Lent”; Lend needs “Asked for”") as caught:
        library.ctx.run(verb("library.loan.lend"), [loan], due=DUE)
    assert caught.value.record == loan.id


def test_a_state_that_an_inner_run_set_and_took_back_is_set_again(library, verb, monkeypatch):
    loan, lend = library.loan(), verb("library.loan.lend")
    depth = iter(range(3))

    def lend_twice(ctx, loans, *, due, fee=0):
        """Lend inside; the outer of the two inner runs fails after the state was set."""
        level = next(depth)
        if level == 0:
            with pytest.raises(BusinessError, match="after all"):
                ctx.run(lend, loans, due=due)
            assert ctx.session.scalar(select(Loan.state).where(Loan.id == loan.id)) == LoanState.ASKED
        elif level == 1:
            ctx.run(lend, loans, due=due)
            raise BusinessError("not after all")

    monkeypatch.setitem(lend.__dict__, "function", lend_twice)
    library.ctx.run(lend, [loan], due=DUE)
    assert (loan.state, loan.rev) == (LoanState.OUT, 2)
    (changes,) = library.ctx.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "library.loan.lend"))
    assert changes == {"state": ["asked", "out"]}


def test_without_partial_one_refused_record_refuses_all(library, verb):
    good, bad = library.loan(), library.loan(title="Lost")
    with pytest.raises(BusinessError, match="“Lost” is lost"):
        library.ctx.run(verb("library.loan.lend"), [good, bad], due=DUE)
    assert good.state is LoanState.ASKED


def test_partial_goes_on_without_the_refused_and_says_why(library, verb):
    good, lost, out = library.loan(), library.loan(title="Lost"), library.loan(title="Out")
    library.ctx.run(verb("library.loan.lend"), [out], due=DUE)
    outcome = library.ctx.run(verb("library.loan.lend"), [out, good, lost], due=DUE, partial=True)
    assert outcome.done == (good.id,)
    assert {record: str(error) for record, error in outcome.refused.items()} == {
        lost.id: "“Lost” is lost.",
        out.id: "This is “Lent”; Lend needs “Asked for”.",
    }


def test_all_that_is_wrong_is_said_at_once(library, verb):
    one, two = library.loan(title="Lost"), library.loan(title="Emma")
    library.ctx.run(verb("library.loan.lend"), [two], due=DUE)
    with pytest.raises(Errors) as caught:
        library.ctx.run(verb("library.loan.lend"), [one, two], due=DUE)
    assert {error.record for error in caught.value.each()} == {one.id, two.id}


def test_an_error_about_all_records_is_not_partial(library, verb):
    loan = library.loan()
    with pytest.raises(BusinessError, match="A fee is not negative") as caught:
        library.ctx.run(verb("library.loan.lend"), [loan], due=DUE, fee=-1, partial=True)
    assert caught.value.field == "fee"


def test_hooks_of_addons_that_are_off_are_not_asked(library, verb):
    switch_on(library.ctx, ["sample_library"])
    ctx = open_context(library.ctx.session, library.ctx.user, library.ctx.company.id, via="test")
    library.ctx = ctx
    loan = library.loan(title="Lost")
    assert ctx.run(verb("library.loan.lend"), [loan], due=DUE).done == (loan.id,)


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_a_hook_holds_some_of_the_records(library, verb):
    plain, rare = library.loan(), library.loan(title="Rare print")
    outcome = library.ctx.run(verb("library.loan.lend"), [plain, rare], due=DUE, fee=100)
    assert (outcome.done, outcome.held) == ((plain.id,), (rare.id,))
    assert rare.state is LoanState.ASKED
    waiting = library.ctx.all(HeldAction).one()
    assert (waiting.action, waiting.records, waiting.state) == ("library.loan.lend", [rare.id], HeldState.WAITING)
    assert waiting.params == {"due": "2026-12-01", "fee": "100"}
    assert waiting.requester.id == library.ctx.user.id


def test_what_was_held_is_run_as_who_asked(library, as_user, verb):
    clerk = as_user("library.loan.read", "library.loan.lend", "library.loan.price")
    rare = library.loan(title="Rare print")
    clerk.run(verb("library.loan.lend"), [rare], due=DUE, fee=100)
    waiting = library.ctx.all(HeldAction).one()
    boss = nest(library.ctx)
    assert release(boss, waiting, clerk).done == (rare.id,)
    assert (rare.state, rare.fee, waiting.state) == (LoanState.OUT, Decimal(100), HeldState.RELEASED)
    entry = library.ctx.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "library.loan.lend", AuditEntry.model == "library.loan")
    ).one()
    assert entry.user.id == clerk.user.id
    assert entry.outer_run == boss.running.id


def test_what_was_held_is_stale_when_the_record_has_changed_since(library, verb):
    rare = library.loan(title="Rare print")
    library.ctx.run(verb("library.loan.lend"), [rare], due=DUE, fee=100)
    library.ctx.run(verb("library.loan.update"), [rare], values={"due": "2027-01-01"})
    with pytest.raises(Stale):
        release(nest(library.ctx), library.ctx.all(HeldAction).one(), library.ctx)
    assert library.ctx.all(HeldAction).one().state is HeldState.WAITING


# --- transactions -----------------------------------------------------------------------------------------------------


def test_a_nested_run_that_fails_leaves_the_outer_going_on(library, verb):
    library.create("book", {"title": "Easy"}, {"title": "Tricky"})
    library.ctx.run(verb("library.book.weed"), library.ctx.visible(Book))
    rows = library.ctx.session.execute(select(Book.title, Book.pages, Book.remark).order_by(Book.id))
    assert [tuple(row) for row in rows] == [("Easy", 1, "weeded"), ("Tricky", None, "kept")]


def test_a_run_that_fails_leaves_nothing_even_if_its_error_is_caught(library, verb):
    """Two books, of which the second is wrong: the first is not there either, whatever the caller does next."""
    with pytest.raises(BusinessError):
        library.ctx.run(
            verb("library.book.create"), values=[{"title": "A", "copies": [{"barcode": "1"}, {"barcode": "1"}]}]
        )
    assert titles(library.ctx) == []
    library.book("B")
    assert titles(library.ctx) == ["B"]


def test_run_never_commits(own_database, verb):
    from hanse.testing.people import open_for_admin

    with own_database.session() as session:
        session.begin()
        switch_on(open_for_admin(session), ["sample_library"])
        session.commit()
        session.begin()
        open_for_admin(session).run(verb("library.book.create"), values=[{"title": "Gone"}])
        session.rollback()
    with own_database.session() as session, session.begin():
        assert not open_for_admin(session).all(Book)


def test_writes_outside_an_action_are_refused(library):
    book = library.book()
    for write in (
        lambda: library.ctx.insert(Book, [{"title": "X"}]),
        lambda: library.ctx.update([book], {"title": "X"}),
        lambda: library.ctx.delete([book]),
        lambda: library.ctx.take_numbers({"x": 1}),
    ):
        with pytest.raises(OutsideRun, match="write one and ctx"):
            write()


def test_an_action_that_only_reads_locks_nothing_and_cannot_write(library, verb):
    loan = library.loan()
    assert library.ctx.run(verb("library.loan.look"), [loan]).result == 1
    look = nest(library.ctx)
    look.running.action = verb("library.loan.look")
    with pytest.raises(OutsideRun, match="reads=True, so it cannot change data"):
        look.update([loan], {"due": DUE})


def test_contexts_of_two_companies_may_take_turns_in_one_transaction(library, verb):
    """Each write goes to the company of its own Context, whoever was opened last."""
    here = library.ctx
    there = found_company(here.session, here.user, {"name": "Other"}, addons=["sample_library"])
    for number in range(2):
        here.run(verb("library.book.create"), values=[{"title": f"Here {number}"}])
        there.run(verb("library.book.create"), values=[{"title": f"There {number}"}])
    assert here.all(Book)[Book.title] == ["Here 0", "Here 1"]
    assert there.all(Book)[Book.title] == ["There 0", "There 1"]


def test_an_action_goes_on_in_its_own_company_after_running_one_in_another(library, verb, monkeypatch):
    here = library.ctx
    there = found_company(here.session, here.user, {"name": "Other"}, addons=["sample_library"])
    book = library.book("Here")

    def mirror(ctx, books, *, genre, factor=1, note="", now=False):
        there.run(verb("library.book.create"), values=[{"title": "There"}])
        ctx.update(books, {"genre": genre})

    action = verb("library.book.reclassify")
    monkeypatch.setitem(action.__dict__, "function", mirror)
    here.run(action, [book], genre="poetry")
    assert here.all(Book)[Book.genre] == [Genre.POETRY]
    assert there.all(Book)[Book.title] == ["There"]


def test_a_failed_savepoint_does_not_leave_the_session_with_another_company(library, verb):
    here = library.ctx
    there = found_company(here.session, here.user, {"name": "Other"}, addons=["sample_library"])
    here.bind()
    with pytest.raises(BusinessError), here.session.begin_nested():
        there.bind()
        raise BusinessError("no")
    there.run(verb("library.book.create"), values=[{"title": "There"}])
    assert there.all(Book)[Book.company_id] == [there.company.id]


# --- parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"genre": "poetry"}, (Genre.POETRY, 1, "", False)),
        ({"genre": Genre.NOVEL, "factor": "3", "note": "", "now": "on"}, (Genre.NOVEL, 3, "", True)),
        ({"genre": "novel", "factor": "", "now": False}, (Genre.NOVEL, 1, "", False)),
        ({"genre": "novel", "now": "false"}, (Genre.NOVEL, 1, "", False)),
    ],
)
def test_parameters_arrive_as_the_function_expects_them(library, verb, given, result):
    assert library.ctx.run(verb("library.book.reclassify"), [library.book()], **given).result == result


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({}, "genre", "Genre is missing"),
        ({"genre": None}, "genre", "Genre is missing"),
        ({"genre": "cookery"}, "genre", "Genre: “cookery” does not fit"),
        ({"genre": "novel", "factor": "many"}, "factor", "Factor: “many” does not fit"),
        ({"genre": "novel", "now": "perhaps"}, "now", "Now: “perhaps” does not fit"),
        ({"genre": "novel", "colour": "red"}, "colour", "has no parameter colour"),
    ],
)
def test_wrong_parameters_are_named(library, verb, given, field, message):
    with pytest.raises(BusinessError, match=message) as caught:
        library.ctx.run(verb("library.book.reclassify"), [library.book()], **given)
    assert caught.value.field == field


def test_duplicates_among_the_records_count_once(library, verb):
    book = library.book()
    assert library.ctx.run(verb("library.book.reclassify"), [book, book.id], genre="poetry").done == (book.id,)


def test_a_single_record_needs_no_list(library, verb):
    book = library.book()
    assert library.ctx.run(verb("library.book.reclassify"), book, genre="poetry").done == (book.id,)


def test_no_records_is_no_error(library, verb):
    assert library.ctx.run(verb("library.loan.lend"), [], due=DUE).done == ()
    assert library.ctx.session.scalar(text("SELECT count(*) FROM library_loan")) == 0
    assert library.ctx.visible(Loan).ids == []


def test_an_action_with_private_parameters_is_never_held():
    from hanse.actions import find_action

    action = find_action("core.user.set_password")

    assert action is not None
    assert action.private


def test_the_log_keeps_no_password_hash(ctx):
    from sqlalchemy import select

    from hanse.actions import find_action
    from hanse.audit.models import AuditEntry
    from hanse.directory.models import User

    user = ctx.session.scalars(select(User.id).where(User.login == "admin")).one()
    ctx.run(find_action("core.user.set_password"), [user], password="correct-horse-9")

    (changes,) = ctx.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "core.user.set_password"))
    assert changes == {"password": ["•••", "•••"]}
