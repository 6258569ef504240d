"""The bench's own PostgreSQL: started with memory for a large database and with fsync, migrated, filled by allianced seed, and ended
again. SQL as the owner or as the superuser goes through libpq."""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support.libpq import Connection  # noqa: E402

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
CLUSTER = ROOT / "docker/local/cluster"
DATABASE, OWNER, SERVICE = "alliance", "alliance_owner", "alliance_service"


def environment(**more):
    """Without what would reach the service or libpq by accident."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALLIANCE_", "PG", "DATABASE_"))}
    return {**kept, **more}


class Database:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        done = subprocess.run([CLUSTER, "start", self.directory, "large"], capture_output=True, text=True, env=environment(), check=False)
        if done.returncode:
            raise SystemExit(f"bench: {done.stderr.strip()}")
        self.socket = done.stdout.strip()
        moved = self.directory / "postgres-path"
        self.home = pathlib.Path(moved.read_text(encoding="utf-8").strip()) if moved.exists() else self.directory / "postgres"
        self.postmaster = int((self.home / "data/postmaster.pid").read_text(encoding="utf-8").split()[0])
        self.connection = Connection(self.url("postgres"))

    def url(self, user=SERVICE, generic=False):
        """generic: statements are planned once for all values."""
        options = "-c TimeZone=Asia/Shanghai -c DateStyle=ISO -c jit=off" + (" -c plan_cache_mode=force_generic_plan" if generic else "")
        return f"host='{self.socket}' user={user} dbname={DATABASE} options='{options}'"

    def program_url(self, user=SERVICE):
        return f"host='{self.socket}' user={user} dbname={DATABASE}"

    def sql(self, text):
        """Rows of the last statement as tuples of text, as the superuser."""
        return self.connection.run(text)

    def value(self, text):
        rows = self.sql(text)
        return rows[0][0] if rows else None

    def log_size(self):
        return (self.home / "log").stat().st_size

    def log_since(self, offset):
        with open(self.home / "log", encoding="utf-8", errors="replace") as log:
            log.seek(offset)
            return log.read()

    def stop(self):
        self.connection.close()
        subprocess.run([CLUSTER, "stop", self.directory], env=environment(), check=False)
