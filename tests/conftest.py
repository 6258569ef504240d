"""Fixtures of the suites over HTTP.

world          one per test module: a database and a service of its own; the tests of the module share what they make
fresh_world    one per test
make_world     a function: make_world(pool_connections=2) is another world with other settings, closed with the module
cluster        the session's PostgreSQL

At the end of the session the record of all exchanges is checked against openapi.yaml (tests/contract/replay.py)."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.client import Recorder  # noqa: E402
from support.cluster import Cluster, control  # noqa: E402
from support.world import World  # noqa: E402

SUITES = ("tests/contract", "tests/scenario", "tests/attack")
STATE = pytest.StashKey()


class Session:
    """What lives as long as the run; made when the first test asks for it."""

    def __init__(self):
        # Not under pytest's own directory: its path may be too long for a socket and closed to PostgreSQL's user.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="alliance-test-", dir="/tmp"))
        self.directory.chmod(0o711)
        self.recorder = Recorder(self.directory / "exchanges.jsonl")
        self.started = None
        self.worlds = 0

    def cluster(self):
        if not self.started:
            self.started = Cluster(self.directory / "cluster", "fast")
            self.started.migrate()
        return self.started

    def world(self, settings=None, twin=None):
        self.worlds += 1
        return World(self.cluster(), self.directory / f"world-{self.worlds}", self.recorder, settings, twin=twin)

    def close(self):
        if self.started:
            self.started.stop()
        if os.environ.get("TEST_KEEP"):
            print(f"\nkept: {self.directory}")
        else:
            control("remove", self.directory / "cluster")
            shutil.rmtree(self.directory, ignore_errors=True)


def interrupted(_number, _frame):
    raise KeyboardInterrupt


def pytest_configure(config):
    signal.signal(signal.SIGTERM, interrupted)  # so that services and cluster are stopped then, too
    config.addinivalue_line("markers", "concurrent: played again under ThreadSanitizer by make test-thread")
    config.stash[STATE] = Session()


@pytest.fixture(scope="session")
def session(pytestconfig):
    return pytestconfig.stash[STATE]


@pytest.fixture(scope="session")
def cluster(session):
    return session.cluster()


def opened(session, settings=None):
    world = session.world(settings)
    try:
        return world.start()
    except BaseException:
        world.close()
        raise


@pytest.fixture(scope="module")
def world(session):
    world = opened(session)
    yield world
    world.close()


@pytest.fixture
def fresh_world(session):
    world = opened(session)
    yield world
    world.close()


@pytest.fixture(scope="module")
def make_world(session):
    worlds = []

    def make(**settings):
        worlds.append(opened(session, settings))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


def is_full(session):
    """Whether everything was asked for: the three suites (or all of tests) without a selection."""
    options = session.config.option
    asked = {pathlib.Path(argument).resolve() for argument in session.config.args}
    wanted = {(ROOT / suite).resolve() for suite in SUITES if any((ROOT / suite).rglob("test_*.py"))}
    return not options.keyword and not options.markexpr and (asked >= wanted or ROOT / "tests" in asked)


def check_replay(session, state):
    """Every reply against openapi.yaml; in a full run, every operation exercised. True when nothing is wrong."""
    script = ROOT / "tests/contract/replay.py"
    if not script.exists() or not state.worlds:
        return True
    words = [sys.executable, str(script), state.recorder.path] + (["--full"] if is_full(session) else [])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"\nThe exchanges do not keep to openapi.yaml:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    """Last of all: pytest itself closes the worlds of a run that was cut short here."""
    yield
    state = session.config.stash[STATE]
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    passed = len(reporter.stats.get("passed", [])) if reporter else 0
    failed = sum(len(reporter.stats.get(kind, [])) for kind in ("failed", "error")) if reporter else 0
    try:
        if state.worlds and not session.config.option.collectonly:
            good = check_replay(session, state)
            passed, failed = passed + good, failed + (not good)
    finally:
        state.close()
    if failed and session.exitstatus == 0:
        session.exitstatus = 1
    if os.environ.get("TEST_RESULTS"):
        with open(os.environ["TEST_RESULTS"], "a", encoding="utf-8") as results:
            results.write(f"{passed} {failed}\n")
