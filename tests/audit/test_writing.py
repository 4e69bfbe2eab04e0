"""What the log sees to itself: entries are of companies that are there and stay, and old seals hold."""

from __future__ import annotations

import json

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from test_chain import Log, log, note

from hanse.actions import find_action
from hanse.addons import installed
from hanse.database import migrations
from hanse.errors import BusinessError
from hanse.i18n import KERNEL
from hanse.testing import TrialDatabase
from hanse.testing.people import open_for_admin

__all__ = ["log"]


def test_a_company_of_which_the_log_tells_is_not_deleted(ctx, session):
    session.execute(text("INSERT INTO core_company (name, currency_id) SELECT 'Empty', min(id) FROM core_currency"))
    empty = session.scalar(text("SELECT id FROM core_company WHERE name = 'Empty'"))
    delete = find_action("core.company.delete")
    note(ctx, 1)
    with pytest.raises(BusinessError, match="The audit log tells what was done in this company"):
        ctx.run(delete, [ctx.company.id])
    ctx.run(delete, [empty])
    assert session.scalar(text("SELECT count(*) FROM core_company WHERE id = :id"), {"id": empty}) == 0


def test_an_entry_of_a_company_that_is_not_there_is_refused(ctx, session):
    session.execute(text("SELECT set_config('hanse.company', '999999', true)"))
    with pytest.raises(BusinessError, match="there is no company 999999"):
        note(ctx, 1, company_id=999999)


def test_a_company_stays_while_somebody_writes_about_it(own_database: TrialDatabase):
    """As a foreign key would see to it: the row is locked against being deleted, not against being changed."""
    engine = create_engine(own_database.owner_url)
    with own_database.session() as session, session.begin(), engine.connect() as other:
        ctx = open_for_admin(session)
        note(ctx, 1)
        lock = "SELECT FROM core_company WHERE id = {} FOR {} NOWAIT"
        other.execute(text(lock.format(ctx.company.id, "NO KEY UPDATE")))
        with pytest.raises(DBAPIError, match="could not obtain lock"):
            other.execute(text(lock.format(ctx.company.id, "UPDATE")))
    engine.dispose()


def test_an_entry_is_kept_as_the_text_that_was_written(log: Log):
    written = json.dumps({"title": [None, "Momo 1"], "remark": ["", "灰先生"]})
    assert log.ask("SELECT changes::text FROM core_audit WHERE record = 1") == [(written,)]


def test_a_byte_that_changes_no_value_is_found_too(log: Log):
    ((first,),) = log.ask("SELECT id FROM core_audit WHERE record = 1")
    log.tamper("UPDATE core_audit SET changes = replace(changes::text, ', ', ',')::json WHERE record = 1")
    assert log.found() == ("changed", first, 1)


def test_what_was_sealed_before_entries_were_text_is_still_right(own_database: TrialDatabase):
    """Written and sealed as jsonb, then brought up to now, and sealed on."""
    log = Log(own_database)
    engine = create_engine(own_database.owner_url)
    config = migrations._config(installed().addons)
    with engine.begin() as connection:
        config.attributes.update(connection=connection, app_role="hanse_app")
        command.downgrade(config, f"{KERNEL}@hanse_0015")
        connection.execute(text("DELETE FROM hanse_revision WHERE addon = :addon"), {"addon": KERNEL})
    engine.dispose()
    log.write(1, 2)
    log.tamper(
        """UPDATE core_audit SET changes = '{"b":  1.50, "a": [null, "x\\u0041\\n"], "b": 2.0}' WHERE record = 2"""
    )
    assert log.ask("SELECT changes::text FROM core_audit WHERE record = 2") == [('{"a": [null, "xA\\n"], "b": 2.0}',)]
    assert log.seal() == 2
    migrations.upgrade(own_database.owner_url, own_database.url)
    assert log.found() is None
    log.write(3)
    assert log.seal() == 1
    verdict = log.verify()
    assert (verdict.sealed, verdict.broken) == (3, None)
    log.tamper("UPDATE core_audit SET changes = replace(changes::text, '2.0', '2.1')::json WHERE record = 2")
    found = log.found()
    assert found is not None
    assert found[0] == "changed"
