"""Two services over one database, as behind a proxy: the first reaches PostgreSQL through a relay that can fall silent."""
import re

import requests

from . import raw
from .relay import Relay


class Pair:
    def __init__(self, session, name, **settings):
        self.first = session.world(settings)
        self.relay = Relay(session.directory / name, self.first.cluster.socket, only="organisation_update")
        plain = self.first.flags
        self.first.flags = lambda: [word.replace(self.first.cluster.socket, self.relay.directory) for word in plain()]
        self.second = session.world(settings, twin=self.first)
        self.both = (self.first, self.second)

    def start(self):
        for world in self.both:
            world.start()
        for world in self.both:
            wait_listening(world)
        return self

    def close(self):
        try:
            self.second.close()
        finally:
            self.first.close()
            self.relay.close()


def metrics(world):
    text = requests.get(f"http://127.0.0.1:{world.admin_port}/metrics", timeout=20).text
    return {name: int(value) for name, value in re.findall(r"^public_cache_(\w+) (\d+)$", text, re.M)}


def is_listening(world):
    return metrics(world)["listening"] == 1


def wait_listening(world, listening=True):
    assert raw.wait_until(lambda: is_listening(world) == listening, seconds=20), metrics(world)
