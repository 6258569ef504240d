"""What the tests, the load tests and the bench start processes with. The standard library alone."""
import os
import socket


def environment(**more):
    """Without what would reach the service or libpq by accident."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALLIANCE_", "PG", "DATABASE_"))}
    return {**kept, **more}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
