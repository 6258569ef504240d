/* Secret: a key of 32 random bytes in a file of mode 0600, made at the first start. One that others may read
 * is refused. */
#ifndef SECRET_H
#define SECRET_H

#include "problem.h"

#define SECRET_BYTES 32

/* secret_open - read the key, make it when the file is missing. Safe when several instances start at once.
   secret_read - the same, but nothing is made. */
MUST_CHECK struct problem *secret_open(struct arena *arena, const char *path,
				       unsigned char ret[SECRET_BYTES]);
MUST_CHECK struct problem *secret_read(struct arena *arena, const char *path,
				       unsigned char ret[SECRET_BYTES]);

#endif
