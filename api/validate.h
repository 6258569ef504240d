/* Validate: JSON and text against the schema tables. It reports every fault, each with its JSON Pointer, and
   knows neither operations nor the measures. */
#ifndef VALIDATE_H
#define VALIDATE_H

#include "problem.h"
#include "schema.h"

#include <jansson.h>

#define VALIDATE_FAULTS_MAX                                                                                  \
	100 /* told of one request's body, and of its parameters; what is beyond costs nothing */

enum validation {
	VALIDATE_REQUEST, /* closed objects */
	VALIDATE_PATCH,   /* a merge patch: null removes a member, nothing is required outside arrays */
	VALIDATE_REPLY,   /* what the description does not name must not be there either, but for open maps */
};

/* validate_json - add one error to *problem (made when NULL, PROBLEM_invalid_request) for each fault, the
 * first VALIDATE_FAULTS_MAX. */
void validate_json(struct arena *arena, const struct schema *schema, const json_t *value,
		   enum validation mode, struct problem **problem);

/* validate_text - the text of a parameter: where names it for the reader. Numbers and booleans are read
 * strictly. */
void validate_text(struct arena *arena, const struct schema *schema, const char *where, const char *text,
		   struct problem **problem);

#endif
