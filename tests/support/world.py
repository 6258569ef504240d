"""A world: a database of its own, cloned from the migrated template, and a running allianced with a fixed business clock."""
import hashlib
import json
import pathlib
import re
import secrets
import signal
import subprocess
import time
import uuid
import zlib

from . import cluster as clusters
from .client import Client
from .process import environment, free_ports

START = "2026-11-15T09:00:00+08:00"
REACH = {"lead": "organisation_id", "council": "organisation_id", "host": "organisation_id", "member": "organisation_id",
         "county": "recommender_id", "dept": "recommender_id", "assoc": "recommender_id", "expert": "expert_id"}
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|SUMMARY: \w+Sanitizer")


def uuid7():
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def make_key():
    """An API key as service/base/key.c makes them: mark, 30 random characters, CRC-32 in base 62."""
    body = "wna_test_" + "".join(secrets.choice(BASE62) for _ in range(30))
    crc, check = zlib.crc32(body.encode()), ""
    for _ in range(6):
        check = BASE62[crc % 62] + check
        crc //= 62
    return body + check


def quote(text):
    return "null" if text is None else "'" + str(text).replace("'", "''") + "'"


class World:
    """start() and stop() may be called again: the database stays. settings are flags of allianced serve. twin is another world
    whose database this one serves, too."""

    def __init__(self, cluster, directory, recorder, settings=None, template=clusters.TEMPLATE, twin=None):
        self.cluster, self.recorder = cluster, recorder
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.is_twin = twin is not None
        self.database = twin.database if twin else cluster.create(template)
        self.settings = {"clock": "fixed:" + START, "sweep": "off", "log-format": "json", "log-level": "info",
                         "pool-connections": 6, "state-dir": self.directory.parent / "state",
                         "max-connections-per-ip": 0,  # all tests come from one address
                         "grace-ms": 0,  # and none through a proxy
                         **{name.replace("_", "-"): value for name, value in (settings or {}).items()}}
        self.log_path = self.directory / "service.log"
        self.process = None
        self.clients = 0
        self.admin = None

    # The service

    def flags(self):
        words = ["--database-url", self.cluster.url(self.database)]
        for name, value in self.settings.items():
            words.append(f"--{name}={value}")
        return words

    def start(self):
        self.port, self.admin_port = free_ports(2)
        self.base = f"http://127.0.0.1:{self.port}"
        surroundings = environment(UBSAN_OPTIONS="print_stacktrace=1", TSAN_OPTIONS="exitcode=66",
                                   ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=0")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([clusters.binary(), "serve", "--port", str(self.port), "--admin-port",
                                             str(self.admin_port), *self.flags()], stdout=log, stderr=log, env=surroundings,
                                            start_new_session=True)
        self.anonymous = Client(self.base, self.recorder)
        self.wait_ready()
        return self

    def wait_ready(self, seconds=30):
        probe = Client(self.base, None)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"allianced ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            try:
                if probe.get("/health/ready", timeout=5).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError(f"allianced is not ready:\n{self.log()[-4000:]}")

    def stop(self):
        """SIGTERM; the exit code must be 0 and the log free of sanitizer reports."""
        if not self.process:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"allianced did not stop:\n{self.log()[-4000:]}") from None
        report = SANITIZER.search(self.log())
        assert not report, self.log()[max(0, report.start() - 200):report.start() + 6000]
        assert code == 0, f"allianced ended with {code}:\n{self.log()[-4000:]}"

    def restart(self, **settings):
        self.stop()
        self.settings.update({name.replace("_", "-"): value for name, value in settings.items()})
        for client in ("admin", "anonymous"):
            setattr(self, client, None)
        return self.start()

    def close(self):
        try:
            self.stop()
        finally:
            if not self.is_twin:
                self.cluster.drop(self.database)

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace") if self.log_path.exists() else ""

    def log_lines(self):
        """The JSON lines of the log."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def run(self, *words, check=True):
        """allianced WORDS on this database; the completed process (stdout, stderr, returncode)."""
        done = subprocess.run([clusters.binary(), *map(str, words), *self.flags()], capture_output=True, text=True,
                              env=environment(), check=False, timeout=120)
        assert not check or done.returncode == 0, done.stderr
        return done

    def sweep(self, date=None):
        return self.run("sweep", *(["--date", date] if date else []))

    # The database

    def sql(self, text, user=clusters.OWNER):
        """Rows as tuples of text (None is null), as the owner; clusters.SERVICE is the service's own role."""
        return self.cluster.sql(self.database, text, user)

    def value(self, text, user=clusters.OWNER):
        rows = self.sql(text, user)
        return rows[0][0] if rows else None

    # Who calls

    def client(self, *roles, name=None, organisation=None, recommender=None, expert=None, scopes=None):
        """A new account with those roles (the reach goes to the roles that need one) and an API key."""
        self.clients += 1
        account_id, key = uuid7(), make_key()
        name = name or f"{'、'.join(roles) or 'nobody'} {self.clients}"
        reach = {"organisation_id": organisation, "recommender_id": recommender, "expert_id": expert}
        lines = [f"insert into account (id, name, kind, created_at, updated_at) values "
                 f"('{account_id}', {quote(name)}, 'person', '{START}', '{START}');"]
        for role in roles:
            own = {column: value if REACH.get(role) == column else None for column, value in reach.items()}
            assert role not in REACH or own[REACH[role]], f"{role} needs {REACH[role]}"
            lines.append(f"insert into account_grant (id, account_id, role, organisation_id, recommender_id, expert_id, granted_at) "
                         f"values ('{uuid7()}', '{account_id}', '{role}', {', '.join(map(quote, own.values()))}, '{START}');")
        digest = hashlib.sha256(key.encode()).hexdigest()
        lines.append(f"insert into credential (id, account_id, kind, name, prefix, secret_sha256, scopes, created_at) values "
                     f"('{uuid7()}', '{account_id}', 'api_key', 'test', '{key[:13]}', '\\x{digest}', {quote(scopes)}, '{START}');")
        self.sql("begin;" + "".join(lines) + "commit;")
        return Client(self.base, self.recorder, key, account_id)

    # Business time

    def clock(self, instant):
        """Move the business clock: an RFC 3339 instant."""
        if not self.admin:
            self.admin = self.client("sysadmin", name="clock")
        reply = self.admin.put("/v1/test-clock", {"now": instant}, etag=None)
        assert reply.status in (200, 204), reply
        return reply
