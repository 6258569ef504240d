/* One compressor is some 130 kB of tables: a few are kept for the next answer, none belongs to a connection.
 */
#include "compress.h"

#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>

#define LEVEL       1
#define WINDOW_BITS (14 + 16) /* 16 kB, as gzip */
#define MEMORY      7
#define SPARES      4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static z_stream *spares[SPARES];
static int spare_count;

static z_stream *stream_take(void)
{
	pthread_mutex_lock(&mutex);
	z_stream *stream = spare_count ? spares[--spare_count] : NULL;
	pthread_mutex_unlock(&mutex);
	if (stream)
		return stream;
	stream = calloc(1, sizeof *stream);
	if (!stream ||
	    deflateInit2(stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	return stream;
}

static void stream_give(z_stream *stream)
{
	bool kept = deflateReset(stream) == Z_OK;
	pthread_mutex_lock(&mutex);
	kept = kept && spare_count < SPARES;
	if (kept)
		spares[spare_count++] = stream;
	pthread_mutex_unlock(&mutex);
	if (kept)
		return;
	deflateEnd(stream);
	free(stream);
}

bool compress_gzip(struct buffer *body)
{
	struct buffer packed = {0};
	z_stream *stream = stream_take();
	uLong bound = deflateBound(stream, (uLong)body->length);
	bool good = body->length <= UINT32_MAX && bound <= UINT32_MAX;
	if (good) {
		/* zlib only reads what comes in */
		union {
			const char *text;
			Bytef *bytes;
		} in = {body->text}, out = {buffer_reserve(&packed, bound)};
		stream->next_in = in.bytes;
		stream->avail_in = (uInt)body->length;
		stream->next_out = out.bytes;
		stream->avail_out = (uInt)bound;
		good = deflate(stream, Z_FINISH) == Z_STREAM_END;
		packed.length = good ? stream->total_out : 0;
	}
	stream_give(stream);
	if (!good) {
		buffer_free(&packed);
		return false;
	}
	buffer_free(body);
	*body = packed;
	return true;
}
