"""What operators may rely on when files are in a bucket: sent once, verified, and said plainly when it is away."""

from __future__ import annotations

import hashlib
import http.server
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, cast

import pytest
from shelves import BucketShelf, Zeros

from hanse.config import Settings
from hanse.files import FileStore, StoreAway
from hanse.files import bucket as buckets
from hanse.files.bucket import NOTE_HOLDS

LONG_AGO = timedelta(days=3)


class Server(http.server.BaseHTTPRequestHandler):
    """A server that notes what it is asked, and answers as a test wants it to; it keeps one object's bytes at most."""

    asked: ClassVar[list[tuple[str, str, dict[str, str]]]] = []
    #: status of the answers to come, by method; the last one stays
    answers: ClassVar[dict[str, list[int]]] = {}
    body: ClassVar[bytes] = b""
    cut: ClassVar[list[int]] = []
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        digest, left = hashlib.sha256(), length
        while left:
            piece = self.rfile.read(min(left, 2**16))
            digest.update(piece)
            left -= len(piece)
        note = {name.lower(): value for name, value in self.headers.items()} | {"received": digest.hexdigest()}
        self.asked.append((self.command, self.path, note))
        planned = self.answers.get(self.command, [200])
        status = planned.pop(0) if len(planned) > 1 else planned[0]
        content = self.body if self.command == "GET" and status == 200 else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(self.body if status == 200 else b"")))
        self.send_header("Last-Modified", "Fri, 27 Nov 2026 08:00:00 GMT")
        self.end_headers()
        self.wfile.write(content[: self.cut.pop(0)] if self.cut and content else content)
        if self.cut or len(content) < len(self.body if self.command == "GET" else b""):
            self.close_connection = True

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[type[Server], Any]]:
    """A server of the test's own, and a store that uses it."""
    Server.asked, Server.answers, Server.body, Server.cut = [], {}, b"", []
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield Server, FileStore.of(settings_for(f"http://127.0.0.1:{found.server_port}", tmp_path))
    found.shutdown()
    found.server_close()


def settings_for(address: str, home: Path) -> Settings:
    return Settings(
        home=home,
        files_store="s3://hanse/erp",
        s3_endpoint=address,
        s3_access_key="key",
        s3_secret_key="secret",
        s3_addressing="path",
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for real."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


def puts(asked: list[tuple[str, str, dict[str, str]]]) -> list[dict[str, str]]:
    return [note for method, _path, note in asked if method == "PUT"]


def test_the_server_is_told_the_checksum_and_to_write_only_what_is_not_there(server: Any) -> None:
    kind, store = server
    kind.answers = {"HEAD": [404, 404, 200]}
    key = store.store(b"once")

    (sent,) = puts(kind.asked)
    assert sent["x-amz-content-sha256"] == key == sent["received"]
    assert sent["if-none-match"] == "*"
    assert "secret" not in repr(kind.asked)


def test_bytes_that_are_there_are_not_sent_again(bucket: BucketShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    key = bucket.files.store(b"once")

    def refuse(**_options: Any) -> None:
        raise AssertionError("sent again")

    monkeypatch.setattr(bucket.client, "put_object", refuse)
    assert bucket.files.store(b"once") == key


def test_what_is_stored_again_after_long_is_new_without_sending_its_bytes(
    bucket: BucketShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = bucket.files.store(b"old")
    bucket.age(key, LONG_AGO)
    monkeypatch.setattr(bucket.client, "put_object", None)
    bucket.files.store(b"old")

    found = bucket.files.find(key)
    assert found is not None
    assert datetime.now(UTC) - found.touched < timedelta(minutes=1)
    assert bucket.files.is_whole(key)


def test_a_server_without_conditions_is_asked_without(server: Any) -> None:
    kind, store = server
    kind.answers = {"HEAD": [404, 404, 404, 200, 404, 404, 200], "PUT": [501, 200]}
    store.store(b"one")
    store.store(b"two")

    assert ["if-none-match" in note for note in puts(kind.asked)] == [True, False, False]


def test_whoever_was_faster_has_stored_it(server: Any) -> None:
    kind, store = server
    kind.answers = {"HEAD": [404, 404, 200], "PUT": [412]}
    assert store.store(b"same") == hashlib.sha256(b"same").hexdigest()
    assert len(puts(kind.asked)) == 1


@pytest.mark.parametrize(("status", "words"), [(503, "does not answer"), (403, "refuses the request")])
def test_a_server_that_says_no_is_told_in_words_and_nothing_is_stored(server: Any, status: int, words: str) -> None:
    kind, store = server
    kind.answers = {"HEAD": [status]}
    with pytest.raises(StoreAway, match=words):
        store.store(b"lost")
    assert len(kind.asked) == (buckets.TRIES if status == 503 else 1), "what may pass is tried again"
    assert puts(kind.asked) == []


def test_a_server_that_comes_back_at_once_is_not_noticed(server: Any) -> None:
    kind, store = server
    kind.answers = {"HEAD": [503, 404, 404, 200], "PUT": [500, 503, 200]}
    store.store(b"kept")
    assert [note["received"] for note in puts(kind.asked)] == [hashlib.sha256(b"kept").hexdigest()] * 3


def test_nobody_there_is_told_in_words(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    store = FileStore.of(settings_for(address, tmp_path))
    for ask in (lambda: store.store(b"x"), lambda: store.open("0" * 64), lambda: list(store.contents())):
        with pytest.raises(StoreAway, match="does not answer") as caught:
            ask()
        assert caught.value.status == 503


def test_a_server_that_is_silent_is_not_waited_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "READ", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = FileStore.of(settings_for(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path))
        begun = time.monotonic()
        with pytest.raises(StoreAway, match="does not answer"):
            store.store(b"x")
        assert time.monotonic() - begun < 5


def test_an_answer_that_breaks_off_is_asked_for_again(server: Any) -> None:
    kind, store = server
    kind.body, kind.cut = b"a whole answer", [7, 7]
    with store.open(hashlib.sha256(kind.body).hexdigest()) as stored:
        assert stored.read() == kind.body
    assert [method for method, _path, _note in kind.asked] == ["GET"] * 3


def test_other_bytes_than_were_stored_reach_nobody(bucket: BucketShelf) -> None:
    key = bucket.files.store(b"true")
    bucket.damage(key, b"fake")
    with pytest.raises(StoreAway, match="other bytes"):
        bucket.files.open(key)


def test_who_stores_while_it_is_taken_away_waits_and_stores_again(
    bucket: BucketShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remover has looked at its age already; the other one stores, sees the note, and finds it gone."""
    key = bucket.files.store(b"both")
    bucket.age(key, LONG_AGO)
    note = f"{bucket.prefix}.gone/{key}"
    bucket.client.put_object(Bucket=bucket.name, Key=note, Body=b"")

    waited: list[float] = []

    def finish(seconds: float) -> None:
        waited.append(seconds)
        bucket.lose(key)
        bucket.client.delete_object(Bucket=bucket.name, Key=note)

    monkeypatch.setattr(time, "sleep", finish)
    assert bucket.files.store(b"both") == key
    assert len(waited) == 1
    assert bucket.files.is_whole(key)


def test_what_was_taken_away_before_anybody_looked_for_a_note_is_stored_again(
    bucket: BucketShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remover finishes, its note too, between the storing and the looking."""
    key = bucket.files.store(b"between")
    bucket.age(key, LONG_AGO)
    noted, taken = bucket.files._is_noted, list[str]()

    def take_away_first(one: str) -> bool:
        if not taken:
            taken.append(one)
            bucket.lose(one)
        return bool(noted(one))

    monkeypatch.setattr(bucket.files, "_is_noted", take_away_first)
    assert bucket.files.store(b"between") == key
    assert taken == [key]
    assert bucket.files.is_whole(key)


def test_who_finds_the_note_of_somebody_slow_gives_up_in_words(
    bucket: BucketShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = bucket.files.store(b"slow")
    bucket.client.put_object(Bucket=bucket.name, Key=f"{bucket.prefix}.gone/{key}", Body=b"")
    monkeypatch.setattr(buckets, "PATIENCE", 0)
    with pytest.raises(StoreAway, match="tidying up"):
        bucket.files.store(b"slow")


def test_the_note_of_somebody_who_was_killed_does_not_stand_for_ever(bucket: BucketShelf) -> None:
    key = bucket.files.store(b"noted")
    note = f"{bucket.prefix}.gone/{key}"
    bucket.client.put_object(Bucket=bucket.name, Key=note, Body=b"")
    bucket.age_object(note, NOTE_HOLDS * 2)

    assert bucket.files.store(b"noted") == key
    bucket.files.clear(untouched_since=datetime.now(UTC))
    assert bucket.names() == [f"{key[:2]}/{key[2:]}"]


def test_a_process_that_is_killed_while_it_sends_leaves_nothing(bucket: BucketShelf) -> None:
    script = (
        "import io, os, sys; from pathlib import Path; from hanse.config import Settings\n"
        "from hanse.files import FileStore\n"
        "store = FileStore.of(Settings.load())\n"
        "class Dies(io.BytesIO):\n"
        "    def read(self, size=-1):\n"
        "        if self.tell() > 2**20: os.kill(os.getpid(), 9)\n"
        "        return super().read(size)\n"
        "real = store._client.put_object\n"
        "store._client.put_object = lambda **more: real(**more | {'Body': Dies(more['Body'].read())})\n"
        "store.store(bytes(3 * 2**20))\n"
    )
    environment = bucket.settings.as_environment() | {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-500:]
    assert bucket.names() == []
    key = bucket.files.store(bytes(3 * 2**20))
    assert bucket.files.is_whole(key), "and another one is not in the way"


def test_more_than_a_page_of_contents_are_all_told(bucket: BucketShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {bucket.files.store(str(number).encode()) for number in range(7)}
    bucket.client.put_object(Bucket=bucket.name, Key="other/program", Body=b"")
    bucket.client.put_object(Bucket=bucket.name, Key="erp/README", Body=b"")
    listed = bucket.client.list_objects_v2
    monkeypatch.setattr(bucket.client, "list_objects_v2", lambda **asked: listed(MaxKeys=3, **asked))

    assert {one.key for one in bucket.files.contents()} == keys
    monkeypatch.undo()
    bucket.client.delete_object(Bucket=bucket.name, Key="other/program")


def test_a_hundred_megabytes_stay_flat_in_memory(server: Any) -> None:
    kind, store = server
    kind.answers = {"HEAD": [404, 404, 200]}

    tracemalloc.start()
    try:
        key = store.store(cast("BinaryIO", Zeros()))
        assert tracemalloc.get_traced_memory()[1] < 24 * 2**20
    finally:
        tracemalloc.stop()
    assert puts(kind.asked)[0]["received"] == key


def test_a_bucket_without_the_library_is_said_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "botocore.config", None)
    with pytest.raises(Exception, match=r"\./run setup --s3"):
        FileStore.of(settings_for("http://127.0.0.1:1", tmp_path))


def test_a_process_without_a_bucket_does_not_load_the_library(tmp_path: Path) -> None:
    script = "import hanse.files, hanse.app, sys; sys.exit(any(one.startswith('botocore') for one in sys.modules))"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    assert subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode == 0
