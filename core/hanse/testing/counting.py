"""Count the SQL statements that a piece of work takes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from hanse.actions import Context


@contextmanager
def statements(ctx: Context) -> Generator[list[str]]:
    """Collect the statements sent in the transaction of ``ctx`` while the block runs, savepoints left out.

    ::

        with statements(ctx) as sent:
            ctx.run(post, vouchers)
        assert len(sent) <= 12
    """
    sent: list[str] = []

    def collect(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    connection = ctx.session.connection()
    event.listen(connection, "before_cursor_execute", collect)
    try:
        yield sent
    finally:
        event.remove(connection, "before_cursor_execute", collect)
