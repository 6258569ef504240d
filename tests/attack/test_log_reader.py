"""Whoever reads the log may stand still: the service goes on, and he finds the lines when he comes back."""
import fcntl
import json
import os

from support import raw

ASKED = 100  # their lines are several times what the pipe takes


class Standing:
    """Reads nothing of the pipe until it is asked to."""

    def __init__(self, path):
        os.mkfifo(path)
        self.end, self.text = os.open(path, os.O_RDONLY | os.O_NONBLOCK), b""
        fcntl.fcntl(self.end, fcntl.F_SETPIPE_SZ, 4096)

    def lines(self):
        try:
            while block := os.read(self.end, 65536):
                self.text += block
        except BlockingIOError:
            pass
        return [json.loads(line) for line in self.text.splitlines(keepends=True) if line.endswith(b"\n")]


def test_a_log_that_nobody_reads_stops_nobody(make_world):
    world = make_world()
    world.stop()
    world.log_path.unlink()
    reader = Standing(world.log_path)
    world.start()
    world.log_path.unlink()  # what the world looks at itself
    world.log_path.touch()
    for _ in range(ASKED):
        assert world.anonymous.get("/v1/nothing", timeout=10).status == 404
    assert world.anonymous.get("/health/live", timeout=10).status == 200
    assert raw.wait_until(lambda: sum(line.get("status") == 404 for line in reader.lines()) == ASKED)
    assert not any(line["event"] == "log_lines_lost" for line in reader.lines())
    os.close(reader.end)
    assert world.anonymous.get("/health/live").status == 200  # nobody will ever read it now
