"""The addresses below ``/api/v1``: collections, records, verbs and documents of every model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar, cast

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import ColumnElement

from hanse.actions import Outcome
from hanse.actions.registry import Action
from hanse.actions.run import run
from hanse.actions.write import dumps
from hanse.api import reading
from hanse.api.conditions import condition
from hanse.api.openapi import describe
from hanse.api.paging import count, read_page, sort_keys
from hanse.api.problems import problem
from hanse.api.reading import described, wanted_fields
from hanse.api.requests import BadRequest, json_body, json_object, number_of, once, wanted_rev
from hanse.api.resources import action_for, general_action, makes_of_values, model_for
from hanse.api.writing import typed_rows
from hanse.errors import BusinessError, Forbidden, NotFound
from hanse.i18n import _
from hanse.life.merged import survivors
from hanse.life.trail import Node, trail_of
from hanse.models import Kind, Model, StoredFile
from hanse.screens import screen_of
from hanse.screens.printing import offered_files
from hanse.security.clauses import readable
from hanse.security.permissions import model_name
from hanse.web.request import WebRequest
from hanse.web.views.uploads import answer as send_stored
from hanse.web.views.uploads import keep

USUAL, MOST = 100, 1_000
#: As many records are made or acted on by one request at most.
MOST_RECORDS = 10_000
View = Callable[[WebRequest], Response]
BASE = "/api/v1"
#: Every method comes to a view of ours, which then says what it takes.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def methods(views: Mapping[str, View]) -> View:
    """Make a view of one for each method; what is left over is told which there are."""

    def view(request: WebRequest) -> Response:
        found = views.get("GET" if request.method == "HEAD" else request.method)
        if found is not None:
            return found(request)
        allowed = ", ".join([*views, *(["HEAD"] if "GET" in views else [])])
        if request.method == "OPTIONS":
            return Response(status=204, headers={"Allow": allowed})
        text = _("This address does not take %(method)s.", method=request.method)
        return problem(405, _("Not possible here"), text, headers={"Allow": allowed})

    return view


# --- collections ------------------------------------------------------------------------------------------------------


def show_many(request: WebRequest) -> Response:
    """Give a page of records."""
    ctx, model = request.ctx, _model(request)
    where = _filter(request, model)
    wanted = wanted_fields(ctx, model, _query(request, "fields"), lines=False)
    keys = sort_keys(ctx, model, _query(request, "sort"))
    limit = number_of(request, "limit", USUAL, 1, MOST)
    page = read_page(ctx, model, where, keys, after=_query(request, "after"), limit=limit)
    body: dict[str, Any] = {"items": reading.read(ctx, model, page.ids, wanted), "next": page.after}
    if _query(request, "count") in ("true", "1"):
        body["count"] = count(ctx, model, where)
    return Response(json_body=body)


def _filter(request: WebRequest, model: type[Model]) -> Sequence[ColumnElement[bool]]:
    text = _query(request, "filter")
    if not text:
        return ()
    try:
        given: object = json.loads(text)
        text.encode()
    except (ValueError, RecursionError):
        raise BusinessError(_("The filter is no JSON."), field="filter") from None
    return (condition(request.ctx, model, given),)


def create(request: WebRequest) -> Response:
    """Make one record of an object, or many of a list, all in one transaction."""
    return once(request, lambda: _create(request), allowed=lambda: _may(request, "create"))


def _create(request: WebRequest) -> Response:
    ctx, model = request.ctx, _model(request)
    action = _general(request, model, "create")
    given = json_body(request)
    rows: list[Any] = [*given] if type(given) is list else [given]
    if not rows or len(rows) > MOST_RECORDS or not all(isinstance(row, dict) for row in rows):
        raise BadRequest(_("Send an object, or a list of at most %(most)s objects.", most=MOST_RECORDS))
    if not makes_of_values(action):
        raise Forbidden(_("These records are not made here."))
    outcome = run(ctx, action, values=typed_rows(model, rows))
    if isinstance(given, list):
        return Response(json_body={"ids": list(outcome.done)}, status=201)
    return _record(request, model, outcome.id, status=201)


# --- records ----------------------------------------------------------------------------------------------------------


def show(request: WebRequest) -> Response:
    """Give one record; one that was merged into another leads there."""
    model, record = _model(request), _id(request)
    answer = _record(request, model, record)
    into = _successor(request, model, record) if _may_be_merged(answer, model) else None
    if into is None:
        return answer
    address = request.to(f"{BASE}/{model_name(model)}/{into}")
    return problem(
        301,
        _("Merged"),
        _("This record was merged into another, which goes on for it."),
        more={"successor": into},
        headers={"Location": address},
    )


def _may_be_merged(answer: Response, model: type[Model]) -> bool:
    """Tell whether a record is archived, or does not say; only such ones were merged into others."""
    archive = model.__archive__
    return archive is not None and answer.json_body.get(archive.name) is not True


def _successor(request: WebRequest, model: type[Model], record: int) -> int | None:
    """Give the record that goes on for one that was merged, as far as the person may see both."""
    into = survivors(request.ctx, model, [record]).get(record) if model.__archive__ is not None else None
    seen = into is not None and request.ctx.visible(model, model.id.in_([record, into]))
    return into if seen else None


class Gone(BusinessError):
    """The record was merged into another, so it is changed there."""

    status: ClassVar[int] = 410


def _refuse_merged(request: WebRequest, model: type[Model], record: int) -> None:
    """Refuse to work on a record that was merged into another.

    :raises Gone: it was; ``field`` is ``id``, and the message names the successor
    """
    into = _successor(request, model, record)
    if into is not None:
        raise Gone(_("This record was merged into record %(id)s, which goes on for it.", id=into), field="id")


def update(request: WebRequest) -> Response:
    """Change the fields that are given; owned lines become what their list says."""
    return once(request, lambda: _update(request), allowed=lambda: _may(request, "update"))


def _update(request: WebRequest) -> Response:
    model, record = _model(request), _id(request)
    action = _general(request, model, "update")
    _refuse_merged(request, model, record)
    (values,) = typed_rows(model, [json_object(request)])
    run(request.ctx, action, [record], revs=wanted_rev(request), values=values)
    return _record(request, model, record)


def delete(request: WebRequest) -> Response:
    """Delete one record."""
    return once(request, lambda: _delete(request), allowed=lambda: _may(request, "delete"))


def _delete(request: WebRequest) -> Response:
    model = _model(request)
    _refuse_merged(request, model, _id(request))
    run(request.ctx, _general(request, model, "delete"), [_id(request)], revs=wanted_rev(request))
    return Response(status=204)


def _record(request: WebRequest, model: type[Model], record: int, *, status: int = 200) -> Response:
    wanted = wanted_fields(request.ctx, model, _query(request, "fields"), lines=True)
    found = reading.read(request.ctx, model, [record], wanted)
    if not found and status == 200:
        raise NotFound(_("This record is not there, or not for you."))
    body = found[0] if found else {"id": record}  # made, but not to be seen by who made it
    response = Response(json_body=body, status=status)
    if found:
        response.headers["ETag"] = f'"{body["rev"]}"'
    if status == 201:
        response.headers["Location"] = request.to(f"{BASE}/{model_name(model)}/{record}")
    return response


# --- verbs ------------------------------------------------------------------------------------------------------------


def act_on_one(request: WebRequest) -> Response:
    """Do a verb on one record; the body holds its parameters."""

    def work() -> Response:
        model, params = _model(request), json_object(request)
        action = action_for(request.ctx, model, request.matchdict["verb"])
        if action.alone:
            raise NotFound(_("There is no such action, or it is not for you."))
        if not action.reads:
            _refuse_merged(request, model, _id(request))
        outcome = run(request.ctx, action, [_id(request)], revs=wanted_rev(request), **_params(action, params))
        return _told(request, outcome)

    return once(request, work, allowed=lambda: action_for(request.ctx, _model(request), request.matchdict["verb"]))


def act_on_many(request: WebRequest) -> Response:
    """Do a verb on the records ``ids`` with ``params``; with ``partial`` go on without those that are refused."""

    def work() -> Response:
        model, given = _model(request), json_object(request)
        action = action_for(request.ctx, model, request.matchdict["verb"])
        ids, params, partial = given.get("ids", []), given.get("params", {}), given.get("partial", False)
        if set(given) - {"ids", "params", "partial"} or not isinstance(params, dict) or not isinstance(partial, bool):
            raise BadRequest(_("The body holds ids, params and partial."))
        if not _are_ids(ids) or len(ids) > MOST_RECORDS or bool(ids) == action.alone:
            raise BadRequest(
                _("ids is a list of at most %(most)s ids; what makes records or asks takes none.", most=MOST_RECORDS)
            )
        own = _params(action, cast("dict[str, Any]", params))
        return _told(request, run(request.ctx, action, ids or None, partial=partial, **own))

    return once(request, work, allowed=lambda: action_for(request.ctx, _model(request), request.matchdict["verb"]))


def _params(action: Action[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = [name for name in given if name not in action.params]
    if unknown:
        raise BusinessError(
            _("%(action)s has no parameter %(name)s.", action=action.name, name=unknown[0]), field=unknown[0]
        )
    return dict(given)


def _are_ids(given: object) -> bool:
    return isinstance(given, list) and all(type(one) is int and 0 < one < 2**63 for one in cast("list[object]", given))


def _told(request: WebRequest, outcome: Outcome) -> Response:
    body: dict[str, Any] = {"done": list(outcome.done), "held": list(outcome.held)}
    if outcome.refused:
        body["refused"] = [{"id": record, "detail": str(error)} for record, error in outcome.refused.items()]
    made = outcome.result
    if isinstance(made, Model):
        body["made"] = {"model": model_name(type(made)), "id": made.id}
    elif isinstance(made, Mapping):
        body["answer"] = json.loads(dumps(made))
    return Response(json_body=body, status=202 if outcome.held and not outcome.done else 200)


# --- documents and the description ------------------------------------------------------------------------------------


def document(request: WebRequest) -> Response:
    """Send a document of one record as PDF."""
    model = _model(request)
    screen = screen_of(model)
    found = [
        one
        for one in (offered_files(request.ctx, screen) if screen is not None else ())
        if one.name == request.matchdict["document"]
    ]
    if not found or not reading.read(request.ctx, model, [_id(request)], reading.Wanted()):
        raise NotFound(_("There is no such document."))
    return found[0].answer(request, model, [_id(request)])


def upload(request: WebRequest) -> Response:
    """Take the body as a file called ``name``, for a field of a record that is written within a day."""
    name = _query(request, "name")
    if not name:
        raise BadRequest(_("Say in the address what the file is called: ?name=photo.jpg"))
    stored = keep(request, name, cast("BinaryIO", request.body_file_seekable))
    return Response(json_body=described(stored), status=201)


def download(request: WebRequest) -> Response:
    """Send the file in a field of a record; with ``small=1`` a small picture."""
    ctx, model = request.ctx, _model(request)
    field = model.__fields__.get(request.matchdict["field"])
    missing = NotFound(_("There is no such file, or it is not for you."))
    if field is None or field.kind is not Kind.FILE or not readable(ctx, field):
        raise missing
    (said,) = reading.read(ctx, model, [_id(request)], reading.Wanted({field.name: field})) or [{field.name: None}]
    if said[field.name] is None:
        raise missing
    return send_stored(request, StoredFile(said[field.name]["stored"]))


def trail(request: WebRequest) -> Response:
    """Say what a record came from, what came of it, and by what else it is used."""
    model, record = _model(request), _id(request)
    if not reading.read(request.ctx, model, [record], reading.Wanted()):
        raise NotFound(_("This record is not there, or not for you."))
    found = trail_of(request.ctx, model, record)
    uses = [
        {
            "model": model_name(one.reference.field.model),
            "field": one.reference.field.name,
            "count": one.count,
            "hidden": one.hidden,
        }
        for one in found.uses
    ]
    body: dict[str, Any] = {
        "before": [_step(one) for one in found.before],
        "behind": [_step(one) for one in found.behind],
    }
    return Response(json_body=body | {"uses": uses, "hidden": found.hidden})


def _step(node: Node) -> dict[str, Any]:
    said = {"model": model_name(node.model), "id": node.record, "name": node.name, "steps": abs(node.depth)}
    return said | {"state": None if node.state is None else str(node.state)}


def documentation(request: WebRequest) -> Response:
    """Lead to the page that draws the description for people."""
    return HTTPSeeOther(request.to("/core/api"))


def specification(request: WebRequest) -> Response:
    """Describe all this in OpenAPI, as far as it is there for this person in this company."""
    return Response(json_body=describe(request.ctx, request.to(BASE)))


# --- addresses --------------------------------------------------------------------------------------------------------


def _model(request: WebRequest) -> type[Model]:
    return model_for(request.ctx, request.matchdict["model"])


def _id(request: WebRequest) -> int:
    return int(request.matchdict["id"])


def _query(request: WebRequest, name: str) -> str:
    text = str(request.GET.get(name, "")).strip()
    if "\0" in text:
        raise BadRequest(_("The address holds a character that cannot be stored."))
    return text


def _general(request: WebRequest, model: type[Model], verb: str) -> Action[Any]:
    action = general_action(request.ctx, model, verb)
    if action is None:
        raise Forbidden(_("These records are not changed here."))
    return action


def _may(request: WebRequest, verb: str) -> None:
    """Refuse who may not create, update or delete records of the model now."""
    request.ctx.require(_general(request, _model(request), verb).permission)


_MODEL = BASE + r"/{model:[a-z][a-z0-9]*\.[a-z][a-z0-9_]*}"
_RECORD = _MODEL + "/{id:[0-9]{1,18}}"
ROUTES: dict[str, tuple[str, View]] = {
    "api.description": (f"{BASE}/openapi.json", methods({"GET": specification})),
    "api.documentation": (f"{BASE}/docs", methods({"GET": documentation})),
    "api.actions": (f"{_MODEL}/actions/{{verb}}", methods({"POST": act_on_many})),
    "api.action": (f"{_RECORD}/actions/{{verb}}", methods({"POST": act_on_one})),
    "api.document": (f"{_RECORD}/documents/{{document}}", methods({"GET": document})),
    "api.upload": (f"{BASE}/uploads", methods({"POST": upload})),
    "api.file": (f"{_RECORD}/files/{{field:[a-z][a-z0-9_]*}}", methods({"GET": download})),
    "api.trail": (f"{_RECORD}/trail", methods({"GET": trail})),
    "api.record": (_RECORD, methods({"GET": show, "PATCH": update, "DELETE": delete})),
    "api.records": (_MODEL, methods({"GET": show_many, "POST": create})),
}
