"""The application on a database with the sample library, and programs that use its API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from hanse.actions import find_action
from hanse.api.tokens import digest, new_secret
from hanse.testing.browser import Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person, switch_on

LIBRARY = ("sample_library", "sample_reviews", "sample_fines")
BASE = "/api/v1"


@dataclass
class Program:
    """A client with a token."""

    app: TestApp
    secret: str

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int | str = "*",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """Send a request below the API's address and give the answer."""
        sent = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        url = path if path.startswith("/api") else f"{BASE}/{path}"
        if query:
            from urllib.parse import urlencode

            plain = {k: json.dumps(v) if isinstance(v, (dict, list)) else v for k, v in query.items()}
            url += "?" + urlencode(plain)
        options: dict[str, Any] = {"headers": sent, "expect_errors": True}
        if body is not None:
            options |= {"params": json.dumps(body), "content_type": "application/json"}
        answer = self.app.request(url, method=method, **self._body(options))
        if status != "*":
            assert answer.status_int == status, answer.text
        return answer

    @staticmethod
    def _body(options: dict[str, Any]) -> dict[str, Any]:
        params = options.pop("params", None)
        return options if params is None else options | {"body": params.encode()}

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        """Read JSON."""
        return self.ask("GET", path, status=status, query=query).json

    def post(self, path: str, body: Any, status: int = 201, **headers: str) -> Any:
        """Send JSON, and read the answer's."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, body, status=status, headers=named).json


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application on a database of this test, with the library switched on."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            switch_on(ctx, LIBRARY)
        yield site


@pytest.fixture
def program(site: Site) -> Callable[..., Program]:
    """Make a program that acts as somebody, by default as the administrator, within bounds."""

    def make(login: str = "admin", *may: str, person: Person | None = None, days: int = 30) -> Program:
        secret = new_secret()
        create = find_action("core.api_token.create")
        assert create is not None
        with site.transaction() as ctx:
            if person is not None:
                open_for_person(ctx, person)
        with site.transaction() as admin:
            from hanse.actions.context import identify
            from hanse.directory.models import User

            user = identify(admin.session, login if person is None else person.name)
            assert user is not None
            given = {"user": admin.session.get_one(User, user.id), "company": admin.company.id, "days": days}
            admin.run(create, name="test", token=digest(secret), permissions=list(may) or None, **given)
        return Program(TestApp(site.app, extra_environ={"REMOTE_ADDR": "192.0.2.9"}), secret)

    return make


@pytest.fixture
def admin(program: Callable[..., Program]) -> Program:
    """A program that may do everything."""
    return program()
