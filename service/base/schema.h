/* The shape of the tables that api/compile-spec.py makes from openapi.yaml: one row per operation, one per
   schema. api/validate.c enforces them on requests (and on replies in test builds); service/reply.c writes
   rows by them. */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "problem.h"
#include "role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;

enum schema_type {
	SCHEMA_STRING = 1,
	SCHEMA_INTEGER = 2,
	SCHEMA_NUMBER = 4,
	SCHEMA_BOOLEAN = 8,
	SCHEMA_OBJECT = 16,
	SCHEMA_ARRAY = 32,
	SCHEMA_NULL = 64,
};

enum schema_format {
	FORMAT_NONE,
	FORMAT_UUID,
	FORMAT_DATE,
	FORMAT_DATE_TIME,
	FORMAT_INT32,
	FORMAT_INT64,
	FORMAT_URI,
};

struct property {
	const char *name;
	const struct schema *schema;
	bool required;
};

struct schema {
	const char *name; /* the component's name, NULL for an inline schema */
	unsigned types;   /* a sum of enum schema_type; 0 = anything */
	enum schema_format format;
	int64_t min_length, max_length;    /* code points; -1 = no limit */
	int64_t minimum, maximum;          /* integers; INT64_MIN / INT64_MAX = no limit */
	const char *pattern;               /* PCRE2, anchored */
	const char *const *enumeration;    /* strings, NULL-terminated; NULL = any */
	const struct property *properties; /* sorted by name */
	size_t property_count;
	bool closed;                     /* additionalProperties: false (every request object) */
	const struct schema *additional; /* additionalProperties: schema */
	const struct schema *items;
	int64_t min_items, max_items; /* -1 = no limit */
	bool unique_items;
	const struct schema *const *one_of; /* NULL-terminated */
	bool is_money;                      /* the Money component: bigint fen in a row */
};

enum parameter_place { IN_PATH, IN_QUERY, IN_HEADER };

struct parameter {
	const char *name;
	enum parameter_place place;
	bool required;
	bool list; /* comma separated (style form, explode false): schema is that of one element */
	const struct schema *schema;
	const char *fallback; /* the default, NULL = none */
	int64_t max_items;    /* of a list; -1 = no limit */
};

enum http_method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_COUNT };
enum idempotency { IDEMPOTENCY_NONE, IDEMPOTENCY_OPTIONAL, IDEMPOTENCY_REQUIRED };

typedef struct problem *operation_fn(struct request *rq);

struct operation {
	int id;           /* enum operation_id */
	const char *name; /* snake_case(operationId) */
	enum http_method method;
	const char *path;  /* "/v1/applications/{id}" */
	role_set roles;    /* who may ever do it; ROLE_public = also without a token */
	const char *scope; /* the OAuth scope that a narrowed token needs, NULL = none */
	const struct parameter *parameters;
	size_t parameter_count;
	const struct schema *body;   /* NULL = no body */
	const char *body_media_type; /* application/json, application/merge-patch+json,
					application/octet-stream, form */
	bool body_required;
	const struct schema *reply; /* of the one 2xx JSON reply; NULL = no JSON body */
	int success;                /* its status */
	enum idempotency idempotency;
	bool if_match; /* needs If-Match */
	bool dry_run;  /* has the parameter dry_run */
	bool raw;      /* reply is not JSON (stream, page): validated by nobody */
	operation_fn *run;
	const char *const *
		media_types; /* of the 2xx reply, NULL-terminated; the first is the default; NULL = no body */
	bool no_store;       /* the 2xx reply's header Cache-Control is the constant no-store */
};

/* Made by api/compile-spec.py in build/gen/operations.c, with enum operation_id and the prototypes in
 * operations.h. */
extern const struct operation operations[];
extern const size_t operation_count;
extern const char openapi_json[];
extern const size_t openapi_json_length;

/* schema_property - the schema of a member, NULL when there is none. */
const struct schema *schema_property(const struct schema *schema, const char *name);

#endif
