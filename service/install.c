/* The C table of the lifecycle as rows for the database. */
#include "install.h"

#include "buffer.h"
#include "lifecycle.h"
#include "migrate.h"
#include "role.h"

static const char *const door_names[] = {
	[DOOR_CALL] = "call", [DOOR_EFFECT] = "effect", [DOOR_SYSTEM] = "system"};

/* roles_array - {officer,leader}: an array literal of PostgreSQL; role names need no quotes. */
static const char *roles_array(struct arena *arena, role_set roles)
{
	struct buffer buffer = {NULL, 0, 0};
	buffer_char(&buffer, '{');
	for (int i = 0; i < ROLE_COUNT; i++) {
		role_set bit = (role_set)1 << i;
		if (!(roles & bit))
			continue;
		if (buffer.length > 1)
			buffer_char(&buffer, ',');
		buffer_text(&buffer, role_name(bit));
	}
	buffer_char(&buffer, '}');
	const char *text = arena_strdup(arena, buffer.text);
	buffer_free(&buffer);
	return text;
}

struct problem *migrate_run(struct arena *arena, const char *owner_conninfo, const char *service_role,
			    void (*say)(const char *line))
{
	struct migrate_step *steps = arena_alloc(arena, lifecycle_count * sizeof *steps);
	for (size_t i = 0; i < lifecycle_count; i++) {
		const struct lifecycle_row *row = &lifecycle[i];
		steps[i] = (struct migrate_step){machine_name(row->machine),
						 row->from,
						 row->action,
						 row->to,
						 roles_array(arena, row->roles),
						 door_names[row->door],
						 row->articles};
	}
	return migrate_apply(arena, owner_conninfo, service_role, steps, lifecycle_count, say);
}
