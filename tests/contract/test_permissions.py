"""Every operation and every role against the permission table (permissions.tsv), which stands on its own: first that openapi.yaml says
what the table says, then that the running service does. Marks of the table: A all, O own, O1 own row, J jurisdiction, F field, G
assigned, M makes, C confirms, P public, P2 published part, R and S what the later provincial machines give. How far a role
reaches is tried by the scenarios; here a role either may call or may not."""
import csv
import pathlib
import re
import uuid

import pytest

from support import spec
from support.client import Client

TABLE = pathlib.Path(__file__).with_name("permissions.tsv")
ROLES = ("officer", "leader", "finance", "county", "dept", "assoc", "lead", "council", "host", "member", "expert", "province",
         "auditor", "sysadmin")
EVERYBODY = {*ROLES, "public"}


def table():
    with open(TABLE, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def marked(row, marks=None):
    """The roles that the row lets in; R and S are marks of machines that are not built, so they let nobody in yet."""
    found = {role for role in (*ROLES, "public") if row[role] not in ("-", "R", "S") and (marks is None or row[role] in marks)}
    return EVERYBODY if "public" in found else found


def event(*names):
    """The roles of the rows that name any of these events (MACHINE.action, perhaps @status)."""
    roles = set()
    for name in names:
        rows = [row for row in table() if any(word == name or word.startswith(name + "@") for word in row["events"].split())]
        assert rows, f"{name} stands in no row"
        roles |= set().union(*map(marked, rows))
    return roles


def row(title, marks=None):
    rows = [one for one in table() if one["action"].startswith(title)]
    assert len(rows) == 1, f"{title}: {len(rows)} rows"
    return marked(rows[0], marks)


PUBLIC = EVERYBODY
CARD = row("READ alliance public card")
APPLICATION = row("READ full application")
ENDORSEMENT = row("READ endorsement opinion")
SHEETS = row("READ score sheets")
RESULT = row("READ panel result")
MONEY = row("READ awards, payments", "AO")  # without the published part
LEDGER = row("READ ledger chain")
OWN = row("READ own tasks")
USERS = row("MANAGE users")
ORGANISATIONS = row("MANAGE organisations")
FILES = event("APP.create", "APP.submit", "END.sign") | ORGANISATIONS  # who writes what a file belongs to

# operationId -> who may call. "-" takes away what the table would allow and the service narrows, with the reason beside it.
EXPECTED = {
    **dict.fromkeys("""getHome getIndex getHealthLive getHealthReady getDocs getDocsScript getDocsInit getOpenapi getProblem getFavicon
                       getClock getMeasures listCodeLists getCodeList listLifecycles listRules listRecommenders getRecommender getMe
                       createToken getJwks getOauthMetadata getRubric""".split(), PUBLIC),
    **dict.fromkeys("""getAlliance listAlliances getAllianceStatus listAllianceMembers listAllianceTransitions getAllianceByNumber
                       getAllianceStatusByNumber listIssuedDocuments""".split(), CARD),
    "setTestClock": row("SET test clock"),
    "listTasks": OWN, "listNotices": OWN, "listAuditLog": LEDGER,
    **dict.fromkeys("""listAccounts createAccount getAccount updateAccount createGrant revokeGrant listCredentials createCredential
                       revokeCredential createRecommender""".split(), USERS),

    # an expert and the province learn of organisations through what they were given to read
    "listOrganisations": (APPLICATION | MONEY) - {"expert"}, "getOrganisation": (APPLICATION | MONEY) - {"expert"},
    "createOrganisation": ORGANISATIONS, "updateOrganisation": ORGANISATIONS,
    "createCreditCodeWaiver": row("CONFIRM bank account, credit code waiver", "M"),
    # a waiver is about identity, not about money
    "confirmCreditCodeWaiver": row("CONFIRM bank account, credit code waiver", "C") - {"finance"},

    "listApplications": APPLICATION, "getApplication": APPLICATION, "listApplicationTransitions": APPLICATION,
    # a member reads its own row; revisions and files show those of others
    "listApplicationRevisions": APPLICATION - {"member"}, "listApplicationAttachments": APPLICATION - {"member"},
    "createApplication": event("APP.create"), "updateApplication": event("APP.submit"),
    "createApplicationTransition": event("APP.submit", "APP.resubmit", "APP.correct", "APP.correct_material", "APP.withdraw",
                                         "APP.submit_rectification", "APP.reassign_recommender", "APP.accept",
                                         "APP.request_correction", "APP.propose", "APP.reject_formal",
                                         "APP.require_rectification", "APP.refuse", "APP.send_back"),
    "endorseApplication": event("END.sign", "END.return", "END.decline"),
    "listEndorsements": ENDORSEMENT, "getEndorsement": ENDORSEMENT, "listEndorsementTransitions": ENDORSEMENT,
    "createAttachment": FILES, "putAttachmentPart": FILES, "completeAttachment": FILES,
    "getAttachment": APPLICATION | MONEY, "getAttachmentContent": APPLICATION | MONEY,

    # the table has no row for reading the expert database: who keeps it, the auditor, and an expert its own record
    "listExperts": event("EXP.register", "EXP.admit") | {"auditor"},
    "getExpert": event("EXP.register", "EXP.admit") | {"auditor", "expert"},
    "listExpertTransitions": event("EXP.register", "EXP.admit") | {"auditor", "expert"},
    "createExpert": event("EXP.register"), "updateExpert": event("EXP.register"),
    "createExpertTransition": event("EXP.take_up", "EXP.suspend", "EXP.admit", "EXP.reject", "EXP.remove"),
    # names of experts whom an applicant asks to avoid are for the bureau and the applicant alone
    "listAvoidedExperts": APPLICATION - {"county", "dept", "assoc", "council", "host", "member", "expert"},
    "putAvoidedExperts": event("APP.submit"),
    "listPanels": RESULT, "getPanel": RESULT, "listPanelTransitions": RESULT,
    "createPanel": event("PANEL.draft"),
    "createPanelTransition": event("PANEL.constitute", "PANEL.open_scoring", "PANEL.close", "PANEL.replace_chair", "PANEL.conclude",
                                   "PANEL.void"),
    "listPanelSheets": SHEETS, "getSheet": SHEETS, "listSheetTransitions": SHEETS,
    "listSheets": SHEETS - {"officer", "leader", "auditor"},  # my own sheets; theirs are listed under the panel
    "createSheet": event("SHEET.invite"), "putSheetScores": event("SHEET.score"),
    "createSheetTransition": event("SHEET.accept", "SHEET.decline", "SHEET.submit", "SHEET.recuse", "SHEET.replace"),

    # drafts of documents: who writes and who signs them, and the auditor
    "listDocuments": event("DOC.draft", "DOC.approve") | {"auditor"}, "getDocument": event("DOC.draft", "DOC.approve") | {"auditor"},
    "listDocumentTransitions": event("DOC.draft", "DOC.approve") | {"auditor"},
    "draftDocument": event("DOC.draft"), "updateDocument": event("DOC.draft"),
    "createDocumentTransition": event("DOC.submit", "DOC.approve", "DOC.send_back", "DOC.recall", "DOC.issue", "DOC.discard"),

    # schemes, budget lines and balances are the bureau's; units see their own awards
    **dict.fromkeys("""listAwardSchemes getAwardScheme listBudgetLines getBudgetLine listBudgetLineTransitions
                       listLedgerBalances""".split(), MONEY - {"lead", "council", "host"}),
    "createAwardScheme": row("MANAGE award schemes", "M"), "confirmAwardScheme": row("MANAGE award schemes", "C"),
    "createBudgetLine": event("BUD.draft"), "createBudgetLineAdjustment": event("BUD.draft"),  # finance makes, the leader books
    "createBudgetLineTransition": event("BUD.approve", "BUD.adjust", "BUD.close"),
    **dict.fromkeys("""listAwards getAward listAwardTransitions listAwardPayments listPayments getPayment listPaymentTransitions
                       listFundingRecords""".split(), MONEY),
    "createAward": event("AWD.propose"), "createAwardTransition": event("AWD.approve", "AWD.cancel"),
    "createPayment": event("PAY.prepare"),
    "createPaymentTransition": event("PAY.confirm", "PAY.discard", "PAY.book", "PAY.reverse"),
    "listBankAccounts": MONEY - {"council"},  # the numbers are those of the lead and the host themselves
    # a member that is neither lead nor host is never paid
    "createBankAccount": (row("CONFIRM bank account, credit code waiver", "M") | ORGANISATIONS) - {"member"},
    "confirmBankAccount": row("CONFIRM bank account, credit code waiver", "C"),
    "verifyLedger": LEDGER,
    "getAwardList": row("READ awards, payments"),  # P2: the published part
}


def described():
    """operationId -> (method, path, operation, roles by openapi.yaml)."""
    found = {}
    for _, path, method, operation, _ in spec.operations():
        roles = set()
        for alternative in operation["security"]:
            words = {word for word in alternative.get("bearer", []) if ":" not in word}
            roles |= (words or set(ROLES)) if alternative else EVERYBODY
        found[operation["operationId"]] = (method.upper(), path, operation, roles)
    return found


def test_every_operation_is_mapped():
    assert set(described()) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_description_says_what_the_table_says(name):
    assert described()[name][3] == EXPECTED[name]


def test_a_table_row_is_not_forgotten():
    """Every event of the table whose machine and action stand in the lifecycle is somebody's."""
    actions = set(re.findall(r"^ROW\((\w+), \w+, (\w+)", (TABLE.parents[2] / "service/policy/lifecycle.def").read_text("utf-8"), re.M))
    named = {tuple(word.split("@")[0].split(".")) for one in table() for word in one["events"].split() if "." in word}
    by_people = set(re.findall(r"^ROW\((\w+), \w+, (\w+), (?!ROLE_system,)", (TABLE.parents[2] / "service/policy/lifecycle.def")
                               .read_text("utf-8"), re.M))
    assert by_people - named == set()
    assert named & actions


# The running service

def sample(schema, name):
    """A value that a parameter takes."""
    schema = spec.resolve(schema)
    if schema.get("format") == "uuid":
        return str(uuid.uuid4())
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "integer":
        return str(schema.get("minimum", 1))
    return {"number": "WNLM-2026-9999", "code": "forbidden", "name": "roles"}.get(name, "x")


def request_of(path, operation):
    """(path, body, content type) of a request that is valid, about something that does not exist."""
    item = spec.load()["paths"][path]
    query = []
    for parameter in map(spec.resolve, item.get("parameters", []) + operation.get("parameters", [])):
        if parameter["in"] == "path":
            path = path.replace("{%s}" % parameter["name"], sample(parameter["schema"], parameter["name"]))
        elif parameter["in"] == "query" and parameter.get("required"):
            query.append(f"{parameter['name']}={sample(parameter['schema'], parameter['name'])}")
    if "requestBody" not in operation:
        return path, query, None, None
    content_type, media = next(iter(spec.resolve(operation["requestBody"])["content"].items()))
    if content_type == "application/octet-stream":
        return path, query, b"x", content_type
    if content_type == "application/x-www-form-urlencoded":
        return path, query, "grant_type=client_credentials", content_type
    body = media.get("example") or next(iter(media["examples"].values()))["value"]
    return path, query, body, content_type


@pytest.fixture(scope="module")
def callers(world):
    organisation, expert = str(uuid.uuid4()), str(uuid.uuid4())
    world.sql(f"""begin;
        insert into organisation (id, credit_code, name, name_key, type, division_code, independent_legal_person, legal_representative,
            is_fictitious, created_at, updated_at)
        values ('{organisation}', '91610526PDY00001X4', '某公司（虚构）', '某公司(虚构)', 'enterprise', '610526', true, '某某', true,
            '2026-11-15', '2026-11-15');
        insert into history (at, role, object_kind, object_id, machine, from_status, action, to_status, request_id, operation)
        values ('2026-11-15', 'officer', 'expert', '{expert}', 'EXP', 'new', 'register', 'review', 'test', 'test');
        insert into expert (id, name, name_key, employer_credit_code, employer_name, title_rank, fields, kind, created_at, updated_at)
        values ('{expert}', '某专家', '某专家', '12610500PDY000060Y', '某院（虚构）', 'senior', '{{F02}}', 'technical', '2026-11-15', '2026-11-15');
        insert into recommender (id, code, kind, name, valid_from, is_fictitious)
        values ('{uuid.UUID(int=1)}', 'D-X', 'dept', '某局（虚构）', '2015-05-19', true),
               ('{uuid.UUID(int=2)}', 'A-X', 'assoc', '某协会（虚构）', '2015-05-19', true);
        commit;""")
    county = world.value("select id from recommender where code = '610526'")
    reach = {"county": {"recommender": county}, "dept": {"recommender": str(uuid.UUID(int=1))},
             "assoc": {"recommender": str(uuid.UUID(int=2))}, "expert": {"expert": expert},
             **{role: {"organisation": organisation} for role in ("lead", "council", "host", "member")}}
    return {"public": world.anonymous, **{role: world.client(role, **reach.get(role, {})) for role in ROLES}}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_service_does_what_the_table_says(callers, name):
    method, path, operation, _ = described()[name]
    for role, caller in callers.items():
        if name in ("revokeCredential", "updateAccount", "setTestClock") and role == "sysadmin":
            continue  # played by the scenario of access; here they would end the caller or move the clock
        target, query, body, content_type = request_of(path, operation)
        reply = caller.request(method, target + ("?" + "&".join(query) if query else ""), body, content_type=content_type,
                               etag='"1.00000000"' if spec.takes(method, target, "If-Match") else None)
        where = (role, method, target, reply)
        if role in EXPECTED[name]:
            assert reply.status not in (400, 403, 405) and reply.status < 500, where
            assert reply.status != 401 or name == "createToken", where
        elif role == "public":
            assert reply.status == 401 and reply.code == "unauthenticated", where
        else:
            assert reply.status == 403 and reply.code == "forbidden", where


def test_an_account_without_a_grant_may_nothing(world):
    nobody: Client = world.client()
    assert nobody.get("/v1/me").json["roles"] == ["public"]
    for path in ("/v1/tasks", "/v1/applications", "/v1/awards", "/v1/accounts", "/v1/audit-log", "/v1/panels"):
        assert nobody.get(path).status == 403, path
    assert nobody.get("/v1/measures").status == 200
