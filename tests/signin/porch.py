"""The application with somebody at its door, jobs that are done when a test says so, and the mail that they send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from sqlalchemy import text

from hanse.directory.models import User
from hanse.files import FileStore
from hanse.jobs.execute import execute
from hanse.mail.transport import Nowhere
from hanse.security.passwords import hash_password
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
_hash = hash_password(PASSWORD)


@dataclass
class Porch:
    """What the tests at the door have in common."""

    site: Site
    files: FileStore
    post: Nowhere = field(default_factory=Nowhere)

    def person(self, login: str, *permissions: Any, password: bool = True, email: str = "") -> int:
        """Add somebody who works here; give their id."""
        with self.site.transaction() as ctx:
            held = permissions or ("core.notification.read",)
            found = open_for_person(ctx, Person(login, tuple((str(one), "company") for one in held), None, ()))
            ctx.session.execute(
                text("UPDATE core_user SET email = :email, locale = 'en', password = :hash WHERE id = :id"),
                {
                    "email": email or f"{login}@example.com",
                    "hash": _hash if password else None,
                    "id": found.user.id,
                },
            )
            return found.user.id

    def browser(self) -> Browser:
        """Open a browser in which nobody is signed in."""
        return self.site.browser(None)

    def sign_in(
        self, login: str, password: str = PASSWORD, *, browser: Browser | None = None, agent: str = FIREFOX
    ) -> Any:
        """Fill in and send the page; give the answer."""
        browser = browser or self.browser()
        self.leave(browser)
        page = browser.get("/login").forms[0]
        page["login"], page["password"] = login, password
        return page.submit(expect_errors=True, headers={"User-Agent": agent})

    def leave(self, browser: Browser) -> None:
        """Sign out in a browser, if somebody is signed in there."""
        page = browser.get("/me", expect_errors=True)
        if page.status_int == 200:
            browser.post("/logout", token=page.html.select_one("input[name=csrf_token]")["value"], status=303)

    def inside(self, login: str, *, agent: str = FIREFOX) -> Browser:
        """Give a browser that has signed in by the page."""
        browser = self.browser()
        assert self.sign_in(login, browser=browser, agent=agent).status_int == 303
        browser.csrf = browser.get("/me").html.select_one("input[name=csrf_token]")["value"]
        return browser

    def do_jobs(self, *, later: bool = False) -> None:
        """Do the jobs that are due, and with ``later`` those that wait."""
        while found := self._pending(later):
            for job in found:
                execute(self.site.database, self.files, job, self.post)

    def _pending(self, later: bool) -> list[int]:
        with self.site.database.session() as session, session.begin():
            if later:
                session.execute(text("UPDATE core_job SET run_at = now() WHERE state = 'pending'"))
            due = "SELECT id FROM core_job WHERE state = 'pending' AND run_at <= now() ORDER BY id"
            return list(session.scalars(text(due)))

    def letters(self, address: str = "") -> list[EmailMessage]:
        """Give the mail that was sent, to an address."""
        self.do_jobs()
        return [one for one in self.post.sent if address in str(one["To"])]

    def link(self, address: str) -> str:
        """Give the link in the newest mail to an address, without the site."""
        words = self.letters(address)[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
        found = re.search(r"http://localhost(/\w+\?token=[\w-]+)", words)
        assert found is not None, words
        return found[1]

    def events(self, user: int) -> list[str]:
        """Give what the audit log tells of somebody, in order."""
        self.do_jobs()
        with self.site.transaction() as ctx:
            rows = ctx.session.execute(
                text("SELECT action FROM core_audit WHERE model = 'core.user' AND record = :user ORDER BY id"),
                {"user": user},
            )
            return [name.rpartition(".")[2] for (name,) in rows]

    def value(self, sql: str, **values: Any) -> Any:
        """Ask the database for one value."""
        with self.site.transaction() as ctx:
            return ctx.session.scalar(text(sql), values)

    def change(self, sql: str, **values: Any) -> None:
        """Change the database behind the back of the program."""
        with self.site.transaction() as ctx:
            ctx.session.execute(text(sql), values)

    def id_of(self, login: str) -> int:
        """Give the id of a user."""
        with self.site.transaction() as ctx:
            (found,) = ctx.all(User, User.login == login).ids
            return found
