"""From the signal to the end: first readiness is denied and everything else is answered, so that a proxy goes elsewhere; then what has
been accepted is answered, and nothing more is taken."""
import concurrent.futures
import datetime
import json
import re
import signal

from support import raw
from support.held import Held, waiting
from test_overload import LOCK, at_work

LONG = 600_000  # a grace that no test waits for


def told(world, number=signal.SIGTERM):
    """The service has got the signal; its process, for the world must not stop it once more."""
    world.process.send_signal(number)
    assert raw.wait_until(lambda: any(line["event"] == "stopping" for line in world.log_lines()))
    process, world.process = world.process, None
    return process


def ended(process):
    try:
        return process.wait(timeout=40)
    finally:
        process.kill()


def ask(client, target="/v1", *lines):
    client.sendall("\r\n".join([f"GET {target} HTTP/1.1", "Host: test", *lines, "", ""]).encode())


def receive(client):
    """One answer on a connection that is kept."""
    data = b""
    while not (length := re.search(rb"(?i)\r\ncontent-length: (\d+).*?\r\n\r\n", data, re.S)) or len(data) < length.end() + int(length[1]):
        block = client.recv(65536)
        assert block, f"cut after {data!r}"
        data += block
    return raw.parse(data)


def last(client):
    """The answer after which the connection ends."""
    with client:
        return raw.parse(raw.read_all(client))


def refuses(port):
    try:
        raw.connect(port).close()
    except ConnectionError:
        return True
    return False


def is_ready(port):
    answer = raw.get(port, "/health/ready")
    health = json.loads(answer.body)
    assert health["status"] == ("pass" if answer.status == 200 else "fail")
    assert health["checks"]["postgresql:connection"][0]["status"] == "pass"
    return answer.status == 200


def test_in_the_grace_all_but_readiness_is_as_ever_and_connections_end(make_world):
    world = make_world(grace_ms=LONG, lock_timeout_ms=LONG, statement_timeout_ms=LONG)
    officer, sysadmin = world.client("officer"), world.client("sysadmin")
    account = sysadmin.post("/v1/accounts", {"name": "before", "kind": "machine"})
    kept, busy, mute = (raw.connect(world.port) for _ in range(3))
    ask(kept)
    assert receive(kept).header("connection") is None
    assert is_ready(world.port)
    with Held(world, LOCK):
        ask(busy, "/v1/me", f"Authorization: Bearer {officer.token}")
        assert at_work(world, "read", 1)
        process = told(world)
        assert not is_ready(world.port)
    for client in (kept, mute):
        ask(client)
    for client in (busy, kept, mute):
        answer = last(client)
        assert (answer.status, answer.header("connection")) == (200, "close")
    for name in ("first", "second"):
        reply = sysadmin.patch("/v1/accounts/" + account.id, {"name": name})
        assert (reply.status, reply.headers["Connection"]) == (200, "close")
    assert not is_ready(world.port)
    process.send_signal(signal.SIGTERM)  # a second one ends the grace
    assert ended(process) == 0
    assert refuses(world.port)


def test_the_grace_ends_by_itself(make_world):
    world = make_world(grace_ms=800)
    assert ended(told(world)) == 0
    stopping, stopped = (datetime.datetime.fromisoformat(line["at"]) for line in world.log_lines() if line["event"].startswith("stop"))
    assert stopped - stopping >= datetime.timedelta(milliseconds=800)
    assert refuses(world.port)


def test_an_interrupt_from_the_keyboard_waits_for_nobody(make_world):
    world = make_world(grace_ms=LONG)
    assert ended(told(world, signal.SIGINT)) == 0


def test_one_who_insists_ends_the_process_at_once(make_world):
    """Also where it is the first process of a container, for which there is no default: so it ends by itself, not by the signal."""
    world = make_world(grace_ms=LONG, drain_seconds=30, lock_timeout_ms=30000, statement_timeout_ms=30000)
    sysadmin = world.client("sysadmin")
    with concurrent.futures.ThreadPoolExecutor() as threads, Held(world, "lock table account in share mode"):
        unanswered = threads.submit(sysadmin.post, "/v1/accounts", {"name": "waits", "kind": "machine"})
        assert raw.wait_until(lambda: waiting(world) >= 1)  # a connection that is new to the pool waits for the table, too
        process = told(world)

        def insist():
            process.send_signal(signal.SIGTERM)
            return process.poll() is not None

        assert raw.wait_until(insist, seconds=15)
        assert process.returncode == 128 + signal.SIGTERM
        assert isinstance(unanswered.exception(), OSError)


def test_what_the_kernel_has_accepted_is_answered(make_world):
    """The process stands still while clients connect and ask, and finds the signal together with them."""
    world = make_world()
    process, world.process = world.process, None
    clients = [raw.connect(world.port)]
    ask(clients[0])
    assert receive(clients[0]).status == 200
    process.send_signal(signal.SIGSTOP)
    assert raw.wait_until(lambda: state(process) == "T")
    clients += [raw.connect(world.port) for _ in range(200)]
    for client in clients:
        ask(client)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    assert {last(client).status for client in clients} == {200}
    assert ended(process) == 0


def state(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0]
