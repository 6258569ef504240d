/* glibc has up to eight heaps per processor and sends each new thread to the next of them. With a thread for
   each connection every heap comes to hold what the largest replies once took there, and free pages between
   pieces that stay are given back by nobody: of 12 MB that the heaps held under mixed load 2.6 were in use,
   always the same 2.6, and what they held went on growing. So there are two heaps per processor, which cost
   no more processor time than eight (one does), and the free pages go when the service says so. */
#include "memory.h"

#include <malloc.h>
#include <unistd.h>

#define HEAPS_EACH 2 /* per processor */
#define HEAPS_MAX  32

void memory_start(void)
{
	long heaps = HEAPS_EACH * sysconf(_SC_NPROCESSORS_ONLN);
	mallopt(M_ARENA_MAX, heaps < HEAPS_EACH ? HEAPS_EACH : heaps > HEAPS_MAX ? HEAPS_MAX : (int)heaps);
}

void memory_give_back(void)
{
	malloc_trim(0);
}
