"""What whoever supervises the process relies on: the command health, and the word to systemd when requests are answered."""
import contextlib
import pathlib
import signal
import socket
import subprocess
import threading

from support.cluster import binary, environment
from support.process import free_ports

ROOT = pathlib.Path(__file__).resolve().parents[2]


def health(*words, **settings):
    return subprocess.run([binary(), "health", *words, *(f"--{name.replace('_', '-')}={value}" for name, value in settings.items())],
                          capture_output=True, text=True, check=False, timeout=30, env=environment())


@contextlib.contextmanager
def answering(reply):
    """A port that says reply to each caller; None accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    asked.append(caller)
                    if reply is not None:
                        caller.recv(4096)
                        caller.sendall(reply)
                        caller.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)
            for caller in asked:
                caller.close()


def test_a_running_service_is_healthy_by_each_address(world):
    for bind in ("127.0.0.1", "0.0.0.0"):
        for words in ((), ("--live",)):
            done = health(*words, port=world.port, bind=bind)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_everything_else_is_unhealthy_in_one_line():
    with answering(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n") as port:
        done = health(port=port)
    assert done.returncode == 1 and done.stderr == "allianced: /health/ready answers HTTP/1.1 503 Service Unavailable\n"
    with answering(b"") as port:
        assert health(port=port).returncode == 1
    with answering(b"200 200 200" * 100) as port:
        assert health(port=port).returncode == 1
    with answering(None) as port:
        done = health("--live", port=port)
    assert done.returncode == 1 and "does not answer" in done.stderr
    done = health(port=free_ports(1)[0])
    assert done.returncode == 1 and "Connection refused" in done.stderr
    assert health(bind="nowhere").returncode == 78


def test_systemd_is_told_when_requests_are_answered_and_when_it_stops(world, tmp_path):
    for path in (str(tmp_path / "notify"), "\0alliance-test-notify"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.bind(path)
            supervisor.settimeout(30)
            port, admin_port = free_ports(2)
            own = {"port": port, "admin-port": admin_port}
            process = subprocess.Popen([binary(), "serve", *world.flags(), *(f"--{name}={value}" for name, value in own.items())],
                                       env={**environment(), "NOTIFY_SOCKET": path.replace("\0", "@")}, stderr=subprocess.DEVNULL)
            try:
                assert supervisor.recv(100) == b"READY=1"
                assert health(port=port).returncode == 0
                process.send_signal(signal.SIGTERM)
                assert supervisor.recv(100) == b"STOPPING=1"
                assert process.wait(timeout=30) == 0
            finally:
                process.kill()
                process.wait()


def test_no_thread_waits_by_the_wall_clock():
    """Whoever sets it back an hour would make that thread wait an hour: all waits are clock_wait's."""
    sources = [path for folder in ("service", "api") for path in (ROOT / folder).rglob("*.c")]
    assert len(sources) > 50
    assert [path.name for path in sources if "pthread_cond_timedwait" in path.read_text(encoding="utf-8")] == []
