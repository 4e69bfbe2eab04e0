"""What programs may rely on when they put files into fields and read them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

from PIL import Image

PDF = b"%PDF-1.7 scanned"


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 320), "red").save(drawn, "PNG")
    return drawn.getvalue()


def uploaded(program: Any, name: str, content: bytes, status: int = 201) -> Any:
    headers = {"Authorization": f"Bearer {program.secret}", "Content-Type": "application/octet-stream"}
    answer = program.app.request(
        f"/api/v1/uploads?name={name}", method="POST", body=content, headers=headers, expect_errors=True
    )
    assert answer.status_int == status, answer.text
    return answer.json


def test_an_upload_becomes_the_field_of_a_record_and_is_read_back(admin: Any) -> None:
    said = uploaded(admin, "cover.png", picture())
    assert said == {
        "stored": f"{hashlib.sha256(picture()).hexdigest()}/{len(picture())}/cover.png",
        "name": "cover.png",
        "size": len(picture()),
        "media_type": "image/png",
    }
    made = admin.post("library.book", {"title": "Momo", "cover": said["stored"]})

    assert made["cover"] == said | {"path": f"/library.book/{made['id']}/files/cover"}
    assert admin.ask("GET", made["cover"]["path"][1:], status=200).body == picture()
    small = admin.ask("GET", made["cover"]["path"][1:], query={"small": 1}, status=200)
    with Image.open(io.BytesIO(small.body)) as drawn:
        assert drawn.size == (240, 120)
    again = admin.ask("PATCH", f"library.book/{made['id']}", {"pages": 3, "cover": made["cover"]}, status=200).json
    assert again["cover"] == made["cover"], "what was read can be written back"
    gone = admin.ask("PATCH", f"library.book/{made['id']}", {"cover": None}, status=200).json
    assert gone["cover"] is None
    admin.ask("GET", made["cover"]["path"][1:], status=404)


def test_what_was_not_uploaded_here_is_refused_with_its_place(admin: Any) -> None:
    strange = f"{hashlib.sha256(PDF).hexdigest()}/{len(PDF)}/scan.pdf"
    pdf = uploaded(admin, "scan.pdf", PDF)["stored"]
    for value, words in (("x.png", "uploaded"), (7, "uploaded"), (pdf, "picture")):
        answer = admin.ask("POST", "library.book", {"title": "Momo", "cover": value}, status=422).json
        assert answer["errors"][0]["field"] == "cover"
        assert words in answer["errors"][0]["detail"]
    bad = {"title": "Emma", "contract": strange.replace("scan", "other")}
    answer = admin.ask("POST", "library.book", [{"title": "Momo", "contract": pdf}, bad], status=422).json
    assert answer["errors"][0]["pointer"] == "/1/contract"


def test_uploads_are_judged_as_attachments_are(admin: Any) -> None:
    assert "not taken" in uploaded(admin, "page.html", b"<script>", 422)["detail"]
    assert "is a program" in uploaded(admin, "tool.pdf", b"MZ\x90", 422)["detail"]
    assert "?name=" in uploaded(admin, "", PDF, 400)["detail"]


def test_the_description_says_how(admin: Any) -> None:
    said = admin.get("openapi.json")
    assert "application/octet-stream" in said["paths"]["/uploads"]["post"]["requestBody"]["content"]
    assert "get" in said["paths"]["/library.book/{id}/files/cover"]
    assert said["components"]["schemas"]["library.book"]["properties"]["cover"]["anyOf"][0] == {
        "$ref": "#/components/schemas/File"
    }


def test_files_are_found_by_whether_there_is_one(admin: Any) -> None:
    pdf = uploaded(admin, "scan.pdf", PDF)["stored"]
    admin.post("library.book", [{"title": "Momo", "contract": pdf}, {"title": "Emma"}])
    found = admin.get("library.book", filter={"field": "contract", "is_not": None})["items"]
    assert [one["title"] for one in found] == ["Momo"]


def test_a_token_that_may_write_no_file_uploads_none(program: Callable[..., Any]) -> None:
    assert "no field" in uploaded(program("admin", "library.book.read"), "scan.pdf", PDF, 403)["detail"]
