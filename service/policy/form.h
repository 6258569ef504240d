/* Form: reading the application form (openapi.yaml ApplicationForm) in the words of the rules. Absent members
   read as NULL, false and 0: nothing here fails on an incomplete form. */
#ifndef FORM_H
#define FORM_H

#include "arena.h"
#include "date.h"
#include "facts_application.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* form_at - the member at a path of names, ended by NULL; NULL when a step is absent. */
const json_t *form_at(const json_t *form, ...) __attribute__((sentinel));

/* The member of an object; blank text reads as NULL. */
const char *form_text(const json_t *object, const char *name);
bool form_bool(const json_t *object, const char *name);
struct date form_date(const json_t *object, const char *name);

/* form_is - whether the text member equals the word. */
bool form_is(const json_t *object, const char *name, const char *word);

const json_t *form_members(const json_t *form);

/* form_member - the first member for which the flag (is_lead, is_host) is true, NULL when there is none;
 **ret_index where it stands, ret_count how many there are. */
const json_t *form_member(const json_t *form, const char *flag, size_t *ret_index, size_t *ret_count);

/* form_has_code - whether a member has the credit code. */
bool form_has_code(const json_t *form, const char *credit_code);

/* json_has_text - whether the array holds the string. */
bool json_has_text(const json_t *array, const char *text);

/* attachment_find - the newest complete attachment of a kind, NULL when there is none. */
const struct attachment_fact *attachment_find(const struct application_facts *application, const char *kind);

#endif
