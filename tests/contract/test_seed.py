"""allianced seed at scale: what it loads is what the operations could have produced, the same number gives the same rows, and the work
goes on from there."""
import hashlib
import json
import math
import re
import subprocess

import pytest

from support import cluster as clusters
from support import raw
from support import seeded
from support.client import Client
from support.libpq import Connection
from support.process import environment

MACHINES = {"application": "APP", "endorsement": "END", "panel": "PANEL", "sheet": "SHEET", "document": "DOC", "alliance": "ALL", "expert": "EXP",
            "budget_line": "BUD", "award": "AWD", "payment": "PAY"}
# What is the run's own: times of writing, transactions, random secrets and what is made with the keys.
OWN = {"history": ("wall_at", "transaction", "credential_id"), "bank_account": ("account_cipher",)}
SKIPPED = {"credential", "schema_migration", "idempotency_key"}


@pytest.fixture(scope="module")
def small(session):
    made = seeded.world(session, "S")
    yield made
    made.close()


def caller(world, role):
    return Client(world.base, world.recorder, world.keys[role])


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def test_the_size_is_what_was_asked_for(small):
    assert small.value("select count(*) from alliance where is_public") == "50"
    members = [int(n) for n, in small.sql("select count(*) from alliance_member group by alliance_id")]
    assert min(members) >= 12 and max(members) <= 30 and 18 <= sum(members) / len(members) <= 22
    assert small.value("select count(*) between 75 and 95 from application") == "t"
    assert small.value("select min(n) >= 10 from (select count(*) filter (where is_core) as n from alliance_member group by alliance_id) c") == "t"
    assert small.value("select min(n) >= 5 and max(n) <= 7 from (select count(*) as n from sheet where status = 'submitted' and panel_id in "
                       "(select id from panel where status = 'concluded') group by panel_id) s") == "t"


@pytest.fixture(scope="module")
def large(session):
    """A query's one row on M, as numbers: of the template itself, to which nobody may be connected when it is cloned."""
    connection = Connection(f"{session.cluster().url(seeded.template(session, 'M')[0], clusters.OWNER)} client_encoding=UTF8")
    yield lambda query: [float(value) for value in connection.run(query)[0]]
    connection.close()


def of_n(share, n):
    """Four standard deviations of a share that is drawn n times."""
    return 4 * math.sqrt(share * (1 - share) / n)


@pytest.mark.parametrize("types, share", [(("enterprise",), 0.70), (("university", "research_institute"), 0.12), (("cooperative",), 0.10), (("financial", "other"), 0.08)])
def test_members_are_of_each_type_in_its_proportion(large, types, share):
    found, n = large(f"select avg((type in ('{types[0]}', '{types[-1]}'))::integer), count(*) from alliance_member")
    assert n > 95000 and abs(found - share) < of_n(share, n), found


def test_sixty_of_a_hundred_members_are_core_and_never_fewer_than_ten(large):
    """Ten of the smallest alliances are more than that: of all together up to one in a hundred more."""
    assert large("select count(*) from (select count(*) as n, count(*) filter (where is_core) as core from alliance_member group by alliance_id) a "
                 "where core <> greatest(10, round(0.6 * n))") == [0]
    assert 0.60 <= large("select avg(is_core::integer) from alliance_member")[0] < 0.62


def test_alliances_are_as_large_and_applied_for_as_often_as_they_should_be(large):
    """Members 12 to 30, so with a deviation of at most 9 (and of 3.7 as they are drawn): the mean of 5,000 is 20 within 4 * 3.7 / 70.7."""
    mean, least, most, n = large("select avg(n), min(n), max(n), count(*) from (select count(*) as n from alliance_member group by alliance_id) a")
    assert n == 5000 and least >= 12 and most <= 30 and abs(mean - 20) < 0.21, mean
    assert abs(large("select count(*) from application")[0] / 5000 - 1.6) < 0.016


def test_panels_have_five_to_seven_sheets(large):
    shares = [large(f"select avg((n = {seats})::integer), count(*) from (select count(*) as n from sheet s join panel p on p.id = s.panel_id "
                    "where p.status = 'concluded' and s.status = 'submitted' group by panel_id) c") for seats in (5, 6, 7)]
    assert all(n > 5000 and abs(share - 1 / 3) < of_n(1 / 3, n) for share, n in shares) and abs(sum(share for share, _ in shares) - 1) < 1e-9, shares


def test_an_award_has_six_entries_of_two_lines_one_in_a_hundred_a_reversal(large):
    """A commitment and one to nine parts, whose deviation is sqrt(80 / 12): the mean of 5,000 is 6 within 4 * 2.58 / 70.7."""
    entries, reversals, awards = large("select count(*), count(*) filter (where type = 'REVERSAL'), (select count(*) from award) from journal_entry where award_id is not null")
    assert awards == 5000 and abs(entries / awards - 6) < 0.15, entries
    assert abs(reversals / entries - 0.01) < of_n(0.01, entries), reversals
    assert large("select count(*) from (select count(*) as n from journal_line group by entry_id) l where n <> 2") == [0]


def test_recognitions_are_spread_evenly_over_the_years(large):
    """Each whole year between 2015-05-19 and the clock's day, 4,198 days later, has its share of the 5,000."""
    for year in range(2016, 2026):
        share = (366 if year % 4 == 0 else 365) / 4198
        assert abs(large(f"select count(*) from alliance where is_public and extract(year from recognised_on) = {year}")[0] / 5000 - share) < of_n(share, 5000), year
    assert large("select count(*) from alliance where is_public and recognised_on not between '2015-05-19' and '2026-11-15'") == [0]


def test_nothing_lies_outside_the_measures_and_the_clock(small):
    assert small.value("select min(first_submitted_on) >= '2015-05-19' and max(created_at) < '2026-11-15' from application") == "t"
    assert small.value("select count(*) from history where at > '2026-11-15 09:00:00+08' or at < '2015-05-19'") == "0"


@pytest.mark.parametrize("table", MACHINES)
def test_every_history_replays_to_the_present_status(small, table):
    machine = MACHINES[table]
    steps = {(f, a): t for f, a, t in small.sql(f"select from_status, action, to_status from lifecycle where machine = '{machine}'")}
    present = dict(small.sql(f"select id, status from {table}"))
    replayed, last = {}, {}
    for key, came, action, went, at in small.sql(f"select object_id, from_status, action, to_status, at from history where machine = '{machine}' order by seq"):
        assert replayed.get(key, "new") == came and steps[came, action] == went, (key, came, action)
        assert last.get(key, "") <= at
        replayed[key], last[key] = went, at
    assert replayed == present and present


def test_the_next_change_of_what_was_loaded_is_let_through(small):
    """By the triggers that look at a row as it stands, whatever is changed of it; how a row came to be is for the histories above."""
    for table in ("payment", "panel", "budget_line"):
        small.sql(f"begin; update {table} set version = version; set constraints all immediate; rollback")


@pytest.mark.parametrize("table, spoil", [
    ("payment", "booker_id = null where status = 'paid'"), ("panel", "concluded_on = null where status = 'concluded'"), ("budget_line", "cap = cap + 1 where status = 'approved'")])
def test_what_was_loaded_wrong_would_not_be_let_through(small, table, spoil):
    """The same without the loader's care: a row that the triggers never saw."""
    found = [name for name, in small.sql(f"select conname from pg_constraint where contype = 'c' and conrelid = '{table}'::regclass")]
    small.sql("; ".join(["begin", *(f"alter table {table} drop constraint {name}" for name in found), f"alter table {table} disable trigger user",
                         f"update {table} set {spoil}", f"alter table {table} enable trigger user", "rollback"]))
    with pytest.raises(clusters.DatabaseError):
        small.sql("; ".join(["begin", *(f"alter table {table} drop constraint {name}" for name in found), f"alter table {table} disable trigger user",
                             f"update {table} set {spoil}", f"alter table {table} enable trigger user", f"update {table} set version = version",
                             "set constraints all immediate", "rollback"]))


@pytest.mark.parametrize("query", [
    "select count(*) from journal_entry e where e.hash <> journal_hash(e.previous_hash, journal_canonical(e, journal_lines_text(e.id)))",
    "select count(*) from award a where reserved <> coalesce((select sum(p.amount) from payment p where p.award_id = a.id and p.status in ('prepared', 'confirmed', 'paid')), 0)",
    "select count(*) from balance b where amount <> (select sum(l.amount) from journal_line l where l.account = b.account and l.budget_line_id = b.budget_line_id and l.award_id is not distinct from b.award_id)",
    "select count(*) from payment p where p.maker_id = p.confirmer_id or p.reverser_id in (p.maker_id, p.booker_id)",
    "select count(*) from number_series s where s.series = 'WNLM' and s.last <> (select count(*) from alliance a where a.number like 'WNLM-' || s.year || '-%')",
    "select count(*) from number_series s where s.series = 'SQ' and s.last <> (select count(*) from application a where a.number like 'SQ' || s.year || '-%')",
    "select count(*) from sheet s join panel p on p.id = s.panel_id where s.status = 'submitted' and s.submitted_at::date > p.due_on",
    "select count(*) from endorsement e where e.status = 'requested' and e.due_on < '2026-11-15' and not e.overdue",
    "select count(*) from application a where a.status in ('returned', 'correction', 'rectifying') and a.due_on < '2026-11-15'",
    "select count(*) from alliance a where a.is_public and not exists (select from recognition_term t where t.alliance_id = a.id)",
    "select count(*) from alliance_agreement g left join application_revision r on (r.application_id, r.revision) = (g.application_id, g.revision) where g.snapshot_sha256 is distinct from r.snapshot_sha256",
    "select count(*) from pg_constraint where not convalidated",
    "select count(*) from pg_trigger where tgenabled = 'D'",
])
def test_no_fault_is_found(small, query):
    assert small.value(query) == "0"


def test_what_was_filed_bears_its_hash(small):
    for form, head, attachments, digest in small.sql("select form, head, attachments, snapshot_sha256 from application_revision"):
        text = '{"attachments":%s,"form":%s,"head":%s}' % tuple(canonical(json.loads(part)) for part in (attachments, form, head))
        assert hashlib.sha256(text.encode()).hexdigest() == digest
    for row in small.sql("select s.id, s.panel_id, p.material_sha256, s.scores, s.comments, s.answers, s.vote, s.sha256 from sheet s join panel p on p.id = s.panel_id where s.sha256 is not null limit 50"):
        content = {"sheet_id": row[0], "panel_id": row[1], "material_sha256": row[2], "scores": json.loads(row[3]), "comments": json.loads(row[4]),
                   "answers": json.loads(row[5]), "vote": row[6], "policy_compliant": True}
        assert hashlib.sha256(canonical(content).encode()).hexdigest() == row[7]


def test_the_ledger_verifies_over_http(small):
    reply = caller(small, "auditor").get("/v1/ledger/verification")
    assert reply.status == 200, reply
    assert reply.json["chain_ok"] and reply.json["balances_ok"] and reply.json["entries"] > 100, reply.json


def test_lists_and_cards_answer(small):
    for role, path in (("officer", "/v1/applications"), ("officer", "/v1/organisations?q=渭南"), ("officer", "/v1/tasks"), ("auditor", "/v1/funding-records"),
                       ("finance", "/v1/payments"), ("finance", "/v1/awards"), ("lead", "/v1/applications"), ("expert", "/v1/sheets"), ("county", "/v1/endorsements")):
        reply = caller(small, role).get(path)
        assert reply.status == 200 and (reply.json["items"] or path == "/v1/tasks"), (role, path, reply)
    place = small.value("select left(name, 2) from alliance where is_public group by 1 order by count(*), 1 limit 1")
    found = small.anonymous.all("/v1/alliances", params={"q": place})
    assert len(found) == int(small.value(f"select count(*) from alliance where is_public and position('{place}' in name) > 0")) and 0 < len(found) < 50
    for item in found[:5]:
        card = small.anonymous.get(f"/v1/alliances/{item['id']}")
        assert card.status == 200 and place in item["name"] and card.json["name"] == item["name"], (place, card)


def lanes_are_open(world):
    """Whether the lane of the workers, which comes last, stands beside the two of the loop and the pool, with its statements prepared."""
    opened = world.value("select count(*) from pg_stat_activity where state = 'idle' and application_name = 'allianced' and datname = current_database() "
                         "and state_change < clock_timestamp() - interval '300 ms'", user=clusters.SERVICE)
    return int(opened) == world.settings["pool-connections"] + 3


def test_a_read_cannot_write(small):
    """Reads travel on lanes whose every transaction is read only, and get no further than that with a function that writes."""
    assert raw.wait_until(lambda: lanes_are_open(small), seconds=60)
    name, arguments, result, text = small.sql("select oid::regproc, pg_get_function_arguments(oid), pg_get_function_result(oid), pg_get_functiondef(oid) from pg_proc "
                                              "where proname = 'alliance_is_qualified'")[0]
    small.sql(f"create sequence written; grant usage on sequence written to {clusters.SERVICE}; create or replace function {name}({arguments}) returns {result} "
              "language plpgsql as $$ begin perform nextval('written'); return true; end $$")
    try:
        assert small.anonymous.get("/v1/alliances").status == 500
        assert small.value("select is_called from written") == "f"
    finally:
        small.sql(f"{text}; drop sequence written")
    assert small.anonymous.get("/v1/alliances").json["items"]


def test_the_next_steps_go_well(small):
    """What is under way stands as the service tells it, a draft is withdrawn; a new application takes the next number."""
    found = small.sql("select id, status from application where status in ('endorsed', 'accepted', 'decision_pending', 'evaluating', 'submitted') order by status")
    assert {"accepted", "decision_pending", "evaluating"} <= {status for _, status in found}
    officer = caller(small, "officer")
    for key, status in found:
        reply = officer.get(f"/v1/applications/{key}")
        assert reply.status == 200 and reply.json["status"] == status, reply
    drafts = small.sql("select id, lead_organisation_id from application where status = 'draft'")
    assert drafts
    for key, organisation in drafts:
        reply = small.client("lead", organisation=organisation).act(f"/v1/applications/{key}", "withdraw")
        assert reply.status == 201, reply
        assert small.value(f"select status from application where id = '{key}'") == "withdrawn"
    before = int(small.value("select last from number_series where series = 'SQ' and year = 2026"))
    lead = caller(small, "lead")
    mine = lead.get("/v1/applications").json["items"][0]
    reply = lead.post("/v1/applications", {"lead_organisation_id": mine["lead_organisation"]["id"], "name": "渭南新设产业技术创新战略联盟"})
    assert reply.status == 201 and reply.json["number"] == f"SQ2026-{before + 1:04d}", reply
    assert caller(small, "auditor").get("/v1/ledger/verification").json["chain_ok"]


def test_a_sweep_finds_nothing_to_move(session):
    """Of the day that the load ends on; the same sweep of a day a year ahead does find its work: it tells of what falls due."""
    world = seeded.world(session, "S")
    moves = "select count(*) from history where machine is not null"
    try:
        before = int(world.value(moves))
        world.sweep()
        assert int(world.value(moves)) == before
        told = int(world.value("select count(*) from notice"))
        world.sweep("2027-11-15")
        assert int(world.value("select count(*) from notice")) > told
    finally:
        world.close()


def digest(cluster, database):
    tables = [name for name, in cluster.sql(database, "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1")]
    made = {}
    for table in tables:
        if table in SKIPPED:
            continue
        columns = [name for name, in cluster.sql(database, f"select column_name from information_schema.columns where table_schema = 'public' and table_name = '{table}' order by 1")
                   if name not in OWN.get(table, ()) + ("seq",)]
        own = "where operation not in ('create_credential')" if table == "history" else "where kind <> 'account.create_credential'" if table == "notice" else ""
        made[table] = cluster.sql(database, f"select md5(string_agg(t, '' order by t)) from (select row({', '.join(columns)})::text as t from {table} {own}) x")[0][0]
    return made


def test_the_same_number_gives_the_same_rows(session):
    cluster = session.cluster()
    first, _, _ = seeded.seed(cluster, session.directory, "--alliances", 12, "--seed", 7)
    again, _, _ = seeded.seed(cluster, session.directory, "--alliances", 12, "--seed", 7)
    other, _, _ = seeded.seed(cluster, session.directory, "--alliances", 12, "--seed", 8)
    assert digest(cluster, first) == digest(cluster, again)
    assert digest(cluster, first)["application"] != digest(cluster, other)["application"]
    for name in (first, again, other):
        cluster.drop(name)


def test_a_database_in_use_is_refused(session):
    cluster = session.cluster()
    name, _, said = seeded.seed(cluster, session.directory, "--alliances", 1)
    assert re.search(r"^1 alliances, .* alliances/s\)$", said, re.M)
    done = subprocess.run([clusters.binary(), "seed", "--alliances", "1", "--database-url", cluster.url(name), "--state-dir", session.directory / "state",
                           "--database-owner-url", cluster.url(name, clusters.OWNER)], capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 1 and "already" in done.stderr
    cluster.drop(name)


@pytest.mark.parametrize("words", [("--size", "XL"), ("--alliances", "0"), ("--alliances", "1000001"), ("--alliances", "12x"), ("--size", "S", "--alliances", "3")])
def test_a_size_that_is_none_is_refused(words):
    done = subprocess.run([clusters.binary(), "seed", *words, "--database-url", "host=/nowhere"], capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 2 and "--size" in done.stderr
