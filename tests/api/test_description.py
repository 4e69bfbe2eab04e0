"""What the description of the API may be relied on for: it is valid, complete, and kept by every answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from hanse.testing.browser import Site

#: Enough to meet every kind of field, action and document; other models are made of the same.
MODELS = (
    "library.book",
    "library.loan",
    "library.reader",
    "library.shelf",
    "core.api_token",
    "core.department",
    "core.user",
    "core.webhook",
    "core.webhook_delivery",
)
#: We send the token ourselves; and what fits its schema may still be refused by a rule, with 422.
EXCUSED = [ignored_auth, positive_data_acceptance]


def operations(schema: Any) -> list[Any]:
    return [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]


@pytest.fixture
def schema(site: Site, admin: Any) -> Any:
    """The description as schemathesis reads it."""
    headers = {"Authorization": f"Bearer {admin.secret}"}
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site.app, headers=headers)


def test_every_operation_that_is_described_can_be_read(schema: Any) -> None:
    found = [one for one in schema.get_all_operations() if not isinstance(one, Ok)]
    assert found == []
    assert len(operations(schema)) > 100


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_answers_are_as_described_whatever_is_sent(site: Site, admin: Any, schema: Any, model: str) -> None:
    """No answer is a fault of ours, is of a status or shape that is not described, or takes what is wrong."""
    chosen = [one for one in operations(schema) if one.path.split("/")[1] == model]
    assert chosen
    for operation in chosen:
        _conform(operation, {"Authorization": f"Bearer {admin.secret}"})


def _conform(operation: Any, headers: dict[str, str]) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def conform(case: Any) -> None:
        case.validate_response(case.call(headers=headers), excluded_checks=EXCUSED)

    conform()


def test_the_description_names_only_what_a_token_may_do(program: Callable[..., Any]) -> None:
    described = set(program("admin", "library.book.read").get("/api/v1/openapi.json")["paths"])
    assert described == {
        "/library.book",
        "/library.book/{id}",
        "/library.book/{id}/actions/comment",
        "/library.book/{id}/files/contract",
        "/library.book/{id}/files/cover",
        "/library.book/{id}/trail",
        "/library.book/actions/comment",
    }
