"""The containers of docker/compose.yaml as docker/local/test-docker has started them: the fixture containers, and world, which is what
the scenarios know by that name, played through the proxy. TEST_DOCKER, TEST_COMPOSE,
TEST_PROJECT and TEST_BASE say where."""
import json
import os
import secrets
import shlex
import subprocess
import time

import pytest
import requests

from support import cluster as clusters
from support.client import Client
from support.world import World

REPLICAS = ("service-a", "service-b")
COLUMN, ROW, NULL = "\x1f", "\x1e", "\x01"
NO_CONNECTION = 2  # psql's exit code
NOT_RUNNING = ("is not running", "is restarting")
KEEP_SECONDS = 3
ANSWER_SECONDS = 10  # every request is answered within this, whatever has been killed


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Containers:
    def __init__(self):
        self.docker_words = shlex.split(os.environ["TEST_DOCKER"])
        self.project = os.environ["TEST_PROJECT"]
        self.base = os.environ["TEST_BASE"]
        self.names = {}

    def run(self, words, text=None, check=True, seconds=120):
        done = subprocess.run(words, input=text, capture_output=True, text=True, check=False, timeout=seconds)
        assert not check or done.returncode == 0, f"{words}: {done.stderr}"
        return done

    def docker(self, *words, text=None, check=True):
        return self.run([*self.docker_words, *words], text, check).stdout

    def compose(self, *words, **environment):
        """docker-compose with the site's files; a container may be another one afterwards."""
        words = ["env", *(f"{name}={value}" for name, value in environment.items()), *shlex.split(os.environ["TEST_COMPOSE"]), *words]
        self.run(words, seconds=300)
        self.names.clear()

    def name(self, service):
        if service not in self.names:
            (self.names[service],) = self.docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}", "--filter",
                                                 f"label=com.docker.compose.service={service}").split()
        return self.names[service]

    def inspect(self, service):
        return json.loads(self.docker("inspect", self.name(service)))[0]

    def is_healthy(self, service):
        state = self.inspect(service)["State"]
        return state["Running"] and state["Health"]["Status"] == "healthy"

    def wait_healthy(self, *services):
        for service in services:
            wait_for(lambda: self.is_healthy(service), f"{service} is healthy")

    def log_of_proxy(self, number):
        lines = self.docker("logs", "--tail", str(number), self.name("proxy")).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def replicas_asked(self):
        """Which replicas answer what is sent now: the proxy has its own opinion of who is there, later than docker's."""
        trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
        for _ in range(2 * len(REPLICAS)):
            requests.get(self.base + "/health/live", headers={"traceparent": trace}, timeout=ANSWER_SECONDS)
        return {line["replica"] for line in self.log_of_proxy(1000) if line["traceparent"] == trace and line["status"] == 200}

    def wait_redundant(self):
        """Every replica is healthy, and the proxy sends requests to each: now one of them may die and nobody notices."""
        self.wait_healthy(*REPLICAS)
        wait_for(lambda: self.replicas_asked() == set(REPLICAS), "the proxy asks both replicas")

    def crash(self, service):
        """The main process is killed, as by the kernel; what happens then is the restart policy's business."""
        # as root, also where only docker's words have the sudo for that; docker kill would end the container for good
        who_may = [] if os.geteuid() == 0 else ["sudo", "-n"]
        self.run([*who_may, "kill", "-KILL", str(self.inspect(service)["State"]["Pid"])])

    def psql(self, text, user, seconds=60):
        """Waits for a database that was killed."""
        words = [*self.docker_words, "exec", "-i", self.name("database"), "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-F", COLUMN,
                 "-R", ROW, "-P", f"null={NULL}", "-U", user, "-d", "alliance", "-f", "-"]
        deadline = time.monotonic() + seconds
        while True:
            done = self.run(words, text, check=False)
            is_away = done.returncode == NO_CONNECTION or any(word in done.stderr for word in NOT_RUNNING)
            if not is_away or time.monotonic() > deadline:
                assert done.returncode == 0, done.stderr
                return done.stdout
            time.sleep(0.2)


class Patient(requests.Session):
    """What the API asks of a client: 503 with Retry-After is repeated as it was sent, with the same Idempotency-Key. Nothing else is;
    each answer comes in time."""

    before = None  # called before each request, told whether the proxy may repeat it

    def __init__(self):
        super().__init__()
        self.trust_env = False
        self.used = time.monotonic()

    def request(self, *words, **options):
        deadline = time.monotonic() + 90
        while True:
            if Patient.before:
                has_key = words[0] == "POST" and "Idempotency-Key" in options["headers"] and not words[1].endswith("/credentials")
                Patient.before(words[0] == "GET" or has_key)
            began = time.monotonic()
            if began - self.used > KEEP_SECONDS:  # the proxy may be about to close the connection
                self.close()
            response = super().request(*words, **options)
            self.used = time.monotonic()
            taken = self.used - began
            assert taken < ANSWER_SECONDS, f"{words} was answered after {taken:.1f} s"
            if response.status_code != 503 or time.monotonic() > deadline:
                return response
            assert int(response.headers["Retry-After"]) > 0, response.headers
            time.sleep(0.1)


class ProxyClient(Client):
    def session(self):
        if not hasattr(self.local, "session"):
            self.local.session = Patient()
        return self.local.session


class Public(ProxyClient):
    """Without a token the replicas answer from memory and may be behind each other for a moment: a reading counts when as many answers
    in a row as there are replicas agree."""

    def get(self, path, **options):
        deadline = time.monotonic() + ANSWER_SECONDS
        replies = []
        while len({(reply.status, reply.body if reply.status < 400 else b"") for reply in replies[-2 * len(REPLICAS):]}) != 1 or \
                len(replies) < 2 * len(REPLICAS):
            assert time.monotonic() < deadline, f"the replicas do not agree about {path}: {replies[-len(REPLICAS):]}"
            replies.append(super().get(path, **options))
        return replies[-1]


class ProxyWorld(World):
    """A world whose service and database are containers."""

    def __init__(self, containers, recorder):
        self.containers, self.recorder = containers, recorder
        self.base = containers.base
        self.clients, self.admin = 0, None
        self.anonymous = Public(self.base, recorder)

    def client(self, *roles, **options):
        made = super().client(*roles, **options)
        return ProxyClient(made.base, made.recorder, made.token, made.account_id)

    def sql(self, text, user=clusters.OWNER):
        out = self.containers.psql(text, user).removesuffix("\n")
        rows = out.split(ROW) if out else []
        return [tuple(None if cell == NULL else cell for cell in row.split(COLUMN)) for row in rows]


@pytest.fixture(scope="session")
def containers():
    containers = Containers()
    containers.wait_healthy("database", *REPLICAS, "proxy")
    return containers


@pytest.fixture(scope="module")
def world(containers, session):
    session.worlds += 1  # the exchanges are held against openapi.yaml when the session ends
    return ProxyWorld(containers, session.recorder)
