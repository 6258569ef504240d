/* The names of the roles; nothing about what they may do. */
#include "role.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name, *zh, *en;
} names[ROLE_COUNT] = {
#define ROLE_NAME(name, zh, en) {#name, zh, en},
	ROLES(ROLE_NAME)
#undef ROLE_NAME
};

static int lowest(role_set roles)
{
	return roles ? __builtin_ctz(roles) : -1;
}

const char *role_name(role_set roles)
{
	int index = lowest(roles);
	return index < 0 || index >= ROLE_COUNT ? NULL : names[index].name;
}

const char *role_label(role_set roles, bool english)
{
	int index = lowest(roles);
	if (index < 0 || index >= ROLE_COUNT)
		return NULL;
	return english ? names[index].en : names[index].zh;
}

static role_set role_parse_n(const char *name, size_t length)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		if (strlen(names[i].name) == length && !memcmp(names[i].name, name, length))
			return (role_set)1 << i;
	return 0;
}

role_set role_parse(const char *name)
{
	return name ? role_parse_n(name, strlen(name)) : 0;
}

role_set role_set_parse_list(const char *list)
{
	role_set roles = 0;
	while (list && *list) {
		size_t length = strcspn(list, ",");
		roles |= role_parse_n(list, length);
		list += length + (list[length] == ',');
	}
	return roles;
}
