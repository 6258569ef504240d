/* The operations of service/account.c for the command line and the seed, run as HTTP runs them: same
 * transaction, same history. */
#include "access.h"

#include "json.h"
#include "operations.h"

static json_t *tied(struct arena *arena, json_t *value)
{
	json_own(arena, value);
	return value;
}

struct path_value {
	const char *name, *value;
};

static const struct caller machine = {.name = "command line",
				      .roles = ROLE_public | ROLE_system | ROLE_sysadmin};

/* One call of an operation by the system administrator of the machine; ret may be NULL when no reply is
 * wanted. */
static struct problem *call(struct arena *arena, struct pool *pool, enum operation_id id,
			    const struct path_value *path, size_t path_count, json_t *body, int64_t version,
			    json_t **ret)
{
	struct request rq;
	request_prepare(&rq, arena, pool, &operations[id], &machine);
	for (size_t i = 0; i < path_count; i++)
		request_set_value(&rq, path[i].name, path[i].value);
	rq.body = tied(arena, body);
	rq.if_match = version;
	struct problem *problem = request_run(&rq);
	if (!problem && ret) {
		json_error_t error;
		*ret = tied(arena, json_loadb(rq.reply.body.text, rq.reply.body.length, 0, &error));
	}
	buffer_free(&rq.reply.body);
	return problem;
}

static const char *member(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

struct problem *access_create_account(struct arena *arena, struct pool *pool, const char *name,
				      const char *kind, const char *issuer, const char *subject, bool is_demo,
				      const char **ret_id)
{
	json_t *made;
	TRY(call(arena, pool, OPERATION_CREATE_ACCOUNT, NULL, 0,
		 json_pack("{s:s, s:s, s:s*, s:s*, s:b}", "name", name, "kind", kind, "issuer", issuer,
			   "subject", subject, "is_demo", is_demo),
		 -1, &made));
	*ret_id = member(made, "id");
	return NULL;
}

struct problem *access_grant(struct arena *arena, struct pool *pool, const char *account_id, const char *role,
			     const char *reach_id, const char **ret_grant_id)
{
	role_set bit = role_parse(role);
	if (!bit || bit == ROLE_public || bit == ROLE_system)
		return problem_new(arena, PROBLEM_invalid_request, "没有这个角色",
				   "there is no such role to grant");
	const char *reach = bit & (ROLE_lead | ROLE_council | ROLE_host | ROLE_member) ? "organisation_id"
			    : bit & (ROLE_county | ROLE_dept | ROLE_assoc)             ? "recommender_id"
										       : "expert_id";
	json_t *made;
	TRY(call(arena, pool, OPERATION_CREATE_GRANT, (struct path_value[]){{"id", account_id}}, 1,
		 json_pack("{s:s, s:s*}", "role", role, reach, reach_id), -1, &made));
	*ret_grant_id = member(made, "id");
	return NULL;
}

static struct problem *credential_create(struct arena *arena, struct pool *pool, const char *account_id,
					 json_t *body, json_t **ret)
{
	return call(arena, pool, OPERATION_CREATE_CREDENTIAL, (struct path_value[]){{"id", account_id}}, 1,
		    body, -1, ret);
}

struct problem *access_create_key(struct arena *arena, struct pool *pool, const char *account_id,
				  const char *name, const char *scopes, const char *expires_at,
				  const char **ret_key, const char **ret_credential_id)
{
	json_t *made;
	TRY(credential_create(arena, pool, account_id,
			      json_pack("{s:s, s:s, s:s*, s:s*}", "kind", "api_key", "name", name, "scopes",
					scopes, "expires_at", expires_at),
			      &made));
	*ret_key = member(made, "secret");
	*ret_credential_id = member(made, "id");
	return NULL;
}

struct problem *access_revoke_key(struct arena *arena, struct pool *pool, const char *account_id,
				  const char *credential_id)
{
	return call(arena, pool, OPERATION_REVOKE_CREDENTIAL,
		    (struct path_value[]){{"id", account_id}, {"credential_id", credential_id}}, 2, NULL, -1,
		    NULL);
}

struct problem *access_disable_account(struct arena *arena, struct pool *pool, const char *account_id,
				       bool disabled)
{
	struct rows rows;
	TRY(db_run(db_lane(pool), arena, SQL_ACCOUNT_GET, P(account_id), &rows));
	if (rows.count == 0)
		return problem_new(arena, PROBLEM_not_found, NULL, NULL);
	return call(arena, pool, OPERATION_UPDATE_ACCOUNT, (struct path_value[]){{"id", account_id}}, 1,
		    json_pack("{s:b}", "disabled", disabled), row_integer(&rows, 0, "version"), NULL);
}

struct problem *access_list(struct arena *arena, struct pool *pool, const json_t **ret)
{
	struct rows rows;
	TRY(db_run(db_lane(pool), arena, SQL_ACCOUNT_EXPORT, P0, &rows));
	json_t *list = tied(arena, json_array());
	json_error_t error;
	for (int i = 0; i < rows.count; i++)
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:b, s:o, s:o}", "id", row_text(&rows, i, "id"), "name",
				  row_text(&rows, i, "name"), "kind", row_text(&rows, i, "kind"), "disabled",
				  row_bool(&rows, i, "disabled"), "grants",
				  json_loads(row_text(&rows, i, "grants"), 0, &error), "credentials",
				  json_loads(row_text(&rows, i, "credentials"), 0, &error)));
	*ret = list;
	return NULL;
}

struct problem *access_find_account(struct arena *arena, struct pool *pool, const char *name_or_id,
				    const char **ret_id)
{
	struct rows rows;
	TRY(db_run(db_lane(pool), arena, SQL_ACCOUNT_FIND, P(name_or_id), &rows));
	if (rows.count == 0)
		return problem_new(arena, PROBLEM_not_found, arena_printf(arena, "没有账户“%s”", name_or_id),
				   arena_printf(arena, "there is no account %s", name_or_id));
	if (rows.count > 1)
		return problem_new(
			arena, PROBLEM_conflict,
			arena_printf(arena, "有多个账户名为“%s”，请用编号", name_or_id),
			arena_printf(arena, "several accounts are named %s: use the id", name_or_id));
	*ret_id = row_text(&rows, 0, "id");
	return NULL;
}
