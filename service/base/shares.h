/* Shares: nobody gets more than so much of what there is for all. Who has what is counted in cells that names
   fall into by a hash which nobody outside knows; two in one cell share what one may have, which happens to
   one in SHARE_CELLS and does harm only while the other is at its bound. */
#ifndef SHARES_H
#define SHARES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SHARE_CELLS 4096

struct shares {
	int64_t limit; /* 0 = none, and nothing is counted */
	uint64_t seed;
	atomic_int_fast64_t cells[SHARE_CELLS];
};

/* shares_start - nobody has anything; each may have so much. Before anybody else uses them. */
void shares_start(struct shares *shares, int64_t limit);

/* shares_take - so much for that name; false, and nothing is taken, where it would be more than it may have.
   Name 0 is nobody and always gets it. From any thread. */
__attribute__((warn_unused_result)) bool shares_take(struct shares *shares, uint64_t name, int64_t amount);

/* shares_give - back what was taken. */
void shares_give(struct shares *shares, uint64_t name, int64_t amount);

/* shares_name - the name of a text. */
uint64_t shares_name(const char *text);

#endif
