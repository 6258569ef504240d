/* The player: one call of one operation as one of the people of the demo. The story is in demo_story.c. */
#include "demo_play.h"

#include "access.h"
#include "clock.h"
#include "json.h"
#include "request.h"
#include "text.h"

#include <string.h>

json_t *play_own(struct player *p, json_t *json)
{
	json_own(p->arena, json);
	return json;
}

void play_date(struct player *p, const char *date)
{
	p->date = date;
	clock_set(arena_printf(p->arena, "fixed:%sT09:00:00+08:00", date));
}

struct problem *play_person(struct player *p, const char *key, const char *name, const char *role,
			    const char *reach)
{
	const char *account, *grant, *token, *credential;
	TRY(access_create_account(p->arena, p->pool, name, strcmp(role, "province") ? "person" : "machine",
				  NULL, NULL, true, &account));
	TRY(access_grant(p->arena, p->pool, account, role, reach, &grant));
	TRY(access_create_key(p->arena, p->pool, account, "demo", NULL, NULL, &token, &credential));
	json_object_set_new(p->tokens, key, json_string(token));
	return NULL;
}

/* The values of the path: the words in braces, in order, get the two ids. */
static void values_set(struct request *rq, const char *const ids[2])
{
	for (size_t i = 0, used = 0; i < rq->op->parameter_count && used < 2; i++)
		if (rq->op->parameters[i].place == IN_PATH)
			request_set_value(rq, rq->op->parameters[i].name, ids[used++]);
}

static struct problem *missing(struct player *p, const char *what)
{
	struct problem *problem = problem_new(p->arena, PROBLEM_internal, NULL, NULL);
	problem->cause = arena_printf(p->arena, "demo: %s", what);
	return problem;
}

static struct problem *call(struct player *p, const char *who, const char *operation,
			    const char *const ids[2], int64_t version, json_t *body, struct request *rq)
{
	const struct operation *op = operation_find(operation);
	const char *token = json_string_value(json_object_get(p->tokens, who));
	const struct caller *caller;
	if (!op || !token)
		return missing(p,
			       arena_printf(p->arena, "no operation %s or nobody called %s", operation, who));
	TRY(access_by_token(p->arena, p->pool, token, &caller));
	request_prepare(rq, p->arena, p->pool, op, caller);
	values_set(rq, ids);
	rq->body = body;
	rq->if_match = version;
	char key[UUID_TEXT];
	rq->idempotency_key =
		op->idempotency == IDEMPOTENCY_NONE ? NULL : arena_strdup(p->arena, uuid_make(key));
	char hex[SHA256_HEX];
	rq->body_sha256 = arena_strdup(p->arena, sha256_hex("", 0, hex));
	struct problem *problem = request_run(rq);
	if (problem && !problem->cause)
		problem->cause = arena_printf(p->arena, "demo: %s as %s on %s", operation, who, p->date);
	return problem;
}

struct problem *play(struct player *p, const char *who, const char *operation, const char *id, json_t *body,
		     const json_t **ret)
{
	return play_inner(p, who, operation, id, NULL, body, ret);
}

struct problem *play_inner(struct player *p, const char *who, const char *operation, const char *id,
			   const char *inner, json_t *body, const json_t **ret)
{
	struct request rq;
	TRY(call(p, who, operation, (const char *const[]){id, inner}, -1, body ? play_own(p, body) : NULL,
		 &rq));
	json_t *reply = rq.reply.body.length ? json_loadb(rq.reply.body.text, rq.reply.body.length, 0, NULL)
					     : json_object();
	buffer_free(&rq.reply.body);
	if (!reply)
		return missing(p, "a reply that is no JSON");
	*ret = play_own(p, reply);
	return NULL;
}

struct problem *play_create(struct player *p, const char *who, const char *operation, const char *id,
			    json_t *body, const char **ret_id)
{
	const json_t *reply;
	TRY(play(p, who, operation, id, body, &reply));
	*ret_id = json_string_value(json_object_get(reply, "id"));
	return *ret_id ? NULL : missing(p, arena_printf(p->arena, "%s gave no id", operation));
}

/* version_of - what an If-Match would say: the version of the resource as this person reads it. */
static struct problem *version_of(struct player *p, const char *who, const char *noun, const char *id,
				  int64_t *ret)
{
	struct request rq;
	TRY(call(p, who, arena_printf(p->arena, "get_%s", noun), (const char *const[]){id, NULL}, -1, NULL,
		 &rq));
	buffer_free(&rq.reply.body);
	*ret = rq.reply.version;
	return NULL;
}

static struct problem *with_version(struct player *p, const char *who, const char *operation,
				    const char *noun, const char *id, json_t *body)
{
	int64_t version;
	struct request rq;
	TRY(version_of(p, who, noun, id, &version));
	TRY(call(p, who, operation, (const char *const[]){id, NULL}, version, play_own(p, body), &rq));
	buffer_free(&rq.reply.body);
	return NULL;
}

struct problem *play_change(struct player *p, const char *who, const char *operation, const char *noun,
			    const char *id, json_t *body)
{
	return with_version(p, who, operation, noun, id, body);
}

struct problem *play_act(struct player *p, const char *who, const char *noun, const char *id,
			 const char *action, json_t *input)
{
	json_t *body = input ? input : json_object();
	json_object_set_new(body, "action", json_string(action));
	return with_version(p, who, arena_printf(p->arena, "create_%s_transition", noun), noun, id, body);
}

struct problem *play_attach(struct player *p, const char *who, const char *subject_kind, const char *subject,
			    const char *kind)
{
	const char *text = arena_printf(p->arena, "%%PDF-1.4\n%% 演示附件（虚构） %s\n%%%%EOF\n", kind);
	size_t length = strlen(text);
	char hex[SHA256_HEX];
	const char *sha256 = arena_strdup(p->arena, sha256_hex(text, length, hex)), *id;
	json_t *head =
		json_pack("{ss ss ss ss ss sI ss}", "subject_kind", subject_kind, "subject_id", subject,
			  "kind", kind, "title", arena_printf(p->arena, "%s（虚构）.pdf", kind), "media_type",
			  "application/pdf", "bytes", (json_int_t)length, "sha256", sha256);
	TRY(play_create(p, who, "create_attachment", NULL, head, &id));
	const struct operation *op = operation_find("put_attachment_part");
	const struct caller *caller;
	TRY(access_by_token(p->arena, p->pool, json_string_value(json_object_get(p->tokens, who)), &caller));
	struct request rq;
	request_prepare(&rq, p->arena, p->pool, op, caller);
	values_set(&rq, (const char *const[]){id, "1"});
	rq.bytes = text;
	rq.byte_count = length;
	rq.body_sha256 = sha256;
	TRY(request_run(&rq));
	buffer_free(&rq.reply.body);
	const json_t *ignored;
	return play(p, who, "complete_attachment", id,
		    json_pack("{sI ss}", "bytes", (json_int_t)length, "sha256", sha256), &ignored);
}
