/* Sweep: what falls due by itself (the SYSTEM rows of lifecycle.def). Idempotent: a second run of a day finds
   nothing to do. Each object has a transaction of its own, so that one that is stuck holds up no other; one
   instance sweeps at a time. */
#ifndef SWEEP_H
#define SWEEP_H

#include "problem.h"

struct pool;

/* sweep_run - once, for a date "2026-12-01" (NULL = today by the business clock). Another instance at work is
   no problem: there is nothing left to do. Objects that a rule holds back are logged and left. */
MUST_CHECK struct problem *sweep_run(struct arena *arena, struct pool *pool, const char *date);

/* sweep_start, sweep_stop - the thread of the service that sweeps again and again; whoever stops it waits for
   the object at hand alone. sweep_wind_down - the same without waiting: no further object is begun. */
void sweep_start(struct pool *pool);
void sweep_wind_down(void);
void sweep_stop(void);

#endif
