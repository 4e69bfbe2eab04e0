"""What a receiver may rely on: each event once committed, signed, under its own id, with what its user may see."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from office import Office, Receiver

from hanse.actions import find_action
from hanse.actions.run import Run
from hanse.actions.write.made import Level, Made
from hanse.errors import BusinessError, Forbidden
from hanse.testing.people import Person, open_for_person
from hanse.webhooks.events import happened

MADE, CHANGED, GONE = "library.book.created", "library.book.updated", "library.book.deleted"


def person(office: Office, name: str, *permissions: tuple[str, str]) -> None:
    with office.transaction() as ctx:
        open_for_person(ctx, Person(name, permissions, None, ()))


def test_a_message_says_what_happened_and_shows_the_record_as_the_api_does(office: Office, receiver: Receiver) -> None:
    office.webhook(receiver.address, MADE)
    (book,) = office.book("Dune", price="12.50", copies=[{"barcode": "A1"}])
    office.do_all()
    (received,) = receiver.requests
    said = received.said
    assert said["id"] == received.headers["webhook-id"]
    assert said["type"] == MADE
    assert datetime.fromisoformat(said["timestamp"]).tzinfo is not None
    ((admin, company),) = office.ask("SELECT u.id, c.id FROM core_user u, core_company c WHERE u.login = 'admin'")
    data = said["data"]
    assert (data["user"], data["company"], data["model"]) == (admin, company, "library.book")
    (shown,) = data["records"]
    assert (shown["id"], shown["rev"], shown["title"], shown["price"]) == (book, 1, "Dune", "12.50")
    assert [copy["barcode"] for copy in shown["copies"]] == ["A1"]
    assert received.headers["content-type"] == "application/json"
    assert office.deliveries() == [("delivered", 1)]


def test_the_signature_is_that_of_standard_webhooks(office: Office, receiver: Receiver) -> None:
    """``v1,`` and the HMAC-SHA256 of ``id.timestamp.body`` under the base64 key behind ``whsec_``."""
    webhook = office.webhook(receiver.address, MADE)
    key = bytes(range(32))
    office.run("core.webhook.set_secret", webhook, secret="whsec_" + base64.b64encode(key).decode())
    office.book("Dune")
    office.do_all()
    (received,) = receiver.requests
    headers = received.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + received.body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 300


def test_changes_deletions_and_actions_are_told_to_who_asked_for_them(office: Office, receiver: Receiver) -> None:
    (book,) = office.book("Dune")
    office.webhook(receiver.address, CHANGED, GONE, "library.book.reclassify")
    office.book("Emma")
    office.run("library.book.reclassify", book, genre="poetry")
    office.do_all()
    office.run("library.book.delete", book)
    office.do_all()
    assert sorted(receiver.types) == [GONE, "library.book.reclassify", CHANGED]
    (gone,) = [one.said["data"]["records"] for one in receiver.requests if one.said["type"] == GONE]
    assert gone == [{"id": book}]


def test_what_actions_inside_an_action_do_is_told_and_what_they_took_back_is_not(
    office: Office, receiver: Receiver
) -> None:
    fine, tricky = office.book("Dune", "Tricky")
    office.webhook(receiver.address, CHANGED)
    office.run("library.book.weed", fine, tricky)
    office.do_all()
    told = [record["id"] for one in receiver.requests for record in one.said["data"]["records"]]
    assert sorted(told) == sorted([fine, tricky])


def test_what_is_rolled_back_sends_nothing(office: Office, receiver: Receiver) -> None:
    office.webhook(receiver.address, MADE)
    create = find_action("library.book.create")
    assert create is not None
    with pytest.raises(RuntimeError), office.transaction() as ctx:
        ctx.run(create, values=[{"title": "Dune"}])
        raise RuntimeError
    with pytest.raises(BusinessError):
        office.book("Emma", pages=-1)
    with office.transaction() as ctx, pytest.raises(BusinessError):
        ctx.run(create, values=[{"title": "Emma", "pages": -1}])
    office.do_all()
    assert receiver.requests == []
    assert office.ask("SELECT count(*) FROM core_job") == [(0,)]


def test_many_records_come_in_messages_of_a_hundred(office: Office, receiver: Receiver) -> None:
    office.webhook(receiver.address, MADE)
    office.book(*[f"Volume {number}" for number in range(250)])
    office.do_all()
    assert sorted(len(one.said["data"]["records"]) for one in receiver.requests) == [50, 100, 100]
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 3


# --- rights -----------------------------------------------------------------------------------------------------------

MAKES = (("core.webhook.*", "company"),)


def test_who_may_not_see_records_is_sent_nothing_and_the_log_says_why(office: Office, receiver: Receiver) -> None:
    person(office, "spy", *MAKES, ("library.book.read", "company"))
    office.webhook(receiver.address, MADE, GONE, login="spy")
    office.change("DELETE FROM core_role_permission WHERE permission = 'library.book.read'")
    office.change("DELETE FROM core_job")
    (book,) = office.book("Dune")
    office.run("library.book.delete", book)
    office.book("Emma")
    office.do_all()
    assert receiver.requests == []
    assert office.deliveries() == [("dropped", 0)] * 3
    assert {error for _status, error in office.log()} == {"Its user may see none of these records, or they are gone."}


def test_fields_and_records_that_its_user_may_not_see_are_not_in_a_message(office: Office, receiver: Receiver) -> None:
    person(office, "clerk", *MAKES, ("library.loan.read", "own"))
    office.webhook(receiver.address, "library.loan.created", "library.loan.deleted", login="clerk")
    ((clerk,),) = office.ask("SELECT id FROM core_user WHERE login = 'clerk'")
    (book,) = office.book("Dune")
    reader = office.run("library.reader.create", values=[{"name": "Ann"}]).id
    row = {"book": book, "reader": reader, "secret": "owes money"}
    mine, other = office.run("library.loan.create", values=[{**row, "clerk": clerk}, row]).done
    office.do_all()
    office.run("library.loan.delete", mine, other)
    office.do_all()
    (received,) = receiver.requests
    (shown,) = received.said["data"]["records"]
    assert shown["id"] == mine
    assert "secret" not in shown
    assert b"owes money" not in received.body


def test_rights_are_those_of_the_moment_of_sending(office: Office, receiver: Receiver) -> None:
    person(office, "clerk", *MAKES, ("library.book.read", "company"))
    office.webhook(receiver.address, MADE, login="clerk")
    receiver.answer = (500, {}, b"")
    office.book("Dune")
    office.do_all()
    office.change("DELETE FROM core_role_permission WHERE permission = 'library.book.read'")
    office.pass_time(minutes=1)
    office.do_all()
    assert len(receiver.requests) == 1
    assert office.deliveries() == [("dropped", 1)]


def test_a_webhook_whose_user_has_left_is_switched_off(office: Office, receiver: Receiver) -> None:
    person(office, "clerk", *MAKES, ("library.book.read", "company"))
    webhook = office.webhook(receiver.address, MADE, login="clerk")
    office.change("UPDATE core_user SET active = false WHERE login = 'clerk'")
    office.book("Dune")
    office.do_all()
    assert receiver.requests == []
    assert office.ask("SELECT active, notice FROM core_webhook WHERE id = :id", id=webhook) == [
        (False, "Clerk is no longer active.")
    ]


def test_messages_are_still_sent_when_who_set_them_off_has_left(office: Office, receiver: Receiver) -> None:
    person(office, "maker", ("library.book.*", "company"))
    office.webhook(receiver.address, MADE)
    receiver.answer = (503, {}, b"")
    office.run("library.book.create", values=[{"title": "Dune"}], login="maker")
    office.do_all()
    office.change("UPDATE core_user SET active = false WHERE login = 'maker'")
    receiver.answer = (200, {}, b"")
    office.pass_time(minutes=1)
    office.do_all()
    assert office.deliveries() == [("delivered", 2)]


@pytest.mark.parametrize(
    "change",
    [{"address": "https://elsewhere.example/"}, {"events": [{"event": CHANGED}]}, {"user": 1}],
    ids=["address", "events", "user"],
)
def test_nobody_leads_what_others_see_to_somewhere_else(office: Office, change: dict[str, Any]) -> None:
    person(office, "spy", *MAKES, ("library.book.read", "company"), ("core.user.read", "companies"))
    webhook = office.webhook("https://example.com/hook", MADE)
    with pytest.raises(Forbidden):
        office.run("core.webhook.update", webhook, values=change, login="spy")
    with pytest.raises(Forbidden):
        office.run("core.webhook.set_secret", webhook, secret="whsec_" + "A" * 43 + "=", login="spy")
    same = {"name": "Ours", "address": "https://example.com/hook", "events": [{"event": MADE}], "active": False}
    office.run("core.webhook.update", webhook, values=same, login="spy")
    assert office.ask("SELECT name, active FROM core_webhook") == [("Ours", False)]


def test_nobody_makes_a_webhook_that_sees_what_somebody_else_may(office: Office) -> None:
    person(office, "spy", *MAKES, ("library.book.read", "company"), ("core.user.read", "companies"))
    ((admin,),) = office.ask("SELECT id FROM core_user WHERE login = 'admin'")
    with pytest.raises(Forbidden):
        office.webhook("https://example.com/hook", MADE, login="spy", user=admin)


def test_a_webhook_made_with_a_token_sees_no_more_than_the_token(office: Office, receiver: Receiver) -> None:
    create = find_action("core.webhook.create")
    assert create is not None
    with office.transaction() as ctx:
        ctx.grants = ctx.grants.within(("core.webhook.*", "library.book.read"))
        row = {"name": "Shop", "address": receiver.address, "events": [{"event": MADE}]}
        webhook = ctx.run(create, values=[row]).id
    office.book("Dune")
    office.do_all()
    assert receiver.types == [MADE]
    office.change("UPDATE core_webhook SET bounds = '[\"core.*\"]' WHERE id = :id", id=webhook)
    office.book("Emma")
    office.do_all()
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"address": "ftp://example.com"}, "address"),
        ({"address": "https://user:word@example.com/"}, "address"),
        ({"events": [{"event": MADE}, {"event": "library.book.eaten"}]}, "events.1.event"),
        ({"events": [{"event": "library.loan.look"}]}, "events.0.event"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(office: Office, row: dict[str, Any], place: str) -> None:
    whole = {"name": "Shop", "address": "https://example.com/", "events": [{"event": MADE}], **row}
    with pytest.raises(BusinessError) as refused:
        office.run("core.webhook.create", values=[whole])
    assert [one.field for one in refused.value.each()] == [place]


def test_a_test_message_holds_nothing(office: Office, receiver: Receiver) -> None:
    webhook = office.webhook(receiver.address, MADE)
    office.run("core.webhook.send_test", webhook)
    office.do_all()
    (received,) = receiver.requests
    assert (received.said["type"], received.said["data"]["records"]) == ("webhook.test", [])


def test_the_secret_is_nowhere_to_be_read(office: Office) -> None:
    webhook = office.webhook("https://example.com/", MADE)
    ((secret,),) = office.ask("SELECT secret FROM core_webhook WHERE id = :id", id=webhook)
    assert secret.startswith("whsec_")
    office.run("core.webhook.set_secret", webhook, secret="whsec_" + base64.b64encode(bytes(32)).decode())
    told = office.ask("SELECT changes::text FROM core_audit WHERE model = 'core.webhook'")
    assert len(told) == 2
    assert not any("whsec_" in changes for (changes,) in told)


def test_what_is_made_and_deleted_by_the_same_run_was_never_there() -> None:
    create = find_action("library.book.create")
    assert create is not None
    this = Run(create, None)
    this.note_made("library.book", Made([Level(create.model, [{}, {}], ids=[1, 2])]))
    this.note_gone("library.book", {2: {"title": ["Dune", None]}})
    assert happened(this, [1, 2], frozenset({MADE, CHANGED, GONE})) == {MADE: [1]}
