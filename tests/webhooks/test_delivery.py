"""What an operator may rely on: messages arrive at least once, are tried for a day, and a dead receiver harms none."""

from __future__ import annotations

from datetime import timedelta

from office import Office, Receiver, receiving
from sqlalchemy import event, text

from hanse import enqueue
from hanse.actions import find_action
from hanse.jobs.relay import Relay
from hanse.webhooks.delivery import DAYS_KEPT, JITTER, PAUSES, tidy_deliveries

MADE = "library.book.created"
OTHERS = "WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()"


def gaps(office: Office) -> list[timedelta]:
    """Tell how long the next attempts of all waiting messages are away."""
    rows = office.ask("SELECT run_at - now() FROM core_job WHERE state = 'pending' AND task LIKE '%.deliver'")
    return [row[0] for row in rows]


def test_a_message_that_fails_is_tried_again_with_growing_pauses_and_then_given_up(
    office: Office, receiver: Receiver
) -> None:
    office.webhook(receiver.address, MADE)
    receiver.answer = (500, {}, b"out of order")
    office.book("Dune")
    office.do_all()
    for pause in PAUSES:
        (gap,) = gaps(office)
        assert pause - timedelta(seconds=5) < gap <= pause * (1 + JITTER / 100)
        assert office.deliveries()[0][0] == "waiting"
        office.pass_time(seconds=int(pause.total_seconds() * (1 + JITTER / 100)) + 1)
        office.do_all()
    assert office.deliveries() == [("failed", 8)]
    assert gaps(office) == []
    assert office.log() == [(500, None)] * 8
    assert {one.headers["webhook-id"] for one in receiver.requests} == {receiver.requests[0].headers["webhook-id"]}
    assert timedelta(hours=22) < sum(PAUSES, timedelta()) < timedelta(hours=24)
    assert office.ask("SELECT DISTINCT answer FROM core_webhook_attempt") == [("out of order",)]


def test_a_message_whose_job_is_lost_after_the_receiver_has_it_comes_again_under_the_same_id(
    office: Office, receiver: Receiver
) -> None:
    """The server ends the job's connection while the receiver answers: delivered, and never committed."""
    office.webhook(receiver.address, MADE)
    office.book("Dune")

    def kill() -> None:
        receiver.before = lambda: None
        with office.database.session() as session:  # the app may end its own connections
            session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity " + OTHERS))

    receiver.before = kill
    office.do_all()
    assert (len(receiver.requests), office.log(), office.deliveries()) == (1, [], [("waiting", 0)])
    office.pass_time(minutes=1)
    office.do_all()
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (office.log(), office.deliveries()) == ([(204, None)], [("delivered", 1)])


def test_after_days_of_failure_a_webhook_is_switched_off_and_says_so(office: Office, receiver: Receiver) -> None:
    webhook = office.webhook(receiver.address, MADE)
    receiver.answer = (500, {}, b"")
    for title in ("Dune", "Emma"):
        office.book(title)
        for _attempt in range(8):
            office.do_all()
            office.pass_time(days=1)
    assert office.ask("SELECT active FROM core_webhook") == [(False,)]
    ((notice,),) = office.ask("SELECT notice FROM core_webhook")
    assert notice.startswith("No message has arrived for ")
    ((action, login),) = office.ask(
        "SELECT a.action, u.login FROM core_audit a JOIN core_user u ON u.id = a.user_id "
        "WHERE a.model = 'core.webhook' ORDER BY a.id DESC LIMIT 1"
    )
    assert (action, login) == ("core.webhook.switch_off", "system")
    office.run("core.webhook.update", webhook, values={"active": True})
    assert office.ask("SELECT active, notice, failing_since FROM core_webhook") == [(True, None, None)]


def test_a_receiver_that_comes_back_is_healthy_again(office: Office, receiver: Receiver) -> None:
    office.webhook(receiver.address, MADE)
    receiver.answer = (500, {}, b"")
    office.book("Dune")
    office.do_all()
    assert office.ask("SELECT failing_since IS NOT NULL FROM core_webhook") == [(True,)]
    receiver.answer = (200, {}, b"")
    office.pass_time(minutes=1)
    office.do_all()
    assert office.ask("SELECT failing_since FROM core_webhook") == [(None,)]


def test_a_receiver_that_says_gone_is_asked_no_more(office: Office, receiver: Receiver) -> None:
    office.webhook(receiver.address, MADE)
    receiver.answer = (410, {}, b"")
    office.book("Dune")
    office.do_all()
    assert office.deliveries() == [("failed", 1)]
    assert office.ask("SELECT active FROM core_webhook") == [(False,)]
    office.book("Emma")
    office.do_all()
    assert len(receiver.requests) == 1


def test_what_waits_for_a_webhook_that_is_switched_off_is_dropped(office: Office, receiver: Receiver) -> None:
    webhook = office.webhook(receiver.address, MADE)
    office.book("Dune")
    office.run("core.webhook.update", webhook, values={"active": False})
    office.do_all()
    assert receiver.requests == []
    with office.transaction() as ctx:
        assert ctx.watched == frozenset()


def test_a_redirect_is_not_followed(office: Office, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        office.webhook(receiver.address, MADE)
        receiver.answer = (302, {"Location": elsewhere.address}, b"")
        office.book("Dune")
        office.do_all()
        assert elsewhere.requests == []
    assert office.log() == [(302, None)]


def test_while_a_receiver_does_not_answer_others_do_not_wait_behind_it(office: Office, receiver: Receiver) -> None:
    with receiving() as gone:
        dead = gone.address
    office.webhook(dead, MADE)
    office.book("Dune")
    office.do_all()
    assert office.log() == [(None, "Nobody listens at this address.")]
    office.book("Emma")
    office.do_all()
    office.webhook(receiver.address, MADE)
    office.book("Momo")
    office.do_all()
    assert len(office.log()) == 2  # that of the living one: nobody tried the dead one for the others
    assert receiver.types == [MADE]
    assert office.deliveries() == [("waiting", 1), ("waiting", 0), ("waiting", 0), ("delivered", 1)]


def test_messages_leave_threads_to_other_jobs(office: Office, receiver: Receiver) -> None:
    office.webhook(receiver.address, MADE)
    for title in ("Dune", "Emma", "Momo"):
        office.book(title)
    published: list[tuple[int, str]] = []
    relay = Relay(office.database, lambda job, queue: published.append((job, queue)), in_flight=8, most_slow=2)
    office.change("UPDATE core_job SET queue = 'webhooks'")
    with office.transaction() as ctx:
        for _number in range(3):
            enqueue(ctx, tidy_deliveries)
    relay.hand_out()
    queues = [queue for _job, queue in published]
    assert (queues.count("webhooks"), queues.count("default")) == (2, 3)


def test_a_message_can_be_sent_again_under_its_id(office: Office, receiver: Receiver) -> None:
    office.webhook(receiver.address, MADE)
    (book,) = office.book("Dune")
    office.do_all()
    office.run("library.book.update", book, values={"title": "Dune II"})
    ((delivery,),) = office.ask("SELECT id FROM core_webhook_delivery")
    office.run("core.webhook_delivery.send_again", delivery)
    office.do_all()
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.said["data"]["records"][0]["title"] == "Dune II"
    assert len(office.log()) == 2


def test_old_messages_are_forgotten_with_their_log(office: Office, receiver: Receiver) -> None:
    office.webhook(receiver.address, MADE)
    office.book("Dune", "Emma")
    office.do_all()
    office.book("Momo")
    office.do_all()
    office.change(
        "UPDATE core_webhook_delivery SET at = at - make_interval(days => :days) "
        "WHERE id = (SELECT min(id) FROM core_webhook_delivery)",
        days=DAYS_KEPT + 1,
    )
    with office.transaction() as ctx:
        enqueue(ctx, tidy_deliveries)
    office.do_all()
    assert (len(office.deliveries()), len(office.log())) == (1, 1)


# --- what it costs ----------------------------------------------------------------------------------------------------


def statements_of_a_batch(office: Office) -> list[str]:
    sent: list[str] = []

    def collect(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    with office.transaction() as ctx:
        create = find_action("library.reader.create")
        assert create is not None
        event.listen(office.database.engine, "before_cursor_execute", collect)
        try:
            ctx.run(create, values=[{"name": f"Reader {number}"} for number in range(50)])
        finally:
            event.remove(office.database.engine, "before_cursor_execute", collect)
    return sent


def test_a_batch_that_nobody_watches_asks_the_database_nothing_for_webhooks(office: Office, receiver: Receiver) -> None:
    without = statements_of_a_batch(office)
    assert not any("webhook" in one or "core_job" in one for one in without)
    office.webhook(receiver.address, MADE)
    assert len(statements_of_a_batch(office)) == len(without)
    office.webhook(receiver.address, "library.reader.created")
    assert len(statements_of_a_batch(office)) == len(without) + 1


def test_pauses_differ_lest_what_failed_together_comes_back_together(office: Office, receiver: Receiver) -> None:
    office.webhook(receiver.address, MADE)
    receiver.answer = (500, {}, b"")
    for number in range(12):
        office.book(f"Volume {number}")
    office.do_all()
    assert len({round(gap.total_seconds() * 10) for gap in gaps(office)}) > 1
