/* Conninfo: what may be shown of a connection string. */
#ifndef CONNINFO_H
#define CONNINFO_H

#include "buffer.h"

/* conninfo_describe - add host, port, dbname and user of the string, read as libpq reads it, and ****** for a
   password; all of it is ****** where libpq does not take it or where a piece of a password may stand in one
   of those four. Nothing for an empty string. */
void conninfo_describe(struct buffer *buffer, const char *conninfo);

#endif
