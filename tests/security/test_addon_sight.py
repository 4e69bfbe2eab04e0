"""Who does not see an addon is shown nothing of it, on any way: pages, programs, searches, files, mail, own work.

Bob may do everything in the company, follows and stars a loan, has work on it and was told of it.  Every way is looked
at four times: while he sees the library, while only another department does, while it is off in the company, and when
all is as it was.  What names the library's records or leads to them is recognized wherever it turns up.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import text
from webtest import TestApp, Upload

from hanse.actions import Context, find_action, open_context
from hanse.actions.context import identify
from hanse.actions.registry import all_actions
from hanse.addons import installed
from hanse.api.tokens import digest, new_secret
from hanse.directory.models import User
from hanse.enabling.actions import switch_addons
from hanse.files import FolderStore
from hanse.i18n import Text
from hanse.jobs import enqueue, tasks
from hanse.jobs.execute import execute
from hanse.jobs.progress import Progress
from hanse.jobs.relay import Relay
from hanse.jobs.tasks import Task
from hanse.mail.transport import Nowhere
from hanse.models import declared_models
from hanse.security.permissions import model_name
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, department, open_for_person, switch_on
from hanse.webhooks.message import body_of
from hanse.webhooks.models import WebhookDelivery
from hanse.work.mailing import MAIL_ONE

LIBRARY = "sample_library"
#: What stands in every text of the library, and the beginnings of the addresses of its pages and records.
MARK = re.compile(r"Xyzzy|/library/|library\.(?:book|loan|reader|shelf|visit)")
PHASES = ("seen", "hidden", "off", "again")


def _count(ctx: Context, progress: Progress) -> None:
    """Leave a file of the library."""
    progress.give_file(b"Xyzzy in a file", "Xyzzy.txt", "text/plain")


COUNT = Task("sample_library.count", _count, "Count Xyzzy", LIBRARY)


@dataclass
class Town:
    """A company with a library, and Bob, who works in the attic."""

    site: Site
    home: Path
    ids: dict[str, int] = field(default_factory=dict[str, int])
    jobs: list[int] = field(default_factory=list[int])
    secret: str = ""
    post: Nowhere = field(default_factory=Nowhere)

    def run(self, name: str, *records: int, login: str = "admin", **values: Any) -> Any:
        with self.site.transaction(login) as ctx:
            action = find_action(name)
            assert action is not None, name
            return ctx.run(action, records or None, **values)

    def sql(self, statement: str, **values: Any) -> Any:
        with self.site.transaction() as ctx:
            found = ctx.session.execute(text(statement), values)
            return found.all() if found.returns_rows else []

    def work(self) -> None:
        """Do all jobs that are due."""
        published: list[int] = []
        relay = Relay(self.site.database, lambda job, _queue: published.append(job))
        while relay.hand_out().jobs:
            waiting, published[:] = [*published], []
            for job in waiting:
                execute(self.site.database, FolderStore(self.home / "files"), job, self.post)

    def switch(self, **wish: Any) -> None:
        with self.site.transaction() as ctx:
            ctx.run(switch_addons, [ctx.company.id], wish=wish)

    def program(self) -> Callable[..., str]:
        app = TestApp(self.site.app, extra_environ={"REMOTE_ADDR": "192.0.2.9"})

        def ask(method: str, path: str, body: Any = None, **headers: str) -> str:
            sent = {"Authorization": f"Bearer {self.secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
            options: dict[str, Any] = {"headers": sent, "expect_errors": True}
            if body is not None:
                options |= {"body": json.dumps(body).encode(), "content_type": "application/json"}
            answer = app.request(f"/api/v1/{path}", method=method, **options)
            return shown(answer)

        return ask


@pytest.fixture(scope="module")
def town(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    tasks._tasks[COUNT.name] = COUNT
    home = tmp_path_factory.mktemp("attic")
    with databases.copy() as database:
        found = Town(Site(database, home), home)
        with found.site.transaction() as ctx:
            switch_on(ctx, (LIBRARY, "sample_reviews", "sample_fines"))
        fill(found)
        yield found
    del tasks._tasks[COUNT.name]


def fill(town: Town) -> None:
    """Let Bob have to do with a loan in all ways there are."""
    with town.site.transaction() as ctx:
        open_for_person(ctx, Person("bob", (), "administrator", ("Attic",)))
        town.ids["desk"] = department(ctx, "Desk")
        town.ids["bob"] = ctx.session.scalar(text("SELECT id FROM core_user WHERE login = 'bob'"))
        ctx.session.execute(text("UPDATE core_user SET email = 'bob@example.com', locale = 'en' WHERE login = 'bob'"))
    bob = town.ids["bob"]
    book = town.run("library.book.create", values=[{"title": "Rare Xyzzy", "code": "XY1"}]).id
    reader = town.run("library.reader.create", values=[{"name": "Xyzzy reader"}]).id
    values = {"book": book, "reader": reader, "number": "LN-Xyzzy", "clerk": bob, "secret": "Xyzzy secret"}
    loan = town.run("library.loan.create", values=[values], login="bob").id
    town.ids |= {"book": book, "reader": reader, "loan": loan}
    about = {"model": "library.loan", "record": loan}
    town.run("core.follower.follow", login="bob", **about, level="everything")
    town.run("core.favourite.star", login="bob", **about)
    town.run("core.favourite.star", login="bob", model="library.book")
    for owner in ("bob", "admin"):
        town.run("core.activity.plan", login=owner, subject="Xyzzy call", due="2026-01-02", owner=bob, **about)
    town.run("library.loan.comment", loan, body="@bob Xyzzy comment")
    town.run("library.loan.update", loan, values={"secret": "Xyzzy changed"})
    town.run("library.loan.lend", loan, login="bob", due="2026-01-02", fee="500")
    (town.home / "files").mkdir(exist_ok=True)
    key = FolderStore(town.home / "files").store(b"Xyzzy file")
    kept = {"name": "Xyzzy.txt", "media_type": "text/plain", "size": 10, "key": key}
    town.run("library.loan.attach", loan, login="bob", files=[kept])
    with town.site.transaction() as ctx:
        ctx.notify([bob], Text(LIBRARY, "Xyzzy is late", {}))
        from sample_library.models import Loan

        ctx.notify([bob], Text(LIBRARY, "Xyzzy is very late", {}), record=ctx.session.get_one(Loan, loan))
    with town.site.transaction("bob") as ctx:
        town.jobs.append(enqueue(ctx, COUNT))
    town.work()
    fill_for_programs(town)


def fill_for_programs(town: Town) -> None:
    """Give Bob a token, with which he has asked once already, and an import."""
    town.secret = new_secret()
    with town.site.transaction() as ctx:
        create = find_action("core.api_token.create")
        assert create is not None
        user = ctx.session.get_one(User, town.ids["bob"])
        ctx.run(create, name="t", token=digest(town.secret), user=user, company=ctx.company.id, days=9)
    assert "Xyzzy" in town.program()("POST", "library.book", {"title": "Xyzzy again"}, Idempotency_Key="k1")
    assert town.program()(
        "POST", f"library.book/{town.ids['book']}/actions/comment", {"body": "hm"}, Idempotency_Key="k2"
    )
    browser = town.site.browser("bob")
    form = browser.get("/library/book/-/import").forms["record-form"]
    form["file"] = Upload("Xyzzy.csv", b"title,code\nXyzzy imported,XY9\n", "text/csv")
    form.submit(status=303)
    town.ids["import"] = town.sql("SELECT id FROM core_import")[0][0]
    (attachment,) = town.sql("SELECT id FROM core_attachment")
    (notification, *_more) = town.sql("SELECT id FROM core_notification WHERE record IS NOT NULL ORDER BY id")
    (activity, *_others) = town.sql("SELECT id FROM core_activity ORDER BY id")
    (held,) = town.sql("SELECT id FROM core_held_action")
    town.ids |= {"attachment": attachment[0], "notification": notification[0], "activity": activity[0], "held": held[0]}


# --- the ways ---------------------------------------------------------------------------------------------------------

PAGES: dict[str, str] = {
    "menu and my work": "/",
    "list": "/library/book",
    "search": "/library/book?q=Xyzzy",
    "form": "/library/loan/{loan}",
    "new form": "/library/loan/new",
    "combobox": "/library/book/-/complete?q=Rare",
    "CSV": "/library/book/-/export.csv",
    "XLSX": "/library/book/-/export.xlsx",
    "import page": "/library/book/-/import",
    "import": "/library/book/-/import/{import}",
    "dialog of an action": "/library/loan/-/do/lend?ids={loan}",
    "PDF": "/library/loan/{loan}/print/slip",
    "attachment": "/files/{attachment}/Xyzzy.txt",
    "activities": "/core/activity",
    "activity": "/core/activity/{activity}",
    "notifications": "/core/notifications",
    "jobs": "/core/jobs",
    "file of a job": "/core/jobs?file={job}",
    "events of a new webhook": "/core/webhook/new",
}
API: dict[str, str] = {
    "API list": "library.loan",
    "API list with all fields": "library.loan?fields=secret,number",
    "API record": "library.loan/{loan}",
    "API lines": "library.book/{book}",
    "API document": "library.loan/{loan}/documents/slip",
    "API description": "openapi.json",
    "API activities": "core.activity",
    "API activity": "core.activity/{activity}",
    "API attachments": "core.attachment",
}
#: What bookkeeping of the kernel tells administrators stays what it was, but says nothing of what stands in records.
API_LOGS = {"API audit log": "core.audit", "API held actions": "core.held_action"}


def shown(answer: Any) -> str:
    """Give what an answer shows: text, or that of a PDF or an XLSX file."""
    if answer.status_int >= 400:
        return ""
    if answer.status_int >= 300:
        return str(answer.location)
    body: bytes = answer.body
    if body.startswith(b"%PDF"):
        with pypdfium2.PdfDocument(body) as document:
            return "\n".join(page.get_textpage().get_text_range() for page in document)
    if body.startswith(b"PK"):
        import io

        from openpyxl import load_workbook

        book = load_workbook(io.BytesIO(body))
        return repr([[cell.value for cell in row] for sheet in book for row in sheet.rows])
    return body.decode("utf-8-sig")


def page(browser: Browser, path: str) -> str:
    """Give what a page shows besides the frame, where the frame is not what is looked at."""
    answer = browser.get(path, status="*", expect_errors=True)
    return shown(answer)


def notified(town: Town, browser: Browser) -> str:
    return "Xyzzy" if browser.get("/core/bell").json["unread"] else ""


def counted(_town: Town, browser: Browser) -> str:
    answer = browser.get("/library/book/-/count?q=Xyzzy", expect_errors=True)
    return "Xyzzy" if answer.status_int < 400 else ""


def colleagues(town: Town, browser: Browser) -> str:
    """Ask who could be given work on the record: nobody, where one does not see it oneself."""
    answer = browser.get(f"/core/colleagues?model=library.loan&record={town.ids['loan']}&q=b", expect_errors=True)
    return "Xyzzy" if answer.status_int < 400 and answer.json else ""


def template(_town: Town, browser: Browser) -> str:
    answer = browser.get("/library/book/-/import/template.csv", expect_errors=True)
    return "Xyzzy" if answer.status_int < 400 else ""


def audited(_town: Town, browser: Browser) -> str:
    """Give what the audit log says was changed, which the words of the search stand in."""
    rows = browser.get("/core/audit?q=Xyzzy").html.select("#hz-rows tbody tr, #hz-list tbody tr")
    return "\n".join(row.text for row in rows)


def opened(town: Town, browser: Browser) -> str:
    return page(browser, f"/core/notifications?open={town.ids['notification']}")


def mailed(town: Town, _browser: Browser) -> str:
    """Have Bob mailed what he has not read."""
    town.post.sent.clear()
    town.sql("UPDATE core_notification SET posting = 'soon', read_at = NULL WHERE user_id = :bob", bob=town.ids["bob"])
    with town.site.transaction() as ctx:
        enqueue(ctx, MAIL_ONE, user=town.ids["bob"])
    town.work()
    return "\n".join(f"{one['Subject']} {one.get_body(('plain',)).get_content()}" for one in town.post.sent)


def told_again(town: Town, _browser: Browser) -> str:
    """Tell Bob of the library anew: alerts, and a change of what he follows."""
    before = len(town.sql("SELECT id FROM core_notification WHERE user_id = :bob", bob=town.ids["bob"]))
    town.sql("DELETE FROM core_notification WHERE content->>'message' = 'Xyzzy once more'")
    with town.site.transaction() as ctx:
        ctx.notify([town.ids["bob"]], Text(LIBRARY, "Xyzzy once more", {}))
    town.work()
    found = town.sql("SELECT content FROM core_notification WHERE content->>'message' = 'Xyzzy once more'")
    assert before >= 0
    return repr(found)


def webhook(town: Town, _browser: Browser) -> str:
    """Write the message that a webhook of Bob's would get."""
    with town.site.transaction("bob") as ctx:
        told = WebhookDelivery(
            kind="library.book.updated", model="library.book", records=[town.ids["book"]], event="e", actor_id=1
        )
        told.at = datetime.now(UTC)
        return (body_of(ctx, told) or b"").decode()


def webhook_of_deleted(town: Town, _browser: Browser) -> str:
    with town.site.transaction("bob") as ctx:
        told = WebhookDelivery(kind="library.book.deleted", model="library.book", records=[7], event="e", actor_id=1)
        told.at = datetime.now(UTC)
        return (body_of(ctx, told) or b"").decode()


def replay_of_create(town: Town, _browser: Browser) -> str:
    return town.program()("POST", "library.book", {"title": "Xyzzy again"}, Idempotency_Key="k1")


def replay_of_action(town: Town, _browser: Browser) -> str:
    path = f"library.book/{town.ids['book']}/actions/comment"
    return "Xyzzy" if town.program()("POST", path, {"body": "hm"}, Idempotency_Key="k2") else ""


def palette(_town: Town, browser: Browser) -> str:
    """Give what the palette finds, without the way to the search page, which repeats the words."""
    found = browser.get("/palette?q=Xyzzy").json
    return " ".join(one["title"] for one in found if "/core/search" not in one["url"])


def work_on_it(town: Town, browser: Browser) -> str:
    """Say, follow and star something of the record; what succeeds shows that it is there."""
    done = ""
    for name in ("comments", "star", "follow"):
        fields = {"comment": "hm", "level": "states"}
        answer = browser.post(f"/library/loan/{town.ids['loan']}/{name}", fields, expect_errors=True)
        done += "Xyzzy" if answer.status_int < 400 else ""
    return done


def finished(town: Town, _browser: Browser) -> str:
    """Change an activity on the record through the API."""
    answer = town.program()("POST", f"core.activity/{town.ids['activity']}/actions/change", {"details": "x"})
    return "Xyzzy" if answer else ""


MORE: dict[str, Callable[[Town, Browser], str]] = {
    "count": counted,
    "palette": palette,
    "people on a record": colleagues,
    "import template": template,
    "audit log": audited,
    "bell": notified,
    "notification opened": opened,
    "mail": mailed,
    "new alert": told_again,
    "webhook": webhook,
    "webhook of a deleted record": webhook_of_deleted,
    "replay of a create": replay_of_create,
    "replay of an action": replay_of_action,
    "work on the record": work_on_it,
    "activity changed": finished,
}


def look(town: Town) -> dict[str, str]:
    """Give what is recognized on every way."""
    browser, ask, ids = town.site.browser("bob"), town.program(), {**town.ids, "job": town.jobs[0]}
    found = {name: page(browser, path.format(**ids)) for name, path in PAGES.items()}
    found |= {name: ask("GET", path.format(**ids)) for name, path in API.items()}
    found |= {name: way(town, browser) for name, way in MORE.items()}
    return {name: " ".join(MARK.findall(words)) for name, words in found.items()}


@pytest.fixture(scope="module")
def looked(town: Town) -> dict[str, dict[str, str]]:
    """Look at all ways in each phase."""
    found = {"seen": look(town)}
    town.switch(shown={str(town.ids["desk"]): [LIBRARY]})
    found["hidden"] = look(town)
    town.switch(shown={str(town.ids["desk"]): []})
    town.switch(off=[LIBRARY], others=True)
    found["off"] = look(town)
    town.switch(on=[LIBRARY, "sample_reviews", "sample_fines"])
    found["again"] = look(town)
    return found


WAYS = [*PAGES, *API, *MORE]


@pytest.mark.parametrize("way", WAYS)
def test_a_way_shows_the_library_only_to_who_sees_it(looked: dict[str, dict[str, str]], way: str) -> None:
    assert looked["seen"][way], "this way shows nothing anyway, so it would prove nothing"
    assert looked["hidden"][way] == "", "shown although another department has it"
    assert looked["off"][way] == "", "shown although it is off in the company"
    assert looked["again"][way], "it does not come back"


@pytest.mark.parametrize("path", API_LOGS.values(), ids=list(API_LOGS))
def test_logs_of_the_kernel_say_nothing_of_what_stands_in_records(town: Town, path: str) -> None:
    """Not even to who sees the records now: fields have rights of their own, which these logs know nothing of."""
    answer = town.program()("GET", path)
    assert "library.loan" in answer
    assert "Xyzzy" not in answer


def test_a_job_that_was_asked_for_before_leaves_nothing_after(town: Town) -> None:
    with town.site.transaction("bob") as ctx:
        job = enqueue(ctx, COUNT)
    town.switch(shown={str(town.ids["desk"]): [LIBRARY]})
    town.work()
    town.switch(shown={str(town.ids["desk"]): []})

    (state, result) = town.sql(
        "SELECT j.state, p.result FROM core_job j LEFT JOIN core_job_progress p ON p.job_id = j.id WHERE j.id = :job",
        job=job,
    )[0]
    assert (state, result) == ("dead", None)


def test_no_word_of_an_addon_one_does_not_see_is_found_by_a_search(town: Town) -> None:
    """Reviews add a searched field to books: whoever does not see reviews finds no book by it."""
    town.run("library.book.update", town.ids["book"], values={"verdict": "Plugh"})
    browser = town.site.browser("bob")
    assert "Rare Xyzzy" in browser.get("/library/book?q=Plugh").text
    town.switch(shown={str(town.ids["desk"]): ["sample_reviews"]})

    assert "Rare Xyzzy" not in browser.get("/library/book?q=Plugh").text
    assert "Rare Xyzzy" not in browser.get("/palette?q=Plugh").text
    assert "Rare Xyzzy" in browser.get("/library/book?q=Rare").text
    town.switch(shown={str(town.ids["desk"]): []})


# --- every installed addon --------------------------------------------------------------------------------------------


def test_no_address_of_any_addon_answers_who_does_not_see_it(town: Town) -> None:
    """Walk the registry: each screen, report, page, model and action of each addon, while another department has it."""
    from hanse.enabling.contents import contents_of

    with town.site.transaction() as ctx:
        switch_on(ctx, tuple(installed().addons))
    browser, ask = town.site.browser("bob"), town.program()
    names = [name for name, addon in installed().addons.items() if not addon.bridge]
    town.switch(shown={str(town.ids["desk"]): names})
    answered: list[str] = []
    for name in installed().addons:
        own = contents_of(name)
        paths = [path for _title, path, _menu in own.doors]
        paths += [f"{screen.path}/new" for screen in own.screens]
        paths += [f"{screen.path}/-/export.csv" for screen in own.screens]
        answered += [path for path in paths if browser.get(path, status="*", expect_errors=True).status_int < 400]
        answered += [one for one in own.names if ask("GET", one)]
    home = browser.get("/").text
    keys = [installed().key_of(name) for name in installed().addons]
    assert answered == []
    assert [key for key in keys if f'href="/{key}/' in home] == []
    description = json.loads(ask("GET", "openapi.json"))
    told = json.dumps(description)
    assert [model_name(one) for one in declared_models if one.__addon__ != "hanse" and model_name(one) in told] == []


def test_no_action_of_any_addon_is_started_by_who_does_not_see_it(town: Town) -> None:
    from hanse.errors import Forbidden

    with town.site.database.session() as session, session.begin():
        bob = identify(session, "bob")
        assert bob is not None
        company = session.scalar(text("SELECT id FROM core_company ORDER BY id LIMIT 1"))
        ctx = dataclasses.replace(open_context(session, bob, company, via="test"), seen=frozenset({"hanse"}))
        for action in all_actions():
            if action.addon != "hanse" or action.model.__addon__ != "hanse":
                with pytest.raises(Forbidden):
                    ctx.run(action, [1])
