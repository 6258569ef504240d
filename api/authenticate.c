/* Who calls: one Bearer token or nobody. */
#include "authenticate.h"

#include "access.h"

#include <string.h>
#include <strings.h>

struct problem *authenticate(struct arena *arena, struct pool *pool, const char *authorization,
			     const struct caller **ret)
{
	if (!authorization) {
		*ret = access_anonymous();
		return NULL;
	}
	struct problem *refused = problem_new(arena, PROBLEM_unauthenticated, NULL, NULL);
	refused->cause = "authorization: not a bearer token";
	if (strncasecmp(authorization, "Bearer ", 7) != 0)
		return refused;
	const char *token = authorization + 7;
	/* b64token of RFC 6750 and nothing beside it: no second token, no list, no white space */
	size_t length =
		strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");
	if (length == 0 || token[length] != 0)
		return refused;
	return access_by_token(arena, pool, token, ret);
}
