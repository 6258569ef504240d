/* The roles of the measures (articles 3, 10, 13, 16) as bits, so that a set of roles is one word.
   A role says what a person does; the reach of a grant (own, jurisdiction, field, assigned, all) is not here.
 */
#ifndef ROLE_H
#define ROLE_H

#include <stdbool.h>
#include <stdint.h>

/* ROLE(name, Chinese, English) in the order of the permission table. */
#define ROLES(ROLE)                                                                                          \
	ROLE(officer, "市科技局经办", "bureau officer")                                                      \
	ROLE(leader, "市科技局领导", "bureau leader")                                                        \
	ROLE(finance, "市科技局财务", "bureau finance")                                                      \
	ROLE(county, "县市区科技主管部门", "county science department")                                      \
	ROLE(dept, "市级部门", "municipal department")                                                       \
	ROLE(assoc, "行业协会", "industry association")                                                      \
	ROLE(lead, "联盟牵头单位", "lead unit")                                                              \
	ROLE(council, "理事会", "council")                                                                   \
	ROLE(host, "常设机构依托单位", "host unit")                                                          \
	ROLE(member, "成员单位", "member unit")                                                              \
	ROLE(expert, "专家", "expert")                                                                       \
	ROLE(province, "省级门户", "provincial portal")                                                      \
	ROLE(auditor, "审计监督", "auditor")                                                                 \
	ROLE(public, "公众", "public")                                                                       \
	ROLE(system, "系统", "system")                                                                       \
	ROLE(sysadmin, "系统管理员", "system administrator")

enum role_index {
#define ROLE_INDEX(name, zh, en) ROLE_INDEX_##name,
	ROLES(ROLE_INDEX)
#undef ROLE_INDEX
		ROLE_COUNT
};

enum role {
#define ROLE_BIT(name, zh, en) ROLE_##name = 1 << ROLE_INDEX_##name,
	ROLES(ROLE_BIT)
#undef ROLE_BIT
};

/* A set of roles: the sum of ROLE_… bits. */
typedef uint32_t role_set;

/* role_name - "officer" for ROLE_officer; the lowest bit of a set decides. NULL for the empty set. */
const char *role_name(role_set roles);

/* role_label - the Chinese (english false) or English words for the lowest bit of the set. */
const char *role_label(role_set roles, bool english);

/* role_parse - the bit for a name, 0 when there is no such role. */
role_set role_parse(const char *name);

/* role_set_parse_list - the set for "officer,lead"; unknown words and NULL add nothing. */
role_set role_set_parse_list(const char *names);

#endif
