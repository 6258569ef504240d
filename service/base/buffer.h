/* Buffer: text that grows, in malloc'd memory so that it can be handed to the HTTP library without a copy.
   Out of memory aborts. The text is always terminated by a zero byte beyond its length. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *text;
	size_t length;
	size_t capacity;
};

/* buffer_free - release the memory; the buffer is empty and usable again. */
void buffer_free(struct buffer *buffer);

/* buffer_clear - forget the text, keep the memory. */
void buffer_clear(struct buffer *buffer);

/* buffer_reserve - room for that many more bytes; returns the place to write them. */
char *buffer_reserve(struct buffer *buffer, size_t bytes);

void buffer_add(struct buffer *buffer, const char *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_char(struct buffer *buffer, char c);
void buffer_integer(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* buffer_json_string - the text as a JSON string with quotes and escapes; the text must be valid UTF-8. */
void buffer_json_string(struct buffer *buffer, const char *text, size_t length);

/* buffer_take - the malloc'd text; the caller frees it, the buffer is empty. */
char *buffer_take(struct buffer *buffer, size_t *ret_length);

#endif
