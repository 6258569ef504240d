"""The command line of tests/load/rate.c."""
import functools
import subprocess

FIRST = ["chrt", "-f", "1"]


def command(tools, port, connections, path, requests, *phases):
    """With requests as (weight, bytes), which go into a file of that path, and phases like "0:5" or "1000:10"."""
    path.write_bytes(b"\n".join(b"%d %d\n%b" % (weight, len(data), data) for weight, data in requests))
    return [tools / "rate", str(port), str(connections), path, *phases]


@functools.cache
def priority():
    """What to put before a command that is to run before all others, as if it had a machine of its own; nothing where that is not
    allowed."""
    try:
        return FIRST if subprocess.run([*FIRST, "true"], capture_output=True, check=False).returncode == 0 else []
    except OSError:
        return []
