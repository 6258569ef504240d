/* The shape of the tables that sql/compile-sql.py makes of sql/statements and sql/migrations. Only service/db
 * reads them. */
#ifndef STATEMENT_H
#define STATEMENT_H

#include "statements.h"

#include <stdbool.h>
#include <stddef.h>

enum cardinality {
	CARDINALITY_ONE,
	CARDINALITY_OPTIONAL,
	CARDINALITY_MANY,
	CARDINALITY_EXEC,
	CARDINALITY_COPY
};

struct statement_text {
	const char *name;
	enum cardinality cardinality;
	bool slow;    /* runs on a connection of its own, never on the lane */
	bool generic; /* planned once for all values: planning it anew costs more than it could save */
	int parameters;
	const char *text;
	/* the same asked for several at once, with arrays of parameters; its last column, _asked, tells whose
	   a row is. merged_text NULL = it is always asked by itself */
	const char *merged_name, *merged_text;
};
extern const struct statement_text statements[STATEMENT_COUNT + 1];

struct migration_text {
	int version;
	const char *name, *sha256, *text;
};
extern const struct migration_text migrations[];
extern const size_t migration_count;

/* The scripts of sql/seed, around a load. */
extern const char seed_before_sql[], seed_after_sql[], seed_verify_sql[];

#endif
