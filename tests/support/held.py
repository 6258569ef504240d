"""A transaction that another session holds open until the test lets it go: row locks, keys and advisory locks without sleeping."""
import subprocess

from . import cluster as clusters
from .process import environment


def waiting(world, statement=""):
    """How many sessions on the world's database wait for a lock, in a statement that begins so."""
    return int(world.value("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' "
                           f"and starts_with(query, '{statement}')", user="postgres"))


class Held:
    """with Held(world, "select … for update"): …  The statements have run when the body begins; ends says what happens at its end."""

    def __init__(self, world, text, user=clusters.OWNER, ends="rollback"):
        self.ends = ends
        self.process = subprocess.Popen(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-d", world.cluster.url(world.database, user)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
        self.process.stdin.write(f"begin; {text};\n\\echo held\n")
        self.process.stdin.flush()

    def __enter__(self):
        for line in self.process.stdout:
            if line.strip() == "held":
                return self
        raise RuntimeError("the statements failed")

    def __exit__(self, *_):
        self.process.stdin.write(f"{self.ends};\n")
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait()
