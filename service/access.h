/* Access: from a token to a caller, and the accounts, grants and credentials behind it. Roles never come from
   a token: a key, an access token of ours or one of the external issuer only names an account, whose grants
   are read afresh at every request, so that a change of rights applies at once. The scopes of a token only
   narrow. No HTTP here, and no password. */
#ifndef ACCESS_H
#define ACCESS_H

#include "request.h"

/* What the composition root knows and access needs. Strings are copied. */
struct access_options {
	const char *issuer; /* of our own access tokens: the public URL without a slash at its end */
	const char *signing_key_file;  /* private JWK set of our tokens, mode 0600; made when it is missing */
	const char *external_issuer;   /* NULL or empty = none */
	const char *external_audience; /* that tokens of the external issuer must name */
	const char *external_jwks_file; /* its public keys */
	bool test;                      /* keys say wna_test_ and the clock may be set: demo and test mode */
};

/* access_start - read or make the signing keys, read the external keys. Before it no token is accepted and
   none is made, but keys (wna_…) work. */
MUST_CHECK struct problem *access_start(struct arena *arena, const struct access_options *options);

/* access_serve - start writing down when credentials were used, on a thread of its own that no request waits
 * for. */
void access_serve(struct pool *pool);

/* access_stop - end that thread and forget the keys; harmless without a start. */
void access_stop(void);

/* access_is_test - whether this instance is a demo or a test (struct access_options, or a clock that is not
 * the system's). */
bool access_is_test(void);

/* access_issuer - of our own tokens, "" before access_start. */
const char *access_issuer(void);

/* access_anonymous - the caller without a token. */
const struct caller *access_anonymous(void);

/* access_by_token - the caller of an API key or a JWT access token; PROBLEM_unauthenticated when it is not
   good, for whatever reason (the reason is the problem's cause, for the log alone). */
MUST_CHECK struct problem *access_by_token(struct arena *arena, struct pool *pool, const char *token,
					   const struct caller **ret);

/* access_sign - an access token of ours (RFC 9068, ES256) for the account, ACCESS_TOKEN_SECONDS long; NULL
 * before access_start. */
#define ACCESS_TOKEN_SECONDS 900
const char *access_sign(struct arena *arena, const char *account_id, const char *client_id,
			const char *scope);

/* access_public_keys - the JWK set that our tokens verify with; NULL before access_start. Not the caller's to
 * release. */
const json_t *access_public_keys(void);

/* access_scope_is_known - whether some operation of openapi.yaml needs this scope. */
bool access_scope_is_known(const char *scope, size_t length);

/* access_scopes_hold - whether every wanted scope is among those; NULL holds all that are known. */
bool access_scopes_hold(const char *scopes, const char *wanted);

/* For the command line and the seed: the operations of service/account.c, run through request_run as the
   system administrator of the machine, so that each leaves its line in the history. */

/* access_create_account - kind "person" or "machine"; issuer and subject may both be NULL. */
MUST_CHECK struct problem *access_create_account(struct arena *arena, struct pool *pool, const char *name,
						 const char *kind, const char *issuer, const char *subject,
						 bool is_demo, const char **ret_id);

/* access_grant - reach_id is the organisation, recommending unit or expert record that the role needs, else
 * NULL. */
MUST_CHECK struct problem *access_grant(struct arena *arena, struct pool *pool, const char *account_id,
					const char *role, const char *reach_id, const char **ret_grant_id);

/* access_create_key - an API key, shown this once; scopes and expires_at (RFC 3339) may be NULL. */
MUST_CHECK struct problem *access_create_key(struct arena *arena, struct pool *pool, const char *account_id,
					     const char *name, const char *scopes, const char *expires_at,
					     const char **ret_key, const char **ret_credential_id);

MUST_CHECK struct problem *access_revoke_key(struct arena *arena, struct pool *pool, const char *account_id,
					     const char *credential_id);
MUST_CHECK struct problem *access_disable_account(struct arena *arena, struct pool *pool,
						  const char *account_id, bool disabled);

/* access_list - every account with its grants and credentials (without secrets), as a JSON array tied to the
 * arena. */
MUST_CHECK struct problem *access_list(struct arena *arena, struct pool *pool, const json_t **ret);

/* access_find_account - the id of the only account with that name or id; PROBLEM_not_found otherwise. */
MUST_CHECK struct problem *access_find_account(struct arena *arena, struct pool *pool, const char *name_or_id,
					       const char **ret_id);

#endif
