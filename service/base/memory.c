/* jemalloc, because a small answer takes a hundred small pieces: the HTTP libraries copy each header field of
   request and answer. Beside glibc's heaps it takes a tenth of the service's time less for it, and keeps
   pieces of one size together, so that what stays does not hold pages of what went. The sanitizers bring a
   heap of their own; builds with them leave it out. */
#include "memory.h"

#ifdef WITH_JEMALLOC

#include <jemalloc/jemalloc.h>
#include <stdio.h>

/* One heap: what each thread keeps of small pieces makes it rare that two are in it at once. They keep few
   and only small ones (up to 4 KiB: blocks of results, bodies of answers), or forty threads would hold much:
   467 KB each at most, by jemalloc's table of sizes. Freed pages stay a second for the next answer, which
   would have to ask the system for them again. A word that jemalloc does not know ends the program at its
   start. */
const char *malloc_conf = "abort_conf:true,narenas:1,lg_tcache_max:12,tcache_nslots_small_max:32,"
			  "tcache_nslots_small_min:8,dirty_decay_ms:1000,muzzy_decay_ms:0";

void memory_give_back(void)
{
	char every[32];
	snprintf(every, sizeof every, "arena.%d.purge", MALLCTL_ARENAS_ALL);
	(void)mallctl(every, NULL, NULL, NULL, 0); /* nothing to be done about a failure, and none is known */
}

void memory_rest(void)
{
	(void)mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
}

#else

#include <malloc.h>

void memory_give_back(void)
{
	malloc_trim(0);
}

/* glibc's are few, and there is no call that gives them back. */
void memory_rest(void)
{
}

#endif
