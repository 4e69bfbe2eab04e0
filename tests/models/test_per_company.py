"""A shared record's per-company fields: each company has its own, and sees no other's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sample_library.models import Reader, Shelf
from sqlalchemy import select, text

from hanse.actions import open_context
from hanse.directory.founding import found_company
from hanse.testing.people import switch_on


@pytest.fixture
def branches(library):
    """The library's Context, and one of the same person in another company."""
    session, user = library.ctx.session, library.ctx.user
    system = found_company(session, user, {"name": "Other branch", "currency": "EUR"}, addons=[])
    switch_on(system, ["sample_library"])

    def here():
        return open_context(session, user, library.ctx.company.id, via="test")

    def there():
        return open_context(session, user, system.company.id, via="test")

    return here, there


def values(ctx):
    ctx.session.expire_all()
    reader = ctx.visible(Reader).one()
    return reader.name, reader.deposit, reader.limit


def test_each_company_keeps_its_own_value(branches, verb):
    here, there = branches
    ann = here().run(verb("library.reader.create"), values=[{"name": "Ann", "deposit": "20", "limit": 3}]).id
    ctx = there()
    assert values(ctx) == ("Ann", None, None), "the other company's value is not there"
    ctx.run(verb("library.reader.update"), [ann], values={"deposit": "7.5"})
    assert values(ctx) == ("Ann", Decimal("7.5"), None)
    assert values(here()) == ("Ann", Decimal(20), 3)


def test_the_companions_rows_are_under_row_security(branches, verb):
    here, there = branches
    here().run(verb("library.reader.create"), values=[{"name": "Ann", "deposit": "20"}])
    ctx = there()
    ctx.session.execute(text("SELECT set_config('hanse.companies', :own, true)"), {"own": f"{{{ctx.company.id}}}"})
    assert ctx.session.scalar(text("SELECT count(*) FROM library_reader_company")) == 0


def test_per_company_fields_can_be_filtered_by(branches, verb):
    here, there = branches
    ctx = here()
    ctx.run(verb("library.reader.create"), values=[{"name": "Ann", "deposit": "20"}, {"name": "Bob", "deposit": "5"}])
    assert ctx.visible(Reader, Reader.deposit > 10)[Reader.name] == ["Ann"]
    assert there().visible(Reader, Reader.deposit > 10)[Reader.name] == []


def test_a_link_can_be_per_company(branches, verb):
    here, there = branches
    ctx = here()
    shelf = ctx.run(verb("library.shelf.create"), values=[{"name": "High"}]).id
    ann = ctx.run(verb("library.reader.create"), values=[{"name": "Ann", "favourite": shelf}]).id
    reader = ctx.session.get_one(Reader, ann)
    assert reader.favourite is ctx.session.get_one(Shelf, shelf)
    assert ctx.visible(Reader, Reader.favourite == shelf).ids == [ann]
    ctx.run(verb("library.reader.update"), [ann], values={"favourite": None})
    assert ctx.session.scalars(select(Reader).where(Reader.favourite.is_(None))).one().favourite is None
    other = there()
    other.session.expire_all()
    assert other.session.get_one(Reader, ann).favourite is None


def test_the_audit_names_from_and_to(branches, verb):
    here, _there = branches
    ctx = here()
    ann = ctx.run(verb("library.reader.create"), values=[{"name": "Ann", "deposit": "20"}]).id
    ctx.run(verb("library.reader.update"), [ann], values={"deposit": "30"})
    changes = ctx.session.scalars(text("SELECT changes FROM core_audit ORDER BY id DESC LIMIT 1")).one()
    assert changes == {"deposit": ["20", "30"]}
