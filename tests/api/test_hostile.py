"""What programs cannot do, however they ask: read what is nobody else's, or write what has actions of its own."""

from __future__ import annotations

from typing import Any

import pytest


def test_what_people_prefer_is_nobody_elses(admin: Any) -> None:
    people = admin.get("core.user")["items"]
    assert people
    assert all("preferences" not in one and "password" not in one for one in people)
    admin.ask("GET", "core.user", query={"fields": "preferences"}, status=403)


def test_files_come_to_records_by_being_uploaded_only(admin: Any) -> None:
    """A row made by hand could name any file of the store, another company's too."""
    forged = {"model": "core.company", "record": 1, "name": "a.txt", "media_type": "text/plain", "size": 1}
    answer = admin.ask("POST", "core.attachment", {**forged, "key": "0" * 64})
    assert answer.status_int in (403, 404, 405)


@pytest.mark.parametrize("model", ["core.company_addon", "core.department_addon", "core.held_action", "core.audit"])
def test_what_only_actions_of_their_own_change_is_not_written_by_hand(admin: Any, model: str) -> None:
    assert admin.ask("POST", model, {"addon": "sample_library"}).status_int in (403, 404, 405)
    assert admin.ask("PATCH", f"{model}/1", {"addon": "sample_library"}).status_int in (403, 404, 405)
    assert admin.ask("DELETE", f"{model}/1").status_int in (403, 404, 405)
