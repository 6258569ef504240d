"""A recognised alliance as the decision leaves it, put straight into the tables: for the suites about money, which begin there. How an
alliance gets there is played in tests/scenario/test_60_*."""
from . import forms
from .world import START, quote, uuid7

RECOGNISED_ON = "2026-11-02"


class Recognised:
    """Ids and names of one alliance, its lead, its host and the document that recognised it."""

    count = 0

    def __init__(self, world, *, host_code=None, county="610526", field="F01", recognised_on=RECOGNISED_ON, status="recognised",
                 due_on="2029-11-02", document_no=None):
        Recognised.count += 1
        self.world, n = world, Recognised.count
        self.county, self.field, self.recognised_on = county, field, recognised_on
        for name in ("alliance_id", "application_id", "document_id", "lead_id", "host_id", "term_id", "author_id"):
            setattr(self, name, uuid7())
        year = recognised_on[:4]
        self.number = f"WNLM-{year}-{n:04d}"
        self.document_no = document_no or f"渭科发〔{year}〕{100 + n}号"
        self.name = f"渭南市示例产业{n}技术创新战略联盟(虚构)"
        self.host_code = host_code or forms.credit_code("12610500", 30000 + n)
        self.lead_code = forms.credit_code("91610526", 40000 + n)
        self.host_name = f"渭南示例研究院{n}(虚构)"
        self.recommender_id = world.value(f"select id from recommender where kind = 'county' and division_code = {quote(county)} limit 1")
        self.insert(status, due_on)

    def organisation(self, identity, code, name):
        return (f"insert into organisation (id, credit_code, name, name_key, type, division_code, independent_legal_person, "
                f"legal_representative, is_fictitious, created_at, updated_at) values ('{identity}', '{code}', {quote(name)}, "
                f"{quote(name)}, 'research_institute', '{self.county}', true, '张示例', true, '{START}', '{START}');")

    def insert(self, status, due_on):
        at = f"'{START}', '{START}'"
        lines = [
            f"insert into account (id, name, kind, created_at, updated_at) values ('{self.author_id}', '拟稿人(虚构)', 'person', {at});",
            self.organisation(self.lead_id, self.lead_code, "渭南示例果业有限公司%d(虚构)" % self.count),
            self.organisation(self.host_id, self.host_code, self.host_name),
            f"insert into application (id, number, kind, alliance_id, origin, recommender_id, lead_organisation_id, host_credit_code, name, "
            f"name_key, industry_field, status, created_at, updated_at) values ('{self.application_id}', "
            f"'SQ{self.recognised_on[:4]}-{9000 + self.count}', 'recognition', '{self.alliance_id}', 'self', {quote(self.recommender_id)}, "
            f"'{self.lead_id}', '{self.host_code}', {quote(self.name)}, {quote(self.name)}, '{self.field}', 'recognised', {at});",
            f"insert into document (id, type, title, legal_basis, drafted_by, document_no, issued_on, issued_by, status, created_at, "
            f"updated_at) values ('{self.document_id}', 'recognition', '关于认定联盟的通知(虚构)', '第13条', '{self.author_id}', "
            f"{quote(self.document_no)}, '{self.recognised_on}', '{self.author_id}', 'issued', {at});",
            f"insert into alliance (id, number, name, name_key, industry_field, division_code, lead_organisation_id, host_organisation_id, "
            f"recommender_id, recognised_on, recognition_document_id, application_id, status, created_at, updated_at) values "
            f"('{self.alliance_id}', '{self.number}', {quote(self.name)}, {quote(self.name)}, '{self.field}', '{self.county}', "
            f"'{self.lead_id}', '{self.host_id}', {quote(self.recommender_id)}, '{self.recognised_on}', '{self.document_id}', "
            f"'{self.application_id}', '{status}', {at});",
            f"insert into alliance_member (alliance_id, position, credit_code, name, type, is_host, joined_on) values "
            f"('{self.alliance_id}', 1, '{self.host_code}', {quote(self.host_name)}, 'research_institute', true, '{self.recognised_on}');",
            f"insert into recognition_term (id, alliance_id, seq, start_on, due_on, submit_deadline_on, calendar_assumed, document_id, "
            f"created_at) values ('{self.term_id}', '{self.alliance_id}', 1, '{self.recognised_on}', '{due_on}', '{due_on}', true, "
            f"'{self.document_id}', '{START}');",
        ]
        self.world.sql("begin; set local session_replication_role = replica;" + "".join(lines) + "commit;", user="postgres")

    def client(self, role):
        """A new account of the alliance's own: lead, council, host."""
        return self.world.client(role, organisation=self.host_id if role == "host" else self.lead_id)
