"""What the demonstration data hold: Northwind's own counts (its row counts are 91, 29 and 9)."""

from __future__ import annotations

import pytest

from hanse.addons import installed
from hanse_contacts import actions
from hanse_contacts.demo import load_northwind
from hanse_contacts.models import Partner, PartnerKind


@pytest.fixture
def northwind(ctx):
    load_northwind(ctx)
    return ctx


def test_all_of_northwind_is_there(northwind):
    assert len(northwind.all(Partner, Partner.is_customer)) == 91
    assert len(northwind.all(Partner, Partner.is_supplier)) == 29
    assert len(northwind.all(Partner, Partner.kind == PartnerKind.PERSON, Partner.parent.is_(None))) == 9
    assert len(northwind.all(Partner, Partner.parent_id.is_not(None))) == 91 + 29


def test_a_customer_is_complete(northwind):
    alfred = northwind.all(Partner, Partner.code == "ALFKI").one()
    assert (alfred.name, alfred.phone) == ("Alfreds Futterkiste", "+49300074321")
    (address,) = alfred.addresses
    assert (address.street, address.postal_code, address.city) == ("Obere Str. 57", "12209", "Berlin")
    assert address.is_default
    assert alfred.country.code == "DE"
    assert [(person.name, person.job_title) for person in alfred.people] == [("Maria Anders", "Sales Representative")]


def test_telephones_that_fit_no_plan_stay_as_they_were(northwind):
    assert northwind.all(Partner, Partner.code == "ANATR").one().phone == "(5) 555-4729"


def test_loading_again_changes_nothing(northwind):
    alfred = northwind.all(Partner, Partner.code == "ALFKI").one()
    northwind.run(actions.update, [alfred], values={"name": "Alfred und Söhne"})
    before = len(northwind.all(Partner))
    load_northwind(northwind)
    assert len(northwind.all(Partner)) == before
    assert northwind.all(Partner, Partner.code == "ALFKI").one().name == "Alfred und Söhne"


def test_the_demo_hook_loads_it(ctx):
    installed().call_one("demo", "hanse_contacts", ctx=ctx)
    assert len(ctx.all(Partner, Partner.is_customer)) == 91
