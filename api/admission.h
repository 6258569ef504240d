/* Admission: how many requests are at work on the database at a time; who comes when all places are taken is
   told so at once. */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "exchange.h"

#include <stdint.h>

void admission_start(const struct server_options *options);

/* admission_enter - a place for the request, before anything is asked of the database for it; or the 503.
   What needs no database needs no place. */
MUST_CHECK struct problem *admission_enter(struct exchange *x);

/* admission_leave - give the place back, if there is one. */
void admission_leave(struct exchange *x);

enum admission_kind { ADMIT_READ, ADMIT_WRITE, ADMIT_KINDS };
struct admission_counts {
	int at_work[ADMIT_KINDS], limit[ADMIT_KINDS];
	uint64_t shed[ADMIT_KINDS];
};
struct admission_counts admission_count(void);

#endif
