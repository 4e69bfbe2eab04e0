"""Tasks that tests put into the outbox.  They belong to the kernel, which is on everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from hanse import BusinessError, Context, Progress, _, days, hours, job, scheduled
from hanse.i18n import current_locale
from hanse.jobs.tasks import Task

EFFECT_TABLE = "CREATE TABLE effect (job bigint, n bigint, word text); GRANT ALL ON effect TO PUBLIC"


def kernel(**options: Any) -> Callable[[Callable[..., None]], Task]:
    """Declare a task of the kernel."""

    def register(function: Callable[..., None]) -> Task:
        function.__module__ = "hanse.samples"
        return job(label=f"Sample {function.__name__}", **options)(function)

    return register


def note(ctx: Context, progress: Progress, n: int, word: str | None = None) -> None:
    ctx.session.execute(
        text("INSERT INTO effect VALUES (:job, :n, :word)"), {"job": progress.job, "n": n, "word": word}
    )


@kernel()
def effect(ctx: Context, progress: Progress, *, n: int) -> None:
    note(ctx, progress, n)


@kernel()
def tell_who(ctx: Context, progress: Progress) -> None:
    words = [ctx.user.login, ctx.behalf.login if ctx.behalf else "-", ctx.company.name, ctx.via, current_locale()]
    note(ctx, progress, 0, "|".join(words))


@kernel()
def tell_types(
    ctx: Context, progress: Progress, *, on: date, amount: Decimal, rest: list[str], maybe: date | None = None
) -> None:
    note(ctx, progress, 0, f"{on!r} {amount!r} {rest!r} {maybe!r}")


@kernel(attempts=3)
def stumble(ctx: Context, progress: Progress, *, n: int) -> None:
    note(ctx, progress, n)
    progress(1, 2, "half")
    raise RuntimeError("stumbled over a stone")


@kernel()
def refuse(ctx: Context, progress: Progress) -> None:
    note(ctx, progress, 1)
    raise BusinessError(_("The period is closed."))


#: What a job that hesitates does in the middle; tests put in what they want to look at.
in_the_middle: list[Callable[[Context], None]] = []


@kernel()
def hesitate(ctx: Context, progress: Progress, *, n: int) -> None:
    progress(1, 3, _("Printing"))
    for look in in_the_middle:
        look(ctx)
    note(ctx, progress, n)


@kernel()
def take_a_while(ctx: Context, progress: Progress, *, seconds: int) -> None:
    ctx.session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})


@kernel()
def write_file(ctx: Context, progress: Progress, *, body: str) -> None:
    progress.give_file(body.encode(), "report.txt", "text/plain")


@kernel(queue="print")
def print_part(ctx: Context, progress: Progress, *, items: list[int], fail: int = -1) -> None:
    for item in items:
        if item == fail:
            raise BusinessError(f"No {item}.")
        note(ctx, progress, item)
    progress.give_file(",".join(map(str, items)).encode(), "part.txt", "text/plain")


@kernel(queue="print")
def bind(ctx: Context, progress: Progress, *, title: str) -> None:
    texts: list[str] = []
    for part in progress.parts(ctx.session):
        with progress.files.open(part.key or "") as stored:
            texts.append(stored.read().decode())
    progress.give_file(f"{title}:{'+'.join(texts)}".encode(), "whole.txt", "text/plain")


def at_seven(ctx: Context, progress: Progress, *, slot: datetime) -> None:
    note(ctx, progress, 7, slot.isoformat())


def hourly(ctx: Context, progress: Progress, *, slot: datetime) -> None:
    note(ctx, progress, 1, slot.isoformat())


at_seven.__module__ = hourly.__module__ = "hanse.samples"
AT_SEVEN = scheduled(every=days(1), at="07:00")(at_seven)
HOURLY = scheduled(every=hours(1), missed="each")(hourly)
