/* Config: the settings of one catalogue, config.def. Flags win over the environment, that over the file of
   --config, that over the defaults. A name that the catalogue does not know is an error with the nearest
   known name, wherever it stands; nothing is read later than here, and nothing here touches the database or
   the network. */
#ifndef CONFIG_H
#define CONFIG_H

#include "arena.h"
#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>

enum config_type {
	CONFIG_TEXT,
	CONFIG_SWITCH,
	CONFIG_PORT,
	CONFIG_PORT_OR_NEXT,
	CONFIG_COUNT,
	CONFIG_COUNT_OR_NONE,
	CONFIG_MILLISECONDS,
	CONFIG_MILLISECONDS_OR_NONE,
	CONFIG_SECONDS,
	CONFIG_BYTES,
};

#define CONFIG_C_TEXT                 const char *
#define CONFIG_C_SWITCH               bool
#define CONFIG_C_PORT                 int
#define CONFIG_C_PORT_OR_NEXT         int
#define CONFIG_C_COUNT                int
#define CONFIG_C_COUNT_OR_NONE        int
#define CONFIG_C_MILLISECONDS         int
#define CONFIG_C_MILLISECONDS_OR_NONE int
#define CONFIG_C_SECONDS              int
#define CONFIG_C_BYTES                int

struct config {
#define SETTING(name, type, environment, fallback, secret, zh, en) CONFIG_C_##type name;
#include "config.def"
#undef SETTING
};

struct setting {
	const char *name; /* pool_connections; the flag is --pool-connections */
	enum config_type type;
	const char *environment, *fallback;
	bool secret;
	const char *zh, *en;
	size_t offset; /* in struct config */
};

extern const struct setting settings[];
extern const size_t setting_count;

/* A flag of the command line: --name value, without the dashes before it. */
struct config_flag {
	const char *name, *value;
};

/* What a value was and where it came from, in the order of the catalogue. */
struct config_origin {
	const char *text;
	const char *origin; /* "default", "file …", "environment …", "flag --…" */
};

#define CONFIG_EXIT_USAGE 2  /* an unknown name */
#define CONFIG_EXIT_VALUE 78 /* a value that cannot be used (EX_CONFIG) */

/* config_load - 0, or one of the exit codes above with one line of text in *ret_error. */
int config_load(struct arena *arena, const struct config_flag *flags, size_t flag_count, struct config *ret,
		const struct config_origin **ret_origins, const char **ret_error);

/* config_flag_is_switch - whether the flag stands alone (--demo) and takes no word after it. */
bool config_flag_is_switch(const char *name);

/* Adds to the buffer what may be shown of a secret. */
typedef void config_secret_fn(struct buffer *buffer, const char *secret);

/* config_print - one line per setting: name = value, and its origin. Of a secret only what describe says
   stands there: how one is put together is not known here. */
void config_print(struct buffer *buffer, const struct config_origin *origins, config_secret_fn *describe);

/* config_nearest - the name among those (NULL-terminated) closest to the word, NULL when none is near. */
const char *config_nearest(const char *word, const char *const *names);

/* config_flag_names - every flag of the catalogue, NULL-terminated. */
const char *const *config_flag_names(struct arena *arena);

#endif
