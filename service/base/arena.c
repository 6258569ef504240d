/* Arena: a chain of blocks; the newest block serves, large requests get a block of their own. The arena
   itself stands in its first block. Blocks of the usual size are kept for the next arena, a bounded number of
   them: a request costs no large allocation. */
#include "arena.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024, SPARES_MAX = 96 };

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

struct deferred {
	void (*release)(void *);
	void *object;
	struct deferred *next;
};

struct arena {
	struct block *blocks;
	struct deferred *deferred;
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* ---- spare blocks ---- */

static struct {
	pthread_mutex_t mutex;
	struct block *first;
	int count;
} spares = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Where addresses are checked a block must be gone when its arena is: what is used later has to be seen. */
#ifdef __SANITIZE_ADDRESS__
static const bool keeps_spares = false;
#else
static const bool keeps_spares = true;
#endif

static struct block *spare_take(void)
{
	pthread_mutex_lock(&spares.mutex);
	struct block *block = spares.first;
	if (block) {
		spares.first = block->next;
		spares.count--;
	}
	pthread_mutex_unlock(&spares.mutex);
	return block;
}

static bool spare_give(struct block *block)
{
	if (!keeps_spares || block->size != BLOCK_BYTES)
		return false;
	pthread_mutex_lock(&spares.mutex);
	bool room = spares.count < SPARES_MAX;
	if (room) {
		block->next = spares.first;
		spares.first = block;
		spares.count++;
	}
	pthread_mutex_unlock(&spares.mutex);
	return room;
}

static struct block *block_new(size_t room)
{
	struct block *block = room == BLOCK_BYTES ? spare_take() : NULL;
	if (!block)
		block = must(malloc(sizeof *block + room));
	block->next = NULL;
	block->used = 0;
	block->size = room;
	return block;
}

static void block_release(struct block *block)
{
	if (!spare_give(block))
		free(block);
}

/* ---- arenas ---- */

static void *block_take(struct block *block, size_t size)
{
	void *memory = block->bytes + block->used;
	block->used += size;
	return memset(memory, 0, size);
}

static size_t aligned(size_t size)
{
	return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

struct arena *arena_new(void)
{
	struct block *block = block_new(BLOCK_BYTES);
	struct arena *arena = block_take(block, aligned(sizeof *arena));
	arena->blocks = block;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	/* a release may itself allocate or defer, so take them one by one */
	while (arena->deferred) {
		struct deferred *first = arena->deferred;
		arena->deferred = first->next;
		first->release(first->object);
	}
	for (struct block *block = arena->blocks, *next; block; block = next) {
		next = block->next;
		block_release(block);
	}
}

void *arena_alloc(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2)
		abort();
	size = aligned(size);
	if (arena->blocks->size - arena->blocks->used >= size)
		return block_take(arena->blocks, size);
	size_t room = size > BLOCK_BYTES / 4 ? size : BLOCK_BYTES;
	struct block *block = block_new(room);
	/* a block made for one large object goes behind the serving one, whose room is not lost */
	if (room == size) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block_take(block, size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);
	memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
	char usual[256]; /* most texts are short: they are put together once */
	va_list copy;
	va_copy(copy, arguments);
	int length = vsnprintf(usual, sizeof usual, format, copy);
	va_end(copy);
	if (length < 0)
		abort();
	if ((size_t)length < sizeof usual)
		return arena_strndup(arena, usual, (size_t)length);
	char *text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = arena_vprintf(arena, format, arguments);
	va_end(arguments);
	return text;
}

void arena_defer(struct arena *arena, void (*release)(void *), void *object)
{
	struct deferred *deferred = arena_alloc(arena, sizeof *deferred);
	*deferred = (struct deferred){release, object, arena->deferred};
	arena->deferred = deferred;
}
