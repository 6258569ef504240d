"""What the runs are about: the seed, the parameters that reads draw from (tables of the schema bench, which pgbench draws from, and
files, which wrk draws from), and blocks of objects that writes use up, each object once."""
import subprocess

from support import rows
from support.cluster import DATABASE, OWNER, PLANNING, SERVICE
from support.process import environment

CLOCK = "2026-11-15T09:00:00+08:00"
FIRST = 100_000_000_000  # numbers of prepared objects have twelve digits, so that every request has the same length


def object_id(number):
    return f"00000000-0000-7000-8000-{number:012d}"


def program(binary, database, directory, *words):
    done = subprocess.run([binary, *words, "--database-url", database.program_url(), "--database-owner-url", database.program_url(OWNER),
                           "--state-dir", str(directory / "state"), "--clock", f"fixed:{CLOCK}"], capture_output=True, text=True, env=environment(), check=False)
    if done.returncode:
        raise SystemExit(f"bench: allianced {' '.join(words)}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def load(binary, database, directory, alliances):
    """Schema, seed, statistics, and the tables of this bench."""
    program(binary, database, directory, "migrate")
    program(binary, database, directory, "seed", "--alliances", str(alliances))
    database.sql("vacuum analyze")
    for name, value in PLANNING.items():  # whoever is compared has the service's plans
        database.sql(f"alter database {DATABASE} set {name} = {value}")
    database.sql(f"create schema bench; grant usage on schema bench to {SERVICE}")


def multiply(database, wanted):
    """The journal so many times over that it has at least the wanted number of funding records: entries with their lines, payments and
    reversals, in the order of their numbers as if they had been booked one after the other. Nothing that an export joins is left
    out; balances and the chain of hashes, which it does not read, do not go along."""
    there, last = map(int, database.sql("select count(*), max(entry_no) from journal_entry")[0])
    count = -(-wanted // there) - 1
    if count <= 0:
        return
    copy = lambda column: f"overlay(t.{column}::text placing lpad(to_hex(n), 4, '0') from 15)::uuid"  # noqa: E731, another id, beside it in time
    rows.clone(database.sql, "payment", "true", count, "order by n, t.id", id=copy("id"), number="t.number || '-' || n", replaces_id="null",
               bank_reference="t.bank_reference || '-' || n")
    rows.clone(database.sql, "journal_entry", "true", count, "order by n, t.entry_no", id=copy("id"), entry_no=f"t.entry_no + n * {last}",
               payment_id=copy("payment_id"), reverses_id=copy("reverses_id"), hash="sha256(t.hash || int4send(n))")
    rows.clone(database.sql, "journal_line", "true", count, "order by n, t.entry_id", entry_id=copy("entry_id"))
    for name in ("payment", "journal_entry", "journal_line"):
        database.sql(f"vacuum analyze {name}")


def table(database, name, columns, query):
    """bench.<name>(n, columns…), n from 1 without a gap; the number of its rows."""
    database.sql(f"create table bench.{name} as select row_number() over () as n, {columns} from ({query}) q; "
                 f"alter table bench.{name} add primary key (n); grant select on bench.{name} to {SERVICE}; analyze bench.{name}")
    return int(database.value(f"select count(*) from bench.{name}"))


class Blocks:
    """Objects for writes, in ever new blocks. They are put in as a restored dump would be: without the triggers of an operation."""

    EXPERT = """insert into expert (id, name, name_key, employer_credit_code, employer_name, title_rank, fields, kind, consent_on,
        valid_until, status, version, created_at, updated_at)
        select ('00000000-0000-7000-8000-' || n)::uuid, '专家' || n, '专家' || n, '12610000PDY0004156', '关中材料大学(虚构)', 'senior', '{F04}',
        'technical', '2026-02-09', '2029-02-09', 'active', 1, '2026-02-09', '2026-02-09' from generate_series(%d, %d) n"""
    ORGANISATION = """insert into organisation (id, credit_code, name, name_key, type, division_code, independent_legal_person,
        legal_representative, address, is_fictitious, version, created_at, updated_at)
        select ('00000000-0000-7000-8000-' || n)::uuid, 'BN0000' || n, '基准单位(虚构)', '基准单位(虚构)', 'enterprise',
        '610526', true, '张示例', '蒲城县示例路1号', true, 1, '2026-02-09', '2026-02-09' from generate_series(%d, %d) n"""
    CHANGED = {"expert": "status = 'suspended'", "organisation": "version = 2"}

    def __init__(self, database):
        self.database, self.next = database, {"expert": FIRST, "organisation": FIRST}

    def take(self, table_name, count):
        """The first number of a new block."""
        first = self.next[table_name]
        self.next[table_name] += count
        insert = (self.EXPERT if table_name == "expert" else self.ORGANISATION) % (first, first + count - 1)
        self.database.sql(f"set session_replication_role = replica; {insert}; reset session_replication_role")
        self.database.sql(f"analyze {table_name}")
        return first

    def changed(self, table_name, first, count):
        return int(self.database.value(f"select count(*) from {table_name} where id between '{object_id(first)}' and "
                                       f"'{object_id(first + count - 1)}' and {self.CHANGED[table_name]}"))
