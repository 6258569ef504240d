/* Buffer: doubling growth; JSON escaping by table, so that long clean runs are copied in one stroke. */
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

char *buffer_reserve(struct buffer *buffer, size_t bytes)
{
	size_t needed = buffer->length + bytes + 1;
	if (needed < bytes)
		abort();
	if (needed > buffer->capacity) {
		size_t capacity = buffer->capacity ? buffer->capacity : 512;
		while (capacity < needed)
			capacity *= 2;
		buffer->text = realloc(buffer->text, capacity);
		if (!buffer->text)
			abort();
		buffer->capacity = capacity;
	}
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
	buffer_add(buffer, &c, 1);
}

void buffer_integer(struct buffer *buffer, int64_t value)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%lld", (long long)value);
	buffer_add(buffer, digits, (size_t)length);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments, copy;
	va_start(arguments, format);
	va_copy(copy, arguments);
	int length = vsnprintf(NULL, 0, format, copy);
	va_end(copy);
	if (length < 0)
		abort();
	char *place = buffer_reserve(buffer, (size_t)length);
	vsnprintf(place, (size_t)length + 1, format, arguments);
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

void buffer_json_string(struct buffer *buffer, const char *text, size_t length)
{
	buffer_char(buffer, '"');
	size_t start = 0;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		char room[7];
		buffer_add(buffer, text + start, i - start);
		buffer_text(buffer, escape(c, room));
		start = i + 1;
	}
	buffer_add(buffer, text + start, length - start);
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
