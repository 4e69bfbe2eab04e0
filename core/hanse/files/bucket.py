"""Files in a bucket that speaks S3: AWS, MinIO, Aliyun OSS and others.

A content is one object, written by one request that carries its SHA-256, so it is there whole or not at all, and the
server refuses bytes that were damaged on their way.  What is read is compared with its key before anybody gets it.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from typing_extensions import override

from hanse.config import ConfigError, Settings
from hanse.files.store import Content, Damaged, FileStore, StoreAway, checked_key, copied, gone, is_key
from hanse.i18n import _

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger("hanse.files")

#: A content that was stored longer ago is written anew, by the server itself, when somebody stores it again: far less
#: than the day for which nobody takes it away.
FRESH = timedelta(hours=6)
#: A content that is larger is put together on the disk and not in memory.
IN_MEMORY = 2**20
#: Seconds to wait for a connection, for a piece of an answer, and for somebody who is taking the same content away.
CONNECT, READ, PATIENCE = 5, 20, 10
TRIES = 3
#: A note that a content is being taken away stands for so long at most; who left it was killed.
NOTE_HOLDS = timedelta(minutes=15)
_FREE = ("404", "NoSuchKey", "NotFound")
_THERE = ("412", "PreconditionFailed")
#: A server that does not know the condition: overwriting bytes by the same bytes does no harm.
_UNCONDITIONAL = ("501", "NotImplemented")
_AWAY = ("500", "502", "503", "504", "InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout")


class BucketStore(FileStore):
    """Contents below a prefix of a bucket, ``<prefix>/<first two>/<rest>``; any number of machines may use it at once.

    S3 cannot move an object aside.  Whoever takes one away leaves a note first, then looks at its age; whoever stores
    one looks for a note afterwards, and then whether the object is there.  So one of both sees the other.
    """

    def __init__(self, client: BaseClient, bucket: str, prefix: str, thumbnails: Path) -> None:
        self._client: Any = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._conditional = True
        self.thumbnails = thumbnails

    @classmethod
    def open_at(cls, settings: Settings, place: str) -> BucketStore:
        """Open ``s3://bucket/prefix`` by the settings; nothing is asked of it yet.

        :raises ConfigError: the library for it is not installed
        """
        parts = urlsplit(place)
        client = _client_of(settings)
        return cls(client, parts.netloc, parts.path.strip("/"), settings.home / "thumbnails")

    @property
    @override
    def place(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    @override
    def store(self, content: bytes | BinaryIO) -> str:
        source = BytesIO(content) if isinstance(content, bytes) else content
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as kept:
            spool = cast("BinaryIO", kept)
            key = copied(source, spool)
            size = spool.tell()
            until = time.monotonic() + PATIENCE
            while True:
                self._put(key, spool, size)
                if not self._is_noted(key) and self.find(key) is not None:
                    return key
                if time.monotonic() > until:
                    raise StoreAway(_("The file storage is tidying up this very file. Try again in a minute."))
                time.sleep(0.2)

    def _put(self, key: str, spool: BinaryIO, size: int) -> None:
        """Make a content be there, and be fresh: its bytes are sent only where they are not there yet."""
        there = self.find(key)
        if there is not None and there.size == size:
            if there.touched < datetime.now(UTC) - FRESH:
                self._touch(key)
            return
        condition = {"IfNoneMatch": "*"} if self._conditional and there is None else {}
        spool.seek(0)
        try:
            with self._asked(_THERE + _UNCONDITIONAL):
                self._client.put_object(
                    Bucket=self._bucket, Key=self._name(key), Body=spool, ContentLength=size, **condition
                )
        except _Refused as refused:
            if refused.code in _UNCONDITIONAL:
                log.info("%s knows no conditions; the same bytes may be sent twice", self.place)
                self._conditional = False
                self._put(key, spool, size)

    def _touch(self, key: str) -> None:
        """Let the server write a content over itself, which makes it new."""
        name = self._name(key)
        with contextlib.suppress(_Refused), self._asked(_FREE):  # one that is gone meanwhile is found to be missing
            self._client.copy_object(
                Bucket=self._bucket,
                Key=name,
                CopySource={"Bucket": self._bucket, "Key": name},
                MetadataDirective="REPLACE",
            )

    @override
    def open(self, key: str) -> BinaryIO:
        kept = cast("BinaryIO", tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115  whoever reads it closes it
        try:
            for attempt in range(1, TRIES + 1):
                kept.seek(0)
                kept.truncate()
                with self._broken_off(last=attempt == TRIES):
                    if self._fetch(key, kept) != key:
                        message = _("The file storage holds other bytes than were stored. Tell your administrator.")
                        raise Damaged(message)
                    kept.seek(0)
                    return kept
        except BaseException:
            kept.close()
            raise
        raise AssertionError("the last attempt always answers")

    def _fetch(self, key: str, target: BinaryIO) -> str:
        """Copy a content to ``target``; give the key of what has arrived."""
        try:
            with self._asked(_FREE):
                answer = self._client.get_object(Bucket=self._bucket, Key=self._name(key))
        except _Refused:
            raise gone() from None
        with contextlib.closing(answer["Body"]) as body:
            return copied(cast("BinaryIO", body), target)

    @contextlib.contextmanager
    def _broken_off(self, *, last: bool) -> Generator[None]:
        """Let an answer that breaks off be asked for again, unless it was the last time."""
        from botocore.exceptions import ConnectionError as NoConnection
        from botocore.exceptions import HTTPClientError, IncompleteReadError, ReadTimeoutError

        try:
            yield
        except (HTTPClientError, IncompleteReadError, ReadTimeoutError, NoConnection) as error:
            if last:
                raise self._away(error) from error
            log.info("%s broke off, and is asked again: %s", self.place, error)

    @override
    def find(self, key: str) -> Content | None:
        try:
            with self._asked(_FREE):
                answer = self._client.head_object(Bucket=self._bucket, Key=self._name(key))
        except _Refused:
            return None
        return Content(key, int(answer["ContentLength"]), cast("datetime", answer["LastModified"]))

    @override
    def contents(self) -> Iterator[Content]:
        for name, found in self._objects(self._prefix):
            key = name.replace("/", "", 1)
            if is_key(key):
                yield Content(key, int(found["Size"]), found["LastModified"])

    def _objects(self, prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """List objects, a page at a time, by their names behind the prefix."""
        more: dict[str, str] = {}
        while True:
            with self._asked():
                page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more)
            for found in page.get("Contents", ()):
                yield str(found["Key"]).removeprefix(prefix), found
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    @override
    def is_whole(self, key: str) -> bool:
        if self.find(key) is None:
            return False
        with tempfile.TemporaryFile() as target, self._broken_off(last=True):
            return self._fetch(key, cast("BinaryIO", target)) == key
        raise AssertionError("it is answered, or an error says why not")

    @override
    def remove(self, key: str, *, untouched_since: datetime) -> bool:
        found = self.find(key)
        if found is None or found.touched >= untouched_since:
            return False
        note = self._note_of(key)
        with self._asked():
            self._client.put_object(Bucket=self._bucket, Key=note, Body=b"")
        begun = time.monotonic()
        try:
            found = self.find(key)
            late = time.monotonic() - begun > NOTE_HOLDS.total_seconds() / 3
            if found is None or found.touched >= untouched_since or late:
                return False
            with self._asked():
                self._client.delete_object(Bucket=self._bucket, Key=self._name(key))
            return True
        finally:
            with self._asked():
                self._client.delete_object(Bucket=self._bucket, Key=note)

    @override
    def clear(self, *, untouched_since: datetime) -> int:
        """Take away notes of processes that were killed; give 0, as nothing is ever half written."""
        for name, found in self._objects(f"{self._prefix}.gone/"):
            if found["LastModified"] < datetime.now(UTC) - NOTE_HOLDS:
                with self._asked():
                    self._client.delete_object(Bucket=self._bucket, Key=f"{self._prefix}.gone/{name}")
        return 0

    def _is_noted(self, key: str) -> bool:
        """Tell whether somebody is taking a content away at this moment."""
        try:
            with self._asked(_FREE):
                answer = self._client.head_object(Bucket=self._bucket, Key=self._note_of(key))
        except _Refused:
            return False
        return bool(answer["LastModified"] > datetime.now(UTC) - NOTE_HOLDS)

    def _name(self, key: str) -> str:
        checked_key(key)
        return f"{self._prefix}{key[:2]}/{key[2:]}"

    def _note_of(self, key: str) -> str:
        return f"{self._prefix}.gone/{checked_key(key)}"

    @contextlib.contextmanager
    def _asked(self, expected: tuple[str, ...] = ()) -> Generator[None]:
        """Say in words what goes wrong with a request.

        :param expected: codes that the caller knows what to do with
        :raises _Refused: with one of these codes
        :raises StoreAway: anything else
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = _code_of(error)
            if code in expected:
                raise _Refused(code) from error
            raise self._refused(error, code) from error
        except BotoCoreError as error:
            raise self._away(error) from error

    def _away(self, error: BotoCoreError) -> StoreAway:
        log.warning("%s does not answer: %s", self.place, error)
        return StoreAway(_("The file storage does not answer. Nothing is lost; try again in a few minutes."))

    def _refused(self, error: ClientError, code: str) -> StoreAway:
        log.warning("%s refuses: %s", self.place, error)
        if code in _AWAY:
            return StoreAway(_("The file storage does not answer. Nothing is lost; try again in a few minutes."))
        return StoreAway(_("The file storage refuses the request (%(code)s). Tell your administrator.", code=code))


class _Refused(Exception):
    """The server says no with a code that the caller knows what to do with."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _code_of(error: ClientError) -> str:
    """Give the code of a refusal, of one without a body its status."""
    answer: Mapping[str, Any] = error.response
    return str(answer.get("Error", {}).get("Code") or answer.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))


def _client_of(settings: Settings) -> BaseClient:
    try:
        from botocore.config import Config
        from botocore.session import Session
    except ImportError as error:
        message = "files_store names a bucket, and what reaches buckets is not installed. Run ./run setup --s3."
        raise ConfigError(message) from error
    addressing = {"addressing_style": settings.s3_addressing, "payload_signing_enabled": True}
    config = Config(
        connect_timeout=CONNECT,
        read_timeout=READ,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        signature_version="s3v4",
        s3=addressing,
        # The signature holds the SHA-256 of the bytes; other checksums are not known everywhere.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        max_pool_connections=max(10, settings.threads),
    )
    return Session().create_client(
        "s3",
        region_name=settings.s3_region,
        endpoint_url=settings.s3_endpoint,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key,
        config=config,
    )


__all__ = ["BucketStore"]
