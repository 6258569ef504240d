/* jemalloc, because a small answer takes a hundred small pieces: the HTTP libraries copy every header field
   several times. Beside glibc's heaps it takes a tenth of the service's time less for it, and keeps pieces of
   one size together, so that what stays does not hold pages of what went. The sanitizers bring a heap of
   their own; builds with them leave it out. */
#include "memory.h"

#ifdef WITH_JEMALLOC

#include <jemalloc/jemalloc.h>
#include <stdio.h>

/* One heap: what each thread keeps of small pieces makes it rare that two are in it at once. Larger pieces
   than 4 KiB, which are the bodies of large answers, are not kept by each thread that ever freed one. Freed
   pages stay a second for the next answer, which would have to ask the system for them again. */
const char *malloc_conf = "narenas:1,lg_tcache_max:12,dirty_decay_ms:1000,muzzy_decay_ms:0";

void memory_give_back(void)
{
	char every[32];
	snprintf(every, sizeof every, "arena.%d.purge", MALLCTL_ARENAS_ALL);
	(void)mallctl(every, NULL, NULL, NULL, 0); /* nothing to be done about a failure, and none is known */
}

#else

#include <malloc.h>

void memory_give_back(void)
{
	malloc_trim(0);
}

#endif
