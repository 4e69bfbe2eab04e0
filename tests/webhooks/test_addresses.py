"""What the network behind a server may rely on: nobody makes the server ask machines that only it reaches."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from office import Office, Receiver

from hanse.errors import BusinessError
from hanse.webhooks.addresses import Refused, parse, resolve
from hanse.webhooks.sending import post


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/hook",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com:70/_x",
        "http://",
        "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com:99999/",
        "http://[fe80::1%25eth0]/",
        "http://user:word@example.com/",
        "http://例子.example/",
        "http://example.com/\r\nX: y",
    ],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(BusinessError) as refused:
        parse(text)
    assert refused.value.field == "address"


def test_path_and_query_are_asked_for_as_they_are_written() -> None:
    address = parse("https://example.com/a/b?c=%20d#part")
    assert (address.host, address.port, address.target) == ("example.com", 443, "/a/b?c=%20d")
    assert parse("http://example.com:8080").target == "/"


def named(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> list[str]:
    """Let every name lead to these numbers; give the names that are looked up."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_how: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.7",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.7",
        "2002:7f00:1::",
        "2002:a00:7::1",
        "64:ff9b::a00:7",
        "64:ff9b:1::a00:7",  # translation inside a house, RFC 8215
        "::a00:7",  # of the old kind, without a mark
        "::ffff:0:a00:7",
        "fec0::1",  # of a site, long out of use but still routed by some
        "4000::1",  # not given out to anybody
        "192.0.0.8",
        "192.88.99.1",
        "64:ff9b::7f00:1",
    ],
)
def test_numbers_that_are_not_public_are_refused_whatever_they_are_called(
    monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    named(monkeypatch, number)
    with pytest.raises(Refused):
        resolve(parse("https://innocent.example/"), ())


def test_one_number_that_is_not_public_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "93.184.216.34", "10.0.0.7")
    with pytest.raises(Refused):
        resolve(parse("https://innocent.example/"), ())


def test_public_numbers_and_allowed_networks_are_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "93.184.216.34", "2606:2800:220:1::1")
    assert resolve(parse("https://example.com/"), ()) == ["93.184.216.34", "2606:2800:220:1::1"]
    named(monkeypatch, "10.1.2.3")
    assert resolve(parse("https://inside.example/"), ("10.1.0.0/16",)) == ["10.1.2.3"]
    with pytest.raises(Refused):
        resolve(parse("https://inside.example/"), ("10.2.0.0/16", "::1"))


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "[::1]", "localhost"])
def test_other_ways_to_write_this_machine_are_no_way_in(host: str) -> None:
    with pytest.raises(Refused):
        resolve(parse(f"http://{host}/"), ())


def test_without_the_setting_nothing_is_sent_to_this_machine(
    office: Office, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANSE_WEBHOOK_NETWORKS")
    office.webhook(receiver.address, "library.book.created")
    office.book("Dune")
    office.do_all()
    assert receiver.requests == []
    ((status, error),) = office.log()
    assert status is None
    assert error is not None
    assert "not a public address" in error


def test_the_name_is_looked_up_once_and_the_connection_goes_there(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere a moment later gains nothing."""
    address = parse(f"http://rebind.example:{receiver.port}/hook")
    asked = named(monkeypatch, "127.0.0.1")
    numbers = resolve(address, ("127.0.0.1",))
    monkeypatch.undo()
    monkeypatch.setattr(socket, "getaddrinfo", numbers_only(socket.getaddrinfo))
    assert post(address, numbers, {}, b"{}").status == 204
    assert asked == ["rebind.example"]
    assert receiver.requests[0].headers["host"] == f"rebind.example:{receiver.port}"


def numbers_only(look_up: Any) -> Any:
    def guarded(host: str, *rest: Any, **how: Any) -> Any:
        assert host[0].isdigit(), f"{host} was looked up again"
        return look_up(host, *rest, **how)

    return guarded


@pytest.fixture
def dripping() -> Iterator[int]:
    """A receiver that sends a byte now and then and never ends."""
    stop = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _peer = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not stop.wait(0.02):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    yield server.getsockname()[1]
    stop.set()
    thread.join()
    server.close()


def test_a_receiver_that_answers_byte_by_byte_is_left(dripping: int) -> None:
    answer = post(parse(f"http://127.0.0.1:{dripping}/"), ["127.0.0.1"], {}, b"{}", seconds=0.3)
    assert answer.status is None
    assert str(answer.error).startswith("No answer within")


def test_an_answer_of_any_length_costs_its_beginning_only(receiver: Receiver) -> None:
    receiver.answer = (200, {}, "é\0".encode() * 5_000_000)
    answer = post(parse(receiver.address), ["127.0.0.1"], {}, b"{}")
    assert (answer.status, answer.text) == (200, "é" * 333)
