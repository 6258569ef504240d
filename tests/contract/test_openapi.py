"""openapi.yaml and its compiler: what is described is enforceable, and what is not is refused with its place."""
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPILER = ROOT / "api/compile-spec.py"

GOOD = """
openapi: 3.1.0
info: {title: t, version: 1.0.0}
tags: [{name: t, description: t}]
paths:
  /things/{id}:
    post:
      operationId: makeThing
      tags: [t]
      summary: s
      security: [{bearer: [officer]}]
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, format: uuid, maxLength: 36}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Thing'}
            example: {name: x}
      responses:
        '201': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
        default: {description: d}
components:
  schemas:
    Thing:
      type: object
      additionalProperties: false
      required: [name]
      properties:
        name: {type: string, maxLength: 10, pattern: '[a-z]+'}
        list: {type: array, maxItems: 3, items: {type: integer, format: int32}}
"""


def run(tmp_path, text, *words):
    path = tmp_path / "openapi.yaml"
    path.write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, COMPILER, *words, path, *([] if words else [tmp_path / "out"])], capture_output=True,
                          text=True, check=False)


def test_the_description_of_the_service_and_its_examples_hold():
    done = subprocess.run([sys.executable, COMPILER, "--check", ROOT / "openapi.yaml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_not_public_can_be_narrowed_by_a_scope():
    """An operation that tells or does more with a token than without one names the scope that covers it."""
    own = {"getMe"}  # who the token is, whatever it may do
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    operations = [one for item in paths.values() for method, one in item.items() if method in ("get", "post", "put", "patch", "delete")]
    bare = {one["operationId"] for one in operations for way in one["security"]
            if "bearer" in way and not any(":" in word for word in way["bearer"])}
    assert bare == own
    # without a token at all: public data, health, the description and the token endpoint
    anonymous = {one["operationId"] for one in operations if one["security"] == [{}] and one.get("requestBody")}
    assert anonymous == {"createToken"}


def test_a_good_description_compiles_and_files_are_written_only_when_changed(tmp_path):
    assert run(tmp_path, GOOD).returncode == 0
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["operations.c", "operations.h"]
    before = [file.stat().st_mtime_ns for file in files]
    assert run(tmp_path, GOOD).returncode == 0
    assert [file.stat().st_mtime_ns for file in files] == before


@pytest.mark.parametrize("old, new, words", [
    ("maxLength: 10,", "maxLength: 10, multipleOf: 2,", "#/components/schemas/Thing/properties/name: the keyword 'multipleOf'"),
    ("maxLength: 10, ", "", "needs maxLength"),
    ("maxItems: 3, ", "", "needs maxItems"),
    ("additionalProperties: false", "additionalProperties: true", "must be closed"),
    ("format: int32", "format: int12", "the format 'int12'"),
    ("{type: integer, format: int32}", "{type: integer}", "needs the format"),
    ("'[a-z]+'", "'^[a-z]+$'", "anchored"),
    ("name: id, in: path", "name: it, in: path", "the path has the parameters"),
    ("'201': {", "'200': {description: d}\n        '201': {", "exactly one 2xx"),
    ("security: [{bearer: [officer]}]", "security: [{bearer: [king]}]", "the role 'king'"),
    ("      security: [{bearer: [officer]}]\n", "", "names its roles"),
    ("required: [name]", "required: [nmae]", "'nmae' is required but is no property"),
    ("operationId: makeThing", "operationId: make_thing", "camelCase"),
    ("#/components/schemas/Thing'}\n            example", "#/components/schemas/Thng'}\n            example", "leads nowhere"),
    ("  /things/{id}:\n", "  /other/{id}:\n    get: {operationId: makeThing, tags: [t], summary: s, security: [{}], parameters: [{name: id, in: path, "
     "required: true, schema: {type: string, format: uuid, maxLength: 36}}], responses: {'204': {description: d}, default: {description: d}}}\n  /things/{id}:\n",
     "stands also at"),
    ("tags: [t]", "tags: [u]", "is not declared"),
    ("        default: {description: d}\n", "", "the default reply"),
    ("maxLength: 10,", "maxLength: 10, maxLength: 11,", "stands twice"),
])
def test_what_cannot_be_enforced_stops_the_build(tmp_path, old, new, words):
    assert old in GOOD
    done = run(tmp_path, GOOD.replace(old, new, 1))
    assert done.returncode != 0
    assert words in done.stderr and "openapi.yaml" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_example_that_breaks_its_schema_is_found(tmp_path):
    assert run(tmp_path, GOOD, "--check").returncode == 0
    done = run(tmp_path, GOOD.replace("example: {name: x}", "example: {name: X}"), "--check")
    assert done.returncode != 0 and "the example breaks its schema" in done.stderr


def test_every_problem_has_its_page_words():
    text = (ROOT / "service/base/problem.def").read_text(encoding="utf-8")
    rows = re.findall(r"^PROBLEM\((\w+), (\d{3}), " + ", ".join(['"([^"]+)"'] * 4) + r"\)$", text, re.M)
    assert len(rows) == text.count("\nPROBLEM(")


# ---- the largest body ----


def resolved(spec, schema):
    while "$ref" in schema:
        node = spec
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def largest(spec, schema):
    """How many values a body of that schema may have, and how many of them are objects and arrays."""
    schema = resolved(spec, schema)
    if "oneOf" in schema or "anyOf" in schema:
        return max(largest(spec, one) for one in schema.get("oneOf", schema.get("anyOf")))
    if "allOf" in schema:
        return tuple(map(sum, zip(*(largest(spec, one) for one in schema["allOf"]))))
    if schema.get("type") == "array":
        return tuple(1 + schema["maxItems"] * count for count in largest(spec, schema["items"]))
    if schema.get("type") == "object":
        parts = [largest(spec, one) for one in schema["properties"].values()]
        return tuple(1 + sum(counts) for counts in zip(*parts))
    return 1, 0


def test_no_body_that_is_allowed_has_too_many_values():
    spec = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    text = (ROOT / "api/pipeline.c").read_text(encoding="utf-8")
    values, containers = (int(re.search(rf"#define {name} +(\d+)", text)[1]) for name in ("VALUES_MAX", "CONTAINERS_MAX"))
    bodies = {operation["operationId"]: largest(spec, content["schema"]) for path in spec["paths"].values() for operation in path.values()
              if isinstance(operation, dict) and "requestBody" in operation
              for kind, content in resolved(spec, operation["requestBody"])["content"].items() if "json" in kind}
    good = yaml.safe_load(GOOD)
    assert largest(good, good["components"]["schemas"]["Thing"]) == (6, 2)  # itself, its name, its list and three numbers
    assert [name for name, (all_, some) in bodies.items() if all_ > values or some > containers] == []
    assert max(bodies.values())[0] > values * 0.9  # and the bound is no wider than it must be
