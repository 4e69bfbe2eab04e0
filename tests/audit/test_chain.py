"""What an auditor may rely on: whatever is done to sealed entries, their seals or roots is found and named."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from hanse.actions import Context
from hanse.actions.context import bind
from hanse.actions.write import insert_columns
from hanse.audit import chain
from hanse.audit.models import AuditEntry
from hanse.audit.sealing import seal_audit
from hanse.audit.verify import Verdict, verify
from hanse.cli import main
from hanse.testing import TrialDatabase
from hanse.testing.people import open_for_admin

HASHED = {
    "run": "'another'",
    "outer_run": "'another'",
    "at": "at + interval '1 microsecond'",
    "user_id": "user_id + 1",
    "behalf_id": "user_id",
    "via": "'cli'",
    "action": "action || 's'",
    "model": "model || 's'",
    "record": "record + 1",
    "changes": "jsonb_set(changes::jsonb, '{title}', '[null, \"MomO\"]')::json",
    "rev": "rev + 1",
}


class Log:
    """The audit log of a database of its own, without what setting up its company wrote."""

    def __init__(self, database: TrialDatabase) -> None:
        self.database = database
        if self.ask("SELECT 1 FROM core_audit LIMIT 1"):
            self.tamper("DELETE FROM core_audit")

    def work(self, task: Callable[[Context], object]) -> object:
        """Do something in a transaction that commits."""
        with self.database.session() as session, session.begin():
            return task(open_for_admin(session))

    def write(self, *records: int) -> None:
        """Commit one entry for each record."""
        self.work(lambda ctx: note(ctx, *records))

    def seal(self, most: int = 10_000) -> int:
        found = self.work(lambda ctx: chain.seal(ctx.session, most=most))
        assert isinstance(found, int)
        return found

    def verify(self) -> Verdict:
        with self.database.session() as session, session.begin():
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            ctx = open_for_admin(session)
            return verify(session, ctx.company.id, ctx.company.name)

    def found(self) -> tuple[str, int | None, int | None] | None:
        """Say what is wrong: kind, entry, seal."""
        broken = self.verify().broken
        return None if broken is None else (broken.kind, broken.entry, broken.seal)

    def tamper(self, *statements: str) -> None:
        """Change rows as their owner, with the triggers out of the way."""
        engine = create_engine(self.database.owner_url)
        tables = ("core_audit", "core_audit_seal", "core_audit_root")
        with engine.begin() as connection:
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            for statement in statements:
                assert connection.execute(text(statement.replace(":", r"\:"))).rowcount > 0, statement
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        engine.dispose()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        engine = create_engine(self.database.owner_url)
        with engine.begin() as connection:
            rows = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return rows

    def ids(self) -> list[int]:
        """Give the sealed ids in the order of the chain."""
        rows = self.ask(
            "SELECT (e.pair->>0)::bigint FROM core_audit_seal s, "
            "jsonb_array_elements(s.entries) WITH ORDINALITY e(pair, place) ORDER BY s.position, e.place"
        )
        return [int(str(id_)) for (id_,) in rows]


def note(ctx: Context, *records: int, **more: object) -> None:
    """Write entries as a run does."""
    count = len(records)
    columns: dict[str, list[object]] = {
        "run": ["a" * 36] * count,
        "at": [ctx.now] * count,
        "user_id": [ctx.user.id] * count,
        "via": ["web"] * count,
        "action": ["library.book.update"] * count,
        "model": ["library.book"] * count,
        "record": list(records),
        "changes": [json.dumps({"title": [None, f"Momo {record}"], "remark": ["", "灰先生"]}) for record in records],
    }
    insert_columns(ctx.session, AuditEntry.__table__, columns, {"company_id": ctx.company.id, **more})


@pytest.fixture
def log(own_database: TrialDatabase) -> Log:
    """A log of six entries, sealed by two and by four."""
    found = Log(own_database)
    found.write(1, 2)
    found.seal()
    found.write(3, 4, 5, 6)
    found.seal()
    return found


def entry(log: Log, record: int) -> int:
    ((found,),) = log.ask(f"SELECT id FROM core_audit WHERE record = {record}")
    return int(str(found))


def test_what_was_left_alone_is_right(log: Log):
    log.write(7)
    verdict = log.verify()
    assert verdict.broken is None
    assert (verdict.sealed, verdict.seals, verdict.waiting) == (6, 2, 1)
    assert verdict.root is not None
    assert (verdict.root.position, verdict.root.total) == (2, 6)


def test_sealing_again_seals_nothing_twice(log: Log):
    assert log.seal() == 0
    log.write(7)
    assert (log.seal(), log.seal()) == (1, 0)
    assert log.ids() == sorted(log.ids())
    assert log.verify().sealed == 7


@pytest.mark.parametrize("column", HASHED)
def test_a_changed_value_is_found_in_every_column(log: Log, column: str):
    fourth = entry(log, 4)
    log.tamper(f"UPDATE core_audit SET {column} = {HASHED[column]} WHERE id = {fourth}")
    assert log.found() == ("changed", fourth, 2)


def test_every_column_of_an_entry_is_hashed():
    columns = {column.name for column in AuditEntry.__table__.columns}
    assert columns - {"id", "company_id"} == set(HASHED)  # the seal binds the id, and is the company's


def test_a_removed_entry_is_found(log: Log):
    third = entry(log, 3)
    log.tamper(f"DELETE FROM core_audit WHERE id = {third}")
    assert log.found() == ("removed", third, 2)


def test_an_entry_that_was_moved_to_another_company_is_found(log: Log):
    third = entry(log, 3)
    log.tamper(
        "INSERT INTO core_company (name, currency_id) SELECT 'Other', currency_id FROM core_company LIMIT 1",
        f"UPDATE core_audit SET company_id = (SELECT max(id) FROM core_company) WHERE id = {third}",
    )
    assert log.found() == ("removed", third, 2)


@pytest.mark.parametrize(("one", "other"), [(3, 5), (1, 6)], ids=["within a seal", "between seals"])
def test_swapped_entries_are_found(log: Log, one: int, other: int):
    first, second = entry(log, one), entry(log, other)
    log.tamper(
        f"UPDATE core_audit SET id = -1 WHERE id = {first}",
        f"UPDATE core_audit SET id = {first} WHERE id = {second}",
        f"UPDATE core_audit SET id = {second} WHERE id = -1",
    )
    assert log.found() == ("order", first, 1 if one == 1 else 2)


def test_entries_removed_at_the_end_are_found(log: Log):
    log.tamper("DELETE FROM core_audit WHERE record >= 5")
    kind, removed, _seal = log.found() or ("", None, None)
    assert kind == "removed"
    assert removed not in (None, *[id_ for (id_,) in log.ask("SELECT id FROM core_audit")])


def test_entries_removed_at_the_end_together_with_their_seal_are_found_by_the_root(log: Log):
    log.tamper("DELETE FROM core_audit WHERE record >= 3", "DELETE FROM core_audit_seal WHERE position = 2")
    assert log.found() == ("seal", None, 2)


def test_an_entry_put_in_under_an_old_id_is_found(log: Log):
    log.tamper(
        "INSERT INTO core_audit (id, company_id, run, at, user_id, via, action, model, record, changes) "
        "SELECT -5, company_id, run, at, user_id, via, action, model, 99, changes FROM core_audit WHERE record = 1"
    )
    assert log.found() == ("inserted", -5, None)
    log.seal()
    assert log.found() == ("inserted", -5, None)


@pytest.mark.parametrize("position", [1, 2])
def test_a_removed_seal_is_found(log: Log, position: int):
    log.tamper(f"DELETE FROM core_audit_seal WHERE position = {position}")
    assert log.found() == ("seal", None, position)


@pytest.mark.parametrize(
    "change",
    [
        "hash = repeat('a', 64)",
        "previous = repeat('a', 64)",
        "entries = entries - 0",
        "entries = jsonb_build_array(entries->1, entries->0)",
        "sealed_on = sealed_on - 1",
        "sealed_at = sealed_at - interval '1 hour'",
        "total = total + 1",
        "last = last + 1",
        "complete = complete - 1",
        "drawn = drawn - 1",
        "until = until - 1",
    ],
)
def test_a_changed_seal_is_found(log: Log, change: str):
    log.tamper(f"UPDATE core_audit_seal SET {change} WHERE position = 1")
    assert log.found() == ("seal", None, 1)


def test_a_seal_made_anew_over_a_changed_entry_does_not_fit_the_next_one(log: Log):
    first = entry(log, 1)
    log.tamper(
        f"UPDATE core_audit SET via = 'cli' WHERE id = {first}",
        "UPDATE core_audit_seal s SET entries = (SELECT jsonb_agg(jsonb_build_array(a.id, hanse_audit_digest(a)) "
        "ORDER BY a.id) FROM core_audit a WHERE a.record <= 2) WHERE position = 1",
        "UPDATE core_audit_seal s SET hash = hanse_audit_hash(s) WHERE position = 1",
    )
    assert log.found() == ("seal", None, 2)


def test_the_last_seal_made_anew_does_not_fit_its_root(log: Log):
    log.tamper(
        "UPDATE core_audit SET via = 'cli' WHERE record = 6",
        "UPDATE core_audit_seal s SET entries = (SELECT jsonb_agg(jsonb_build_array(a.id, hanse_audit_digest(a)) "
        "ORDER BY a.id) FROM core_audit a WHERE a.record > 2) WHERE position = 2",
        "UPDATE core_audit_seal s SET hash = hanse_audit_hash(s) WHERE position = 2",
    )
    assert log.found() == ("root", None, None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE core_audit_root SET hash = repeat('a', 64)",
        "UPDATE core_audit_root SET total = total - 1",
        "UPDATE core_audit_root SET position = position - 1",
        "UPDATE core_audit_root SET sealed_on = sealed_on - 1",
        "DELETE FROM core_audit_root",
    ],
)
def test_a_changed_or_removed_root_is_found(log: Log, change: str):
    log.tamper(change)
    assert log.found() == ("root", None, None)


def test_each_day_has_a_root_that_stays(log: Log):
    """Yesterday's seals are moved to yesterday as the sealer itself would have made them."""
    log.tamper(
        "UPDATE core_audit_seal SET sealed_on = sealed_on - 1",
        "UPDATE core_audit_seal s SET hash = hanse_audit_hash(s) WHERE position = 1",
        "UPDATE core_audit_seal s SET previous = (SELECT hash FROM core_audit_seal WHERE position = 1) "
        "WHERE position = 2",
        "UPDATE core_audit_seal s SET hash = hanse_audit_hash(s) WHERE position = 2",
        "UPDATE core_audit_root r SET sealed_on = s.sealed_on, hash = s.hash FROM core_audit_seal s "
        "WHERE s.position = 2",
    )
    log.write(7)
    log.seal()
    assert log.found() is None
    assert log.ask("SELECT position, total FROM core_audit_root ORDER BY sealed_on") == [(2, 6), (3, 7)]
    log.tamper("DELETE FROM core_audit_root WHERE position = 2")
    assert log.found() == ("root", None, None)


def test_a_broken_end_is_not_sealed_over(log: Log):
    log.tamper("DELETE FROM core_audit_seal WHERE position = 2")
    log.write(7)
    with pytest.raises(DBAPIError, match="does not end where its root says"):
        log.seal()


def test_the_app_and_even_the_owner_cannot_write_the_chain(log: Log):
    for statement in (
        "INSERT INTO core_audit_seal SELECT * FROM core_audit_seal",
        "UPDATE core_audit_root SET total = 7",
        "DELETE FROM core_audit_seal",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            log.work(lambda ctx, statement=statement: ctx.session.execute(text(statement)))
    engine = create_engine(log.database.owner_url)
    for statement in (
        "UPDATE core_audit_seal SET total = 7",
        "DELETE FROM core_audit_seal",
        "UPDATE core_audit_root SET total = 1",
        "DELETE FROM core_audit_root",
    ):
        with engine.connect() as connection, pytest.raises(DBAPIError, match="never changed or deleted"):
            connection.execute(text(statement))
    engine.dispose()


def test_an_earlier_id_that_commits_later_is_sealed_in_its_place(own_database: TrialDatabase):
    """While the first transaction runs, nothing that began later is sealed; then both, in the order of their ids."""
    log = Log(own_database)
    with own_database.session() as early, early.begin():
        note(open_for_admin(early), 1)
        log.write(2)
        assert log.seal() == 0
    assert log.seal() == 2
    assert log.ids() == [entry(log, 1), entry(log, 2)]
    assert log.found() is None


def test_an_earlier_id_of_a_later_transaction_is_sealed_behind(own_database: TrialDatabase):
    """The older transaction draws the later id and commits first, so its entry is sealed first; the other follows."""
    log = Log(own_database)
    with own_database.session() as late, late.begin():
        with own_database.session() as old, old.begin():
            older = open_for_admin(old)
            old.execute(text("SELECT pg_current_xact_id()"))
            note(open_for_admin(late), 1)
            note(older, 2)
        assert log.seal() == 1
        verdict = log.verify()
        assert (verdict.broken, verdict.sealed, verdict.waiting) == (None, 1, 0)
    assert log.verify().waiting == 1
    assert log.seal() == 1
    assert log.ids() == [entry(log, 2), entry(log, 1)]
    assert log.found() is None
    log.tamper(
        "INSERT INTO core_audit (id, company_id, run, at, user_id, via, action, model, record, changes) "
        "SELECT 0, company_id, run, at, user_id, via, action, model, 99, changes FROM core_audit WHERE record = 1"
    )
    assert log.found() == ("inserted", 0, None)


#: Draws its id, then waits for a lock, then writes.
SLOW_ENTRY = (
    "INSERT INTO core_audit (id, company_id, run, at, user_id, via, action, model, record, changes) "
    "SELECT drawn.id, :company, 'slow', now(), :user, 'web', 'library.book.update', 'library.book', 1, '{}' "
    "FROM (SELECT nextval('core_audit_id_seq') AS id OFFSET 0) drawn "
    "CROSS JOIN LATERAL (SELECT pg_advisory_xact_lock(drawn.id * 0 + 77) OFFSET 0) lock"
)
WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted"


def test_an_id_is_not_forgotten_whose_statement_takes_long(own_database: TrialDatabase):
    """A transaction has its number before its first statement draws an id: the trigger sees to it.

    Drawing gives it one by itself only where PostgreSQL logs the sequence, which it does ahead for the next 32 ids.
    """
    log = Log(own_database)
    log.write(0)

    def write_slowly() -> None:
        log.work(lambda ctx: ctx.session.execute(text(SLOW_ENTRY), {"company": ctx.company.id, "user": ctx.user.id}))

    with ThreadPoolExecutor(1) as pool:
        with own_database.session() as holder, holder.begin():
            holder.execute(text("SELECT pg_advisory_xact_lock(77)"))
            slow = pool.submit(write_slowly)
            while not slow.done() and log.ask(WAITS) == [(0,)]:
                pass
            log.write(2)
            log.seal()
        slow.result(30)
    log.seal()
    assert sorted(log.ids()) == sorted(entry(log, record) for record in (0, 1, 2))
    assert log.verify().broken is None


def test_an_id_drawn_early_and_written_late_in_a_savepoint_is_not_forgotten(own_database: TrialDatabase):
    """A savepoint has a number of its own, younger than that of a transaction that began meanwhile and still runs."""
    log = Log(own_database)
    with own_database.session() as young:
        with own_database.session() as late, late.begin():
            ctx = open_for_admin(late)
            with own_database.session() as old, old.begin():
                older = open_for_admin(old)
                old.execute(text("SELECT pg_current_xact_id()"))
                late.execute(text("SELECT pg_current_xact_id()"))
                drawn = late.scalar(text("SELECT nextval('core_audit_id_seq')"))
                note(older, 2)
            assert log.seal() == 1
            young.execute(text("SELECT pg_current_xact_id()"))
            with late.begin_nested():
                note(ctx, 1, id=drawn)
        assert log.seal() == 1
        assert log.ids() == [entry(log, 2), drawn]
    log.write(3)
    assert log.seal() == 1
    assert log.found() is None


def test_what_is_rolled_back_leaves_a_gap_that_is_no_matter(log: Log):
    session = log.database.session()
    note(open_for_admin(session), 7)
    session.rollback()
    session.close()
    log.write(8)
    assert log.seal() == 1
    assert log.found() is None


def test_two_sealers_at_once_make_one_chain(own_database: TrialDatabase):
    log = Log(own_database)
    log.write(*range(1, 2501))
    both = threading.Barrier(4)

    def work(_number: int) -> int:
        both.wait(10)
        return log.seal()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))
    assert sum(done) == 2500
    assert len(log.ids()) == len(set(log.ids())) == 2500
    assert log.verify().broken is None


def test_writers_and_sealers_at_work_together_leave_nothing_out_and_nothing_twice(own_database: TrialDatabase):
    log = Log(own_database)
    stop = threading.Event()

    def write(thread: int) -> None:
        for number in range(15):
            log.write(*range(thread * 1000 + number * 10, thread * 1000 + number * 10 + 7))

    def sealing(_thread: int) -> None:
        while not stop.is_set():
            log.seal()

    with ThreadPoolExecutor(6) as pool:
        sealers = [pool.submit(sealing, n) for n in range(2)]
        for writer in [pool.submit(write, n) for n in range(4)]:
            writer.result()
        stop.set()
        for sealer in sealers:
            sealer.result()
    log.seal()
    verdict = log.verify()
    assert (verdict.broken, verdict.sealed, verdict.waiting) == (None, 420, 0)
    assert len(set(log.ids())) == 420


def test_a_long_queue_is_sealed_in_pieces(own_database: TrialDatabase):
    log = Log(own_database)
    log.write(*range(1, 3202))
    assert log.seal(most=2000) == 2000
    assert log.seal(most=2000) == 1201
    verdict = log.verify()
    assert (verdict.broken, verdict.seals, verdict.waiting) == (None, 4, 0)
    assert log.ids() == sorted(log.ids())


def test_old_numbers_of_transactions_do_not_keep_entries_from_being_sealed(own_database: TrialDatabase):
    """Frozen rows keep the xmin they had, which says nothing after so many transactions."""
    log = Log(own_database)
    log.write(1)
    engine = create_engine(own_database.owner_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM (FREEZE) core_audit"))
    engine.dispose()
    assert log.seal() == 1
    assert log.found() is None


def test_the_hash_does_not_depend_on_settings(log: Log):
    query = "SELECT array_agg(hanse_audit_digest(a)::text ORDER BY id) FROM core_audit a"
    engine = create_engine(log.database.owner_url)
    with engine.begin() as connection:
        before = connection.scalar(text(query))
        for setting in ("TimeZone = 'Asia/Kolkata'", "DateStyle = 'SQL, DMY'", "extra_float_digits = 0"):
            connection.execute(text(f"SET LOCAL {setting}"))
        assert connection.scalar(text(query)) == before
    engine.dispose()


def test_the_database_has_the_functions_that_stand_here(log: Log):
    for statement in (chain.DIGEST, chain.HASH, chain.SEAL):
        name = statement.split("FUNCTION ")[1].split("(")[0]
        ((source,),) = log.ask(f"SELECT prosrc FROM pg_proc WHERE proname = '{name}'")
        assert str(source).split() == statement.split("$body$")[1].split()


def test_the_scheduled_job_seals_and_goes_on_with_what_is_left(
    own_database: TrialDatabase, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hanse.audit.sealing.MOST", 1000)
    log = Log(own_database)
    log.write(*range(1, 1502))
    log.work(lambda ctx: seal_audit.function(ctx))
    again = log.ask(f"SELECT count(*) FROM core_job WHERE task = '{seal_audit.name}'")
    assert (log.verify().waiting, again) == (501, [(1,)])
    log.work(lambda ctx: seal_audit.function(ctx))
    assert log.verify().waiting == 0
    assert log.ask(f"SELECT count(*) FROM core_job WHERE task = '{seal_audit.name}'") == again


def test_another_companys_chain_is_its_own(log: Log):
    log.tamper(
        "INSERT INTO core_company (name, currency_id) SELECT 'Other', currency_id FROM core_company LIMIT 1",
    )
    ((other,),) = log.ask("SELECT max(id) FROM core_company")
    with log.database.session() as session, session.begin():
        ctx = open_for_admin(session)
        bind(session, (int(str(other)),), int(str(other)), frozenset())
        columns: dict[str, list[object]] = {
            "run": ["b"],
            "at": [ctx.now],
            "user_id": [ctx.user.id],
            "via": ["web"],
            "action": ["x.y.z"],
            "model": ["x.y"],
            "record": [1],
            "changes": ["{}"],
        }
        insert_columns(session, AuditEntry.__table__, columns, {"company_id": other})
        assert chain.seal(session, most=10) == 1
        verdict = verify(session, int(str(other)), "Other")
    assert (verdict.broken, verdict.sealed, verdict.seals) == (None, 1, 1)
    assert log.verify().sealed == 6


class TestCommand:
    """``hanse audit``."""

    @pytest.fixture(autouse=True)
    def _settings(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HANSE_DATABASE_URL", log.database.url)
        monkeypatch.setenv("HANSE_DATABASE_OWNER_URL", log.database.owner_url)

    def test_verify_says_what_is_right(self, capsys: pytest.CaptureFixture[str]):
        assert main(["audit", "verify"]) == 0
        said = capsys.readouterr().out
        assert said.startswith("Hanse Trading: 6 sealed in 2 seals, 0 waiting; right; root of 20")

    def test_verify_names_what_is_wrong_and_fails(self, log: Log, capsys: pytest.CaptureFixture[str]):
        third = entry(log, 3)
        log.tamper(f"UPDATE core_audit SET via = 'cli' WHERE id = {third}")
        assert main(["audit", "verify", "--company", "Hanse Trading"]) == 1
        assert f"BROKEN: Entry {third} has been changed." in capsys.readouterr().out
        assert main(["audit", "verify", "--json"]) == 1
        (found,) = json.loads(capsys.readouterr().out)
        assert found["broken"] == {
            "kind": "changed",
            "entry": third,
            "seal": 2,
            "message": f"Entry {third} has been changed.",
        }

    def test_roots_are_printed_to_be_kept_elsewhere(self, log: Log, capsys: pytest.CaptureFixture[str]):
        ((day, hash_),) = log.ask("SELECT sealed_on, hash FROM core_audit_root")
        assert main(["audit", "roots"]) == 0
        assert capsys.readouterr().out == f"Hanse Trading {day} 6 {hash_}\n"
        assert main(["audit", "roots", "--json"]) == 0
        (found,) = json.loads(capsys.readouterr().out)
        assert found["roots"] == [{"day": str(day), "entries": 6, "seal": 2, "hash": hash_}]

    def test_a_company_that_is_not_there_is_said_so(self, capsys: pytest.CaptureFixture[str]):
        assert main(["audit", "verify", "--company", "Nowhere"]) == 1
        assert "there is no company 'Nowhere'" in capsys.readouterr().err
