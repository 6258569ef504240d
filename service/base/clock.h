/* The business clock: "system", "fixed:2026-11-15T09:00:00+08:00" or "offset:+P400D" / "offset:-PT3600S".
   Deadlines and histories use it; tokens and time-outs use wall and monotonic time. Thread safe. */
#ifndef CLOCK_H
#define CLOCK_H

#include "date.h"

#include <pthread.h>
#include <stdbool.h>

/* clock_set - parse a setting; false when it is none of the three forms. */
bool clock_set(const char *setting);

/* clock_now - the business instant. */
struct instant clock_now(void);

/* clock_wall - the true instant. */
struct instant clock_wall(void);

/* clock_is_test - whether the clock is not the system's. */
bool clock_is_test(void);

/* clock_monotonic_ms - milliseconds that never go back. */
int64_t clock_monotonic_ms(void);

/* clock_wait - wait for the condition, at most so many milliseconds of monotonic time: whoever sets the wall
   clock makes nobody wait longer. The mutex is the caller's; false when the time is over. */
bool clock_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t milliseconds);

#endif
