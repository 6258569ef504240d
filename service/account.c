/* Accounts, grants and credentials: who may act, in which role, with which key. Only the system administrator
   comes here, and a system administrator does nothing else (tests/contract/permissions.tsv: no business
   event). Nothing is ever deleted: grants and keys are revoked. */
#include "access.h"
#include "clock.h"
#include "key.h"
#include "operations.h"
#include "reply.h"
#include "text.h"

#include <string.h>

#define BUREAU   (ROLE_officer | ROLE_leader | ROLE_finance)
#define OF_UNIT  (ROLE_lead | ROLE_council | ROLE_host | ROLE_member)
#define OF_OFFER (ROLE_county | ROLE_dept | ROLE_assoc)

/* The account in the path, locked; opened with the given version (-1 = none is compared). */
static struct problem *account_lock(struct request *rq, struct rows *ret)
{
	return db_run(rq->db, rq->arena, SQL_ACCOUNT_LOCK, P(request_path_id(rq)), ret);
}

static role_set account_reach(const struct request *rq, const struct rows *rows)
{
	return rows->count == 1 ? rq->caller->roles & rq->op->roles : 0;
}

static struct problem *account_reply(struct request *rq, const char *id)
{
	return reply_statement(rq, SQL_ACCOUNT_GET, P(id), NULL);
}

static struct problem *account_bump(struct request *rq)
{
	struct rows rows;
	return db_run(rq->db, rq->arena, SQL_ACCOUNT_BUMP, P(request_path_id(rq), rq->now_text), &rows);
}

/* ---- accounts ---- */

struct problem *list_accounts(struct request *rq)
{
	return reply_page(rq, SQL_ACCOUNT_LIST, P(request_value(rq, "role"), request_value(rq, "q")), NULL);
}

struct problem *get_account(struct request *rq)
{
	return account_reply(rq, request_path_id(rq));
}

/* One fault of a body that its schema cannot say. */
static struct problem *body_fault(struct request *rq, enum problem_code code, const char *pointer,
				  const char *word, const char *zh, const char *en)
{
	struct problem *problem = problem_new(rq->arena, code, NULL, NULL);
	problem_error(rq->arena, problem, pointer, word, NULL, zh, en);
	return problem;
}

struct problem *create_account(struct request *rq)
{
	OPEN_NEW(rq, "account");
	const char *issuer = body_text(rq, "issuer"), *subject = body_text(rq, "subject");
	if (!issuer != !subject)
		return body_fault(rq, PROBLEM_invalid_request, issuer ? "#/subject" : "#/issuer", "required",
				  "外部身份须同时给出签发者和主体",
				  "an external identity needs both issuer and subject");
	const char *id = request_new_id(rq);
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_ACCOUNT_INSERT,
		   P(id, body_text(rq, "name"), body_text(rq, "kind"), body_text(rq, "email"), issuer,
		     subject, body_bool(rq, "is_demo") ? "true" : "false", rq->now_text),
		   &rows));
	rq->subject_id = id;
	TRY(account_reply(rq, id));
	reply_created(rq, "/v1/accounts/%s", id);
	return NULL;
}

struct problem *update_account(struct request *rq)
{
	struct rows rows;
	TRY(account_lock(rq, &rows));
	OPEN(rq, "account", request_path_id(rq), account_reach(rq, &rows),
	     rows.count ? row_integer(&rows, 0, "version") : -1);
	const char *name = body_text(rq, "name");
	const json_t *email = json_object_get(rq->body, "email"),
		     *disabled = json_object_get(rq->body, "disabled");
	rq->reason = body_text(rq, "reason");
	struct rows none;
	TRY(db_run(rq->db, rq->arena, SQL_ACCOUNT_UPDATE,
		   P(request_path_id(rq), name ? name : row_text(&rows, 0, "name"),
		     email ? json_string_value(email) : row_text(&rows, 0, "email"),
		     (disabled ? json_is_true(disabled) : row_bool(&rows, 0, "disabled")) ? "true" : "false",
		     rq->now_text),
		   &none));
	return account_reply(rq, request_path_id(rq));
}

/* Whoever's account it is learns at once that a role or a credential was made for it, and so do the auditors:
   the administrator alone could otherwise act as somebody else unseen. */
static struct problem *account_tell(struct request *rq, const char *kind, const char *key)
{
	const char *id = request_path_id(rq);
	TRY(request_notify(rq, "account", id, kind, "account", id, NULL, key));
	return request_notify(rq, "role", "auditor", kind, "account", id, NULL, key);
}

/* ---- grants ---- */

/* Separation of duties: who evaluates does not decide; who administers the accounts does neither. */
static struct problem *grant_separation(struct request *rq, role_set held, role_set wanted)
{
	role_set all = held | wanted;
	if ((all & ROLE_expert) && (all & BUREAU))
		return body_fault(rq, PROBLEM_rule_not_met, "#/role", "separation_of_duties",
				  "专家账户不得同时是市科技局经办、领导或财务",
				  "an expert's account cannot also be officer, leader or finance");
	if ((all & ROLE_sysadmin) && (all & ~(role_set)ROLE_sysadmin))
		return body_fault(rq, PROBLEM_rule_not_met, "#/role", "separation_of_duties",
				  "系统管理员不办理业务，不得兼任其他角色",
				  "a system administrator carries out no business and holds no other role");
	return NULL;
}

/* A role has exactly the reach it needs: one id of the right kind, or none. */
static struct problem *grant_shape(struct request *rq, role_set role)
{
	static const struct {
		const char *name, *pointer;
		role_set roles;
	} ids[] = {{"organisation_id", "#/organisation_id", OF_UNIT},
		   {"recommender_id", "#/recommender_id", OF_OFFER},
		   {"expert_id", "#/expert_id", ROLE_expert}};
	struct problem *problem = problem_new(rq->arena, PROBLEM_invalid_request, NULL, NULL);
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		bool given = body_text(rq, ids[i].name) != NULL, needed = (role & ids[i].roles) != 0;
		if (given && !needed)
			problem_error(rq->arena, problem, ids[i].pointer, "not_allowed", NULL,
				      "该角色不需要此范围", "this role has no such reach");
		if (!given && needed)
			problem_error(rq->arena, problem, ids[i].pointer, "required", NULL,
				      "该角色需要此范围", "this role needs its reach");
	}
	return problem->errors ? problem : NULL;
}

/* What the grant points to must exist and be of the role's kind. */
static struct problem *grant_reach(struct request *rq, role_set role)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_GRANT_REACH_FIND,
		   P(body_text(rq, "organisation_id"), body_text(rq, "recommender_id"),
		     body_text(rq, "expert_id")),
		   &rows));
	const char *kind = row_text(&rows, 0, "recommender_kind");
	if ((role & OF_UNIT) && !row_bool(&rows, 0, "organisation"))
		return body_fault(rq, PROBLEM_rule_not_met, "#/organisation_id", "unknown_reference",
				  "没有这个单位", "there is no such organisation");
	if ((role & OF_OFFER) && (!kind || role_parse(kind) != role))
		return body_fault(rq, PROBLEM_rule_not_met, "#/recommender_id", "unknown_reference",
				  "没有这一类的推荐单位", "there is no recommending unit of that kind");
	if ((role & ROLE_expert) && !row_bool(&rows, 0, "expert"))
		return body_fault(rq, PROBLEM_rule_not_met, "#/expert_id", "unknown_reference",
				  "没有这位专家", "there is no such expert");
	return NULL;
}

static role_set roles_of(const struct request *rq, const char *list)
{
	role_set roles = 0;
	for (const char *at = list ? list : ""; *at;) {
		size_t n = strcspn(at, ",");
		roles |= role_parse(arena_strndup(rq->arena, at, n));
		at += n + (at[n] == ',');
	}
	return roles;
}

struct problem *create_grant(struct request *rq)
{
	struct rows account, rows;
	TRY(account_lock(rq, &account));
	OPEN(rq, "account", request_path_id(rq), account_reach(rq, &account), -1);
	const char *id = request_new_id(rq), *name = body_text(rq, "role"), *reason = body_text(rq, "reason");
	role_set role = role_parse(name);
	TRY(grant_shape(rq, role));
	TRY(grant_reach(rq, role));
	TRY(grant_separation(rq, roles_of(rq, row_text(&account, 0, "roles")), role));
	rq->reason = arena_printf(rq->arena, "%s%s%s", name, reason ? ": " : "", reason ? reason : "");
	TRY(db_run(rq->db, rq->arena, SQL_GRANT_INSERT,
		   P(id, request_path_id(rq), name, body_text(rq, "organisation_id"),
		     body_text(rq, "recommender_id"), body_text(rq, "expert_id"), rq->caller->account_id,
		     rq->now_text),
		   &rows));
	TRY(account_bump(rq));
	TRY(account_tell(rq, "account.create_grant", id));
	reply_row(rq, &rows, 0, NULL);
	reply_created(rq, "/v1/accounts/%s", request_path_id(rq));
	return NULL;
}

struct problem *revoke_grant(struct request *rq)
{
	struct rows account, grant, none;
	TRY(account_lock(rq, &account));
	TRY(db_run(rq->db, rq->arena, SQL_GRANT_LOCK, P(request_path_id(rq), request_value(rq, "grant_id")),
		   &grant));
	OPEN(rq, "account", request_path_id(rq), grant.count ? account_reach(rq, &account) : 0, -1);
	rq->reason = row_text(&grant, 0, "role");
	TRY(db_run(rq->db, rq->arena, SQL_GRANT_REVOKE,
		   P(row_text(&grant, 0, "id"), rq->now_text, rq->caller->account_id), &none));
	return account_bump(rq);
}

/* ---- credentials ---- */

struct problem *list_credentials(struct request *rq)
{
	struct rows account, rows;
	TRY(db_run(rq->db, rq->arena, SQL_ACCOUNT_GET, P(request_path_id(rq)), &account));
	if (account.count == 0)
		return request_not_found(rq);
	TRY(db_run(rq->db, rq->arena, SQL_CREDENTIAL_LIST, P(request_path_id(rq)), &rows));
	const struct schema *items = schema_property(rq->op->reply, "items");
	buffer_printf(&rq->reply.body, "{\"items\":%s}", rows_json(rq, &rows, items->items));
	rq->reply.version = -1;
	return NULL;
}

static struct problem *credential_judge(struct request *rq, const char *scopes, const char *expires_at)
{
	struct instant end;
	if (scopes && !access_scopes_hold(NULL, scopes))
		return body_fault(rq, PROBLEM_rule_not_met, "#/scopes", "unknown_scope", "没有这个范围",
				  "there is no such scope");
	if (expires_at && (!instant_parse(expires_at, &end) || end.microseconds <= clock_wall().microseconds))
		return body_fault(rq, PROBLEM_rule_not_met, "#/expires_at", "in_the_past",
				  "到期时间必须在将来", "the expiry must be in the future");
	return NULL;
}

struct problem *create_credential(struct request *rq)
{
	struct rows account, rows;
	TRY(account_lock(rq, &account));
	OPEN(rq, "account", request_path_id(rq), account_reach(rq, &account), -1);
	const char *kind = body_text(rq, "kind"), *scopes = body_text(rq, "scopes"),
		   *expires_at = body_text(rq, "expires_at");
	TRY(credential_judge(rq, scopes, expires_at));
	char key[KEY_TEXT], prefix[KEY_PREFIX], hex[SHA256_HEX];
	key_make(!access_is_test(), key);
	const char *id = request_new_id(rq);
	rq->reason = arena_printf(rq->arena, "%s: %s", kind, body_text(rq, "name"));
	TRY(db_run(rq->db, rq->arena, SQL_CREDENTIAL_INSERT,
		   P(id, request_path_id(rq), kind, body_text(rq, "name"),
		     strcmp(kind, "oauth_client") ? NULL : id, key_prefix(key, prefix),
		     sha256_hex(key, strlen(key), hex), scopes, expires_at, rq->caller->account_id,
		     rq->now_text),
		   &rows));
	TRY(account_tell(rq, "account.create_credential", id));
	const struct reply_extra extras[] = {{"secret", arena_printf(rq->arena, "\"%s\"", key)},
					     {NULL, NULL}};
	reply_row(rq, &rows, 0, extras);
	reply_created(rq, "/v1/accounts/%s/credentials", request_path_id(rq));
	return NULL;
}

struct problem *revoke_credential(struct request *rq)
{
	struct rows account, credential, none;
	TRY(account_lock(rq, &account));
	TRY(db_run(rq->db, rq->arena, SQL_CREDENTIAL_LOCK,
		   P(request_path_id(rq), request_value(rq, "credential_id")), &credential));
	OPEN(rq, "account", request_path_id(rq), credential.count ? account_reach(rq, &account) : 0, -1);
	return db_run(rq->db, rq->arena, SQL_CREDENTIAL_REVOKE,
		      P(row_text(&credential, 0, "id"), rq->now_text), &none);
}
