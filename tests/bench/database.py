"""The bench's own PostgreSQL: started with memory for a large database and with fsync, migrated, filled by allianced seed, and ended
again (with KEEP=1 in the environment its files stay). SQL as the owner or as the superuser goes through libpq."""
import contextlib
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from support.cluster import DATABASE, SERVICE, control  # noqa: E402
from support.libpq import Connection  # noqa: E402

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")


class Database:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        try:
            self.socket = control("start", self.directory, "large")
        except RuntimeError as error:
            raise SystemExit(f"bench: {error}") from error
        self.home = pathlib.Path(control("home", self.directory))
        self.postmaster = int((self.home / "data/postmaster.pid").read_text(encoding="utf-8").split()[0])
        self.connection = Connection(self.url("postgres"))

    def url(self, user=SERVICE, generic=False):
        """generic: statements are planned once for all values."""
        options = "-c TimeZone=Asia/Shanghai -c DateStyle=ISO" + (" -c plan_cache_mode=force_generic_plan" if generic else "")
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
        with contextlib.suppress(RuntimeError):  # without a checkpoint of what nobody will look at
            control("stop" if os.environ.get("KEEP") else "remove", self.directory)
