/* Form mask: how much of an application's form a reader sees (GB/T 35273 in spirit: contacts by need only).
 */
#ifndef FORM_MASK_H
#define FORM_MASK_H

#include "request.h"

/* Roles that read everything; the others see contacts masked (host, auditor), not at all (expert), or their
   own row of the members alone (member). */
#define FORM_FULL                                                                                            \
	(ROLE_officer | ROLE_leader | ROLE_county | ROLE_dept | ROLE_assoc | ROLE_lead | ROLE_council)

/* form_shown - the form's JSON text as the reach may read it. */
MUST_CHECK struct problem *form_shown(struct request *rq, role_set reach, const char *form, const char **ret);

/* mask_phone, mask_name, mask_email - 138****5678, 王**, w***@x. */
const char *mask_phone(struct arena *arena, const char *phone);
const char *mask_name(struct arena *arena, const char *name);
const char *mask_email(struct arena *arena, const char *email);

#endif
