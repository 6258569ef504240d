/* Keyring: files of keys. The private keys of our own access tokens stand in one JWK set of mode 0600, made
   at the first start; the newest signs, and a retired one stays public until its last token has expired.
   Foreign keys are only ever read. */
#ifndef KEYRING_H
#define KEYRING_H

#include "jwt.h"
#include "problem.h"

struct keyring {
	const struct jwks *keys;
	const char *kid;          /* of the key that signs */
	const json_t *public_set; /* what others verify with */
};

/* keyring_open - read the file, make it when it is missing, and put a new key beside an old one. now: seconds
   since 1970. Safe when several instances start at once. */
MUST_CHECK struct problem *keyring_open(struct arena *arena, const char *path, int64_t now,
					struct keyring *ret);

/* keyring_read - the public keys of a JWKS file. */
MUST_CHECK struct problem *keyring_read(struct arena *arena, const char *path, const struct jwks **ret);

#endif
