"""What the outbox may rely on from the relay, whatever the broker loses: the three known faults never come back."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from job_house import House
from job_samples import effect, hesitate, in_the_middle, print_part

from hanse import enqueue
from hanse.jobs.relay import BrokerGone, Relay


def put_many(house: House, count: int) -> None:
    with house.transaction() as ctx:
        for n in range(count):
            enqueue(ctx, effect, n=n)


def test_a_broker_that_is_faster_than_the_commit_finds_the_job_ready(house: House) -> None:
    put_many(house, 3)
    Relay(house.database, lambda job, _queue: house.do(job)).hand_out()
    assert house.effects() == [0, 1, 2]


def test_a_backlog_does_not_multiply_messages_while_nobody_works(house: House) -> None:
    put_many(house, 50)
    relay = house.relay(in_flight=10)
    for _second in range(60):
        relay.take_back()
        relay.hand_out()
        house.pass_time(1)
    # leases of 10, 20 and 40 seconds begin within a minute: three messages for each job on the wire, ten jobs on it
    assert len(set(house.published)) <= 30
    assert len(house.published) <= 30
    house.do(*house.published)
    house.do_all()
    assert house.effects() == list(range(50))


def test_at_most_so_many_jobs_of_a_queue_are_on_the_wire(house: House) -> None:
    put_many(house, 25)
    relay = house.relay(in_flight=10)
    handed = relay.hand_out()
    assert (handed.jobs, handed.full) == (10, True)
    assert relay.hand_out().jobs == 0
    house.do(*house.published[:4])
    assert relay.hand_out().jobs == 4


def test_a_queue_does_not_wait_behind_another(house: House) -> None:
    put_many(house, 25)
    with house.transaction() as ctx:
        other = enqueue(ctx, print_part, items=[100])
    house.relay(in_flight=10).hand_out()
    assert other in house.published


def test_what_the_broker_lost_is_handed_out_again_after_the_lease(house: House) -> None:
    put_many(house, 1)
    relay = house.relay(lease=timedelta(seconds=10))
    relay.hand_out()
    house.pass_time(9)
    relay.take_back()
    assert relay.hand_out().jobs == 0
    house.pass_time(1)
    relay.take_back()
    assert relay.hand_out().jobs == 1


def test_the_lease_leaves_a_job_that_a_worker_holds(house: House) -> None:
    with house.transaction() as ctx:
        job = enqueue(ctx, hesitate, n=1)
    relay = house.relay()
    relay.hand_out()

    def an_hour_later(_ctx: object) -> None:
        relay.take_back(timedelta(0))
        assert relay.hand_out().jobs == 0

    in_the_middle.append(an_hour_later)
    house.do(job)
    assert house.published == [job]
    assert house.effects() == [1]


def test_two_relays_hand_out_each_job_once(house: House) -> None:
    put_many(house, 8)
    with house.transaction() as ctx:  # the first relay has claimed and not yet committed
        ctx.session.connection().exec_driver_sql("SELECT id FROM core_job WHERE args->>'n' < '4' FOR NO KEY UPDATE")
        house.relay().hand_out()
        assert len(house.published) == 4
    house.relay().hand_out()
    assert sorted(house.published) == sorted(set(house.published))
    assert len(house.published) == 8


def test_older_jobs_go_first(house: House) -> None:
    put_many(house, 12)
    relay = house.relay(in_flight=5)
    relay.hand_out()
    first = sorted(job for (job,) in house.ask("SELECT id FROM core_job"))[:5]
    assert house.published == first


def test_while_the_broker_is_away_nothing_is_lost(house: House, caplog: pytest.LogCaptureFixture) -> None:
    put_many(house, 3)
    stop = threading.Event()

    def refuse(_job: int, _queue: str) -> None:
        stop.set()
        raise BrokerGone("connection refused")

    Relay(house.database, refuse).run(stop)
    assert "The broker cannot be reached" in caplog.text
    house.pass_time(10)
    house.relay().take_back()
    house.do_all()
    assert house.effects() == [0, 1, 2]


def test_with_a_broker_that_forgets_a_new_relay_begins_with_what_was_on_the_wire(house: House) -> None:
    put_many(house, 3)
    house.relay().hand_out()
    lost, house.published = house.published, []
    stop = threading.Event()

    def publish(job: int, _queue: str) -> None:
        house.published.append(job)
        stop.set()

    Relay(house.database, publish, broker_forgets=True).run(stop)
    assert house.published == lost
