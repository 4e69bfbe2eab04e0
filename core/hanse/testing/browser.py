"""A browser without a window: requests to the whole application, signed in as somebody, forms filled and sent."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from sqlalchemy import event
from webtest import TestApp

from hanse.actions import Context, open_context
from hanse.actions.context import identify
from hanse.app import make_app
from hanse.config import Settings
from hanse.security import sessions
from hanse.testing.databases import TrialDatabase
from hanse.testing.people import open_for_admin
from hanse.web.request import SESSION_COOKIE

Answer = Any


class Site:
    """The application on a database of its own."""

    def __init__(self, database: TrialDatabase, home: Path) -> None:
        self.database = database
        self.settings = replace(Settings.load(environ={}), database_url=database.url, home=home, default_locale="en")
        self.app: Callable[..., Any] = make_app(self.settings, database)

    @contextmanager
    def transaction(self, login: str = "admin") -> Generator[Context]:
        """Open a Context that commits at the end of the block."""
        with self.database.session() as session, session.begin():
            admin = open_for_admin(session)
            if login == "admin":
                yield admin
            else:
                user = identify(session, login)
                assert user is not None
                yield open_context(session, user, admin.company.id, via="test")

    def browser(self, login: str | None = "admin") -> Browser:
        """Open a browser, signed in without asking for a password."""
        found = Browser(self)
        if login is not None:
            found.sign_in(login)
        return found

    @contextmanager
    def statements(self) -> Generator[list[str]]:
        """Collect the statements that the application sends while the block runs."""
        sent: list[str] = []

        def collect(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            sent.append(statement)

        event.listen(self.database.engine, "before_cursor_execute", collect)
        try:
            yield sent
        finally:
            event.remove(self.database.engine, "before_cursor_execute", collect)


class Browser:
    """Cookies and the way to ask."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.app = TestApp(site.app, extra_environ={"REMOTE_ADDR": "192.0.2.1"})
        self.csrf = ""

    def sign_in(self, login: str) -> None:
        """Begin a session for a user."""
        with self.site.database.session() as session, session.begin():
            user = identify(session, login)
            assert user is not None, login
            now = sessions.utc_now()
            token = sessions.open_session(session, user.id, now=now, hours=1, address="192.0.2.1", agent="test")
            found = sessions.find_session(session, token, now)
            assert found is not None
            self.csrf = found.csrf
        self.app.set_cookie(SESSION_COOKIE, token)

    def get(self, path: str, **options: Any) -> Answer:
        """Ask for a page; anything but a good answer fails the test unless ``status`` says otherwise."""
        return self.app.get(path, **options)

    def post(
        self,
        path: str,
        fields: dict[str, str] | Iterable[tuple[str, str]] = (),
        *,
        token: str | None = None,
        **options: Any,
    ) -> Answer:
        """Send a form with the token of this browser."""
        pairs = cast("Iterable[tuple[str, str]]", fields.items() if isinstance(fields, dict) else fields)
        return self.app.post(path, [*pairs, ("csrf_token", self.csrf if token is None else token)], **options)
