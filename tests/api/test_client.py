"""A client that knows nothing but the description: it writes, posts and prints a voucher."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import validator_for
from webtest import TestApp

from hanse.actions import find_action
from hanse.api.tokens import digest, new_secret
from hanse.testing.browser import Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person

BOOKKEEPERS = (("finance.*", "company"), ("core.currency.read", "company"), ("core.user.read", "company"))


class Client:
    """What a generator makes of an OpenAPI file: one call for each operation, its bodies and answers checked."""

    def __init__(self, app: TestApp, secret: str) -> None:
        self.app, self.headers = app, {"Authorization": f"Bearer {secret}"}
        self.description = app.get("/api/v1/openapi.json", headers=self.headers).json
        (server,) = self.description["servers"]
        self.base = server["url"]
        self.operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, item in self.description["paths"].items()
            for method, operation in item.items()
        }

    def call(self, operation: str, body: Any = None, **path: Any) -> Any:
        """Call an operation by its id."""
        method, pattern, described = self.operations[operation]
        query = path.pop("query", None)
        options: dict[str, Any] = {"headers": self.headers}
        if body is not None:
            assert not self.errors(described["requestBody"]["content"]["application/json"]["schema"], body)
            options["params"] = body
        url = self.base + pattern.format(**path)
        send = {"GET": self.app.get, "POST": self.app.post_json, "PATCH": self.app.patch_json}[method]
        answer = send(url, **(options if body is not None else options | ({"params": query} if query else {})))
        content = described["responses"][str(answer.status_int)]["content"]
        assert answer.content_type in content
        if answer.content_type != "application/json":
            return answer.body
        assert not self.errors(content["application/json"]["schema"], answer.json)
        return answer.json

    def errors(self, schema: Any, value: Any) -> list[str]:
        """Check a value against a schema of the description."""
        whole = {"components": self.description["components"], **schema}
        return [error.message for error in validator_for(whole).iter_errors(value)]


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The books of 2025, and two people who keep them."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            for name in ("maker", "auditor"):
                open_for_person(ctx, Person(name, BOOKKEEPERS, None, ()))
        yield site


def client(site: Site, login: str) -> Client:
    secret = new_secret()
    create = find_action("core.api_token.create")
    assert create is not None
    with site.transaction("admin") as admin:
        from sqlalchemy import select

        from hanse.directory.models import User

        user = admin.session.scalars(select(User).where(User.login == login)).one()
        given = {"user": user, "company": admin.company.id, "token": digest(secret), "name": "client"}
        admin.run(create, **given)
    return Client(TestApp(site.app), secret)


def test_a_client_made_from_the_description_writes_posts_and_prints_a_voucher(site: Site) -> None:
    maker, auditor = client(site, "maker"), client(site, "auditor")
    year = maker.call("finance.fiscal_year.create", {"start": "2025-01-01", "name": "2025"})
    assert year["id"]
    word = maker.call("finance.voucher_word.create", {"code": "记", "name": "记账凭证"})["id"]
    chart = [
        {"code": "1002", "name": "银行存款", "type": "asset", "side": "D"},
        {"code": "5001", "name": "主营业务收入", "type": "income", "side": "C"},
    ]
    bank, income = maker.call("finance.account.create", chart)["ids"]
    lines = [
        {"summary": "销售", "account": bank, "debit": "113.00"},
        {"summary": "销售", "account": income, "credit": "113.00"},
    ]
    voucher = maker.call("finance.voucher.create", {"day": "2025-03-10", "word": word, "lines": lines})
    assert (voucher["state"], voucher["total"], len(voucher["lines"])) == ("draft", "113.00", 2)
    assert auditor.call("finance.voucher.audit", {}, id=voucher["id"])["done"] == [voucher["id"]]
    assert auditor.call("finance.voucher.post", {}, id=voucher["id"])["done"] == [voucher["id"]]
    asked = {"filter": '{"field": "state", "is": "posted"}', "fields": "number,word.code,lines.account.code"}
    (posted,) = auditor.call("finance.voucher.list", query=asked)["items"]
    assert (posted["number"], posted["word"]["code"]) == (1, "记")
    assert [line["account"]["code"] for line in posted["lines"]] == ["1002", "5001"]
    (printed,) = [name for name in auditor.operations if name.startswith("finance.voucher.document.") and "240" in name]
    assert auditor.call(printed, id=voucher["id"])[:5] == b"%PDF-"
