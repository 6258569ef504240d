#include "shares.h"

#include "text.h"

#include <string.h>
#include <xxhash.h>

void shares_start(struct shares *shares, int64_t limit)
{
	memset(shares, 0, sizeof *shares);
	random_bytes(&shares->seed, sizeof shares->seed);
	shares->limit = limit;
}

/* The count that a name is in, NULL where none is kept. */
static atomic_int_fast64_t *cell_of(struct shares *shares, uint64_t name)
{
	if (!shares->limit || !name)
		return NULL;
	return &shares->cells[XXH3_64bits_withSeed(&name, sizeof name, shares->seed) % SHARE_CELLS];
}

bool shares_take(struct shares *shares, uint64_t name, int64_t amount)
{
	atomic_int_fast64_t *cell = cell_of(shares, name);
	if (!cell || atomic_fetch_add(cell, amount) + amount <= shares->limit)
		return true;
	atomic_fetch_sub(cell, amount);
	return false;
}

void shares_give(struct shares *shares, uint64_t name, int64_t amount)
{
	atomic_int_fast64_t *cell = cell_of(shares, name);
	if (cell)
		atomic_fetch_sub(cell, amount);
}

uint64_t shares_name(const char *text)
{
	return XXH3_64bits(text, strlen(text));
}
