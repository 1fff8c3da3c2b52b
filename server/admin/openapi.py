"""Writes the table of operations down as an OpenAPI 3.1 document.

Pydantic's schemas are of the same dialect and stand in it as they are. It must not know any one
operation.
"""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from server import __version__
from server.admin.operation import IDEMPOTENCY_KEY, Anyone, Operation
from server.admin.validators import ETAG, IF_MATCH, IF_NONE_MATCH
from server.admin.views import Problem

_REF = "#/components/schemas/{model}"
_PROBLEM_TYPE = "application/problem+json"

Schemas = Mapping[tuple[Any, JsonSchemaMode], dict[str, Any]]
"""What refers to each model, by it and by whether it is read or written."""


def document(operations: Iterable[Operation]) -> dict[str, JsonValue]:
    """Return the OpenAPI document of a table of operations."""
    table = tuple(operations)
    schemas, components = _schemas(table)
    paths: dict[str, Any] = {}
    for operation in table:
        entry = _operation(operation, schemas, components)
        paths.setdefault(operation.path, {})[operation.method.lower()] = entry
    for operation in table:
        if operation.query is not None:
            components.pop(operation.query.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gridherald",
            "version": __version__,
            "description": "Powers are in watts, positive from the device into the grid.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def statuses_of(operation: Operation) -> Iterator[HTTPStatus]:
    """Yield the statuses of the refusals that an operation may be answered with."""
    yield HTTPStatus.BAD_REQUEST
    yield HTTPStatus.FORBIDDEN
    if not isinstance(operation.role, Anyone):
        yield HTTPStatus.UNAUTHORIZED
    if operation.variables:
        yield HTTPStatus.NOT_FOUND
    if operation.may_conflict or operation.may_be_repeated:
        yield HTTPStatus.CONFLICT
    if operation.is_change:
        yield HTTPStatus.PRECONDITION_FAILED
    yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if operation.body is not None:
        yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    yield HTTPStatus.UNPROCESSABLE_ENTITY
    yield HTTPStatus.INTERNAL_SERVER_ERROR
    yield HTTPStatus.SERVICE_UNAVAILABLE


def _schemas(table: Iterable[Operation]) -> tuple[Schemas, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for operation in table:
        for read in (operation.query, operation.body):
            if read is not None:
                wanted[read, "validation"] = None
        for written in operation.answers.values():
            if written is not None:
                wanted[written, "serialization"] = None
    found, definitions = models_json_schema(tuple(wanted), ref_template=_REF)
    return found, definitions["$defs"]


def _operation(
    operation: Operation, schemas: Schemas, components: dict[str, Any]
) -> dict[str, Any]:
    is_open = isinstance(operation.role, Anyone)
    entry: dict[str, Any] = {
        "operationId": operation.name,
        "summary": (getdoc(operation.handler) or operation.name).partition("\n")[0],
        "x-role": operation.role.value,
        "security": [] if is_open else [{"token": []}],
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(operation, components),
            *_header_parameters(operation),
        ],
        "responses": _responses(operation, schemas),
    }
    if operation.body is not None:
        schema = schemas[operation.body, "validation"]
        is_needed = any(field.is_required() for field in operation.body.model_fields.values())
        entry["requestBody"] = {
            "required": is_needed,
            "content": {"application/json": {"schema": schema}},
        }
    return entry


def _path_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in operation.variables:
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameters(operation: Operation, components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if operation.query is None:
        return
    for name, schema in components[operation.query.__name__]["properties"].items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}


def _header_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    wanted = {"X-Request-Id": "Stands in the answer, the log and the audit trail."}
    if operation.may_be_repeated:
        wanted[IDEMPOTENCY_KEY] = (
            "The same request with the same key is done once and answered alike for 24 hours."
        )
    if operation.is_change:
        wanted[IF_MATCH] = "Nothing is done if what is changed is not the one of this ETag."
    elif operation.is_validated:
        wanted[IF_NONE_MATCH] = "The answer is 304 if it is still the one of this ETag."
    for name, why in wanted.items():
        yield {
            "name": name,
            "in": "header",
            "required": False,
            "description": why,
            "schema": {"type": "string"},
        }


def _responses(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if operation.is_validated:
        responses["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    for status, model in operation.answers.items():
        responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if operation.is_validated:
            responses[str(status)]["headers"] = {ETAG: {"schema": {"type": "string"}}}
        if model is not None:
            schema = schemas[model, "serialization"]
            responses[str(status)]["content"] = {"application/json": {"schema": schema}}
    for refusal in statuses_of(operation):
        schema = schemas[Problem, "serialization"]
        responses[str(refusal.value)] = {
            "description": refusal.phrase,
            "content": {_PROBLEM_TYPE: {"schema": schema}},
        }
    return responses
