"""Databases at scale: seeded once in a session by allianced seed, cloned for each world that wants one."""
import json
import subprocess

from . import cluster as clusters
from .libpq import Session
from .process import environment
from .world import START, World

MADE = {}


def seed(cluster, directory, *words):
    """(database, {role: key}) of a new database that was seeded with these words."""
    name = cluster.create()
    tokens = directory / f"{name}-tokens.json"
    done = subprocess.run([clusters.binary(), "seed", *map(str, words), "--tokens", tokens, "--clock", "fixed:" + START,
                           "--state-dir", directory / "state", "--pool-wait-ms", "30000", "--database-url", cluster.url(name),
                           "--database-owner-url", cluster.url(name, clusters.OWNER)],
                          capture_output=True, text=True, env=environment(), check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return name, json.loads(tokens.read_text(encoding="utf-8")), done.stderr


def template(session, size):
    """The session's database of that size: (name, keys)."""
    if size not in MADE:
        name, keys, _ = seed(session.cluster(), session.directory, "--size", size)
        MADE[size] = name, keys
    return MADE[size]


def as_the_service(session, database):
    """A session on that database that plans as those of the service do."""
    options = " ".join(["-c TimeZone=Asia/Shanghai", *(f"-c {name}={value}" for name, value in clusters.PLANNING.items())])
    return Session(f"{session.cluster().url(database, clusters.SERVICE)} client_encoding=UTF8 options='{options}'")


def world(session, size):
    """A running world on a clone of the session's database of that size."""
    name, keys = template(session, size)
    session.worlds += 1
    made = World(session.cluster(), session.directory / f"world-{session.worlds}", session.recorder, None, template=name)
    made.keys = keys
    try:
        return made.start()
    except BaseException:
        made.close()
        raise
