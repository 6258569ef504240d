/* glibc has up to eight heaps per processor and sends each new thread to the next of them. With workers
   that come and go every heap comes to hold what the largest replies once took there, and free pages between
   pieces that stay are given back by nobody: of 12 MB that the heaps held under mixed load 2.6 were in use,
   always the same 2.6, and what they held went on growing. So there are a few heaps; one alone costs
   processor time, because its lock is waited for. The free pages go when the service says so. */
#include "memory.h"

#include <malloc.h>

#define HEAPS 8

void memory_start(void)
{
	mallopt(M_ARENA_MAX, HEAPS);
}

void memory_give_back(void)
{
	malloc_trim(0);
}
