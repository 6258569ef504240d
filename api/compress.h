/* Compression of answers: gzip at its fastest, where the client asks for it and the answer is large enough to
 * gain by it. */
#ifndef COMPRESS_H
#define COMPRESS_H

#include "buffer.h"

/* Below this many bytes an answer goes as it is. */
#define COMPRESS_MIN 1024

/* compress_gzip - put the compressed bytes in the buffer's place; false leaves it as it was. */
bool compress_gzip(struct buffer *body);

#endif
