"""The command line: settings in one catalogue, unknown names refused with a suggestion, exit codes that say what kind of failure it was."""
import json
import re
import socket
import subprocess

import pytest

from support import settings_table
from support.client import Client
from support.cluster import OWNER, binary, environment as clean_environment


def allianced(*words, **environment):
    return subprocess.run([binary(), *words], capture_output=True, text=True, check=False, timeout=60,
                          env={**clean_environment(), **environment})


def one_line(done):
    """What was said on stderr, which must be one line."""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_readme_lists_every_setting_as_the_catalogue_does():
    readme = (settings_table.ROOT / "README.md").read_text(encoding="utf-8")
    assert len(settings_table.settings()) > 30
    assert settings_table.split(readme)[1] == settings_table.table()


def test_check_config_names_each_value_and_its_origin(tmp_path):
    path = tmp_path / "alliance.conf"
    path.write_text("pool_connections = 3\nlog_level = debug\n")
    done = allianced("check-config", "--config", str(path), "--log-level", "error", ALLIANCE_PORT="9999",
                     DATABASE_URL="postgresql://bureau:s3?cret@db/alliance", DATABASE_OWNER_URL="host=db user=owner password = s3cret")
    assert done.returncode == 0, done.stderr
    lines = dict(re.match(r"(\w+) += (.*)", line).groups() for line in done.stdout.splitlines())
    assert [row[0] for row in settings_table.settings()] == list(lines)
    assert lines["port"] == "9999   # environment ALLIANCE_PORT"
    assert lines["pool_connections"] == f"3   # file {path} line 1"
    assert lines["log_level"] == "error   # flag --log-level"
    assert lines["lock_timeout_ms"].endswith("# default")
    assert lines["database_url"] == "host=db dbname=alliance user=bureau password=******   # environment DATABASE_URL"
    assert lines["database_owner_url"] == "host=db user=owner password=******   # environment DATABASE_OWNER_URL"
    assert "s3" not in done.stdout + done.stderr


@pytest.mark.parametrize("words, environment, code, said", [
    (["serv"], {}, 2, "did you mean serve?"),
    (["serve", "--prot", "1"], {}, 2, "unknown flag --prot; did you mean --port?"),
    (["sweep", "--dat", "2026-12-01"], {}, 2, "did you mean --date?"),
    (["serve", "--port"], {}, 2, "--port needs a value"),
    (["check-config"], {"ALLIANCE_PROT": "1"}, 2, "did you mean ALLIANCE_PORT?"),
    (["check-config", "--port", "80a"], {}, 78, "it must be a number from 1 to 65534"),
    (["check-config", "--demo=perhaps"], {}, 78, "it must be on or off"),
    (["check-config", "--clock", "noon"], {}, 78, "clock is 'noon'"),
    (["check-config", "--log-level", "loud"], {}, 78, "'loud'"),
    (["check-config", "--config", "/nonexistent"], {}, 78, "cannot read /nonexistent"),
    (["serve"], {}, 78, "database_url is not set"),
    (["account", "create"], {}, 2, "usage: allianced account create --name NAME"),
    (["key"], {}, 2, "usage: allianced key"),
])
def test_a_wrong_word_is_refused_in_one_line(words, environment, code, said):
    done = allianced(*words, **environment)
    assert said in one_line(done)
    assert done.returncode == code
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["serve", "migrate", "seed", "check-config"])
@pytest.mark.parametrize("url", ["postgresql://u:s3@cret@h/db", "postgresql://u:s3/cret@h/db", "postgresql://u:s3cret@[h/db", "host=h password=my s3cret"])
def test_nothing_is_told_of_a_connection_string_that_cannot_be_used(command, url):
    for setting in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        done = allianced(command, **{"DATABASE_URL": "host=h", setting: url})
        assert done.returncode == 78
        assert setting.lower() in one_line(done)
        assert not re.search("s3|cret", done.stdout + done.stderr)


def test_help_begins_with_examples():
    done = allianced("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Examples\n")
    for command in ("serve", "migrate", "seed", "sweep", "account", "key", "check-config", "openapi", "version"):
        assert re.search(rf"^  {command} ", done.stdout, re.M), command
        assert allianced(command, "--help").stdout.startswith("Usage\n")


def test_version_names_the_libraries():
    done = allianced("version")
    assert done.returncode == 0
    for library in ("allianced ", "ulfius ", "libmicrohttpd ", "jansson ", "libpq ", "OpenSSL "):
        assert library in done.stdout


def test_openapi_prints_the_description():
    assert json.loads(allianced("openapi").stdout)["openapi"].startswith("3.1")


def test_an_unreachable_database_is_temporary(tmp_path):
    done = allianced("serve", "--database-url", f"host={tmp_path} dbname=none connect_timeout=2", "--state-dir", str(tmp_path))
    assert done.returncode == 75
    one_line(done)


def test_a_busy_port_and_an_unwritable_state_directory_are_refused_in_one_line(cluster, world, tmp_path):
    url = ["--database-url", cluster.url(world.database)]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = allianced("serve", *url, "--port", str(port), "--state-dir", str(tmp_path), "--sweep=off")
        assert done.returncode not in (0, 2, 78)
        assert str(port) in one_line(done)
    done = allianced("serve", *url, "--state-dir", "/proc/alliance")
    assert done.returncode == 78
    assert "state_dir /proc/alliance" in one_line(done)


@pytest.mark.parametrize("what", ["cursor.key", "encryption.key", "signing.jwks"])
def test_a_key_that_others_may_read_is_the_setups_fault(cluster, world, tmp_path, what):
    """Whoever supervises must not try again for ever."""
    (tmp_path / "keys").mkdir(mode=0o700)
    key = tmp_path / "keys" / what
    key.write_bytes(b"k" * 32)
    key.chmod(0o644)
    done = allianced("serve", "--database-url", cluster.url(world.database), "--state-dir", str(tmp_path), "--sweep=off")
    assert done.returncode == 78
    assert f"keys/{what}" in one_line(done)


@pytest.mark.parametrize("words", [["--bind", "nowhere.example"], ["--external-issuer", "https://issuer.example"]])
def test_settings_that_only_the_service_can_judge_are_the_setups_fault(cluster, world, tmp_path, words):
    done = allianced("serve", "--database-url", cluster.url(world.database), "--state-dir", str(tmp_path), "--sweep=off", *words)
    assert done.returncode == 78
    one_line(done)


def test_a_newer_schema_is_refused_in_one_line(cluster, fresh_world, tmp_path):
    fresh_world.stop()
    table, column = cluster.sql(fresh_world.database, "select table_name, column_name from information_schema.columns "
                                "where table_name in ('migration', 'schema_migration') and ordinal_position = 1")[0]
    columns = [row[0] for row in fresh_world.sql("select column_name from information_schema.columns "
                                                 f"where table_name = '{table}' and column_name <> '{column}'")]
    fresh_world.sql(f"insert into {table} ({column}, {', '.join(columns)}) select 9999, {', '.join(columns)} from {table} limit 1")
    for command in ("serve", "migrate"):
        done = allianced(command, "--database-url", cluster.url(fresh_world.database), "--database-owner-url",
                         cluster.url(fresh_world.database, OWNER), "--state-dir", str(tmp_path))
        assert done.returncode != 0
        assert "newer" in one_line(done)


def test_the_first_administrator_is_made_on_the_command_line(world):
    made = json.loads(world.run("account", "create", "--name", "管理员", "--role", "sysadmin", "--key").stdout)
    assert set(made) == {"account_id", "grant_id", "credential_id", "key"}
    admin = Client(world.base, world.recorder, made["key"])
    assert admin.get("/v1/me").status == 200
    listed = [json.loads(line) for line in world.run("account", "list").stdout.splitlines()]
    assert made["account_id"] in [account["id"] for account in listed]
    assert made["key"] not in world.run("key", "list", "管理员").stdout
    world.run("key", "revoke", "管理员", made["credential_id"])
    assert admin.get("/v1/me").status == 401
    second = json.loads(world.run("key", "create", "管理员").stdout)["key"]
    again = Client(world.base, world.recorder, second)
    assert again.get("/v1/me").status == 200
    world.run("account", "disable", "管理员")
    assert again.get("/v1/me").status == 401
    world.run("account", "disable", "管理员", "--undo")
    assert again.get("/v1/me").status == 200
    refused = world.run("account", "grant", "管理员", "--role", "lead", check=False)
    assert refused.returncode == 1 and refused.stderr.startswith("allianced: ")
