"""The command line of tests/load/rate.c."""


def command(tools, port, connections, path, requests, *phases):
    """With requests as (weight, bytes), which go into a file of that path, and phases like "0:5" or "1000:10"."""
    path.write_bytes(b"\n".join(b"%d %d\n%b" % (weight, len(data), data) for weight, data in requests))
    return [tools / "rate", str(port), str(connections), path, *phases]
