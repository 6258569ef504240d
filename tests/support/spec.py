"""openapi.yaml as the tests need it: which operation a request is, and which headers it takes."""
import functools
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = ("get", "post", "put", "patch", "delete")


@functools.lru_cache(maxsize=None)
def load():
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((ROOT / "openapi.yaml").read_text(encoding="utf-8"), Loader=loader)


def resolve(node):
    while "$ref" in node:
        target = load()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


@functools.lru_cache(maxsize=None)
def operations():
    """[(regex, template, method, operation, names of its parameters)]; templates without parameters come first."""
    rows = []
    for template, item in load()["paths"].items():
        pattern = re.compile(re.sub(r"\\\{[^}]*\\\}|\{[^}]*\}", "[^/]+", re.escape(template)) + r"\Z")
        for method in METHODS:
            if method in item:
                parameters = item.get("parameters", []) + item[method].get("parameters", [])
                names = frozenset(resolve(parameter)["name"] for parameter in parameters)
                rows.append((pattern, template, method, item[method], names))
    return sorted(rows, key=lambda row: row[1].count("{"))


def find(method, path):
    """(template, operation, parameter names) or None."""
    path = path.split("?")[0]
    for pattern, template, own, operation, names in operations():
        if own == method.lower() and pattern.match(path):
            return template, operation, names
    return None


def takes(method, path, parameter):
    found = find(method, path)
    return bool(found) and parameter in found[2]
