"""A private PostgreSQL for the session, with one migrated database that every world is cloned from."""
import os
import pathlib
import subprocess
import threading

from .libpq import Connection, DatabaseError  # noqa: F401 (DatabaseError is for the tests)
from .process import environment

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "docker/local/cluster"
DATABASE, OWNER, SERVICE = "alliance", "alliance_owner", "alliance_service"  # as the script makes them
TEMPLATE = DATABASE
# What the service asks of the planner on its own connections (service/db/connection.c): plans are judged and compared under it.
PLANNING = {"jit": "off", "random_page_cost": "1.1", "max_parallel_workers_per_gather": "0"}


def control(word, directory, *more):
    """What docker/local/cluster prints: the socket's directory for start, where the cluster lives for home."""
    done = subprocess.run([CLUSTER, word, directory, *more], capture_output=True, text=True, check=False, env=environment())
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout.strip()


def binary():
    """The program under test: of TEST_ALLIANCED, else the newest that was built."""
    if os.environ.get("TEST_ALLIANCED"):
        return pathlib.Path(os.environ["TEST_ALLIANCED"]).resolve()
    found = [path for path in (ROOT / "build").glob("*/allianced") if path.is_file()]
    if not found:
        raise RuntimeError("nothing is built; run make sanitize")
    return max(found, key=lambda path: path.stat().st_mtime)


class Cluster:
    """mode as docker/local/cluster knows it; none is durable."""

    def __init__(self, directory, *mode):
        self.directory = str(directory)
        self.socket = control("start", self.directory, *mode)
        self.count = 0
        self.connections = {}

    def stop(self):
        for connection in self.connections.values():
            connection.close()
        control("stop", self.directory)

    def log(self):
        """What PostgreSQL has written, of all databases."""
        return pathlib.Path(control("home", self.directory), "log").read_text(encoding="utf-8", errors="replace")

    def url(self, database, user=SERVICE):
        return f"host='{self.socket}' user={user} dbname={database}"

    def migrate(self, database=TEMPLATE):
        done = subprocess.run([binary(), "migrate", "--database-owner-url", self.url(database, OWNER)], capture_output=True,
                              text=True, env=environment(), check=False)
        if done.returncode:
            raise RuntimeError(f"migrate: {done.stderr}")

    def create(self, template=TEMPLATE):
        """The name of a new database; template None makes an empty one."""
        self.count += 1
        name = f"world_{self.count}"
        source = f" template {template}" if template else ""
        self.sql("postgres", f"create database {name} owner {OWNER}{source}", user="postgres")
        return name

    def drop(self, name):
        for key in [key for key in self.connections if key[0] == name]:
            self.connections.pop(key).close()
        self.sql("postgres", f"drop database if exists {name} with (force)", user="postgres")

    def sql(self, database, text, user=OWNER):
        """The rows of the last statement as tuples of text, None for null."""
        key = (database, user, threading.get_ident())
        if key not in self.connections:
            self.connections[key] = Connection(f"{self.url(database, user)} client_encoding=UTF8 options='-c TimeZone=Asia/Shanghai'")
        try:
            return self.connections[key].run(text)
        finally:
            if database == TEMPLATE:  # nobody may be connected to what is cloned
                self.connections.pop(key).close()
