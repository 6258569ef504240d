/* Admission: how many requests are at work on the database at a time; who comes when all places are taken is
   told so at once. */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "request.h"

#include <stdint.h>

/* admission_start - how many places there are, and whether the requests of one network (rq->network) get no
   more than half of them. Without it there is no bound (the demo, the command line). */
void admission_start(int reads, int writes, bool by_network);

/* admission_enter - a place for the request, unless it has one; or the 503. To be called before anything is
   asked of the database for it; what needs no database needs no place. */
MUST_CHECK struct problem *admission_enter(struct request *rq);

/* admission_leave - give the place back, if there is one. */
void admission_leave(struct request *rq);

enum admission_kind { ADMIT_READ, ADMIT_WRITE, ADMIT_KINDS };
struct admission_counts {
	int at_work[ADMIT_KINDS], limit[ADMIT_KINDS];
	uint64_t shed[ADMIT_KINDS];
};
struct admission_counts admission_count(void);

#endif
