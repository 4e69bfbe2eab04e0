"""What programs may rely on when they read and change records."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from hanse.testing.browser import Site
from hanse.testing.people import Person

BOOKS = [
    {"title": "Dune", "price": "12.50", "pages": 600, "bought": "2025-03-01"},
    {"title": "Emma", "price": "8.00", "genre": "poetry"},
    {"title": "红楼梦", "pages": 1200},
    {"title": "100% Proof_", "price": "8.00"},
]
Make = Callable[..., Any]


@pytest.fixture
def books(admin: Any) -> list[int]:
    """Four books, made by one request."""
    ids: list[int] = admin.post("library.book", BOOKS)["ids"]
    return ids


def titles(program: Any, **query: Any) -> list[str]:
    return [one["title"] for one in program.get("library.book", **query)["items"]]


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"field": "title", "is": "Dune"}, ["Dune"]),
        ({"field": "title", "contains": "UN"}, ["Dune"]),
        ({"field": "title", "starts": "红楼"}, ["红楼梦"]),
        ({"field": "title", "contains": "0%"}, ["100% Proof_"]),
        ({"field": "title", "contains": "f_"}, ["100% Proof_"]),
        ({"field": "title", "contains": "1%f"}, []),
        ({"field": "title", "contains": "u_e"}, []),
        ({"field": "title", "starts": "_u"}, []),
        ({"field": "price", "over": "8"}, ["Dune"]),
        ({"field": "price", "from": 8}, ["Dune", "Emma", "100% Proof_"]),
        ({"field": "price", "is": None}, ["红楼梦"]),
        ({"field": "pages", "is_not": 600}, ["Emma", "红楼梦", "100% Proof_"]),
        ({"field": "pages", "not_in": [600]}, ["Emma", "红楼梦", "100% Proof_"]),
        ({"field": "genre", "in": ["poetry"]}, ["Emma"]),
        ({"field": "bought", "to": "2025-03-01"}, ["Dune"]),
        ({"and": [{"field": "pages", "over": 1}, {"not": {"field": "title", "is": "Dune"}}]}, ["红楼梦"]),
        ({"or": [{"field": "title", "is": "Emma"}, {"field": "pages", "is": 600}]}, ["Dune", "Emma"]),
        ({"and": []}, ["Dune", "Emma", "红楼梦", "100% Proof_"]),
        ({"or": []}, []),
    ],
)
def test_filters_say_what_is_meant(admin: Any, books: list[int], asked: Any, found: list[str]) -> None:
    assert titles(admin, filter=asked) == found


def test_filters_follow_links_and_look_into_lines(admin: Any, books: list[int]) -> None:
    shelf = admin.post("library.shelf", {"name": "North"})["id"]
    change = {"shelf": shelf, "copies": [{"barcode": "A1", "cost": "3"}, {"barcode": "A2"}]}
    admin.ask("PATCH", f"library.book/{books[0]}", change, status=200)
    assert titles(admin, filter={"field": "shelf.name", "is": "North"}) == ["Dune"]
    assert titles(admin, filter={"any": "copies", "where": {"field": "cost", "from": 3}}) == ["Dune"]
    assert titles(admin, filter={"not": {"any": "copies"}}) == ["Emma", "红楼梦", "100% Proof_"]
    fields = "title,shelf.name,copies.barcode"
    (said,) = admin.get("library.book", filter={"any": "copies"}, fields=fields)["items"]
    assert (said["shelf"]["name"], [line["barcode"] for line in said["copies"]]) == ("North", ["A1", "A2"])
    assert set(said) == {"id", "rev", "title", "shelf", "copies"}


@pytest.mark.parametrize(
    "asked",
    [
        {"field": "nothing", "is": 1},
        {"field": "title", "over": "a", "under": "b"},
        {"field": "title"},
        {"field": "title", "resembles": "a"},
        {"field": "price", "contains": "8"},
        {"field": "price", "over": None},
        {"field": "price", "is": "eight"},
        {"field": "title.length", "is": 4},
        {"field": "extra", "is": {}},
        {"field": "pages", "in": "600"},
        {"any": "title"},
        {"and": {"field": "title", "is": "a"}},
        [1],
        "title",
        {"field": "id", "is": 2**70},
        {"field": "shelf", "is": 2**70},
    ],
)
def test_a_filter_that_means_nothing_is_refused(admin: Any, asked: Any) -> None:
    answer = admin.ask("GET", "library.book", query={"filter": asked}, status=422)
    assert answer.json["errors"][0]["pointer"] == "/filter"
    assert answer.content_type == "application/problem+json"


def test_a_filter_is_not_nested_without_end(admin: Any) -> None:
    asked: Any = {"field": "title", "is": "a"}
    for _level in range(10):
        asked = {"not": asked}
    assert "too deeply" in admin.ask("GET", "library.book", query={"filter": asked}, status=422).text


@pytest.mark.parametrize("sort", ["title", "-title", "price,-title", "-price", "pages", "-pages,title", "id", "-id"])
def test_pages_follow_each_other_without_gap_or_double(admin: Any, books: list[int], sort: str) -> None:
    whole = titles(admin, sort=sort)
    assert len(whole) == 4
    found: list[str] = []
    after = ""
    while after is not None:
        page = admin.get("library.book", sort=sort, limit=1, after=after)
        found += [one["title"] for one in page["items"]]
        after = page["next"]
    assert found == whole


def test_sorting_knows_hanzi_and_what_is_empty_stands_last(admin: Any, books: list[int]) -> None:
    assert titles(admin, sort="title") == ["100% Proof_", "Dune", "Emma", "红楼梦"]
    assert titles(admin, sort="-price,title")[-1] == "红楼梦"
    assert admin.get("library.book", count="true", limit=1)["count"] == 4


# --- changing ---------------------------------------------------------------------------------------------------------


def test_a_record_is_made_read_changed_and_deleted(admin: Any) -> None:
    made = admin.ask("POST", "library.book", {"title": "Dune", "price": "12.50"}, status=201)
    path = urlsplit(made.headers["Location"]).path
    assert (made.json["code"], made.json["price"], made.headers["ETag"]) == ("BK-0001", "12.50", '"1"')
    changed = admin.ask("PATCH", path, {"price": 9.75}, headers={"If-Match": '"1"'}, status=200)
    assert (changed.json["price"], changed.headers["ETag"]) == ("9.75", '"2"')
    stale = admin.ask("PATCH", path, {"price": "1"}, headers={"If-Match": '"1"'}, status=412)
    assert stale.content_type == "application/problem+json"
    assert admin.get(path)["price"] == "9.75"
    admin.ask("DELETE", path, headers={"If-Match": '"1"'}, status=412)
    admin.ask("DELETE", path, headers={"If-Match": '"2"'}, status=204)
    admin.ask("GET", path, status=404)


def test_a_number_with_decimals_stays_exact(admin: Any) -> None:
    body = b'{"title": "Exact", "price": 0.1, "discount": 0.000000000001}'
    headers = {"Authorization": f"Bearer {admin.secret}"}
    answer = admin.app.post("/api/v1/library.book", body, headers=headers, content_type="application/json")
    assert (Decimal(answer.json["price"]), answer.json["discount"]) == (Decimal("0.1"), "0.000000000001")


def test_one_wrong_row_makes_none_of_a_batch_and_is_pointed_at(admin: Any) -> None:
    rows = [{"title": "A"}, {"title": "B" * 41}, {"title": "C", "copies": [{"barcode": "X"}, {"cost": "1"}]}]
    answer = admin.ask("POST", "library.book", rows, status=422)
    assert [one["pointer"] for one in answer.json["errors"]] == ["/1/title"]
    rows[1] = {"title": "B"}
    answer = admin.ask("POST", "library.book", rows, status=422)
    assert [one["pointer"] for one in answer.json["errors"]] == ["/2/copies/1/barcode"]
    assert titles(admin) == []


def test_only_lines_say_which_they_are(admin: Any) -> None:
    one = admin.ask("POST", "library.book", {"id": 7, "title": "A"}, status=422)
    assert [error["pointer"] for error in one.json["errors"]] == ["/id"]
    many = admin.ask("POST", "library.book", [{"title": "A"}, {"id": 7, "title": "B"}], status=422)
    assert [error["pointer"] for error in many.json["errors"]] == ["/1/id"]
    made = admin.post("library.book", {"title": "A", "copies": [{"barcode": "X"}]})
    change = {"copies": [{"id": made["copies"][0]["id"], "barcode": "Y"}]}
    changed = admin.ask("PATCH", f"library.book/{made['id']}", change, status=200).json["copies"]
    assert [(line["id"], line["barcode"]) for line in changed] == [(made["copies"][0]["id"], "Y")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"title": NaN}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b'["title"]', 400),
        (b"[]", 400),
        (b'"title"', 400),
        (b"[" * 5000, 400),
        (b'{"title": "a\\u0000b"}', 422),
        (b'{"title": 7}', 422),
        (b'{"nothing": 7}', 422),
        (b'{"title": "a", "shelf": 99999999999999999999999}', 422),
        (b'{"title": "a", "shelf": 12345}', 422),
        (b'{"title": "a", "code": "mine", "active": "yes"}', 422),
    ],
)
def test_what_cannot_be_stored_is_refused_in_words(admin: Any, body: bytes, status: int) -> None:
    headers = {"Authorization": f"Bearer {admin.secret}"}
    answer = admin.app.post(
        "/api/v1/library.book", body, headers=headers, content_type="application/json", expect_errors=True
    )
    assert (answer.status_int, answer.content_type) == (status, "application/problem+json")
    assert answer.json["detail"]


def test_other_methods_and_media_are_told_what_is_taken(admin: Any) -> None:
    answer = admin.ask("PUT", "library.book/1", {}, status=405)
    assert answer.headers["Allow"] == "GET, PATCH, DELETE, HEAD"
    assert admin.ask("OPTIONS", "library.book", status=204).headers["Allow"] == "GET, POST, HEAD"
    headers = {"Authorization": f"Bearer {admin.secret}"}
    sent = admin.app.post("/api/v1/library.book", b"title=a", headers=headers, expect_errors=True)
    assert sent.status_int == 415
    admin.ask("GET", "library.nothing", status=404)
    admin.ask("GET", "core.session", status=404)
    admin.ask("GET", "library.book/999999999999999999", status=404)


# --- doing once -------------------------------------------------------------------------------------------------------


def test_a_request_under_a_key_is_done_once_and_answered_twice(admin: Any) -> None:
    sent = {"headers": {"Idempotency-Key": "order-1"}, "status": 201}
    first = admin.ask("POST", "library.book", {"title": "Dune"}, **sent)
    again = admin.ask("POST", "library.book", {"title": "Dune"}, **sent)
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert titles(admin) == ["Dune"]
    admin.ask("POST", "library.book", {"title": "Emma"}, headers={"Idempotency-Key": "order-1"}, status=422)


def test_a_key_whose_request_failed_is_free_again(admin: Any) -> None:
    sent = {"headers": {"Idempotency-Key": "order-2"}}
    admin.ask("POST", "library.book", {"title": ""}, status=422, **sent)
    admin.ask("POST", "library.book", {"title": "Dune"}, status=201, **sent)


def test_of_eight_at_once_under_one_key_one_is_done(site: Site, program: Make) -> None:
    programs = [program() for _n in range(2)]
    answers: list[Any] = []

    def send(one: Any) -> None:
        answers.append(
            one.ask("POST", "library.book", {"title": "Race"}, headers={"Idempotency-Key": "race"}, status=201)
        )

    threads = [threading.Thread(target=send, args=(programs[n % 2],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len(answers) == 8
    assert titles(programs[0]) == ["Race"]


# --- verbs and documents ----------------------------------------------------------------------------------------------


def test_verbs_are_done_on_one_or_many_and_say_what_became_of_each(admin: Any, books: list[int]) -> None:
    reader = admin.post("library.reader", {"name": "Ann"})["id"]
    loans = [admin.post("library.loan", {"book": book, "reader": reader})["id"] for book in books[:3]]
    done = admin.post(f"library.loan/{loans[0]}/actions/lend", {"due": "2026-01-31"}, status=200)
    assert done == {"done": [loans[0]], "held": []}
    assert admin.get(f"library.loan/{loans[0]}")["state"] == "out"
    refused = admin.ask("POST", f"library.loan/{loans[0]}/actions/lend", {"due": "2026-01-31"}, status=422)
    assert "Lent" in refused.json["detail"]
    some = {"ids": loans, "params": {"due": "2026-01-31"}}
    admin.ask("POST", "library.loan/actions/lend", some, status=422)
    told = admin.post("library.loan/actions/lend", some | {"partial": True}, status=200)
    assert (told["done"], [one["id"] for one in told["refused"]]) == (loans[1:], loans[:1])
    for wrong in ({"due": "soon"}, {}, {"due": "2026-01-31", "till": "2026"}):
        admin.ask("POST", f"library.loan/{loans[1]}/actions/take_back", wrong, status=200 if not wrong else 422)
    admin.ask("POST", f"library.loan/{loans[0]}/actions/nothing", {}, status=404)
    pdf = admin.ask("GET", f"library.loan/{loans[0]}/documents/slip", status=200)
    assert (pdf.content_type, pdf.body[:5]) == ("application/pdf", b"%PDF-")


# --- who may ----------------------------------------------------------------------------------------------------------


def test_a_token_does_no_more_than_its_user_nor_than_its_bounds(program: Make, books: list[int]) -> None:
    reader = program(person=Person("reader", (("library.book.read", "company"),), None, ()))
    assert len(titles(reader)) == 4
    reader.ask("POST", "library.book", {"title": "No"}, status=403)
    bounded = program("admin", "library.*", "core.user.read")
    bounded.post("library.book", {"title": "Yes"})
    bounded.ask("GET", "core.department", status=404)
    reads = program("admin", "*.read")
    reads.get("library.book")
    reads.ask("POST", "library.book", {"title": "No"}, status=403)
    reads.ask("DELETE", f"library.book/{books[0]}", status=403)


def test_fields_out_of_bounds_are_neither_shown_nor_asked_nor_set(program: Make, books: list[int], admin: Any) -> None:
    ann = admin.post("library.reader", {"name": "Ann"})["id"]
    loan = admin.post("library.loan", {"book": books[0], "reader": ann, "secret": "owes"})["id"]
    may = (("library.loan.*", "company"), ("library.book.read", "company"), ("library.reader.read", "company"))
    admin.get("library.loan", filter={"field": "secret", "is": "owes"})
    bounded = program("admin", *(name for name, _scope in may if name != "library.loan.*"), "*.read", "*.update")
    assert "secret" not in bounded.get(f"library.loan/{loan}")
    for query in ({"filter": {"field": "secret", "is": "owes"}}, {"fields": "secret"}, {"sort": "secret"}):
        bounded.ask("GET", "library.loan", query=query, status=403 if "sort" not in query else 422)
    bounded.ask("PATCH", f"library.loan/{loan}", {"secret": "pays"}, status=403)
    assert "secret" not in bounded.get("/api/v1/openapi.json")["components"]["schemas"]["library.loan"]["properties"]


def test_links_to_what_one_may_not_see_tell_nothing(program: Make, books: list[int], admin: Any) -> None:
    shelf = admin.post("library.shelf", {"name": "North"})["id"]
    admin.ask("PATCH", f"library.book/{books[0]}", {"shelf": shelf}, status=200)
    blind = program("admin", "library.book.read")
    assert blind.get(f"library.book/{books[0]}", fields="shelf.name")["shelf"] is None
    assert titles(blind, filter={"field": "shelf.name", "is": "North"}) == []
    assert titles(admin, filter={"field": "shelf.name", "is": "North"}) == ["Dune"]


def test_without_a_living_token_nothing_is_told(site: Site, program: Make, admin: Any) -> None:
    for secret in ("", "hanse_wrong", "x" * 5000):
        admin_twin = type(admin)(admin.app, secret)
        answer = admin_twin.ask("GET", "library.book", status=401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    none = admin.app.get("/api/v1/library.book", expect_errors=True)
    assert (none.status_int, none.content_type) == (401, "application/problem+json")
    token = admin.get("core.api_token")["items"][0]
    assert "token" not in token
    admin.ask("DELETE", f"core.api_token/{token['id']}", status=204)
    admin.ask("GET", "library.book", status=401)


def test_a_token_is_for_one_company_and_makes_no_other_token(admin: Any) -> None:
    admin.ask("GET", "library.book", headers={"X-Company": "999"}, status=403)
    admin.ask("POST", "core.api_token", {"name": "more"}, status=403)
    admin.ask("POST", "core.api_token/actions/create", {}, status=404)


def test_who_did_it_by_what_is_in_the_log(site: Site, admin: Any) -> None:
    book = admin.post("library.book", {"title": "Dune"})["id"]
    with site.transaction() as ctx:
        from sqlalchemy import text

        found = ctx.session.execute(
            text("SELECT via, action FROM core_audit WHERE model = 'library.book' AND record = :id"), {"id": book}
        ).all()
    assert [tuple(row) for row in found] == [("api", "library.book.create")]
