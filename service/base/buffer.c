/* Buffer: doubling growth; JSON escaping looks at eight bytes at a time and copies clean runs in one stroke.
 */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_free(struct buffer *buffer)
{
	free(buffer->text);
	*buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	if (buffer->text)
		buffer->text[0] = '\0';
}

static void grow(struct buffer *buffer, size_t needed)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 512;
	while (capacity < needed)
		capacity *= 2;
	buffer->text = realloc(buffer->text, capacity);
	if (!buffer->text)
		abort();
	buffer->capacity = capacity;
}

char *buffer_reserve(struct buffer *buffer, size_t bytes)
{
	size_t needed = buffer->length + bytes + 1;
	if (needed < bytes)
		abort();
	if (needed > buffer->capacity)
		grow(buffer, needed);
	return buffer->text + buffer->length;
}

void buffer_add(struct buffer *buffer, const char *bytes, size_t length)
{
	char *place = buffer_reserve(buffer, length);
	if (length)
		memcpy(place, bytes, length);
	place[length] = '\0';
	buffer->length += length;
}

void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_char(struct buffer *buffer, char c)
{
	char *place = buffer_reserve(buffer, 1);
	place[0] = c;
	place[1] = '\0';
	buffer->length++;
}

void buffer_integer(struct buffer *buffer, int64_t value)
{
	char digits[24], *end = digits + sizeof digits, *from = end;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do
		*--from = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--from = '-';
	buffer_add(buffer, from, (size_t)(end - from));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	enum { USUAL = 128 }; /* most texts are short: they are put together once */
	va_list arguments, copy;
	va_start(arguments, format);
	va_copy(copy, arguments);
	char *place = buffer_reserve(buffer, USUAL);
	int length = vsnprintf(place, USUAL, format, copy);
	va_end(copy);
	if (length < 0)
		abort();
	if (length >= USUAL) {
		place = buffer_reserve(buffer, (size_t)length);
		vsnprintf(place, (size_t)length + 1, format, arguments);
	}
	va_end(arguments);
	buffer->length += (size_t)length;
}

static const char *escape(unsigned char c, char room[7])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		snprintf(room, 7, "\\u%04x", c);
		return room;
	}
}

/* Eight bytes at a time: whether one of them is less than 0x20, '"' or '\\'. A byte of which n was taken away
   borrows into its highest bit only when it was less, and had not that bit itself. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool has_special(const char *bytes)
{
	uint64_t eight;
	memcpy(&eight, bytes, sizeof eight);
	uint64_t quote = eight ^ EACH('"'), backslash = eight ^ EACH('\\');
	return ((((eight - EACH(0x20)) & ~eight) | ((quote - EACH(1)) & ~quote) |
		 ((backslash - EACH(1)) & ~backslash)) &
		EACH(0x80)) != 0;
}

/* clean_run - how many bytes from there on stand in a JSON string as they are. The last eight may overlap
 * those before them. */
static size_t clean_run(const char *text, size_t length)
{
	enum { WORD = 8 };
	size_t at = 0;
	while (at + WORD <= length && !has_special(text + at))
		at += WORD;
	if (length >= WORD && at + WORD > length && !has_special(text + length - WORD))
		return length;
	while (at < length && (unsigned char)text[at] >= 0x20 && text[at] != '"' && text[at] != '\\')
		at++;
	return at;
}

void buffer_json_string(struct buffer *buffer, const char *text, size_t length)
{
	char *place = buffer_reserve(buffer, length + 2);
	*place++ = '"';
	buffer->length++;
	for (;;) {
		size_t run = clean_run(text, length);
		if (run)
			memcpy(place, text, run);
		buffer->length += run;
		if (run == length)
			break;
		char room[7];
		buffer_text(buffer, escape((unsigned char)text[run], room));
		text += run + 1;
		length -= run + 1;
		place = buffer_reserve(buffer, length + 1);
	}
	buffer_char(buffer, '"');
}

char *buffer_take(struct buffer *buffer, size_t *ret_length)
{
	buffer_reserve(buffer, 0)[0] = '\0';
	char *text = buffer->text;
	if (ret_length)
		*ret_length = buffer->length;
	*buffer = (struct buffer){0};
	return text;
}
