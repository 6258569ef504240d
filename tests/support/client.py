"""A client of one account. It adds what the operation takes (Idempotency-Key, If-Match) unless the test says otherwise, and
writes every exchange to the record that tests/contract/replay.py reads when the session ends."""
import json
import os
import threading
import uuid

import requests

from . import spec

AUTO = object()


class Recorder:
    """One JSON object a line: test, method, path (with query), status, headers, body, and the request's body."""

    def __init__(self, path):
        self.path = str(path)
        self.file = open(self.path, "a", encoding="utf-8")
        self.lock = threading.Lock()

    def write(self, method, path, sent, response):
        line = json.dumps({
            "test": os.environ.get("PYTEST_CURRENT_TEST", ""), "method": method, "path": path,
            "request_body": sent if isinstance(sent, str) else None, "status": response.status_code,
            "headers": {name.lower(): value for name, value in response.headers.items()},
            "body": response.content.decode("utf-8", "replace")}, ensure_ascii=False)
        with self.lock:
            self.file.write(line + "\n")
            self.file.flush()


class Reply:
    """status, headers (case-insensitive), body (bytes), text, json (None when it is none)."""

    def __init__(self, response):
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.content
        self.text = response.content.decode("utf-8", "replace")
        try:
            self.json = json.loads(self.text)
        except ValueError:
            self.json = None

    @property
    def id(self):
        return self.json["id"]

    @property
    def code(self):
        """The code of a problem document."""
        return (self.json or {}).get("code")

    @property
    def rules(self):
        """The rule codes of a problem document, sorted, each once."""
        return sorted({error["code"] for error in (self.json or {}).get("errors", [])})

    @property
    def pointers(self):
        return sorted({error.get("pointer") for error in (self.json or {}).get("errors", [])} - {None})

    def __repr__(self):
        return f"<{self.status} {self.text[:2000]}>"


class Client:
    def __init__(self, base, recorder, token=None, account_id=None):
        self.base, self.recorder, self.token, self.account_id = base, recorder, token, account_id
        self.etags = {}
        self.local = threading.local()

    def session(self):
        """One connection per thread."""
        if not hasattr(self.local, "session"):
            self.local.session = requests.Session()
            self.local.session.trust_env = False
        return self.local.session

    def request(self, method, path, body=None, *, headers=None, params=None, key=AUTO, etag=AUTO, dry_run=False,
                content_type=None, timeout=60):
        sent = {"Accept-Language": "zh-CN"}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = body
        if body is not None and not isinstance(body, (bytes, str)):
            data = json.dumps(body, ensure_ascii=False)
        if data is not None:
            kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
            sent["Content-Type"] = content_type or ("application/octet-stream" if isinstance(body, bytes) else kind)
        if key is AUTO:
            key = str(uuid.uuid4()) if not dry_run and spec.takes(method, path, "Idempotency-Key") else None
        if key is not None:
            sent["Idempotency-Key"] = key
        if etag is AUTO:
            etag = self.etag(path) if spec.takes(method, path, "If-Match") else None
        if etag is not None:
            sent["If-Match"] = etag
        if dry_run:
            params = {**(params or {}), "dry_run": "true"}
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        response = self.session().request(method, self.base + path, params=params,
                                          data=data.encode() if isinstance(data, str) else data, headers=sent,
                                          allow_redirects=False, timeout=timeout)
        target = response.request.path_url
        if self.recorder:
            self.recorder.write(method, target, data, response)
        self.remember(method, path, response)
        return Reply(response)

    def remember(self, method, path, response):
        etag = response.headers.get("ETag")
        if not etag or response.status_code >= 300 or path.split("?")[0].endswith("/transitions"):
            return
        self.etags[response.headers.get("Location") or path.split("?")[0]] = etag
        if method in ("GET", "PUT", "PATCH"):
            self.etags[path.split("?")[0]] = etag

    def etag(self, path):
        """The ETag of the resource that a writing path is about: the one remembered, else a fresh one."""
        path = self.resource(path)
        if path not in self.etags:
            self.get(path)
        return self.etags.get(path)

    @staticmethod
    def resource(path):
        path = path.split("?")[0].removesuffix("/transitions")
        while path.count("/") > 2 and not spec.find("GET", path):
            path = path.rsplit("/", 1)[0]
        return path

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.request("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        return self.request("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def act(self, path, action, **members):
        """POST …/transitions with the ETag of a fresh GET. key, etag, dry_run and headers are options, the rest is the body."""
        options = {name: members.pop(name) for name in ("key", "etag", "dry_run", "headers") if name in members}
        if "etag" not in options:
            fresh = self.get(path)
            options["etag"] = fresh.headers.get("ETag")
        return self.post(path + "/transitions", {"action": action, **members}, **options)

    def all(self, path, **options):
        """The items of every page."""
        items = []
        while path:
            reply = self.get(path, **options)
            assert reply.status == 200, reply
            items += reply.json["items"]
            path, options = reply.json["page"]["next"], {}
        return items
