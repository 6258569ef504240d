/* The token endpoint (RFC 6749 4.4, client credentials alone) and what tells others about it: the public keys
   (RFC 7517) and the metadata (RFC 8414). Its refusals are written in the form of RFC 6749 5.2; why a client
   is not good is never told. */
#include "access.h"
#include "clock.h"
#include "operations.h"
#include "reply.h"
#include "text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#define BASIC_MAX 1024

struct client {
	const char *id, *secret;
};

/* A refusal whose error is a word of RFC 6749 5.2. */
static struct problem *token_refuse(struct request *rq, enum problem_code code, const char *error,
				    const char *zh, const char *en)
{
	struct problem *problem = problem_new(rq->arena, code, zh, en);
	problem_error(rq->arena, problem, NULL, error, NULL, zh, en);
	return problem;
}

static struct problem *client_refuse(struct request *rq)
{
	return token_refuse(rq, PROBLEM_unauthenticated, "invalid_client", "客户端认证失败",
			    "the client is not known, or did not authenticate exactly once");
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Half of the Basic pair, which RFC 6749 2.3.1 wants form-encoded; NULL when its escapes are broken or it is
 * no text. */
static const char *form_decode(struct arena *arena, const char *text, size_t length)
{
	char *out = arena_alloc(arena, length + 1);
	size_t count = 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] != '%') {
			out[count++] = text[i] == '+' ? ' ' : text[i];
			continue;
		}
		int high = i + 2 < length ? hex_value(text[i + 1]) : -1;
		int low = i + 2 < length ? hex_value(text[i + 2]) : -1;
		if (high < 0 || low < 0)
			return NULL;
		out[count++] = (char)(high * 16 + low);
		i += 2;
	}
	return text_is_utf8(out, count) ? out : NULL;
}

/* The bytes of padded base64; NULL when it is none. */
static const char *base64_decode(struct arena *arena, const char *text, size_t *ret_length)
{
	size_t length = strlen(text), padding = 0;
	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	if (length == 0 || length % 4 || length > BASIC_MAX ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") !=
		    length - padding)
		return NULL;
	unsigned char *bytes = arena_alloc(arena, length);
	int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length);
	if (decoded < (int)padding)
		return NULL;
	*ret_length = (size_t)decoded - padding;
	return (const char *)bytes;
}

static bool basic_read(struct request *rq, const char *header, struct client *ret)
{
	size_t length;
	if (strncasecmp(header, "Basic ", 6) != 0)
		return false;
	const char *pair = base64_decode(rq->arena, header + 6, &length);
	const char *colon = pair ? memchr(pair, ':', length) : NULL;
	if (!colon)
		return false;
	size_t id_length = (size_t)(colon - pair);
	ret->id = form_decode(rq->arena, pair, id_length);
	ret->secret = form_decode(rq->arena, colon + 1, length - id_length - 1);
	return ret->id && ret->secret;
}

/* The client authenticates once: in the header or in the form (RFC 6749 2.3). */
static bool client_read(struct request *rq, struct client *ret)
{
	const char *id = body_text(rq, "client_id"), *secret = body_text(rq, "client_secret");
	if (rq->authorization)
		return !secret && basic_read(rq, rq->authorization, ret) && (!id || !strcmp(id, ret->id));
	*ret = (struct client){id, secret};
	return id && secret;
}

static bool secret_is_right(const struct client *client, const struct rows *rows)
{
	/* an unknown client takes as long as a wrong secret */
	static const char nobody[] = "0000000000000000000000000000000000000000000000000000000000000000";
	char hex[SHA256_HEX];
	sha256_hex(client->secret, strlen(client->secret), hex);
	const char *kept = rows->count ? row_text(rows, 0, "secret_sha256") : nobody;
	bool same = CRYPTO_memcmp(hex, kept, SHA256_HEX - 1) == 0;
	return same && rows->count == 1 && !row_bool(rows, 0, "refused") &&
	       (!row_bool(rows, 0, "is_test") || access_is_test());
}

static struct problem *token_grant(struct request *rq, const struct rows *client)
{
	const char *own = row_text(client, 0, "scopes"), *wanted = body_text(rq, "scope");
	if (wanted && (!*wanted || !access_scopes_hold(own, wanted)))
		return token_refuse(rq, PROBLEM_invalid_request, "invalid_scope",
				    "范围不存在或不属于该客户端", "a scope is unknown or not this client's");
	const char *scope = wanted ? wanted : own;
	const char *token = access_sign(rq->arena, row_text(client, 0, "account_id"),
					row_text(client, 0, "client_id"), scope);
	if (!token)
		return problem_new(rq->arena, PROBLEM_internal, NULL, NULL);
	rq->subject_id = row_text(client, 0, "credential_id");
	reply_json(rq, json_pack("{s:s, s:s, s:i, s:s*}", "access_token", token, "token_type", "Bearer",
				 "expires_in", ACCESS_TOKEN_SECONDS, "scope", scope));
	return NULL;
}

struct problem *create_token(struct request *rq)
{
	struct client client = {0};
	struct rows rows;
	char now[INSTANT_TEXT];
	OPEN_NEW(rq, "credential");
	if (!client_read(rq, &client))
		return client_refuse(rq);
	TRY(db_run(rq->db, rq->arena, SQL_CLIENT_GET, P(client.id, instant_format(clock_wall(), now)),
		   &rows));
	if (!secret_is_right(&client, &rows))
		return client_refuse(rq);
	if (strcmp(body_text(rq, "grant_type"), "client_credentials") != 0)
		return token_refuse(rq, PROBLEM_invalid_request, "unsupported_grant_type",
				    "仅支持 client_credentials", "only client_credentials");
	return token_grant(rq, &rows);
}

struct problem *get_jwks(struct request *rq)
{
	const json_t *keys = access_public_keys();
	reply_json(rq, keys ? json_deep_copy(keys) : json_pack("{s:[]}", "keys"));
	return NULL;
}

/* Whether an operation before this one needs the same scope. */
static bool scope_is_repeated(size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (operations[i].scope && !strcmp(operations[i].scope, operations[index].scope))
			return true;
	return false;
}

struct problem *get_oauth_metadata(struct request *rq)
{
	const char *issuer = access_issuer();
	json_t *scopes = json_array();
	for (size_t i = 0; i < operation_count; i++)
		if (operations[i].scope && !scope_is_repeated(i))
			json_array_append_new(scopes, json_string(operations[i].scope));
	reply_json(rq, json_pack("{s:s, s:s, s:s, s:[s], s:[], s:[s, s], s:o, s:s}", "issuer", issuer,
				 "token_endpoint", arena_printf(rq->arena, "%s/oauth2/token", issuer),
				 "jwks_uri", arena_printf(rq->arena, "%s/.well-known/jwks.json", issuer),
				 "grant_types_supported", "client_credentials", "response_types_supported",
				 "token_endpoint_auth_methods_supported", "client_secret_basic",
				 "client_secret_post", "scopes_supported", scopes, "service_documentation",
				 arena_printf(rq->arena, "%s/docs", issuer)));
	return NULL;
}
