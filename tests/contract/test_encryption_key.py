"""The key of the stored account numbers: one that does not fit what is stored is refused at the start, and a number that does not
open is an error, never left out."""
import concurrent.futures
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

from support.cluster import OWNER, binary, environment
from support.held import Held, waiting
from support.money import CONFIRMED, Desk
from support.process import free_ports
from support.raw import wait_until
from support.recognised import Recognised

ROOT = pathlib.Path(__file__).resolve().parents[2]
NUMBER = "6100000000000001234"  # of support.money


@pytest.fixture(scope="module")
def desk(make_world, tmp_path_factory):
    """A bureau with a state directory of its own and one payment that waits for its transfer."""
    world = make_world(state_dir=tmp_path_factory.mktemp("keys") / "state")
    made = Desk(world)
    made.key = pathlib.Path(world.settings["state-dir"]) / "keys/encryption.key"
    made.path = "/v1/payments/" + made.payment(made.committed(), "100.00", CONFIRMED)
    return made


def serve(world, state):
    """allianced serve on the world's database with that state directory: it must end by itself."""
    port, admin_port = free_ports(2)
    settings = {**world.settings, "state-dir": state, "port": port, "admin-port": admin_port}
    return subprocess.run([binary(), "serve", "--database-url", world.cluster.url(world.database),
                           *(f"--{name}={value}" for name, value in settings.items())],
                          capture_output=True, text=True, check=False, timeout=60, env=environment())


def refused(world, state, said):
    done = serve(world, state)
    assert done.returncode == 78, done.stderr
    assert done.stderr.count("\n") == 1 and f"{state}/keys/encryption.key: {said}" in done.stderr
    return done


def test_the_first_start_makes_a_key(desk):
    assert desk.key.stat().st_size == 32 and stat.S_IMODE(desk.key.stat().st_mode) == 0o600
    assert desk.maker.get(desk.path).json["payee_account_number"] == NUMBER


def test_a_state_directory_that_did_not_come_up_is_refused_and_stays_empty(desk, tmp_path):
    for _ in range(2):  # the first refusal does not make the second start succeed
        refused(desk.world, tmp_path / "state", "No such file or directory")
        assert list((tmp_path / "state/keys").iterdir()) == []


def test_another_key_is_refused_and_left_alone(desk, tmp_path):
    keys = tmp_path / "keys"
    shutil.copytree(desk.key.parent, keys)
    (keys / "encryption.key").write_bytes(b"k" * 32)
    refused(desk.world, tmp_path, "it is another key")
    assert (keys / "encryption.key").read_bytes() == b"k" * 32


def test_seed_is_refused_like_the_service(desk):
    aside = desk.key.rename(desk.key.with_suffix(".aside"))
    try:
        assert desk.world.run("seed", check=False).returncode == 78 and not desk.key.exists()
    finally:
        aside.rename(desk.key)


def test_a_role_that_may_not_read_the_numbers_does_not_start(desk, tmp_path):
    desk.world.sql("revoke select on bank_account from alliance_service")
    try:
        done = serve(desk.world, tmp_path / "state")
    finally:
        desk.world.sql("grant select on bank_account to alliance_service")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert list((tmp_path / "state/keys").iterdir()) == []


def test_a_number_that_does_not_open_is_an_error_with_a_cause(desk):
    account, = desk.world.sql("select id, encode(account_cipher, 'hex') from bank_account where status = 'confirmed'")
    desk.world.sql(f"update bank_account set account_cipher = set_byte(account_cipher, 20, 255 - get_byte(account_cipher, 20)) where id = '{account[0]}'",
                   OWNER)
    try:
        assert desk.leader.get(desk.path).status == 200
        reply = desk.maker.get(desk.path)
        assert (reply.status, reply.code) == (500, "internal")
        assert wait_until(lambda: any(account[0] in str(line.get("cause")) for line in desk.world.log_lines()))
    finally:
        desk.world.sql(f"update bank_account set account_cipher = '\\x{account[1]}' where id = '{account[0]}'", OWNER)
    assert desk.maker.get(desk.path).json["payee_account_number"] == NUMBER


def test_the_key_put_back_serves_on_and_a_second_replica_with_it(desk, session):
    world = desk.world
    world.stop()
    aside = desk.key.rename(desk.key.with_suffix(".aside"))
    refused(world, world.settings["state-dir"], "No such file or directory")
    aside.rename(desk.key)
    world.start()
    replica = session.world({"state-dir": world.settings["state-dir"]}, twin=world)
    try:
        replica.start()
        for base in (world.base, replica.base):
            desk.maker.base = base
            assert desk.maker.get(desk.path).json["payee_account_number"] == NUMBER
    finally:
        replica.close()


def test_nothing_is_sealed_with_a_key_that_is_not_the_databases(make_world, session, tmp_path):
    """Two that started before there was any number, each with a directory of its own: each has made a key."""
    world = make_world(state_dir=tmp_path / "one")
    other = session.world({"state-dir": tmp_path / "two"}, twin=world)
    try:
        other.start()
        desk, host, count = Desk(world), Recognised(world).host_id, "select count(*) from bank_account"
        desk.account(host)
        assert world.value(count) == "1"
        path = f"/v1/organisations/{host}/bank-accounts"
        there = type(desk.officer)(other.base, other.recorder, desk.officer.token)
        reply = there.post(path, {"bank": "示例银行渭南分行(虚构)", "account_number": NUMBER})
        assert (reply.status, reply.code, world.value(count)) == (500, "internal", "1")
        assert desk.officer.post(path, {"bank": "示例银行渭南分行(虚构)", "account_number": NUMBER}).status == 201
    finally:
        other.close()


def test_of_two_keys_that_seal_the_first_number_at_once_one_is_refused(make_world, session, tmp_path):
    patient = {"lock_timeout_ms": 30000, "statement_timeout_ms": 30000}
    world = make_world(state_dir=tmp_path / "one", **patient)
    other = session.world({"state-dir": tmp_path / "two", **{name.replace("_", "-"): value for name, value in patient.items()}}, twin=world)
    try:
        other.start()
        desk, host = Desk(world), Recognised(world).host_id
        there = type(desk.officer)(other.base, other.recorder, desk.officer.token)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            with Held(world, "select pg_advisory_xact_lock(7305201564)"):
                replies = [pool.submit(one.post, f"/v1/organisations/{host}/bank-accounts",
                                       {"bank": "示例银行渭南分行(虚构)", "account_number": NUMBER}) for one in (desk.officer, there)]
                assert wait_until(lambda: waiting(world) == 2)
            statuses = [one.result().status for one in replies]
        assert sorted(statuses) == [201, 500]
        refused_at = (world, other)[statuses.index(500)]
        assert wait_until(lambda: any("does not open the stored" in str(line.get("cause")) for line in refused_at.log_lines()))
        assert world.value("select count(*) from bank_account") == "1"
    finally:
        other.close()


def test_a_key_that_is_lost_for_good_can_be_given_up(desk, tmp_path):
    """As README says: what was sealed with it is given up by the owner, and the next start makes a new key."""
    world = desk.world
    refused(world, tmp_path, "No such file or directory")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    world.sql(re.search(r"`(delete from bank_account [^`]*)`", text)[1], OWNER)
    world.restart(state_dir=tmp_path / "state")
    assert (tmp_path / "state/keys/encryption.key").stat().st_size == 32
    for client in (desk.maker, desk.leader, desk.officer):
        client.base = world.base
    assert "payee_account_number" not in desk.maker.get(desk.path).json
    desk.account(world.value("select organisation_id from bank_account limit 1"))
    assert world.value("select count(*) from bank_account where status = 'confirmed'") == "1"
