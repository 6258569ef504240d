/* Config: one pass per source, weakest first, over one table of values; then every value is parsed once. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct setting settings[] = {
#define SETTING(name, type, environment, fallback, secret, zh, en)                                           \
	{#name, CONFIG_##type, environment, fallback, secret, zh, en, offsetof(struct config, name)},
#include "config.def"
#undef SETTING
};
const size_t setting_count = sizeof settings / sizeof settings[0];

#define SETTINGS    (sizeof settings / sizeof settings[0])
#define FILE_LIMIT  65536
#define FILE_SUFFIX "_file"
#define PREFIX      "ALLIANCE_"

static const struct {
	long minimum, maximum;
} ranges[] = {
	[CONFIG_PORT] = {1, 65534},           [CONFIG_PORT_OR_NEXT] = {0, 65535},
	[CONFIG_COUNT] = {1, 100000},         [CONFIG_COUNT_OR_NONE] = {0, 100000},
	[CONFIG_MILLISECONDS] = {1, 3600000}, [CONFIG_MILLISECONDS_OR_NONE] = {0, 3600000},
	[CONFIG_SECONDS] = {0, 3600},         [CONFIG_BYTES] = {1024, 67108864},
};

struct loading {
	struct arena *arena;
	struct config_origin *values;
	const char *error;
};

static bool name_is_secret_file(const char *name, size_t length, const struct setting *setting)
{
	size_t own = strlen(setting->name);

	return setting->secret && length == own + strlen(FILE_SUFFIX) &&
	       strncmp(name, setting->name, own) == 0 &&
	       strncmp(name + own, FILE_SUFFIX, strlen(FILE_SUFFIX)) == 0;
}

/* The canonical name has underscores; flags may have dashes. */
static const char *canonical(struct arena *arena, const char *name)
{
	char *text = arena_strdup(arena, name);

	for (char *c = text; *c; c++)
		if (*c == '-')
			*c = '_';
	return text;
}

static const char *read_text_file(struct loading *loading, const char *path)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t length;

	if (!file) {
		loading->error = arena_printf(loading->arena, "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	text = arena_alloc(loading->arena, FILE_LIMIT + 1);
	length = fread(text, 1, FILE_LIMIT + 1, file);
	if (ferror(file) || length > FILE_LIMIT)
		loading->error = arena_printf(loading->arena, "cannot read %s: %s", path,
					      length > FILE_LIMIT ? "it is too large" : "read error");
	fclose(file);
	if (loading->error)
		return NULL;
	text[length] = '\0';
	return text;
}

static int set_from_secret_file(struct loading *loading, size_t index, const char *path, const char *origin)
{
	const char *text = read_text_file(loading, path);
	char *value;
	size_t length;

	if (!text)
		return CONFIG_EXIT_VALUE;
	value = arena_strdup(loading->arena, text);
	for (length = strlen(value); length && isspace((unsigned char)value[length - 1]); length--)
		value[length - 1] = '\0';
	loading->values[index] =
		(struct config_origin){value, arena_printf(loading->arena, "%s (%s)", origin, path)};
	return 0;
}

const char *const *config_flag_names(struct arena *arena)
{
	const char **names = arena_alloc(arena, (2 * SETTINGS + 2) * sizeof *names);
	size_t count = 0;

	names[count++] = "config";
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *variants[] = {settings[i].name,
					  arena_printf(arena, "%s" FILE_SUFFIX, settings[i].name)};

		for (int v = 0; v < (settings[i].secret ? 2 : 1); v++) {
			char *flag = arena_strdup(arena, variants[v]);

			for (char *c = flag; *c; c++)
				if (*c == '_')
					*c = '-';
			names[count++] = flag;
		}
	}
	return names;
}

/* Optimal string alignment is not needed for names of this length: plain edit distance. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t width = strlen(b), row[64];

	if (width >= sizeof row / sizeof row[0] || strlen(a) >= sizeof row / sizeof row[0])
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			diagonal = row[j + 1];
			row[j + 1] = best;
		}
	}
	return row[width];
}

const char *config_nearest(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	size_t best = strlen(word) / 3 + 2;

	for (; *names; names++) {
		size_t distance = edit_distance(word, *names);

		if (distance < best) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}

static int refuse_unknown(struct loading *loading, const char *what, const char *name,
			  const char *const *names)
{
	const char *nearest = config_nearest(name, names);

	loading->error =
		nearest ? arena_printf(loading->arena, "unknown %s %s; did you mean %s?", what, name, nearest)
			: arena_printf(loading->arena, "unknown %s %s; see allianced check-config", what,
				       name);
	return CONFIG_EXIT_USAGE;
}

/* One name and value from a flag or a line of the file. */
static int set_named(struct loading *loading, const char *name, const char *value, const char *origin,
		     bool *ret_known)
{
	const char *own = canonical(loading->arena, name);

	*ret_known = true;
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].name, own) == 0) {
			loading->values[i] = (struct config_origin){value, origin};
			return 0;
		}
		if (name_is_secret_file(own, strlen(own), &settings[i]))
			return set_from_secret_file(loading, i, value, origin);
	}
	*ret_known = false;
	return 0;
}

static char *trimmed(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	for (end = text + strlen(text); end > text && isspace((unsigned char)end[-1]); end--)
		end[-1] = '\0';
	return text;
}

static int load_file(struct loading *loading, const char *path)
{
	const char *text = read_text_file(loading, path);
	char *rest, *line;
	int number = 0;

	if (!text)
		return CONFIG_EXIT_VALUE;
	rest = arena_strdup(loading->arena, text);
	while ((line = strsep(&rest, "\n"))) {
		char *equals, *name;
		const char *origin;
		bool known;
		int code;

		number++;
		line = trimmed(line);
		if (!*line || *line == '#')
			continue;
		equals = strchr(line, '=');
		if (!equals) {
			loading->error = arena_printf(
				loading->arena, "%s line %d is not of the form name = value", path, number);
			return CONFIG_EXIT_VALUE;
		}
		*equals = '\0';
		name = trimmed(line);
		origin = arena_printf(loading->arena, "file %s line %d", path, number);
		code = set_named(loading, name, trimmed(equals + 1), origin, &known);
		if (code)
			return code;
		if (!known) {
			const char *const *flags = config_flag_names(loading->arena);

			return refuse_unknown(
				loading, arena_printf(loading->arena, "setting in %s line %d:", path, number),
				name, flags);
		}
	}
	return 0;
}

static int load_environment(struct loading *loading)
{
	const char **known = arena_alloc(loading->arena, (2 * SETTINGS + 2) * sizeof *known);
	size_t count = 0;

	known[count++] = PREFIX "CONFIG";
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *value = getenv(settings[i].environment);

		known[count++] = settings[i].environment;
		if (settings[i].secret) {
			const char *file_variable =
				arena_printf(loading->arena, "%s_FILE", settings[i].environment);
			const char *path = getenv(file_variable);

			known[count++] = file_variable;
			if (path && *path) {
				int code = set_from_secret_file(
					loading, i, path,
					arena_printf(loading->arena, "environment %s", file_variable));
				if (code)
					return code;
			}
		}
		if (value && *value)
			loading->values[i] =
				(struct config_origin){value, arena_printf(loading->arena, "environment %s",
									   settings[i].environment)};
	}
	for (char **entry = environ; *entry; entry++) {
		const char *equals = strchr(*entry, '=');
		const char *name;
		size_t i;

		if (!equals || strncmp(*entry, PREFIX, strlen(PREFIX)) != 0)
			continue;
		name = arena_strndup(loading->arena, *entry, (size_t)(equals - *entry));
		for (i = 0; i < count && strcmp(known[i], name) != 0; i++)
			;
		if (i == count)
			return refuse_unknown(loading, "environment variable", name, known);
	}
	return 0;
}

static int load_flags(struct loading *loading, const struct config_flag *flags, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool known;
		int code;

		if (strcmp(flags[i].name, "config") == 0)
			continue;
		code = set_named(loading, flags[i].name, flags[i].value,
				 arena_printf(loading->arena, "flag --%s", flags[i].name), &known);
		if (code)
			return code;
		if (!known) {
			const char *nearest =
				config_nearest(flags[i].name, config_flag_names(loading->arena));

			loading->error = nearest ? arena_printf(loading->arena,
								"unknown flag --%s; did you mean --%s?",
								flags[i].name, nearest)
						 : arena_printf(loading->arena,
								"unknown flag --%s; see allianced --help",
								flags[i].name);
			return CONFIG_EXIT_USAGE;
		}
	}
	return 0;
}

static bool parse_switch(const char *text, bool *ret)
{
	static const char *const words[] = {"off", "on", "false", "true", "no", "yes", "0", "1"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret = i % 2;
			return true;
		}
	}
	return false;
}

static int parse_value(struct loading *loading, size_t index, struct config *ret)
{
	const struct setting *setting = &settings[index];
	const struct config_origin *value = &loading->values[index];
	char *field = (char *)ret + setting->offset, *end;
	long number;

	if (setting->type == CONFIG_TEXT) {
		memcpy(field, &value->text, sizeof value->text);
		return 0;
	}
	if (setting->type == CONFIG_SWITCH) {
		bool on;

		if (!parse_switch(value->text, &on)) {
			loading->error = arena_printf(loading->arena, "%s is '%s' (%s): it must be on or off",
						      setting->name, value->text, value->origin);
			return CONFIG_EXIT_VALUE;
		}
		memcpy(field, &on, sizeof on);
		return 0;
	}
	errno = 0;
	number = strtol(value->text, &end, 10);
	if (errno || end == value->text || *end || number < ranges[setting->type].minimum ||
	    number > ranges[setting->type].maximum) {
		loading->error =
			arena_printf(loading->arena, "%s is '%s' (%s): it must be a number from %ld to %ld",
				     setting->name, value->text, value->origin, ranges[setting->type].minimum,
				     ranges[setting->type].maximum);
		return CONFIG_EXIT_VALUE;
	}
	memcpy(field, &(int){(int)number}, sizeof(int));
	return 0;
}

/* Defaults that depend on other settings. */
static void derive(struct arena *arena, struct config *config)
{
	if (!config->admin_port)
		config->admin_port = config->port + 1;
	if (!*config->public_url)
		config->public_url = arena_printf(arena, "http://127.0.0.1:%d", config->port);
	if (!*config->issuer)
		config->issuer = config->public_url;
	if (!*config->signing_key_file)
		config->signing_key_file = arena_printf(arena, "%s/keys/signing.jwks", config->state_dir);
	if (!*config->encryption_key_file)
		config->encryption_key_file =
			arena_printf(arena, "%s/keys/encryption.key", config->state_dir);
	if (!*config->cursor_key_file)
		config->cursor_key_file = arena_printf(arena, "%s/keys/cursor.key", config->state_dir);
}

int config_load(struct arena *arena, const struct config_flag *flags, size_t flag_count, struct config *ret,
		const struct config_origin **ret_origins, const char **ret_error)
{
	struct loading loading = {arena, arena_alloc(arena, SETTINGS * sizeof(struct config_origin)), NULL};
	const char *file = getenv(PREFIX "CONFIG");
	int code = 0;

	for (size_t i = 0; i < SETTINGS; i++)
		loading.values[i] = (struct config_origin){settings[i].fallback, "default"};
	for (size_t i = 0; i < flag_count; i++)
		if (strcmp(flags[i].name, "config") == 0)
			file = flags[i].value;
	if (file && *file)
		code = load_file(&loading, file);
	if (!code)
		code = load_environment(&loading);
	if (!code)
		code = load_flags(&loading, flags, flag_count);
	for (size_t i = 0; i < SETTINGS && !code; i++)
		code = parse_value(&loading, i, ret);
	*ret_error = loading.error;
	if (code)
		return code;
	derive(arena, ret);
	*ret_origins = loading.values;
	return 0;
}

bool config_flag_is_switch(const char *name)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *own = settings[i].name;
		size_t c;

		for (c = 0; own[c] && (name[c] == own[c] || (name[c] == '-' && own[c] == '_')); c++)
			;
		if (!own[c] && !name[c])
			return settings[i].type == CONFIG_SWITCH;
	}
	return false;
}

void config_print(struct buffer *buffer, const struct config_origin *origins, config_secret_fn *describe)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		buffer_printf(buffer, "%-22s = ", settings[i].name);
		if (settings[i].secret)
			describe(buffer, origins[i].text);
		else
			buffer_text(buffer, origins[i].text);
		buffer_printf(buffer, "   # %s\n", origins[i].origin);
	}
}
