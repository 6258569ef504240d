#!/usr/bin/python3
"""openapi.yaml -> operations.h, operations.c: the tables that the service runs by (service/base/schema.h says their shape).

    compile-spec.py openapi.yaml DIRECTORY    write the two files there, each only when it has changed
    compile-spec.py --check openapi.yaml      the same checks, and every example against its schema
    compile-spec.py --json openapi.yaml       the published description on stdout

Whatever the service could not enforce stops the build: an unknown keyword, an open request, a string without maxLength.
Every fault is named with its place, so that one run shows all of them.
"""
import json
import os
import re
import sys

import yaml

METHODS = ("get", "post", "put", "patch", "delete")
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
FORMATS = ("uuid", "date", "date-time", "int32", "int64", "uri")
SCHEMA_KEYWORDS = {
    "type", "format", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "properties",
    "required", "additionalProperties", "items", "minItems", "maxItems", "uniqueItems", "oneOf", "allOf", "$ref",
    "default", "description", "title", "summary", "example", "examples", "readOnly",
}
ANNOTATIONS = {"default", "description", "title", "summary", "example", "examples", "readOnly"}
OPERATION_KEYWORDS = {
    "operationId", "tags", "summary", "description", "security", "parameters", "requestBody", "responses", "deprecated",
}
PARAMETER_KEYWORDS = {
    "name", "in", "required", "description", "schema", "style", "explode", "example", "examples", "deprecated",
}
BODY_TYPES = (
    "application/json", "application/merge-patch+json", "application/octet-stream", "application/x-www-form-urlencoded",
)
RAW_BODY = "application/octet-stream"
HEADERS_KNOWN = {"If-Match", "Idempotency-Key"}


class UniqueLoader(yaml.SafeLoader):
    """Safe YAML in which a repeated key is an error and a date stays the text that it is."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, "the key %r stands twice" % (key,), key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


UniqueLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def pointer(*parts):
    return "#/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def snake(name):
    out = ""
    for index, char in enumerate(name):
        if char.isupper() and index and (not name[index - 1].isupper() or name[index + 1:index + 2].islower()):
            out += "_"
        out += char.lower()
    return out


def text(value):
    """A C string literal."""
    if value is None:
        return "NULL"
    out = ""
    for byte in value.encode():
        char = chr(byte)
        if char in '"\\':
            out += "\\" + char
        elif 32 <= byte < 127 and char != "?":
            out += char
        else:
            out += "\\%03o" % byte
    return '"' + out + '"'


def is_json(media_type):
    base = media_type.split(";")[0].strip()
    return base == "application/json" or base.endswith("+json")


class Spec:
    def __init__(self, path):
        self.path = path
        self.faults = []
        with open(path, encoding="utf-8") as file:
            try:
                self.root = yaml.load(file, UniqueLoader)
            except yaml.YAMLError as error:
                sys.exit("%s: %s" % (path, " ".join(str(error).split())))
        self.roles = self.read_roles()
        self.schemas = {}  # key -> (C name, initializer)
        self.refs_open = set()
        self.declarations = {}  # a schema met again as a request's is walked again: one declaration all the same
        self.enums = {}
        self.operations = []
        self.request_checked = set()
        self.counter = 0

    def fault(self, place, words):
        self.faults.append("%s: %s: %s" % (self.path, place, words))

    def read_roles(self):
        """The roles are C's (service/base/role.h): a role that the program does not know is a fault here."""
        header = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "service", "base", "role.h")
        with open(header, encoding="utf-8") as file:
            lines = file.read().split("#define ROLES(ROLE)", 1)[1].split("enum role_index", 1)[0]
        return [part.split(",")[0].strip() for part in lines.split("ROLE(")[1:]]

    def resolve(self, node, place):
        """Follow $ref; a description beside it is allowed, anything else is not."""
        seen = 0
        while isinstance(node, dict) and "$ref" in node:
            ref = node["$ref"]
            seen += 1
            if seen > 20 or not isinstance(ref, str) or not ref.startswith("#/"):
                self.fault(place, "the reference %r cannot be followed" % (ref,))
                return {}, place
            target = self.root
            for part in ref[2:].split("/"):
                part = part.replace("~1", "/").replace("~0", "~")
                target = target.get(part) if isinstance(target, dict) else None
            if target is None:
                self.fault(place, "the reference %s leads nowhere" % ref)
                return {}, place
            node, place = target, ref
        return node, place

    # ---- schemas ----

    def merge(self, schema, place):
        """allOf, merged: properties are united, required lists added, any other keyword may stand once."""
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        merged["properties"] = dict(schema.get("properties", {}))
        required = list(schema.get("required", []))
        for index, part in enumerate(schema["allOf"]):
            inner, inner_place = self.resolve(part, place + "/allOf/%d" % index)
            if "allOf" in inner:
                inner = self.merge(inner, inner_place)
            for key, value in inner.items():
                if key == "properties":
                    for name, member in value.items():
                        if name in merged["properties"] and merged["properties"][name] != member:
                            self.fault(place, "allOf gives %r two meanings" % name)
                        merged["properties"][name] = member
                elif key == "required":
                    required += [name for name in value if name not in required]
                elif key in ANNOTATIONS:
                    merged.setdefault(key, value)
                elif key in merged and merged[key] != value:
                    self.fault(place, "allOf gives the keyword %r two values" % key)
                else:
                    merged[key] = value
        if required:
            merged["required"] = required
        return merged

    def types_of(self, schema, place):
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else list(types)
        for name in types:
            if name not in TYPES:
                self.fault(place, "the type %r is not known" % (name,))
        return [name for name in types if name in TYPES]

    def enumeration(self, schema, types, place):
        values = schema.get("enum")
        if "const" in schema:
            values = [schema["const"]]
        if values is None:
            return None
        strings = [value for value in values if value is not None]
        if not all(isinstance(value, str) for value in strings):
            self.fault(place, "only strings can be enumerated (quote %r)" % (strings,))
            return None
        if None in values and "null" not in types:
            self.fault(place, "null is enumerated but is not among the types")
        return strings

    def number(self, schema, keyword, default, place):
        value = schema.get(keyword, default)
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            self.fault(place, "%s must be an integer" % keyword)
            return default
        return value

    def check_request(self, schema, types, place):
        """What a request may not leave open: every string and array has an end, every object is closed."""
        if not types and "oneOf" not in schema:
            self.fault(place, "a request schema needs a type")
        if "string" in types and not {"maxLength", "enum", "const"} & schema.keys():
            self.fault(place, "a string of a request needs maxLength")
        if "array" in types and "maxItems" not in schema:
            self.fault(place, "an array of a request needs maxItems")
        if "integer" in types and schema.get("format") not in ("int32", "int64"):
            self.fault(place, "an integer of a request needs the format int32 or int64")
        if "object" in types and schema.get("additionalProperties", True) is True:
            self.fault(place, "an object of a request must be closed (additionalProperties: false or a schema)")

    def schema(self, node, place, request):
        """The C name of a schema; made once for each component and once for each inline schema."""
        component = None
        while isinstance(node, dict) and "$ref" in node:
            for key in node:
                if key != "$ref" and key not in ANNOTATIONS:
                    self.fault(place, "%r beside $ref would be lost" % key)
            component = node["$ref"]
            node, place = self.resolve({"$ref": component}, place)
        if not isinstance(node, dict):
            self.fault(place, "this is not a schema")
            node = {}
        key = place
        known = self.schemas.get(key)
        if known and (not request or key in self.request_checked):
            return known[0]
        if request:
            self.request_checked.add(key)
        short = component.rsplit("/", 1)[1] if component and component.startswith("#/components/schemas/") else None
        if known:
            name = known[0]
        elif short and place == component:
            name = "schema_" + snake(short)
        else:
            self.counter += 1
            name = "schema_%d" % self.counter
        self.schemas[key] = (name, None)
        for word in node:
            if word not in SCHEMA_KEYWORDS:
                self.fault(place, "the keyword %r is not enforced" % word)
        if "allOf" in node:
            node = self.merge(node, place)
        types = self.types_of(node, place)
        if request:
            self.check_request(node, types, place)
        fields = [".types = " + (" | ".join("SCHEMA_" + word.upper() for word in types) or "0")]
        if short and place == component:
            fields.append(".name = " + text(short))
        form = node.get("format")
        if form is not None:
            if form not in FORMATS:
                self.fault(place, "the format %r is not enforced" % (form,))
            else:
                fields.append(".format = FORMAT_" + form.upper().replace("-", "_"))
        for word, field in (("minLength", "min_length"), ("maxLength", "max_length"), ("minItems", "min_items"),
                            ("maxItems", "max_items")):
            fields.append(".%s = %s" % (field, self.number(node, word, -1, place)))
        for word, field, limit in (("minimum", "minimum", "INT64_MIN"), ("maximum", "maximum", "INT64_MAX")):
            value = self.number(node, word, limit, place)
            fields.append(".%s = %s" % (field, "INT64_C(%d)" % value if isinstance(value, int) else value))
        if "pattern" in node:
            if node["pattern"].startswith("^") or node["pattern"].endswith("$"):
                self.fault(place, "patterns are anchored by the service: write no ^ and $")
            fields.append(".pattern = " + text(node["pattern"]))
        values = self.enumeration(node, types, place)
        if values is not None:
            fields.append(".enumeration = " + self.strings(values))
        properties = node.get("properties", {})
        required = node.get("required", [])
        for word in required:
            if word not in properties:
                self.fault(place, "%r is required but is no property" % word)
        if properties:
            rows = []
            for word in sorted(properties, key=lambda item: item.encode()):
                inner = self.schema(properties[word], place + "/properties/" + word.replace("~", "~0").replace("/", "~1"),
                                    request)
                rows.append("{%s, &%s, %s}" % (text(word), inner, "true" if word in required else "false"))
            self.declarations[name, "properties"] = "static const struct property %s_properties[] = {\n\t%s,\n};" % (
                name, ",\n\t".join(rows))
            fields.append(".properties = %s_properties, .property_count = %d" % (name, len(rows)))
        additional = node.get("additionalProperties", True)
        if additional is False:
            fields.append(".closed = true")
        elif isinstance(additional, dict):
            fields.append(".additional = &" + self.schema(additional, place + "/additionalProperties", request))
        if "items" in node:
            fields.append(".items = &" + self.schema(node["items"], place + "/items", request))
        elif "array" in types:
            self.fault(place, "an array needs items")
        if node.get("uniqueItems"):
            fields.append(".unique_items = true")
        if "oneOf" in node:
            parts = ["&" + self.schema(part, place + "/oneOf/%d" % index, request)
                     for index, part in enumerate(node["oneOf"])]
            self.declarations[name, "one_of"] = "static const struct schema *const %s_one_of[] = {%s, NULL};" % (
                name, ", ".join(parts))
            fields.append(".one_of = %s_one_of" % name)
        if short == "Money":
            fields.append(".is_money = true")
        self.schemas[key] = (name, "{" + ", ".join(fields) + "}")
        return name

    def strings(self, values):
        key = tuple(values)
        if key not in self.enums:
            self.enums[key] = "words_%d" % (len(self.enums) + 1)
        return self.enums[key]

    # ---- operations ----

    def security(self, operation, place):
        roles, scope = set(), None
        if "security" not in operation:
            self.fault(place, "every operation names its roles in security")
        for alternative in operation.get("security", []):
            if not alternative:
                roles.add("public")
                continue
            if list(alternative) != ["bearer"]:
                self.fault(place, "the only security scheme is bearer")
                continue
            words = alternative["bearer"]
            names = [word for word in words if ":" not in word]
            for word in words:
                if ":" in word and scope not in (None, word):
                    self.fault(place, "an operation needs at most one scope")
                elif ":" in word:
                    scope = word
            for word in names:
                if word not in self.roles or word == "public":
                    self.fault(place, "the role %r is not known (public is written {})" % word)
            if not names:  # any account, with whatever grants
                roles.update(word for word in self.roles if word != "public")
            roles.update(word for word in names if word in self.roles)
        return [word for word in self.roles if word in roles], scope

    def parameters(self, path, item, operation, place):
        found, flags = [], {"idempotency": "IDEMPOTENCY_NONE", "if_match": False, "dry_run": False}
        names = set()
        for index, node in enumerate(item.get("parameters", []) + operation.get("parameters", [])):
            parameter, where = self.resolve(node, place + "/parameters/%d" % index)
            for word in parameter:
                if word not in PARAMETER_KEYWORDS:
                    self.fault(where, "the keyword %r is not enforced" % word)
            name, home = parameter.get("name"), parameter.get("in")
            if home not in ("path", "query", "header") or not name or "schema" not in parameter:
                self.fault(where, "a parameter needs a name, a schema and a place (path, query or header)")
                continue
            if (home, name.lower()) in names:
                self.fault(where, "the parameter %r stands twice" % name)
            names.add((home, name.lower()))
            if home == "header":
                if name not in HEADERS_KNOWN:
                    self.fault(where, "the header %r is read by nobody" % name)
                if name == "If-Match":
                    flags["if_match"] = True
                if name == "Idempotency-Key":
                    flags["idempotency"] = "IDEMPOTENCY_" + ("REQUIRED" if parameter.get("required") else "OPTIONAL")
                continue
            if home == "path" and not parameter.get("required"):
                self.fault(where, "a path parameter is always required")
            if (home, name) == ("query", "dry_run"):
                flags["dry_run"] = True
            schema, schema_place = self.resolve(parameter["schema"], where + "/schema")
            is_list = "array" in self.types_of(schema, schema_place)
            if is_list and (home != "query" or parameter.get("explode") is not False):
                self.fault(where, "a list stands in the query, comma separated: write explode: false")
            if is_list and "default" in schema:
                self.fault(where, "a list has no default")
            element = schema.get("items", {}) if is_list else parameter["schema"]
            if is_list and "maxItems" not in schema:
                self.fault(where, "an array of a request needs maxItems")
            default = schema.get("default")
            if default is not None:
                default = {True: "true", False: "false"}.get(default, str(default)) \
                    if isinstance(default, bool) else str(default)
            name_c = self.schema(element, where + ("/schema/items" if is_list else "/schema"), True)
            most = schema.get("maxItems", -1) if is_list else -1
            found.append((name, home, bool(parameter.get("required")), is_list, name_c, default, most))
        in_path = {name for name, home, *_ in found if home == "path"}
        template = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        if in_path != template:
            self.fault(place, "the path has the parameters %s, the operation %s" % (sorted(template), sorted(in_path)))
        return found, flags

    def body(self, operation, method, place):
        if "requestBody" not in operation:
            return None, None, False
        node, where = self.resolve(operation["requestBody"], place + "/requestBody")
        if method in ("get", "delete"):
            self.fault(where, "a %s has no body" % method.upper())
        content = node.get("content", {})
        if len(content) != 1:
            self.fault(where, "a request body has exactly one media type")
            return None, None, False
        media_type, media = next(iter(content.items()))
        if media_type not in BODY_TYPES:
            self.fault(where, "the media type %r is not read" % media_type)
        if (method == "patch") != (media_type == "application/merge-patch+json"):
            self.fault(where, "PATCH, and only PATCH, takes application/merge-patch+json")
        home = where + "/content/" + media_type.replace("/", "~1")
        schema = media.get("schema")
        if schema is None:
            self.fault(home, "a body needs a schema")
            return None, None, False
        name = self.schema(schema, home + "/schema", True)
        return name, media_type, bool(node.get("required"))

    def replies(self, operation, place):
        success = [code for code in operation.get("responses", {}) if str(code).startswith("2")]
        if len(success) != 1:
            self.fault(place, "an operation has exactly one 2xx reply, not %d" % len(success))
            return 200, None, [], False
        for code in operation["responses"]:
            if not isinstance(code, str):
                self.fault(place, "quote the status %r" % (code,))
        if "default" not in operation["responses"]:
            self.fault(place, "the default reply (a problem) is missing")
        node, where = self.resolve(operation["responses"][success[0]], place + "/responses/" + str(success[0]))
        no_store = node.get("headers", {}).get("Cache-Control", {}).get("schema", {}).get("const") == "no-store"
        reply, types = None, list(node.get("content", {}))
        for media_type, media in node.get("content", {}).items():
            if not is_json(media_type):
                continue
            if reply:
                self.fault(where, "a reply has at most one JSON form")
            home = where + "/content/" + media_type.replace("/", "~1") + "/schema"
            reply = self.schema(media.get("schema", {}), home, False)
        return int(success[0]), reply, types, no_store

    def read(self):
        seen, shapes = {}, {}
        for path, item in self.root.get("paths", {}).items():
            if not re.fullmatch(r"/|(/[A-Za-z0-9._~{}-]+)+", path):
                self.fault(pointer("paths", path), "a path begins with /, ends without one and has nothing to escape")
            shape = "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
            if shape in shapes:
                self.fault(pointer("paths", path), "the same path as %s" % shapes[shape])
            shapes[shape] = path
            for word in item:
                if word not in METHODS and word not in ("parameters", "summary", "description"):
                    self.fault(pointer("paths", path), "the keyword %r is not enforced" % word)
            for method in METHODS:
                if method not in item:
                    continue
                place, operation = pointer("paths", path, method), item[method]
                for word in operation:
                    if word not in OPERATION_KEYWORDS:
                        self.fault(place, "the keyword %r is not enforced" % word)
                name = operation.get("operationId", "")
                if not name.isalnum() or not name[:1].islower():
                    self.fault(place, "the operationId must be camelCase")
                    continue
                if name in seen:
                    self.fault(place, "the operationId %s stands also at %s" % (name, seen[name]))
                seen[name] = place
                if not operation.get("summary") or not operation.get("tags"):
                    self.fault(place, "an operation needs a summary and tags")
                roles, scope = self.security(operation, place)
                parameters, flags = self.parameters(path, item, operation, place)
                body, body_type, body_required = self.body(operation, method, place)
                success, reply, types, no_store = self.replies(operation, place)
                self.operations.append({
                    "name": snake(name), "method": method, "path": path, "roles": roles, "scope": scope,
                    "parameters": parameters, "body": body, "body_type": body_type, "body_required": body_required,
                    "success": success, "reply": reply, "types": types, "no_store": no_store, **flags,
                })
        known_tags = {tag["name"] for tag in self.root.get("tags", [])}
        for path, item in self.root.get("paths", {}).items():
            for method in METHODS:
                for tag in item.get(method, {}).get("tags", []):
                    if tag not in known_tags:
                        self.fault(pointer("paths", path, method), "the tag %r is not declared" % tag)
        self.operations.sort(key=lambda row: row["name"])

    def published(self):
        """The description as served: what the pipeline does for every operation alike is written out for the reader."""
        root = json.loads(json.dumps(self.root))
        for item in root.get("paths", {}).values():
            for method in METHODS:
                operation = item.get(method)
                if not operation:
                    continue
                names = {self.resolve(node, "")[0].get("name") for node in
                         item.get("parameters", []) + operation.get("parameters", [])}
                success = [code for code in operation["responses"] if code.startswith("2")]
                if "dry_run" in names and success and "200" not in operation["responses"]:
                    made = json.loads(json.dumps(self.resolve(operation["responses"][success[0]], "")[0]))
                    made["description"] = "试算 Dry run: what would happen; nothing is kept"
                    operation["responses"]["200"] = made
                if method == "get" and success and any(map(is_json, self.resolve(
                        operation["responses"][success[0]], "")[0].get("content", {}))):
                    operation["responses"].setdefault("304", {"$ref": "#/components/responses/NotModified"})
        return json.dumps(root, ensure_ascii=False, separators=(",", ":"))

    # ---- output ----

    def header(self):
        lines = ["/* DO NOT EDIT: made from openapi.yaml by api/compile-spec.py. */", "#ifndef OPERATIONS_H",
                 "#define OPERATIONS_H", "", '#include "schema.h"', "", "struct request;", "",
                 "/* info.version of the description */", "extern const char api_version[];", "", "enum operation_id {"]
        lines += ["\tOPERATION_%s," % row["name"].upper() for row in self.operations]
        lines += ["\tOPERATION_COUNT", "};", ""]
        lines += ["struct problem *%s(struct request *rq);" % row["name"] for row in self.operations]
        return "\n".join(lines + ["", "#endif", ""])

    def source(self):
        lines = ["/* DO NOT EDIT: made from openapi.yaml by api/compile-spec.py. */", '#include "operations.h"', ""]
        for values, name in self.enums.items():
            lines.append("static const char *const %s[] = {%s, NULL};" % (name, ", ".join(map(text, values))))
        rows, bodies = [], []
        for row in self.operations:
            bodies += self.operation_lines(row, rows)
        lines += ["static const struct schema %s;" % name for name, _ in self.schemas.values()]
        lines += self.declarations.values()
        lines += ["static const struct schema %s = %s;" % pair for pair in self.schemas.values()]
        lines += bodies + ["", "const struct operation operations[] = {"] + rows + ["};",
                 "const size_t operation_count = sizeof operations / sizeof operations[0];", ""]
        lines += ["const char api_version[] = %s;" % text(str(self.root["info"]["version"])), ""]
        published = self.published()
        lines.append("const char openapi_json[] =")
        lines += ["\t" + text(published[at:at + 90]) for at in range(0, len(published), 90)]
        lines[-1] += ";"
        lines += ["const size_t openapi_json_length = sizeof openapi_json - 1;", ""]
        return "\n".join(lines)

    def operation_lines(self, row, rows):
        out = []
        name = row["name"]
        if row["parameters"]:
            out.append("static const struct parameter parameters_%s[] = {" % name)
            for title, home, required, is_list, schema, default, most in row["parameters"]:
                out.append("\t{%s, IN_%s, %s, %s, &%s, %s, %d}," % (
                    text(title), home.upper(), str(required).lower(), str(is_list).lower(), schema, text(default), most))
            out.append("};")
        if row["types"]:
            out.append("static const char *const types_%s[] = {%s, NULL};" % (name, ", ".join(map(text, row["types"]))))
        fields = [
            ".id = OPERATION_" + name.upper(), ".name = " + text(name), ".method = METHOD_" + row["method"].upper(),
            ".path = " + text(row["path"]),
            ".roles = " + (" | ".join("(role_set)ROLE_" + role for role in row["roles"]) or "0"),
            ".scope = " + text(row["scope"]), ".success = %d" % row["success"],
            ".idempotency = " + row["idempotency"], ".run = " + name,
        ]
        if row["parameters"]:
            fields.append(".parameters = parameters_%s, .parameter_count = %d" % (name, len(row["parameters"])))
        if row["body"]:
            fields.append(".body = &%s, .body_media_type = %s" % (row["body"], text(row["body_type"])))
        if row["reply"]:
            fields.append(".reply = &" + row["reply"])
        if row["types"]:
            fields.append(".media_types = types_" + name)
        for flag, value in (("body_required", row["body_required"]), ("if_match", row["if_match"]),
                            ("dry_run", row["dry_run"]), ("no_store", row["no_store"]),
                            ("raw", bool(row["types"]) and not row["reply"])):
            if value:
                fields.append(".%s = true" % flag)
        rows.append("\t{" + ", ".join(fields) + "},")
        return out

    def check_examples(self):
        try:
            import jsonschema
        except ImportError:
            print("%s: python3-jsonschema is missing, examples are not checked" % self.path, file=sys.stderr)
            return
        root = anchor(json.loads(json.dumps(self.root)))
        resolver = jsonschema.RefResolver("", root)

        def visit(node, place):
            if isinstance(node, list):
                for index, value in enumerate(node):
                    visit(value, place + [index])
                return
            if not isinstance(node, dict):
                return
            schema = node.get("schema") if "schema" in node and place[-2:-1] == ["content"] else None
            if schema is None and place[:2] == ["components", "schemas"] and len(place) == 3:
                schema = node
            if schema is not None:
                found = [node["example"]] if "example" in node else []
                named = node.get("examples", [])
                found += [item.get("value") for item in named.values()] if isinstance(named, dict) else named
                for value in found:
                    checker = jsonschema.Draft202012Validator(schema, resolver=resolver,
                                                              format_checker=jsonschema.FormatChecker())
                    for error in checker.iter_errors(value):
                        self.fault(pointer(*place), "the example breaks its schema at /%s: %s" % (
                            "/".join(map(str, error.absolute_path)), error.message[:300]))
            for word, value in node.items():
                visit(value, place + [word])

        visit(root, [])


def anchor(node):
    """The service anchors patterns at both ends; JSON Schema does not. Tests and checks use this form."""
    if isinstance(node, list):
        return [anchor(value) for value in node]
    if not isinstance(node, dict):
        return node
    return {key: "^(?:%s)$" % value if key == "pattern" and isinstance(value, str) else anchor(value)
            for key, value in node.items()}


def write_if_changed(path, content):
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == content:
                return
    except FileNotFoundError:
        pass
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(content)
    os.replace(path + ".new", path)


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    mode, path = (arguments[0], arguments[1]) if arguments[0].startswith("--") else ("", arguments[0])
    if mode not in ("", "--check", "--json"):
        sys.exit(__doc__)
    spec = Spec(path)
    spec.read()
    if mode == "--check":
        spec.check_examples()
    if spec.faults:
        sys.exit("\n".join(spec.faults))
    if mode == "--json":
        print(spec.published())
    elif not mode:
        os.makedirs(arguments[1], exist_ok=True)
        header, source = spec.header(), spec.source()
        write_if_changed(os.path.join(arguments[1], "operations.h"), header)
        write_if_changed(os.path.join(arguments[1], "operations.c"), source)


if __name__ == "__main__":
    main(sys.argv[1:])
