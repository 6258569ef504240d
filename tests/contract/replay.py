"""Every exchange of the suites against openapi.yaml: replay.py RECORD [--full].

The record has one JSON object a line (tests/support/client.py). A reply must be one that the description names, with that media type
and a body of that schema, and no header field that it does not name; with --full every operation must have succeeded at least once."""
import collections
import importlib.util
import json
import pathlib
import re
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOWN = 40
FRAMING = {"date", "content-length", "transfer-encoding", "connection"}  # HTTP's own, of every server


def compiler():
    """api/compile-spec.py as a module: it reads the description and knows what is published."""
    spec = importlib.util.spec_from_file_location("compile_spec", ROOT / "api/compile-spec.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Description:
    def __init__(self):
        module = compiler()
        spec = module.Spec(str(ROOT / "openapi.yaml"))
        spec.read()
        if spec.faults:
            sys.exit("\n".join(spec.faults))
        self.root = module.anchor(json.loads(spec.published()))
        self.resolver = jsonschema.RefResolver("", self.root)
        self.formats = jsonschema.FormatChecker()
        self.validators = {}
        self.codes = set(re.findall(r"^PROBLEM\((\w+),", (ROOT / "service/base/problem.def").read_text(encoding="utf-8"), re.M))
        self.operations = []
        for template, item in self.root["paths"].items():
            pattern = re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/")) + r"\Z")
            for method in module.METHODS:
                if method in item:
                    self.operations.append((template.count("{"), method.upper(), pattern, item[method]))
        self.operations.sort(key=lambda row: row[0])
        told = self.root["info"]["description"].split("Header fields of answers:")[1]
        self.headers = {name.lower() for name in re.findall(r"`([A-Za-z-]+)(?:: [^`]*)?`", told)} | FRAMING

    def resolve(self, node):
        while "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def find(self, method, path):
        method = "GET" if method == "HEAD" else method
        for _, own, pattern, operation in self.operations:
            if own == method and pattern.match(path):
                return operation
        return None

    def faults(self, schema, value):
        key = id(schema)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=self.formats)
        return ["at /%s: %s" % ("/".join(map(str, error.absolute_path)), error.message[:200])
                for error in self.validators[key].iter_errors(value)]

    def check_problem(self, line, kind):
        """Problem documents are for everything that our code answers."""
        if kind == "text/html" and line["status"] in (400, 414, 431, 505):
            return []  # the server library's own
        if kind != "application/problem+json":
            return [f"a {line['status']} of the type {kind}"]
        document = json.loads(line["body"])
        faults = self.faults(self.root["components"]["schemas"]["Problem"], document)
        if document.get("status") != line["status"]:
            faults.append("the member status is another one")
        if document.get("code") not in self.codes:
            faults.append(f"the code {document.get('code')} is not in the catalogue")
        if not document.get("type", "").endswith("/problems/" + document.get("code", "?")):
            faults.append("the type is not that of the code")
        return faults

    def check_content(self, reply, line, kind):
        content = reply.get("content", {})
        if not line["body"]:
            minimal = line["headers"].get("preference-applied") == "return=minimal"
            no_lines = kind == "application/x-ndjson" and kind in content  # an object for each row, and there was none
            return [] if not content or minimal or no_lines or line["method"] == "HEAD" else ["there is no body"]
        media = content.get(kind)
        if media is None:
            return [f"the type {kind} is not among {sorted(content)}"]
        if kind != "application/json" and not kind.endswith("+json"):
            return []
        return self.faults(media.get("schema", {}), json.loads(line["body"]))

    def check_headers(self, line):
        return [f"the header field {name} is not described" for name in sorted(set(line["headers"]) - self.headers)]

    def check(self, line, operation):
        kind = line["headers"].get("content-type", "").split(";")[0]
        if operation is None:
            return [] if line["method"] == "OPTIONS" and line["status"] == 204 else self.check_problem(line, kind)
        replies, status = operation["responses"], str(line["status"])
        if status in replies:
            return self.check_content(self.resolve(replies[status]), line, kind)
        if line["status"] == 204 and line["headers"].get("preference-applied") == "return=minimal":
            return []
        if line["status"] == 304 and line["method"] in ("GET", "HEAD"):
            return []
        if line["status"] < 400:
            return [f"the status {status} is not described"]
        form = "application/x-www-form-urlencoded" in self.resolve(operation.get("requestBody", {})).get("content", {})
        if line["method"] == "HEAD" or (form and kind == "application/json"):
            return []  # RFC 6749 has a form of its own
        return self.check_problem(line, kind)


def main(arguments):
    description = Description()
    wrong, succeeded, count = collections.Counter(), set(), 0
    examples = {}
    with open(arguments[0], encoding="utf-8") as record:
        for text in record:
            line, count = json.loads(text), count + 1
            operation = description.find(line["method"], line["path"].split("?")[0])
            if operation and line["status"] < 400:
                succeeded.add(operation["operationId"])
            name = operation["operationId"] if operation else "no operation"
            for fault in description.check(line, operation) + description.check_headers(line):
                wrong[name, line["status"], fault] += 1
                examples.setdefault((name, line["status"], fault), f"{line['method']} {line['path']} in {line['test']}")
    for (name, status, fault), times in wrong.most_common(SHOWN):
        print(f"{name} {status} ({times}x): {fault}\n    {examples[name, status, fault]}")
    missed = sorted({row[3]["operationId"] for row in description.operations} - succeeded) if "--full" in arguments else []
    if missed:
        print("never succeeded: " + ", ".join(missed))
    print(f"{count} exchanges, {len(succeeded)} of {len(description.operations)} operations, {len(wrong)} kinds of mismatch")
    return 1 if wrong or missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
