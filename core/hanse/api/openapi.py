"""The description of the API in OpenAPI 3.1, out of the registry: what is there for one person in one company."""

from __future__ import annotations

import typing
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

from hanse.actions import generic
from hanse.actions.params import plain_type
from hanse.actions.registry import Action, Param
from hanse.api.conditions import WORDS
from hanse.api.resources import (
    actions_for,
    fields_of,
    general_action,
    makes_of_values,
    models_for,
    owned_lines,
    takes_files,
)
from hanse.models import Choice, Field, Kind, Model
from hanse.models.stored import PATTERN
from hanse.screens import screen_of
from hanse.screens.printing import offered_files
from hanse.security.clauses import writable
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context

Json = dict[str, Any]
DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_ID: Json = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
_INT: Json = {"type": "integer", "minimum": -(2**62), "maximum": 2**62}
_NUMBER: Json = {"type": "string", "pattern": DECIMAL}
_KINDS: dict[Kind, Json] = {
    Kind.TEXT: {"type": "string"},
    Kind.NOTE: {"type": "string"},
    Kind.MONEY: _NUMBER,
    Kind.QUANTITY: _NUMBER,
    Kind.RATE: _NUMBER,
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.FLAG: {"type": "boolean"},
    Kind.STRUCTURE: {},
}
_FILE: Json = {
    "type": "object",
    "required": ["stored", "name", "size", "media_type"],
    "properties": {
        "stored": {"type": "string", "description": "What a field takes."},
        "name": {"type": "string"},
        "size": {"type": "integer", "description": "Bytes."},
        "media_type": {"type": "string"},
        "path": {"type": "string", "description": "Where it is downloaded, below this API."},
    },
}
_NEW_FILE: Json = {"type": "string", "pattern": PATTERN, "description": "stored of what POST /uploads answered."}
_TYPES: tuple[tuple[type, Json], ...] = (
    (bool, {"type": "boolean"}),
    (int, _INT),
    (Decimal, {"anyOf": [_NUMBER, {"type": "number"}]}),
    (datetime, {"type": "string", "format": "date-time"}),
    (date, {"type": "string", "format": "date"}),
    (str, {"type": "string"}),
)


def describe(ctx: Context, base: str) -> Json:
    """Write the description.

    :param base: path of the API as the client reaches it
    """
    models = models_for(ctx)
    paths: Json = {"/uploads": {"post": _upload()}} if takes_files(ctx) else {}
    schemas: Json = dict(_COMMON)
    for model in models:
        paths |= _paths(ctx, model)
        schemas |= _schemas(ctx, model)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hanse", "version": version("hanse"), "description": _ABOUT},
        "servers": [{"url": base}],
        "security": [{"token": []}],
        "tags": [{"name": model_name(model), "description": _first_line(model)} for model in models],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "parameters": _PARAMETERS,
            "responses": _RESPONSES,
            "headers": {"ETag": {"description": "The record's version, for If-Match.", "schema": {"type": "string"}}},
        },
    }


_ABOUT = (
    "Every model of this company's addons. Exact numbers are strings, links are ids, moments are in UTC. What this "
    "token may not see or do is not described here."
)
_COMMON: Json = {
    "Problem": {
        "type": "object",
        "required": ["type", "status", "title"],
        "properties": {
            "type": {"type": "string"},
            "status": {"type": "integer"},
            "title": {"type": "string"},
            "detail": {"type": "string"},
            "reference": {"type": "string"},
            "successor": {"type": "integer"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["detail"],
                    "properties": {
                        "detail": {"type": "string"},
                        "field": {"type": "string"},
                        "pointer": {"type": "string"},
                        "record": {"type": "integer"},
                    },
                },
            },
        },
    },
    "File": _FILE,
    "Outcome": {
        "type": "object",
        "required": ["done", "held"],
        "properties": {
            "done": {"type": "array", "items": {"type": "integer"}},
            "held": {"type": "array", "items": {"type": "integer"}},
            "refused": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "detail"],
                    "properties": {"id": {"type": "integer"}, "detail": {"type": "string"}},
                },
            },
            "made": {
                "type": "object",
                "required": ["model", "id"],
                "properties": {"model": {"type": "string"}, "id": {"type": "integer"}},
            },
            "answer": {"type": "object", "description": "What a question was answered with."},
        },
    },
}
_PROBLEM: Json = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RESPONSES: Json = {
    name: {"description": words, "content": _PROBLEM}
    for name, words in {
        "301": "The record was merged into another; successor is its id, Location its address.",
        "400": "What was sent cannot be read.",
        "401": "The token is missing or wrong.",
        "403": "The token may not do this.",
        "404": "There is no such record, or it is not for this token.",
        "409": "Somebody was faster.",
        "410": "The record was merged into another; work on that one.",
        "412": "The record was changed since it was read.",
        "415": "The body is no JSON.",
        "422": "A rule says no; errors say where and what to do.",
    }.items()
}
_RESPONSES["422"]["content"] = _PROBLEM


def _query(name: str, schema: Json, words: str) -> Json:
    return {"name": name, "in": "query", "schema": schema, "description": words}


def _header(name: str, schema: Json, words: str) -> Json:
    return {"name": name, "in": "header", "schema": schema, "description": words}


_PARAMETERS: Json = {
    "filter": _query(
        "filter", {"type": "string"}, f"A JSON condition; the words are {', '.join(WORDS)}, and, or, not, any."
    ),
    "fields": _query(
        "fields", {"type": "string"}, "Names of fields, dotted along links: day,maker.name,lines.account.code"
    ),
    "sort": _query("sort", {"type": "string"}, "Names of fields, with - descending: -day,summary"),
    "after": _query("after", {"type": "string"}, "The value of next on the page before."),
    "limit": _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "Records of a page."),
    "count": _query("count", {"type": "boolean"}, "Count all records of the filter."),
    "company": _header("X-Company", {"type": "integer", "minimum": 1}, "The company, where the token is for several."),
    "key": _header("Idempotency-Key", {"type": "string", "maxLength": 200}, "The same key does the same request once."),
    "match": _header("If-Match", {"type": "string", "pattern": '^"[0-9]{1,9}"$'}, "Change only this version."),
    "id": {"name": "id", "in": "path", "required": True, "schema": _ID},
}


def _first_line(model: type[Model]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]


# --- paths ------------------------------------------------------------------------------------------------------------


def _paths(ctx: Context, model: type[Model]) -> Json:
    name = model_name(model)
    many: Json = {"get": _list(name)}
    one: Json = {"get": _get(name)}
    create, update, delete = (_general(ctx, model, verb) for verb in ("create", "update", "delete"))
    if create is not None and makes_of_values(create):
        many["post"] = _create(name)
    if update is not None:
        one["patch"] = _update(name)
    if delete is not None:
        one["delete"] = _delete(name)
    paths: Json = {f"/{name}": many, f"/{name}/{{id}}": one}
    paths[f"/{name}/{{id}}/trail"] = {"get": _trail(name)}
    for field in fields_of(ctx, model):
        if field.kind is Kind.FILE:
            paths[f"/{name}/{{id}}/files/{field.name}"] = {"get": _download(name, field)}
    for action in actions_for(ctx, model):
        if not action.alone:
            paths[f"/{name}/{{id}}/actions/{action.verb}"] = {"post": _act(ctx, name, action, many=False)}
        paths[f"/{name}/actions/{action.verb}"] = {"post": _act(ctx, name, action, many=True)}
    screen = screen_of(model)
    for document in offered_files(ctx, screen) if screen is not None else ():
        paths[f"/{name}/{{id}}/documents/{document.name}"] = {
            "get": _document(name, document.name, str(document.label))
        }
    return paths


def _general(ctx: Context, model: type[Model], verb: str) -> Action[Any] | None:
    action = general_action(ctx, model, verb)
    return action if action is not None and ctx.may(action.permission) else None


def _operation(
    name: str, verb: str, words: str, parameters: list[str], answers: Json, body: Json | None = None
) -> Json:
    said: Json = {
        "operationId": f"{name}.{verb}",
        "tags": [name],
        "summary": words,
        "parameters": [{"$ref": f"#/components/parameters/{one}"} for one in (*parameters, "company")],
        "responses": answers | {code: {"$ref": f"#/components/responses/{code}"} for code in _RESPONSES},
    }
    if body is not None:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return said


def _json(words: str, schema: Json, *, etag: bool = False) -> Json:
    said: Json = {"description": words, "content": {"application/json": {"schema": schema}}}
    if etag:
        said["headers"] = {"ETag": {"$ref": "#/components/headers/ETag"}}
    return said


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str) -> Json:
    properties: Json = {
        "items": {"type": "array", "items": _ref(name)},
        "next": {"type": ["string", "null"]},
        "count": {"type": "integer"},
    }
    page = {"type": "object", "required": ["items", "next"], "properties": properties}
    asked = ["filter", "fields", "sort", "after", "limit", "count"]
    return _operation(name, "list", "Read records", asked, {"200": _json("A page of records.", page)})


def _get(name: str) -> Json:
    answer = {"200": _json("The record.", _ref(name), etag=True)}
    return _operation(name, "get", "Read a record", ["id", "fields"], answer)


def _create(name: str) -> Json:
    new = _ref(f"{name}.new")
    ids = {"type": "object", "required": ["ids"], "properties": {"ids": {"type": "array", "items": _ID}}}
    body = {"anyOf": [new, {"type": "array", "items": new, "minItems": 1}]}
    answer = {"201": _json("The record that was made; of several their ids.", {"anyOf": [_ref(name), ids]}, etag=True)}
    return _operation(name, "create", "Make one record or many", ["key", "fields"], answer, body)


def _update(name: str) -> Json:
    answer = {"200": _json("The record as it is now.", _ref(name), etag=True)}
    return _operation(
        name, "update", "Change a record", ["id", "match", "key", "fields"], answer, _ref(f"{name}.change")
    )


def _delete(name: str) -> Json:
    return _operation(
        name, "delete", "Delete a record", ["id", "match", "key"], {"204": {"description": "It is gone."}}
    )


def _act(ctx: Context, name: str, action: Action[Any], *, many: bool) -> Json:
    params = _params_schema(ctx, action)
    body = params
    if many:
        properties: Json = {"params": params, "partial": {"type": "boolean"}}
        required = ["params"] if params.get("required") else []
        if not action.alone:
            properties["ids"] = {"type": "array", "items": _ID, "minItems": 1, "maxItems": 10_000}
            required.append("ids")
        body = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    outcome = _ref("Outcome")
    answers = {"200": _json("What became of each record.", outcome), "202": _json("It waits.", outcome)}
    words = str(action.label)
    verb = f"{'all.' if many else ''}{action.verb}"
    return _operation(name, verb, words, ["key"] if many else ["id", "match", "key"], answers, body)


def _upload() -> Json:
    name = {"name": "name", "in": "query", "required": True, "schema": {"type": "string"}, "description": "Its name."}
    taken = {"description": "It is kept for a day, for a field that takes it.", "content": _file_content()}
    said = _operation("uploads", "upload", "Upload a file for a field", [], {"201": taken})
    said["parameters"].append(name)
    body = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return said | {"requestBody": {"required": True, "content": body}}


def _file_content() -> Json:
    return {"application/json": {"schema": _ref("File")}}


def _download(name: str, field: Field) -> Json:
    small = _query("small", {"type": "integer", "enum": [1]}, "A small WebP picture instead.")
    sent = {"description": "The file.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
    said = _operation(name, f"file.{field.name}", str(field.label), ["id"], {"200": sent})
    said["parameters"].append(small)
    return said


_STEP: Json = {
    "type": "object",
    "required": ["model", "id", "name", "steps"],
    "properties": {
        "model": {"type": "string"},
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "steps": {"type": "integer"},
        "state": {"type": ["string", "null"]},
    },
}
_USE: Json = {
    "type": "object",
    "required": ["model", "field", "count", "hidden"],
    "properties": {
        "model": {"type": "string"},
        "field": {"type": "string"},
        "count": {"type": "integer"},
        "hidden": {"type": "integer"},
    },
}


def _trail(name: str) -> Json:
    properties: Json = {
        "before": {"type": "array", "items": _STEP},
        "behind": {"type": "array", "items": _STEP},
        "uses": {"type": "array", "items": _USE},
        "hidden": {"type": "integer"},
    }
    answer = {"200": _json("Its trail.", {"type": "object", "required": [*properties], "properties": properties})}
    return _operation(name, "trail", "What a record came from, what came of it, and what uses it", ["id"], answer)


def _document(name: str, document: str, label: str) -> Json:
    answer = {"200": {"description": label, "content": {"application/pdf": {"schema": {"type": "string"}}}}}
    return _operation(name, f"document.{document}", label, ["id"], answer)


# --- schemas ----------------------------------------------------------------------------------------------------------


def _schemas(ctx: Context, model: type[Model]) -> Json:
    name = model_name(model)
    own: Json = {"id": _ID, "rev": {"type": "integer"}}
    # Every field may be left out or followed, as ``fields`` asks; so what is described here is the usual answer.
    own |= {one.name: _read_schema(ctx, one) for one in fields_of(ctx, model)}
    found: Json = {name: {"type": "object", "required": ["id", "rev"], "properties": own}}
    fresh = {one.name: _write_schema(ctx, one) for one in fields_of(ctx, model) if _is_typed(ctx, one)}
    create = general_action(ctx, model, "create")
    plain = create is not None and create.function is generic.create  # an addon's own may fill in what is missing
    needed = [one.name for one in fields_of(ctx, model) if plain and _is_typed(ctx, one) and _is_needed(one)]
    found[f"{name}.new"] = _object(fresh, needed)
    found[f"{name}.change"] = _object(fresh, [])
    for one in owned_lines(ctx, model):
        assert one.target is not None
        found |= {key: said for key, said in _line_schemas(ctx, one).items() if key not in found}
    return found


def _line_schemas(ctx: Context, lines: Field) -> Json:
    assert lines.target is not None
    name = model_name(lines.target)
    own: Json = {"id": _ID, "rev": {"type": "integer"}}
    own |= {one.name: _read_schema(ctx, one) for one in fields_of(ctx, lines.target) if one.kind is not Kind.LINES}
    typed = [one for one in fields_of(ctx, lines.target) if _is_typed(ctx, one) and one.name != lines.back]
    fresh = {one.name: _write_schema(ctx, one) for one in typed}
    return {
        name: {"type": "object", "required": ["id"], "properties": own},
        f"{name}.line": _object({"id": _ID, **fresh}, []),
    }


def _object(properties: Json, required: list[str]) -> Json:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _is_typed(ctx: Context, one: Field) -> bool:
    return writable(ctx, one) and (one.kind is not Kind.LINES or one.owned)


def _is_needed(one: Field) -> bool:
    return one.required and one.default is None and not one.rule and one.kind is not Kind.LINES


def _read_schema(ctx: Context, one: Field) -> Json:
    if one.kind is Kind.LINES:
        assert one.target is not None
        items = _ref(model_name(one.target)) if one.owned else {"type": "object"}
        return {"type": "array", "items": items, **_labelled(one)}
    base = _plain(one)
    if one.kind is Kind.LINK:
        base = {"anyOf": [_ID, {"type": "object"}]}
    return _nullable(base) | _labelled(one)


def _write_schema(ctx: Context, one: Field) -> Json:
    if one.kind is Kind.LINES:
        assert one.target is not None
        return {"type": "array", "items": _ref(f"{model_name(one.target)}.line"), **_labelled(one)}
    base = _plain(one)
    if one.kind in (Kind.MONEY, Kind.QUANTITY, Kind.RATE):
        base = {"anyOf": [_NUMBER, {"type": "number"}]}
    elif one.kind is Kind.LINK:
        base = _ID
    elif one.kind is Kind.FILE:
        base = {"anyOf": [_NEW_FILE, _ref("File")]}
    elif one.max_length is not None and base.get("type") == "string":
        base = {**base, "maxLength": one.max_length}
    return (base if one.required else _nullable(base)) | _labelled(one)


def _plain(one: Field) -> Json:
    if one.kind is Kind.CHOICE:
        assert one.choices is not None
        return {"enum": [member.value for member in one.choices]}
    if one.kind is Kind.NUMBER:
        return {"type": "string"} if one.python_type is str else _INT
    if one.kind is Kind.FILE:
        return _ref("File")
    return _KINDS.get(one.kind, {})


def _nullable(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]} if schema else {}


def _labelled(one: Field) -> Json:
    said: Json = {"title": str(one.label)}
    return said | ({"description": str(one.help)} if one.help else {})


def _params_schema(ctx: Context, action: Action[Any]) -> Json:
    properties = {name: _param(param) for name, param in action.params.items()}
    required = [name for name, param in action.params.items() if param.required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _param(param: Param) -> Json:
    wanted = plain_type(param.annotation)
    schema = _type_schema(wanted)
    nullable = type(None) in typing.get_args(param.annotation) or not param.required
    return (_nullable(schema) if nullable else schema) | {"title": str(param.label)}


def _type_schema(wanted: Any) -> Json:
    """Describe the type of a parameter."""
    if typing.get_origin(wanted) is list:
        (inner,) = typing.get_args(wanted)
        return {"type": "array", "items": _type_schema(plain_type(inner))}
    if typing.get_origin(wanted) is not None:
        return {"type": "object"}
    if not isinstance(wanted, type):
        return {}
    plain = cast("type[object]", wanted)
    if issubclass(plain, Model):
        return _ID
    if issubclass(plain, Choice):
        return {"enum": [member.value for member in plain]}
    for kind, schema in _TYPES:
        if issubclass(plain, kind):
            return schema
    return {}
