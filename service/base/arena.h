/* Arena: memory that lives as long as one request (or one start-up, one command) and is freed in one stroke.
   It never returns NULL: out of memory aborts. Foreign objects are tied to it with arena_defer.
   An arena belongs to one thread at a time. */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);

/* arena_free - run the deferred releases, newest first, then free everything. NULL is allowed. */
void arena_free(struct arena *arena);

/* arena_alloc - zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull, malloc));

char *arena_strdup(struct arena *arena, const char *text) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *arena, const char *text, size_t length) __attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((returns_nonnull, format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
	__attribute__((returns_nonnull, format(printf, 2, 0)));

/* arena_defer - call release(object) when the arena is freed (json_decref and PQclear have wrappers near
 * their use). */
void arena_defer(struct arena *arena, void (*release)(void *), void *object);

#endif
