/* JWT: compact signed tokens (RFC 7515, 7519) verified as RFC 8725 asks, on OpenSSL's EVP. A key is bound to
   one algorithm; the token's own alg must be that one. Never HS*, never none, no compression, no critical
   extensions, no network. */
#ifndef JWT_H
#define JWT_H

#include "arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JWT_MAX_BYTES    8192
#define JWT_SKEW_SECONDS 60

enum jwt_algorithm { JWT_RS256, JWT_PS256, JWT_ES256, JWT_EDDSA };

/* A set of public keys (RFC 7517); a private part, if any, makes a key able to sign. */
struct jwks;

/* jwks_parse - the keys of a JWK set that can verify one of the algorithms above; others are passed over.
   NULL with *ret_fault set when the text is no JWK set, when a usable key has no kid or shares it, or when no
   key is usable. The keys live as long as the arena. */
struct jwks *jwks_parse(struct arena *arena, const char *text, size_t length, const char **ret_fault);

/* jwks_count - how many keys are usable. */
size_t jwks_count(const struct jwks *keys);

/* jwk_make - a new P-256 key for ES256 as a JWK with its private part; kid is the thumbprint (RFC 7638). */
json_t *jwk_make(struct arena *arena);

/* jwk_public - the public members of a JWK alone. */
json_t *jwk_public(const json_t *jwk);

/* One issuer whose tokens are accepted. */
struct jwt_issuer {
	const char *issuer;   /* iss */
	const char *audience; /* must be aud or stand in it */
	const struct jwks *keys;
};

/* What a good token says. Members are NULL when absent; issuer, subject and expiry never are. */
struct jwt {
	size_t issuer; /* index of the struct jwt_issuer */
	const char *subject, *client_id, *scope, *id;
	int64_t expires_at;
	const json_t *claims;
};

/* jwt_verify - NULL when the token is good at that time (seconds since 1970), else why not in one constant
 * word. */
const char *jwt_verify(struct arena *arena, const struct jwt_issuer *issuers, size_t count, const char *token,
		       int64_t now, struct jwt *ret);

/* jwt_signature_check - the signature of signed_text alone, for the key and algorithm; exported for the RFCs'
 * vectors. */
bool jwt_signature_check(const struct jwks *keys, const char *kid, enum jwt_algorithm algorithm,
			 const char *signed_text, size_t length, const unsigned char *signature,
			 size_t signature_length);

/* jwt_sign - header {alg ES256, typ, kid} and the claims, signed with the set's key of that kid, which must
 * have its private part. */
const char *jwt_sign(struct arena *arena, const struct jwks *keys, const char *kid, const char *type,
		     const json_t *claims);

#endif
