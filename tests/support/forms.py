"""The application form as a fictitious alliance would fill it in: it meets every rule AP-*. All bodies of the credit codes are PDY…,
which GB 11714 reserves for in-house use, so that no real holder exists."""
import copy

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def credit_code(prefix, number):
    """GB 32100-2015 over an in-house body code: prefix is department, class and division, eight characters."""
    body = "PDY%05d" % number
    values = [int(char) if char.isdigit() else ord(char) - 55 for char in body]
    check = 11 - sum(value * weight for value, weight in zip(values, BODY_WEIGHTS)) % 11
    code = prefix + body + {10: "X", 11: "0"}.get(check, str(check))
    total = sum(ALPHABET.index(char) * pow(3, index, 31) for index, char in enumerate(code))
    return code + ALPHABET[(31 - total % 31) % 31]


LEAD = {
    "credit_code": "91610526PDY00001X4", "name": "蒲城云梨果业股份有限公司(虚构)", "type": "enterprise", "division_code": "610526",
    "legal_representative": "张示例",
}
HOST_CODE = "12610500PDY000060Y"

# (credit code, name, type, division, representative)
PARTNERS = (
    (HOST_CODE, "渭南农林技术研究院(虚构)", "research_institute", "610502", "周示例"),
    ("12610000PDY000167G", "秦岭工业大学(虚构)", "university", "610100", "吴示例"),
    ("12100000PDY000175M", "西部材料研究所(虚构)", "research_institute", "610100", "郑示例"),
    ("91610000PDY000159G", "秦东创业投资有限公司(虚构)", "financial", "610502", "钱示例"),
    ("93610527PDY000052W", "白水塬顶苹果专业合作社(虚构)", "cooperative", "610527", "孙示例"),
    ("91610528PDY0000281", "富平玉羊乳业有限公司(虚构)", "enterprise", "610528", "李示例"),
    ("91610503PDY000036L", "华州曜钼新材料股份有限公司(虚构)", "enterprise", "610503", "赵示例"),
    ("52610523PDY000108D", "大荔沙苑设施农业研究所(虚构)", "research_institute", "610523", "冯示例"),
    ("91610524PDY000124G", "合阳洽川葡萄科技有限公司(虚构)", "enterprise", "610524", "陈示例"),
    ("91610582PDY000132B", "华阴岳麓装备有限公司(虚构)", "enterprise", "610582", "褚示例"),
)
TASKS = ("T1", "T2", "T3", "T4")
WORKS = ("W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8")


def member(index, code, name, kind, division, representative, signed_on="2026-10-20"):
    row = {
        "credit_code": code, "name": name, "type": kind, "division_code": division, "is_lead": index == 0, "is_core": True,
        "is_host": False, "independent_legal_person": True, "legal_representative": representative,
        "main_business": "酥梨产业相关技术研发与服务（虚构）",
        "tasks": [{"text": "承担酥梨产业技术创新任务第%d项" % (index + 1), "task": TASKS[index % 4], "work": WORKS[index % 8]}],
        "input_promised": "每年投入研发经费与人员",
        "signature": {"signer": representative, "capacity": "legal_rep", "signed_on": signed_on, "sealed": True},
    }
    if kind in ("university", "research_institute"):
        row["advantage"] = "在果品贮藏保鲜与加工技术领域具有明显的技术优势，建有专门实验室。"
    if kind == "financial":
        row["financing_service"] = "向联盟企业提供创业投资与融资咨询服务。"
    return row


def members(lead=None, host_code=HOST_CODE, core=11, signed_on="2026-10-20"):
    """The lead and ten partners; core says how many of the eleven are core, counted from the lead on."""
    lead = lead or LEAD
    rows = [member(0, lead["credit_code"], lead["name"], lead["type"], lead["division_code"], lead["legal_representative"],
                   signed_on)]
    rows += [member(index + 1, *partner, signed_on) for index, partner in enumerate(
        partner for partner in PARTNERS if partner[0] != lead["credit_code"])]
    for index, row in enumerate(rows):
        row["is_core"] = index < core
        row["is_host"] = row["credit_code"] == host_code
    return rows


def form(lead=None, host_code=HOST_CODE, core=11, signed_on="2026-10-20", year=2027):
    lead = lead or LEAD
    rows = members(lead, host_code, core, signed_on)
    host = next((row for row in rows if row["is_host"]), rows[0])
    person = lambda name, row, post, full_time=False: {
        "name": name, "credit_code": row["credit_code"], "organisation_name": row["name"], "post": post, "full_time": full_time}
    sentence = "本联盟围绕果业转型升级组织联合攻关，目标清楚，分工明确。"
    return copy.deepcopy({
        "basic": {
            "name_en": "Weinan Crisp Pear Alliance (fictitious)", "founding_agreement_on": signed_on, "operating_until": "2031-12-31",
            "strategic_tags": [{"tag": "integrate", "text": "整合市域内外果业创新资源。"},
                               {"tag": "competitiveness", "text": "提升果业核心竞争力。"}],
        },
        "lead": {
            "name": lead["name"], "credit_code": lead["credit_code"], "type": lead["type"], "address": "示例路1号", "post_code": "715500",
            "legal_representative": lead["legal_representative"], "registered_capital": {"amount": "30000000.00", "currency": "CNY"},
            "founded_on": "2009-04-08", "main_business": "酥梨种植、贮藏与深加工",
            "backbone": {
                "text": "企业为市域内酥梨行业龙头骨干企业，上年度主营业务收入居全市同行业首位，建有省级工程技术研究中心，带动种植户一万余户，"
                        "研发投入占比连续三年超过百分之四，产品市场占有率全市第一。",
                "revenue": {"amount": "420000000.00", "currency": "CNY"}, "staff": 860, "rd_share_percent": 4, "rank": "全市同行业第1",
            },
            "contact": {"name": "何示例", "phone": "13800005678", "email": "lead@example.invalid"},
        },
        "host": {
            "name": host["name"], "credit_code": host["credit_code"], "type": host["type"], "address": "示例路2号", "post_code": "714000",
            "legal_representative": host["legal_representative"], "main_business": "农林技术研究与推广",
            "standing_office_address": "示例路2号3层", "full_time_staff": [{"name": "吕示例", "post": "秘书"}],
            "contact": {"name": "施示例", "phone": "09130000002", "email": "host@example.invalid"},
        },
        "members": rows,
        "governance": {
            "bodies": [
                {"kind": "council", "name": "理事会", "persons": [
                    person("张示例", rows[0], "chair"), person("周示例", rows[1], "vice_chair"), person("吴示例", rows[2], "member")]},
                {"kind": "advisory", "name": "专家咨询委员会", "persons": [
                    person("梁顾问示例", rows[2], "chair"), person("宋顾问示例", rows[3], "member"), person("唐顾问示例", rows[1], "member")]},
                {"kind": "standing", "name": "秘书处", "persons": [person("吕示例", host, "staff", True)]},
            ],
            "resolution": "理事会一致同意申报市级联盟。", "resolved_on": signed_on,
        },
        "necessity": {"importance": sentence, "industry_situation": sentence, "bottlenecks": sentence, "innovation_chain": sentence},
        "goals": {
            "objectives": [{"bottleneck": "贮藏期短", "target": "延长贮藏期", "indicator": "贮藏天数", "baseline": "180", "target_value": "240",
                            "due_year": year + 2}],
            "direction": sentence, "route": sentence, "expected_results": sentence,
        },
        "plan": {
            "construction": sentence,
            "tasks": [{"task": task, "text": "年度任务：" + sentence} for task in TASKS],
            "work_items": [{"text": "开展第%d项具体工作" % (index + 1), "work": work,
                            "principles": [{"principle": "P%d" % (index % 4 + 1), "text": "围绕产业领域重大技术需求。"}]}
                           for index, work in enumerate(WORKS)],
            "annual_plan": {"year": year, "text": sentence},
            "roadmap": {"delivery_on": "%d-06-30" % year, "text": "一年内完成产业技术路线图。"},
        },
        "mechanism": {key: sentence for key in (
            "decision", "execution", "supervision", "benefit_guarantee", "cooperation", "open_sharing", "admission_rule", "exit_rule",
            "external_cooperation", "diffusion")},
        "strength": {key: sentence for key in (
            "joint_projects", "platforms", "equipment", "team", "technical_leaders", "patents_standards")},
        "funds": {
            "raising_mechanism": "成员单位按年度缴纳会费，项目经费按任务分担，争取社会资本投入。",
            "budget": [{"year": year, "source": "会费", "amount": {"amount": "600000.00", "currency": "CNY"}}],
            "internal_measures": "经费内部管理办法规定预算、审批、核算与监督。", "credit": sentence, "entrusted": True,
            "custodian_credit_code": host["credit_code"],
        },
        "results": {"achievements": sentence, "benefit": sentence, "radiation": sentence},
        "declarations": {
            "industrial_policy": True, "energy_saving": True, "environmental_policy": True, "energy_policy": True,
            "other_policies": True, "truthful": True, "supervision_accepted": True, "diffusion_duty": True,
            "signed_by": lead["legal_representative"], "signed_on": signed_on,
        },
        "agreement": {
            "version": "1", "signed_from": signed_on, "signed_to": signed_on, "goals": "三年内突破酥梨贮藏保鲜关键共性技术三项。",
            "liability_unit": lead["name"],
            "flags": ["joint_development", "complementary", "benefit_sharing", "risk_sharing"],
            "clauses": {"goals": "第3条", "tasks": "第4条", "rights": "第5条", "ip_ownership": "第8条", "ip_licence": "第9条",
                        "ip_revenue": "第10条", "breach": "第14条", "exit": "第6条", "funds": "第7条", "project_management": "第11条",
                        "outside_liability": "第13条", "diffusion": "第12条", "dissolution": "第15条"},
        },
        "contact": {"name": "何示例", "phone": "13800005678", "email": "office@example.invalid"},
    })


# The kinds of attachments that article 11 asks for at submission (AP-27).
REQUIRED_ATTACHMENTS = (
    "application_form", "agreement", "charter", "council_resolution", "legal_person_proof", "lead_backbone_evidence",
    "construction_plan", "annual_plan", "technology_roadmap", "fund_measures", "compliance_declaration", "feasibility_report",
)
