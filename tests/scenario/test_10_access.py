"""Who may act: keys, access tokens of our own and of another issuer, grants that change at once, and the administration of all three."""
import base64
import json
import time
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from support.client import Client

TOKEN = "/oauth2/token"
FORM = "application/x-www-form-urlencoded"
PORTAL = "https://portal.example"


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value, length=None):
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


class Issuer:
    """An external issuer with a key of each kind."""

    def __init__(self, path):
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.ed = ed25519.Ed25519PrivateKey.generate()
        self.other = ec.generate_private_key(ec.SECP256R1())
        n, point = self.rsa.public_key().public_numbers(), self.ec.public_key().public_numbers()
        ed_raw = self.ed.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        path.write_text(json.dumps({"keys": [
            {"kty": "RSA", "kid": "rsa", "n": number(n.n), "e": number(n.e)},
            {"kty": "EC", "kid": "ec", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)},
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": b64(ed_raw)},
            {"kty": "oct", "kid": "oct", "k": b64(b"k" * 32)},
        ]}), encoding="utf-8")
        self.path = path

    def claims(self, **changes):
        now = int(time.time())
        claims = {"iss": PORTAL, "aud": ["else", "alliance"], "sub": "officer-7", "exp": now + 300, "iat": now, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, kid="ec", algorithm="ES256", key=None, headers=None, **changes):
        key = key or {"rsa": self.rsa, "ec": self.ec, "ed": self.ed}[kid]
        return jwt.encode(self.claims(**changes), key, algorithm=algorithm,
                          headers={"typ": "at+jwt", "kid": kid, **(headers or {})})

    def raw(self, header, payload=None, sign=True):
        """A token of literal text, signed with the EC key."""
        text = f"{b64(header.encode())}.{b64((payload or json.dumps(self.claims())).encode())}"
        if not sign:
            return text + "."
        prepared = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
        return f"{text}.{b64(prepared.sign(text.encode(), self.ec))}"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("issuer") / "portal.jwks")


@pytest.fixture(scope="module")
def portal(make_world, issuer):
    """A world that accepts the portal's tokens, with an officer whom the portal calls officer-7."""
    world = make_world(external_issuer=PORTAL, external_audience="alliance", external_jwks_file=issuer.path)
    admin = world.client("sysadmin")
    made = admin.post("/v1/accounts", {"name": "门户经办（虚构）", "kind": "person", "issuer": PORTAL, "subject": "officer-7"})
    assert made.status == 201, made
    assert admin.post(f"/v1/accounts/{made.id}/grants", {"role": "officer"}).status == 201
    return world


def bearer(world, token):
    return Client(world.base, world.anonymous.recorder, token)


def assert_refused(world, token):
    """401 on an operation that needs a token, and on one that needs none."""
    for path in ("/v1/tasks", "/v1/measures", "/v1/me"):
        reply = bearer(world, token).get(path)
        assert reply.status == 401 and reply.code == "unauthenticated", (path, reply)
        assert reply.headers["WWW-Authenticate"].startswith('Bearer realm="alliance", error="invalid_token"')


def new_account(world, *roles, **body):
    admin = world.client("sysadmin")
    account = admin.post("/v1/accounts", {"name": "测试（虚构）", "kind": "person", **body})
    assert account.status == 201, account
    for role in roles:
        assert admin.post(f"/v1/accounts/{account.id}/grants", {"role": role}).status == 201
    return admin, account.id


def test_an_account_is_found_by_a_part_of_its_name(world):
    admin = world.client("sysadmin")
    made = admin.post("/v1/accounts", {"name": "Zoë 甲乙甲丙龘龖（虚构）", "kind": "person"})
    for part, hit in (("龘龖", True), ("龘", True), ("丙龘龖", True), ("zO", True), ("Z", True), ("龖龘", False), ("乙甲乙", False)):
        assert (made.id in [account["id"] for account in admin.all("/v1/accounts", params={"q": part})]) is hit, part
    assert [account["id"] for account in admin.all("/v1/accounts", params={"q": "龘龖"})] == [made.id]
    assert admin.all("/v1/accounts", params={"q": "龘龖", "role": "officer"}) == []


# API keys

def test_a_key_is_shown_once_and_works(world):
    admin, account = new_account(world, "officer")
    made = admin.post(f"/v1/accounts/{account}/credentials", {"kind": "api_key", "name": "桌面"})
    assert made.status == 201 and made.headers["Cache-Control"] == "no-store"
    key = made.json["secret"]
    assert len(key) == 45 and key.startswith("wna_test_") and made.json["prefix"] == key[:13]
    me = bearer(world, key).get("/v1/me")
    assert me.json["account"]["id"] == account and set(me.json["roles"]) == {"public", "officer"}
    listed = admin.get(f"/v1/accounts/{account}/credentials").json["items"]
    assert [item["id"] for item in listed] == [made.id] and "secret" not in listed[0]
    assert key not in admin.get(f"/v1/accounts/{account}").text
    assert world.value(f"select count(*) from credential c where c::text like '%{key[20:]}%'") == "0"
    assert key[9:39] not in world.log()


def test_a_wrong_key_is_refused(world):
    admin, account = new_account(world, "officer")
    key = admin.post(f"/v1/accounts/{account}/credentials", {"kind": "api_key", "name": "k"}).json["secret"]
    swapped = key[:-1] + ("a" if key[-1] != "a" else "b")
    for wrong in (swapped, key[:-1], key + "0", "wna_test_", "wna_live_" + key[9:], "wna_", "x", key.upper()):
        assert_refused(world, wrong)
    for header in ("Basic " + base64.b64encode(b"a:b").decode(), "Bearer", "Bearer ", f"Bearer  {key}", f"Token {key}", key):
        assert world.anonymous.get("/v1/me", headers={"Authorization": header}).status == 401, header


def test_a_revoked_key_ends_at_once(world):
    admin, account = new_account(world, "officer")
    made = admin.post(f"/v1/accounts/{account}/credentials", {"kind": "api_key", "name": "k"})
    caller = bearer(world, made.json["secret"])
    assert caller.get("/v1/tasks").status == 200
    path = f"/v1/accounts/{account}/credentials/{made.id}"
    assert admin.delete(path).status == 204
    assert caller.get("/v1/tasks").status == 401
    assert admin.delete(path).status == 404
    assert admin.get(f"/v1/accounts/{account}/credentials").json["items"][0]["revoked_at"]


def test_an_expired_key_is_refused(world):
    admin, account = new_account(world, "officer")
    made = admin.post(f"/v1/accounts/{account}/credentials",
                      {"kind": "api_key", "name": "k", "expires_at": "2099-01-01T00:00:00+08:00"})
    assert made.status == 201
    assert bearer(world, made.json["secret"]).get("/v1/tasks").status == 200
    world.sql(f"update credential set expires_at = clock_timestamp() - interval '1 second' where id = '{made.id}'")
    assert_refused(world, made.json["secret"])
    past = admin.post(f"/v1/accounts/{account}/credentials",
                      {"kind": "api_key", "name": "k", "expires_at": "2020-01-01T00:00:00+08:00"})
    assert past.status == 422 and past.pointers == ["#/expires_at"]


def test_a_use_is_noted_without_being_waited_for(world):
    admin, account = new_account(world, "officer")
    made = admin.post(f"/v1/accounts/{account}/credentials", {"kind": "api_key", "name": "k"})
    caller = bearer(world, made.json["secret"])
    note = f"select last_used_at from credential where id = '{made.id}'"
    assert world.value(note) is None
    assert caller.get("/v1/me").status == 200
    deadline = time.monotonic() + 10
    while not world.value(note) and time.monotonic() < deadline:
        time.sleep(0.02)
    first = world.value(note)
    assert first
    for _ in range(5):
        assert caller.get("/v1/me").status == 200
    assert world.value(note) == first  # at most once a minute


# Rights

def test_rights_change_at_once(world):
    admin, account = new_account(world)
    key = admin.post(f"/v1/accounts/{account}/credentials", {"kind": "api_key", "name": "k"}).json["secret"]
    caller = bearer(world, key)
    assert caller.get("/v1/audit-log").status == 403
    grant = admin.post(f"/v1/accounts/{account}/grants", {"role": "auditor"})
    assert grant.status == 201 and grant.json["role_label"] == "审计监督"
    assert caller.get("/v1/audit-log").status == 200
    assert admin.delete(f"/v1/accounts/{account}/grants/{grant.id}").status == 204
    assert caller.get("/v1/audit-log").status == 403
    assert admin.delete(f"/v1/accounts/{account}/grants/{grant.id}").status == 404


def test_a_disabled_account_is_nobody(world):
    admin, account = new_account(world, "officer")
    key = admin.post(f"/v1/accounts/{account}/credentials", {"kind": "api_key", "name": "k"}).json["secret"]
    path = f"/v1/accounts/{account}"
    admin.get(path)
    off = admin.patch(path, {"disabled": True, "reason": "离岗"})
    assert off.status == 200 and off.json["disabled"] and off.json["disabled_at"]
    assert_refused(world, key)
    on = admin.patch(path, {"disabled": False})
    assert on.status == 200 and not on.json["disabled"] and "disabled_at" not in on.json
    assert bearer(world, key).get("/v1/tasks").status == 200


def test_who_evaluates_does_not_decide(world):
    admin = world.client("sysadmin")
    expert = ("insert into history (at, role, object_kind, object_id, machine, from_status, action, to_status, request_id, operation) "
              "values ('2026-11-15', 'officer', 'expert', '{0}', 'EXP', 'new', 'register', 'review', 'test', 'test');"
              "insert into expert (id, name, name_key, employer_credit_code, employer_name, title_rank, fields, kind, created_at, updated_at)"
              " values ('{0}', '甲专家', '甲专家', '12610500PDY000060Y', '某院（虚构）', 'senior', '{{F02}}', 'technical', "
              "'2026-11-15', '2026-11-15');")
    expert_id = "01890000-0000-7000-8000-0000000000e1"
    world.sql("begin;" + expert.format(expert_id) + "commit;")
    for bureau in ("officer", "leader", "finance"):
        account = admin.post("/v1/accounts", {"name": "甲", "kind": "person"}).id
        assert admin.post(f"/v1/accounts/{account}/grants", {"role": "expert", "expert_id": expert_id}).status == 201
        refused = admin.post(f"/v1/accounts/{account}/grants", {"role": bureau})
        assert refused.status == 422 and refused.rules == ["separation_of_duties"], refused
        account = admin.post("/v1/accounts", {"name": "乙", "kind": "person"}).id
        assert admin.post(f"/v1/accounts/{account}/grants", {"role": bureau}).status == 201
        refused = admin.post(f"/v1/accounts/{account}/grants", {"role": "expert", "expert_id": expert_id})
        assert refused.status == 422 and refused.rules == ["separation_of_duties"], refused


def test_who_administers_does_no_business(world):
    admin = world.client("sysadmin")
    account = admin.post("/v1/accounts", {"name": "丙", "kind": "person"}).id
    assert admin.post(f"/v1/accounts/{account}/grants", {"role": "sysadmin"}).status == 201
    for role in ("officer", "leader", "finance", "auditor", "province"):
        refused = admin.post(f"/v1/accounts/{account}/grants", {"role": role})
        assert refused.status == 422 and refused.rules == ["separation_of_duties"], refused
    assert admin.post(f"/v1/accounts/{account}/grants", {"role": "sysadmin"}).status == 409
    account = admin.post("/v1/accounts", {"name": "丁", "kind": "person"}).id
    assert admin.post(f"/v1/accounts/{account}/grants", {"role": "auditor"}).status == 201
    assert admin.post(f"/v1/accounts/{account}/grants", {"role": "sysadmin"}).rules == ["separation_of_duties"]


def test_a_role_has_the_reach_it_needs(world):
    admin, account = new_account(world)
    path = f"/v1/accounts/{account}/grants"
    pucheng = "00000000-0000-7000-8000-000000610526"
    nowhere = "01890000-0000-7000-8000-00000000ffff"
    assert admin.post(path, {"role": "county"}).pointers == ["#/recommender_id"]
    assert admin.post(path, {"role": "officer", "recommender_id": pucheng}).pointers == ["#/recommender_id"]
    assert admin.post(path, {"role": "lead", "recommender_id": pucheng}).pointers == ["#/organisation_id", "#/recommender_id"]
    assert admin.post(path, {"role": "lead", "organisation_id": nowhere}).status == 422
    assert admin.post(path, {"role": "expert", "expert_id": nowhere}).status == 422
    assert admin.post(path, {"role": "dept", "recommender_id": pucheng}).status == 422  # a county is no department
    made = admin.post(path, {"role": "county", "recommender_id": pucheng})
    assert made.status == 201 and made.json["reach_name"] == "蒲城县科技主管部门"
    assert admin.post(path, {"role": "public"}).status == 400
    assert admin.post(path, {"role": "system"}).status == 400


def test_accounts_are_changed_under_their_etag(world):
    admin, account = new_account(world, email="a@example.org")
    path = f"/v1/accounts/{account}"
    read = admin.get(path)
    assert admin.patch(path, {"name": "新名"}, etag=None).status == 428
    renamed = admin.patch(path, {"name": "新名"}, etag=read.headers["ETag"])
    assert renamed.status == 200 and renamed.json["name"] == "新名" and renamed.json["email"] == "a@example.org"
    assert admin.patch(path, {"name": "旧名"}, etag=read.headers["ETag"]).status == 412
    assert "email" not in admin.patch(path, {"email": None}).json
    assert admin.patch(path, {"issuer": "x"}).status == 400
    assert admin.post("/v1/accounts", {"name": "n", "kind": "person", "issuer": "https://x"}).pointers == ["#/subject"]
    assert admin.get("/v1/accounts/01890000-0000-7000-8000-00000000ffff").status == 404
    assert admin.post("/v1/accounts/01890000-0000-7000-8000-00000000ffff/grants", {"role": "officer"}).status == 404


def test_every_change_of_rights_is_in_the_log(world):
    admin, account = new_account(world, "officer")
    admin.get(f"/v1/accounts/{account}")
    admin.patch(f"/v1/accounts/{account}", {"disabled": True, "reason": "离岗"})
    made = admin.post(f"/v1/accounts/{account}/credentials", {"kind": "api_key", "name": "笔记本"})
    admin.delete(f"/v1/accounts/{account}/credentials/{made.id}")
    auditor = world.client("auditor")
    log = auditor.all("/v1/audit-log", params={"object_id": account})
    assert [line["action"] for line in log] == ["revoke_credential", "create_credential", "update_account", "create_grant",
                                                "create_account"]
    assert {line["role"] for line in log} == {"sysadmin"} and {line["account_id"] for line in log} == {admin.account_id}
    assert log[2]["reason"] == "离岗" and log[3]["reason"] == "officer"
    first = auditor.get("/v1/audit-log", params={"object_id": account, "limit": 2})
    assert len(first.json["items"]) == 2 and auditor.get(first.json["page"]["next"]).json["items"] == log[2:4]
    assert auditor.all("/v1/audit-log", params={"object_id": account, "from": "2026-11-15", "to": "2026-11-15"}) == log
    assert auditor.all("/v1/audit-log", params={"object_id": account, "to": "2026-11-14"}) == []
    assert auditor.all("/v1/audit-log", params={"object_id": account, "account_id": auditor.account_id}) == []


# Scopes only narrow

def test_a_scope_only_narrows(world):
    admin, account = new_account(world, "auditor")
    path = f"/v1/accounts/{account}/credentials"
    narrow = bearer(world, admin.post(path, {"kind": "api_key", "name": "k", "scopes": "access:read"}).json["secret"])
    reply = narrow.get("/v1/audit-log")
    assert reply.status == 403 and reply.code == "insufficient_scope"
    assert 'error="insufficient_scope"' in reply.headers["WWW-Authenticate"] and 'scope="audit:read"' in reply.headers["WWW-Authenticate"]
    # the scope is there, the role is not: still refused
    assert narrow.get("/v1/accounts").code == "forbidden"
    wide = bearer(world, admin.post(path, {"kind": "api_key", "name": "k", "scopes": "access:read audit:read"}).json["secret"])
    assert wide.get("/v1/audit-log").status == 200
    assert wide.get("/v1/me").json["scopes"] == ["access:read", "audit:read"]
    assert admin.post(path, {"kind": "api_key", "name": "k", "scopes": "all:power"}).pointers == ["#/scopes"]


def test_a_token_without_the_scope_sees_what_everybody_sees(world):
    """An operation that is public, too, does not ask for a scope; but then the caller is nobody."""
    alliance = uuid.uuid4()
    world.sql("begin;"
              f"insert into alliance (id, name, name_key, industry_field, industry_class, status, created_at, updated_at) "
              f"values ('{alliance}', '未认定联盟（虚构）', '未认定联盟', 'F01', 'pillar', 'forming', "
              "'2026-11-15T09:00:00+08:00', '2026-11-15T09:00:00+08:00');"
              f"insert into history (at, role, object_kind, object_id, machine, from_status, action, to_status, request_id, operation) "
              f"values ('2026-11-15T09:00:00+08:00', 'system', 'alliance', '{alliance}', 'ALL', 'new', 'form', 'forming', 'test', 'test');"
              "commit;")
    whole, wide, narrow = (world.client("officer", scopes=scopes) for scopes in (None, "applications:read", "money:read"))
    path = f"/v1/alliances/{alliance}"
    for suffix in ("", "/members", "/transitions"):
        assert whole.get(path + suffix).status == wide.get(path + suffix).status == 200, suffix
        assert narrow.get(path + suffix).status == world.anonymous.get(path + suffix).status == 404, suffix
    assert narrow.get("/v1/alliances").json == world.anonymous.get("/v1/alliances").json
    for path in ("/v1/tasks", "/v1/notices"):
        assert wide.get(path).status == 200 and narrow.get(path).code == "insufficient_scope", path
    assert narrow.get("/v1/me").status == 200


# Nobody acts as somebody else unseen

def test_the_holder_and_the_auditors_learn_of_every_grant_and_credential(world):
    admin, auditor, other = world.client("sysadmin"), world.client("auditor"), world.client("auditor")
    person = world.client("officer")
    path = f"/v1/accounts/{person.account_id}"
    grant = admin.post(path + "/grants", {"role": "leader"})
    key = admin.post(path + "/credentials", {"kind": "api_key", "name": "k"})
    assert (grant.status, key.status) == (201, 201)
    told = [(one["kind"], one["subject_id"], one["href"]) for one in person.all("/v1/notices") if one["subject_kind"] == "account"]
    assert told == [("account.create_credential", person.account_id, "/v1/me"), ("account.create_grant", person.account_id, "/v1/me")]
    for reader in (auditor, other):
        lines = [one for one in reader.all("/v1/notices") if one["subject_id"] == person.account_id]
        assert [one["action_label"] for one in lines] == ["新增凭据", "新增授权"]
        log = reader.get(lines[0]["href"]).json["items"]
        assert {line["action"] for line in log} == {"create_grant", "create_credential"}
    # made by the administrator, the key is the officer: the log tells the acts of one from those of the other
    for caller in (bearer(world, key.json["secret"]), person):
        made = caller.post("/v1/documents", {"type": "notice", "title": "通知（虚构）", "legal_basis": "渭科发〔2015〕62号"})
        assert made.status == 201, made
    acts = auditor.all("/v1/audit-log", params={"account_id": person.account_id, "object_kind": "document"})
    own = person.get("/v1/me").json["credential_id"]
    assert [act["credential_id"] for act in acts] == [own, key.id] and own != key.id


def test_the_log_tells_no_positions(world):
    """The gaps would say how often somebody writes on a sealed sheet; the cursor does not tell them either."""
    admin, _account = new_account(world, "auditor")
    auditor = world.client("auditor")
    page = auditor.get("/v1/audit-log?limit=1").json
    assert "seq" not in page["items"][0]
    seq = world.value("select max(seq) from history")
    cursor = page["page"]["next"].split("cursor=")[1].split("&")[0]
    assert seq.encode() not in base64.urlsafe_b64decode(cursor + "==")
    assert auditor.get(page["page"]["next"]).json["items"] != page["items"]
    broken = cursor[:-6] + ("A" if cursor[-6] != "A" else "B") + cursor[-5:]
    assert auditor.get("/v1/audit-log", params={"limit": 1, "cursor": broken}).code == "cursor_mismatch"
    assert admin.get("/v1/audit-log").status == 403


# OAuth 2.0 client credentials

def ask(world, body, basic=None, content_type=FORM):
    headers = {"Authorization": "Basic " + base64.b64encode(basic.encode()).decode()} if basic else None
    return world.anonymous.post(TOKEN, body, headers=headers, content_type=content_type)


@pytest.fixture(scope="module")
def oauth(world):
    admin, account = new_account(world, "auditor", kind="machine")
    made = admin.post(f"/v1/accounts/{account}/credentials",
                      {"kind": "oauth_client", "name": "门户", "scopes": "audit:read access:read"})
    assert made.status == 201
    return {"admin": admin, "account": account, "id": made.json["client_id"], "secret": made.json["secret"], "credential": made.id}


def test_client_credentials_give_a_token_that_works(world, oauth):
    basic = f"{oauth['id']}:{oauth['secret']}"
    for reply in (ask(world, "grant_type=client_credentials", basic),
                  ask(world, f"grant_type=client_credentials&client_id={oauth['id']}&client_secret={oauth['secret']}")):
        assert reply.status == 200, reply
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.json["token_type"] == "Bearer" and reply.json["expires_in"] == 900
        assert reply.json["scope"] == "audit:read access:read"
        token = reply.json["access_token"]
        header = jwt.get_unverified_header(token)
        assert header["alg"] == "ES256" and header["typ"] == "at+jwt"
        keys = {key["kid"]: key for key in world.anonymous.get("/.well-known/jwks.json").json["keys"]}
        assert all("d" not in key for key in keys.values())
        public = jwt.algorithms.ECAlgorithm.from_jwk(json.dumps(keys[header["kid"]]))
        issuer = world.anonymous.get("/.well-known/oauth-authorization-server").json["issuer"]
        claims = jwt.decode(token, public, algorithms=["ES256"], audience=issuer, issuer=issuer)
        assert claims["sub"] == oauth["account"] and claims["client_id"] == oauth["id"]
        assert claims["exp"] - claims["iat"] == 900 and claims["jti"] and "roles" not in claims
        caller = bearer(world, token)
        assert caller.get("/v1/audit-log").status == 200
        assert caller.get("/v1/me").json["account"]["id"] == oauth["account"]


def token_of(world, basic):
    return ask(world, "grant_type=client_credentials", basic).json["access_token"]


def kids(world):
    return [key["kid"] for key in world.anonymous.get("/.well-known/jwks.json").json["keys"]]


@pytest.fixture
def replicas(session, tmp_path):
    """Two services over one database and one directory of keys, behind one name; not started."""
    settings = {"state-dir": tmp_path, "public-url": "https://alliance.example"}
    first = session.world(settings)
    second = session.world(settings, twin=first)
    yield first, second
    try:
        second.close()
    finally:
        first.close()


def age_signing_key(world):
    """As it is 180 days on: the next start makes another one."""
    path = world.settings["state-dir"] / "keys/signing.jwks"
    keys = json.loads(path.read_text())
    for key in keys["keys"]:
        key["made_at"] -= 181 * 86400
    path.write_text(json.dumps(keys))


def test_a_key_that_one_replica_makes_is_known_to_the_other(replicas):
    first, second = replicas
    first.start()
    admin, account = new_account(first, "auditor", kind="machine")
    client = admin.post(f"/v1/accounts/{account}/credentials", {"kind": "oauth_client", "name": "门户", "scopes": "audit:read"}).json
    basic = f"{client['client_id']}:{client['secret']}"
    old = token_of(first, basic)
    assert kids(first) == [jwt.get_unverified_header(old)["kid"]]
    age_signing_key(first)
    second.start()
    new = token_of(second, basic)
    assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]
    for world in replicas:
        for token in (new, old):
            assert bearer(world, token).get("/v1/audit-log").status == 200
        assert kids(world) == [jwt.get_unverified_header(token)["kid"] for token in (new, old)]
    # both sign with the new one: the old one leaves the file a day later
    assert jwt.get_unverified_header(token_of(first, basic))["kid"] == jwt.get_unverified_header(new)["kid"]


def test_keys_that_cannot_be_read_leave_those_that_are_known(replicas):
    first, _ = replicas
    first.start()
    known, path = kids(first), first.settings["state-dir"] / "keys/signing.jwks"
    kept = path.read_text()
    path.write_text("{")
    assert kids(first) == known
    assert [line["event"] for line in first.log_lines()].count("signing_keys_not_read") == 1
    assert kids(first) == known
    assert [line["event"] for line in first.log_lines()].count("signing_keys_not_read") == 1
    path.write_text(kept)
    assert kids(first) == known


def test_a_token_can_ask_for_less(world, oauth):
    reply = ask(world, "grant_type=client_credentials&scope=access%3Aread", f"{oauth['id']}:{oauth['secret']}")
    assert reply.status == 200 and reply.json["scope"] == "access:read"
    assert bearer(world, reply.json["access_token"]).get("/v1/audit-log").code == "insufficient_scope"


def test_refusals_of_the_token_endpoint_are_those_of_the_rfc(world, oauth):
    basic, grant = f"{oauth['id']}:{oauth['secret']}", "grant_type=client_credentials"
    in_form = f"&client_id={oauth['id']}&client_secret={oauth['secret']}"
    cases = [
        (grant, None, 401, "invalid_client"),
        (grant, f"{oauth['id']}:wrong", 401, "invalid_client"),
        (grant, f"nobody:{oauth['secret']}", 401, "invalid_client"),
        (grant + in_form, basic, 401, "invalid_client"),  # twice
        (grant + "&client_id=other", basic, 401, "invalid_client"),
        ("grant_type=password", basic, 400, "unsupported_grant_type"),
        ("scope=audit%3Aread", basic, 400, "invalid_request"),
        (grant + "&grant_type=client_credentials", basic, 400, "invalid_request"),
        (grant + "&scope=funding%3Aall", basic, 400, "invalid_scope"),
        (grant + "&scope=access%3Awrite", basic, 400, "invalid_scope"),  # known, but not this client's
        ("grant_type=%zz", basic, 400, "invalid_request"),
    ]
    for body, user, status, error in cases:
        reply = ask(world, body, user)
        assert reply.status == status and reply.json["error"] == error, (body, user, reply)
        assert reply.headers["Content-Type"] == "application/json" and reply.headers["Cache-Control"] == "no-store"
        assert (status == 401) == ("WWW-Authenticate" in reply.headers)
        assert "access_token" not in reply.json
    assert ask(world, '{"grant_type":"client_credentials"}', basic, "application/json").json["error"] == "invalid_request"


def test_revoking_the_client_ends_its_tokens(world):
    admin, account = new_account(world, "auditor", kind="machine")
    made = admin.post(f"/v1/accounts/{account}/credentials", {"kind": "oauth_client", "name": "k"})
    basic = f"{made.json['client_id']}:{made.json['secret']}"
    token = ask(world, "grant_type=client_credentials", basic).json["access_token"]
    assert "scopes" not in bearer(world, token).get("/v1/me").json
    assert bearer(world, token).get("/v1/audit-log").status == 200
    # the secret is no key, and the key of a client's secret is no bearer token
    assert_refused(world, made.json["secret"])
    assert admin.delete(f"/v1/accounts/{account}/credentials/{made.id}").status == 204
    assert_refused(world, token)
    assert ask(world, "grant_type=client_credentials", basic).json["error"] == "invalid_client"


# Tokens of another issuer, good and forged

def test_every_kind_of_signature_is_understood(portal, issuer):
    for kid, algorithm in (("rsa", "RS256"), ("rsa", "PS256"), ("ec", "ES256"), ("ed", "EdDSA")):
        me = bearer(portal, issuer.token(kid, algorithm)).get("/v1/me")
        assert me.status == 200 and me.json["account"]["name"] == "门户经办（虚构）", (algorithm, me)
        assert set(me.json["roles"]) == {"public", "officer"}
    assert bearer(portal, issuer.token(aud="alliance")).get("/v1/tasks").status == 200
    assert bearer(portal, issuer.token(headers={"typ": "JWT"})).get("/v1/tasks").status == 200


def test_roles_never_come_from_a_token(portal, issuer):
    me = bearer(portal, issuer.token(roles=["sysadmin"], role="leader", groups=["admin"])).get("/v1/me")
    assert set(me.json["roles"]) == {"public", "officer"}
    narrow = bearer(portal, issuer.token(scope="openid access:read")).get("/v1/me")
    assert narrow.json["scopes"] == ["openid", "access:read"]


def test_forged_tokens_are_refused(portal, issuer):
    now = int(time.time())
    public_pem = issuer.rsa.public_key().public_bytes(serialization.Encoding.PEM,
                                                      serialization.PublicFormat.SubjectPublicKeyInfo)
    hs = f"{b64(json.dumps({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa'}).encode())}.{b64(json.dumps(issuer.claims()).encode())}"
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    good = issuer.token()
    head, body, signature = good.split(".")
    es = '{"alg":"ES256","typ":"at+jwt","kid":"ec"}'
    twice = json.dumps(issuer.claims())[:-1] + ', "sub": "officer-7"}'
    assert bearer(portal, issuer.raw(es)).get("/v1/tasks").status == 200  # the forge itself works
    forged = {
        "alg none": issuer.raw('{"alg":"none","typ":"at+jwt","kid":"ec"}', sign=False),
        "alg None": issuer.raw('{"alg":"nOnE","typ":"at+jwt","kid":"ec"}', sign=False),
        "HS256 with the public key": f"{hs}.{b64(hmac.sign(hs.encode(), public_pem))}",
        "HS256 with a key of the set": jwt.encode(issuer.claims(), b"k" * 32, algorithm="HS256", headers={"kid": "oct"}),
        "unknown kid": issuer.token(headers={"kid": "nobody"}),
        "no kid": issuer.raw('{"alg":"ES256","typ":"at+jwt"}'),
        "another key's kid": issuer.token(headers={"kid": "ed"}),
        "another's key": issuer.token(key=issuer.other),
        "RS256 named for the EC key": issuer.raw('{"alg":"RS256","typ":"at+jwt","kid":"ec"}'),
        "zip": issuer.raw('{"alg":"ES256","typ":"at+jwt","kid":"ec","zip":"DEF"}'),
        "crit": issuer.raw('{"alg":"ES256","typ":"at+jwt","kid":"ec","crit":["exp"]}'),
        "a member of the header twice": issuer.raw('{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"ec"}'),
        "a claim twice": issuer.raw(es, twice),
        "typ missing": issuer.raw('{"alg":"ES256","kid":"ec"}'),
        "typ of a logout token": issuer.token(headers={"typ": "logout+jwt"}),
        "expired": issuer.token(exp=now - 120),
        "no exp": issuer.token(exp=None),
        "exp as text": issuer.raw(es, json.dumps(issuer.claims(exp=str(now + 300)))),
        "not yet": issuer.token(nbf=now + 600),
        "for somebody else": issuer.token(aud="else"),
        "aud missing": issuer.token(aud=None),
        "iss unknown": issuer.token(iss="https://evil.example"),
        "iss missing": issuer.token(iss=None),
        "sub unknown": issuer.token(sub="officer-8"),
        "sub missing": issuer.token(sub=None),
        "signature cut": good[:-4],
        "signature padded": good + "==",
        "signature of another text": f"{head}.{issuer.token(sub='x').split('.')[1]}.{signature}",
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "four parts": f"{good}.x",
        "too long": issuer.token(filler="x" * 9000),
    }
    for name, token in forged.items():
        reply = bearer(portal, token).get("/v1/tasks")
        assert reply.status == 401 and reply.code == "unauthenticated", (name, reply)
        assert bearer(portal, token).get("/v1/measures").status == 401, name


def test_the_skew_is_a_minute(portal, issuer):
    now = int(time.time())
    assert bearer(portal, issuer.token(exp=now - 30)).get("/v1/tasks").status == 200
    assert bearer(portal, issuer.token(nbf=now + 30)).get("/v1/tasks").status == 200


def test_a_token_of_ours_signed_by_the_portal_is_refused(portal, issuer):
    ours = portal.anonymous.get("/.well-known/oauth-authorization-server").json["issuer"]
    account = portal.value("select id from account where subject = 'officer-7'")
    assert_refused(portal, issuer.token(iss=ours, aud=ours, sub=account, client_id="x"))


def test_a_disabled_account_is_nobody_for_the_portal_too(portal, issuer):
    admin = portal.client("sysadmin")
    account = portal.value("select id from account where subject = 'officer-7'")
    assert admin.patch(f"/v1/accounts/{account}", {"disabled": True}).status == 200
    assert_refused(portal, issuer.token())
    assert admin.patch(f"/v1/accounts/{account}", {"disabled": False}).status == 200
    assert bearer(portal, issuer.token()).get("/v1/tasks").status == 200


# Public data and the clock

def test_the_measures_are_public_as_of_a_day(world):
    measures = world.anonymous.get("/v1/measures").json
    assert measures["document_no"] == "渭科发〔2015〕62号" and measures["issued_on"] == "2015-05-19"
    articles = {article["id"]: article for article in measures["articles"]}
    assert [one for one in articles if "(" not in one] == [str(n) for n in range(1, 21)]
    assert articles["6(2)"]["text"].endswith("联盟核心成员不少于十家。")
    assert articles["15"]["text"] == "复审制度。认定联盟每3年须进行复审，对未复审的联盟将撤销其资质。"
    parameters = {row["key"]: row["value"] for row in measures["parameters"]}
    assert parameters["core.min"] == "10" and parameters["rereview.years"] == "3" and parameters["vote.share"] == "2/3"
    assert world.anonymous.get("/v1/measures?as_of=2015-05-19").status == 200
    assert world.anonymous.get("/v1/measures?as_of=2015-05-18").status == 404
    assert world.anonymous.get("/v1/measures?as_of=2015-13-01").status == 400


def test_code_lists_are_public(world):
    for entry in world.anonymous.get("/v1/code-lists").json["items"]:
        items = world.anonymous.get(entry["href"]).json["items"]
        assert items and all(item["code"] and item["zh"] for item in items), entry
    divisions = {item["code"]: item for item in world.anonymous.get("/v1/code-lists/divisions").json["items"]}
    assert divisions["610521"]["zh"] == "华县" and divisions["610521"]["valid_to"] == "2015-10-12"
    assert divisions["610503"]["valid_from"] == "2015-10-13"
    fields = world.anonymous.get("/v1/code-lists/industry_fields").json["items"]
    assert len(fields) == 16
    assert {one["code"] for one in fields if one["industry_class"] == "strategic_emerging"} == {"F07", "F09", "F10", "F12", "F13", "F15"}
    assert world.anonymous.get("/v1/code-lists/secrets").status == 404


def test_recommenders_are_those_of_the_day(world):
    now = {unit["code"] for unit in world.anonymous.all("/v1/recommenders", params={"kind": "county", "limit": 5})}
    assert len(now) == 14 and {"610503", "Z-GX", "Z-JK", "Z-LY"} <= now and "610521" not in now
    then = {unit["code"] for unit in world.anonymous.all("/v1/recommenders?as_of=2015-06-01")}
    assert "610521" in then and "610503" not in then
    huaxian = world.anonymous.get("/v1/recommenders/00000000-0000-7000-8000-000000610521").json
    assert huaxian["successor_id"] == "00000000-0000-7000-8000-000000610503"


def test_departments_and_associations_are_registered_with_their_fields(world):
    admin = world.client("sysadmin")
    body = {"code": "A-GY", "kind": "assoc", "name": "渭南市果业协会（虚构）", "credit_code": "51610500PDY000079T",
            "fields": ["F01", "F02"], "is_fictitious": True}
    made = admin.post("/v1/recommenders", body)
    assert made.status == 201 and made.json["fields"] == ["F01", "F02"]
    assert world.anonymous.get(made.headers["Location"]).json["name"] == body["name"]
    assert [unit["code"] for unit in world.anonymous.all("/v1/recommenders?field=F02")] == ["A-GY"]
    assert world.anonymous.all("/v1/recommenders?field=F03") == []
    assert admin.post("/v1/recommenders", body).status == 409
    wrong = admin.post("/v1/recommenders", {**body, "code": "A-X", "credit_code": "51610500PDY000079A", "fields": ["F01", "F99"]})
    assert wrong.status == 422 and wrong.pointers == ["#/credit_code", "#/fields/1"]
    assert world.client("officer").post("/v1/recommenders", {**body, "code": "A-Y"}).status == 403


def test_the_clock_moves_only_where_it_may(fresh_world):
    admin = fresh_world.client("sysadmin")
    assert fresh_world.anonymous.get("/v1/clock").json == {"now": "2026-11-15T09:00:00.000+08:00", "today": "2026-11-15", "is_test": True}
    assert admin.put("/v1/test-clock", {"now": "2026-11-30T16:00:00Z"}).json["today"] == "2026-12-01"
    assert fresh_world.anonymous.get("/v1/clock").json["now"] == "2026-12-01T00:00:00.000+08:00"
    assert fresh_world.client("officer").put("/v1/test-clock", {"now": "2026-12-02T00:00:00Z"}).status == 403
    assert fresh_world.anonymous.put("/v1/test-clock", {"now": "2026-12-02T00:00:00Z"}).status == 401
    assert admin.put("/v1/test-clock", {"now": "2027-01-01T00:00:00+08:00", "runs": True}).status == 200
    assert fresh_world.anonymous.get("/v1/clock").json["today"] == "2027-01-01"


def test_a_live_service_has_no_test_clock_and_takes_no_test_key(make_world):
    live = make_world(clock="system")
    admin = live.client("sysadmin")
    assert_refused(live, admin.token)  # a key of the tests
    made = json.loads(live.run("account", "create", "--name", "管理员", "--role", "sysadmin", "--key").stdout)
    assert made["key"].startswith("wna_live_")
    caller = bearer(live, made["key"])
    assert caller.get("/v1/me").json["environment"] == "live"
    assert caller.put("/v1/test-clock", {"now": "2027-01-01T00:00:00+08:00"}).status == 404
    # nor an OAuth client of a test, at the token endpoint or through a token from before
    path = f"/v1/accounts/{made['account_id']}/credentials"
    client = caller.post(path, {"kind": "oauth_client", "name": "c"}).json
    form = f"grant_type=client_credentials&client_id={client['client_id']}&client_secret={client['secret']}"
    token = ask(live, form).json["access_token"]
    assert bearer(live, token).get("/v1/me").json["account"]["id"] == made["account_id"]
    live.sql(f"update credential set prefix = 'wna_test_0000' where id = '{client['id']}'")
    reply = ask(live, form)
    assert reply.status == 401 and reply.json["error"] == "invalid_client"
    assert_refused(live, token)
