/* Bank accounts: whether the key at hand is the one that their numbers are sealed with. */
#ifndef BANK_ACCOUNT_H
#define BANK_ACCOUNT_H

#include "problem.h"

struct pool;

/* bank_account_start - read the key of account numbers, before anything is served or sealed. It must open a
   number that the database holds: it is another one, or missing, when the state directory did not come up or
   the database was restored without it, and then is_setup is set and no key is made. Without any number a
   missing key is made. Whoever cannot reach the database, or may not read bank_account, does not start. */
MUST_CHECK struct problem *bank_account_start(struct arena *arena, struct pool *pool, const char *key_file);

#endif
