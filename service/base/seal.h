/* Seal: a short text encrypted for storage with AES-256-GCM and one key, a file of 32 random bytes for nobody
   else's eyes. It guards columns such as a bank account number against whoever reads the database or its
   backups; it is no transport. */
#ifndef SEAL_H
#define SEAL_H

#include "problem.h"

#include <stddef.h>

/* seal_start - read the key; a file that others may read is refused. sealed is a text that is stored already
   and that the key must open (bound as when it was closed); NULL = nothing is stored yet, and only then a
   missing key is made. A key that is missing or another one is a problem of the setup (is_setup). */
MUST_CHECK struct problem *seal_start(struct arena *arena, const char *key_file, const char *sealed,
				      const char *bound);

/* seal_close - nonce, ciphertext and tag as hex; bound is what the text belongs to (an id) and must be the
   same when it is opened. NULL when there is no key. */
char *seal_close(struct arena *arena, const char *text, const char *bound);

/* seal_open - the text again, NULL when key, bound or a single bit is not right. */
char *seal_open(struct arena *arena, const char *hex, const char *bound);

#endif
