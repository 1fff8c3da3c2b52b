"""The table of operations and the document that is made from it."""

import inspect
import json
from dataclasses import replace

import pytest

from server.admin.operation import Routes
from server.admin.operations import OPERATIONS

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)


def refs(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


def test_the_document_is_of_version_3_1_and_whole(openapi):
    assert openapi["openapi"].startswith("3.1.")
    assert openapi["info"].keys() >= {"title", "version"}
    for ref in refs(openapi):
        kind, name = ref.removeprefix("#/components/").split("/")
        assert name in openapi["components"][kind]


@each_operation
def test_every_operation_stands_in_the_document(openapi, operation):
    entry = openapi["paths"][operation.path][operation.method.lower()]
    assert entry["operationId"] == operation.name
    assert entry["x-role"] == operation.role.value
    assert bool(entry["security"]) == (operation.role.value != "anyone")
    assert ("requestBody" in entry) == (operation.body is not None)
    in_path = [one["name"] for one in entry["parameters"] if one["in"] == "path"]
    assert in_path == list(operation.variables)
    assert {str(status) for status in operation.answers} < entry["responses"].keys()


def test_nothing_else_stands_in_the_document(openapi):
    told = sum(len(methods) for methods in openapi["paths"].values())
    assert told == len(OPERATIONS)


def test_queries_are_parameters_with_their_bounds(openapi):
    entry = openapi["paths"]["/api/v1/events"]["get"]
    limit = next(one for one in entry["parameters"] if one["name"] == "limit")
    assert limit["schema"]["maximum"] == 1000
    assert "EventsQuery" not in openapi["components"]["schemas"]


@each_operation
def test_handlers_take_what_the_table_says(operation):
    given = {
        *operation.variables,
        *(["query"] if operation.query else []),
        *(["body"] if operation.body else []),
    }
    parameters = inspect.signature(operation.handler).parameters
    assert set(list(parameters)[1:]) == given
    for name in ("query", "body"):
        if name in parameters:
            assert parameters[name].annotation is getattr(operation, name)
    assert inspect.getdoc(operation.handler)


async def test_the_server_gives_the_document_out(api, openapi):
    answer = await api.get("/openapi.json", token="viewer")
    assert answer.json == json.loads(json.dumps(openapi))


@pytest.mark.parametrize(
    "change", [{"role": None}, {"role": "admin"}, {"path": "/elsewhere"}, {"name": "other"}]
)
def test_a_table_with_a_hole_or_a_double_does_not_start(change):
    spoilt = replace(OPERATIONS[-1], **change)
    with pytest.raises(LookupError):
        Routes([*OPERATIONS, spoilt])
