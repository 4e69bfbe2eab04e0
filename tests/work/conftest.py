"""A library in which jobs are done when the test says so, within the transaction of the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from hanse.actions import Context, Identity, find_action, system_context
from hanse.database.session import Database
from hanse.i18n import speaking
from hanse.jobs.progress import Progress
from hanse.jobs.tasks import find_task
from hanse.mail.transport import Nowhere
from hanse.work.wording import latest, unread

_DUE = text(
    "SELECT j.id, j.task, j.args, u.id, u.login, u.name, j.company_id, j.locale, j.via FROM core_job j "
    "JOIN core_user u ON u.id = j.user_id WHERE j.state = 'pending' AND (j.run_at <= now() OR :later) ORDER BY j.id"
)


@dataclass
class Desk:
    """What the tests of work on records have in common: short ways to act, and the jobs that follow."""

    ctx: Context
    library: Any
    as_user: Any
    database: Database
    files: Any
    post: Nowhere = field(default_factory=Nowhere)

    def run(self, ctx: Context, name: str, records: Any = None, **values: Any) -> Any:
        action = find_action(name)
        assert action is not None, name
        return ctx.run(action, records, **values)

    def person(self, name: str, *permissions: Any, email: str = "", **options: Any) -> Context:
        """Give somebody who works here, reads every loan and has an address."""
        found: Context = self.as_user(*(permissions or ("library.loan.read",)), name=name, **options)
        self.ctx.session.execute(
            text("UPDATE core_user SET email = :email, locale = 'en' WHERE id = :id"),
            {"email": email or f"{name}@example.com", "id": found.user.id},
        )
        return found

    def wish(self, ctx: Context, **chosen: Any) -> None:
        """Choose how somebody is told."""
        import json

        self.ctx.session.execute(
            text(
                "UPDATE core_user SET preferences = jsonb_build_object('work', CAST(:chosen AS jsonb)) WHERE id = :id"
            ),
            {"chosen": json.dumps(chosen), "id": ctx.user.id},
        )

    def withdraw(self, ctx: Context) -> None:
        """Take all roles from somebody but one that permits nothing."""
        self.ctx.session.execute(
            text(
                "UPDATE core_role_permission SET permission = 'nothing' WHERE role_id IN "
                "(SELECT role_id FROM core_user_role WHERE user_id = :id)"
            ),
            {"id": ctx.user.id},
        )

    def again(self, ctx: Context) -> Context:
        """Open somebody's Context anew, with the rights they have by now."""
        from hanse.actions import open_context

        return open_context(ctx.session, ctx.user, ctx.company.id, via="test", clock=ctx.clock)

    def do_jobs(self, *, later: bool = False) -> int:
        """Do the jobs that are due, and with ``later`` those that wait for a moment; give their number."""
        done = 0
        session = self.ctx.session
        while rows := session.connection().execute(_DUE, {"later": later}).all():
            for id_, task, args, user, login, name, company, locale, via in rows:
                session.execute(text("UPDATE core_job SET state = 'done' WHERE id = :id"), {"id": id_})
                found = find_task(task)
                assert found is not None, task
                identity = Identity(user, login, name)
                ctx = system_context(session, identity, company, via=via, clock=self.ctx.clock)
                progress = Progress(id_, self.database, self.files, post=self.post)
                with speaking(locale):
                    found.perform(ctx, progress, args)
                done += 1
        self.ctx.bind()
        return done

    def told(self, ctx: Context) -> list[tuple[str, str]]:
        """Give what somebody has not read: what it says and of which record."""
        self.do_jobs()
        person = self.again(ctx)
        return [(one.sentence, one.about) for one in unread(person)]

    def everything(self, ctx: Context) -> str:
        """Give all words that somebody is shown of notifications, read or not."""
        return repr(latest(self.again(ctx), most=100))


@pytest.fixture
def desk(library: Any, as_user: Any, database: Any, tmp_path: Any) -> Desk:
    from hanse.files import FolderStore

    return Desk(library.ctx, library, as_user, database, FolderStore(tmp_path / "files"))
