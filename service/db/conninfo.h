/* Conninfo: what may be shown of a connection string, and whether libpq may be given it. */
#ifndef CONNINFO_H
#define CONNINFO_H

#include "buffer.h"

#include <stdbool.h>

/* conninfo_describe - add host, port, dbname and user of the string, read as libpq reads it, and ****** for a
   password; all of it is ****** where libpq does not take it or where a piece of a password may stand in one
   of those four. Nothing for an empty string. */
void conninfo_describe(struct buffer *buffer, const char *conninfo);

/* conninfo_is_usable - whether libpq takes the string and finds host, port and database where they belong.
   What it says of any other may have a piece of the password in it. */
bool conninfo_is_usable(const char *conninfo);

#endif
