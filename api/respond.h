/* Respond: from a reply or a problem to status, header fields and bytes. */
#ifndef RESPOND_H
#define RESPOND_H

#include "exchange.h"

/* respond_reply - the operation's reply, or 304 when the caller has it already. */
void respond_reply(struct exchange *x);

/* respond_problem - a problem document (RFC 9457), or the form of RFC 6749 at the token endpoint. */
void respond_problem(struct exchange *x, const struct problem *problem);

/* respond_options - 204 with Allow. */
void respond_options(struct exchange *x, const char *allow);

/* problem_public_url - base of absolute addresses, without a slash at the end. */
const char *problem_public_url(const struct exchange *x);

#endif
