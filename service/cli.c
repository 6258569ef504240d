/* Cli: one pass over the words; the command's own options first, every other --name is a setting. */
#include "cli.h"

#include "conninfo.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAG_MAX 64

int cli_fail(int code, const char *format, ...)
{
	va_list arguments;

	fputs("allianced: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return code;
}

/* What libpq says in several lines becomes one. */
static void print_cause(const char *cause)
{
	size_t length = strlen(cause);

	while (length && strchr(" \t\n", cause[length - 1]))
		length--;
	fputs(" (", stderr);
	for (size_t i = 0; i < length; i++)
		if (!strchr("\t\n", cause[i]))
			fputc(cause[i], stderr);
		else if (cause[i] == '\n')
			fputs("; ", stderr);
	fputc(')', stderr);
}

static int exit_code(const struct problem *problem)
{
	if (problem->is_setup)
		return CONFIG_EXIT_VALUE;
	switch (problem->code) {
	case PROBLEM_database_unavailable:
	case PROBLEM_overloaded:
	case PROBLEM_locked:
		return EXIT_TEMPORARY;
	default:
		return 1;
	}
}

int cli_problem(const struct problem *problem)
{
	const struct problem_kind *kind = &problem_kinds[problem->code];

	fprintf(stderr, "allianced: %s", problem->detail_en ? problem->detail_en : kind->title_en);
	if (problem->cause)
		print_cause(problem->cause);
	fputc('\n', stderr);
	for (const struct problem_error *error = problem->errors; error; error = error->next)
		fprintf(stderr, "  %s %s: %s\n", error->pointer ? error->pointer : "-", error->code,
			error->detail_en ? error->detail_en : "");
	return exit_code(problem);
}

const char *cli_value(const struct cli *cli, const char *option)
{
	for (size_t i = 0; cli->command->options[i].name; i++)
		if (strcmp(cli->command->options[i].name, option) == 0)
			return cli->values[i];
	fprintf(stderr, "allianced: defect: the command has no option --%s\n", option);
	abort();
}

static void print_commands(FILE *out, const struct command *commands, size_t count)
{
	fputs("Examples\n"
	      "  allianced migrate --database-owner-url 'host=/run/postgresql dbname=alliance "
	      "user=alliance_owner'\n"
	      "  allianced account create --name 张三 --role sysadmin --key\n"
	      "  allianced serve --database-url-file /run/secrets/database_url --port 8080\n"
	      "  DATABASE_URL=… allianced sweep --date 2026-12-01\n"
	      "  allianced check-config --config /etc/alliance.conf\n\nCommands\n",
	      out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "  %-13s %s\n", commands[i].name, commands[i].help);
	fputs("\nEvery setting is a flag of every command (--pool-connections 8), an environment variable\n"
	      "(ALLIANCE_POOL_CONNECTIONS) and a line of the --config file (pool_connections = 8), in that "
	      "order.\n"
	      "allianced check-config lists them; allianced COMMAND --help tells more about a command.\n",
	      out);
}

static void print_settings(FILE *out)
{
	fputs("\nSettings\n  --config FILE               lines name = value\n", out);
	for (size_t i = 0; i < setting_count; i++) {
		char flag[64];
		size_t c;

		for (c = 0; c < sizeof flag - 1 && settings[i].name[c]; c++)
			flag[c] = settings[i].name[c] == '_' ? '-' : settings[i].name[c];
		flag[c] = '\0';
		fprintf(out, "  --%-25s %s%s%s%s%s\n", flag, settings[i].en,
			*settings[i].fallback ? " (" : "", settings[i].fallback,
			*settings[i].fallback ? ")" : "", settings[i].secret ? " [also --…-file]" : "");
	}
}

static int print_command(const struct command *command)
{
	printf("Usage\n  allianced %s %s\n\n%s\n", command->name, command->usage, command->help);
	if (command->options[0].name)
		puts("\nOptions");
	for (const struct cli_option *option = command->options; option->name; option++) {
		char flag[64];

		snprintf(flag, sizeof flag, "%s %s", option->name, option->value ? option->value : "");
		printf("  --%-25s %s\n", flag, option->help);
	}
	print_settings(stdout);
	return 0;
}

/* The command's options and the settings together, for suggestions. */
static const char *const *all_names(struct arena *arena, const struct command *command)
{
	const char *const *flags = config_flag_names(arena);
	const char **names;
	size_t count = 0, own = 0;

	while (flags[count])
		count++;
	names = arena_alloc(arena, (count + CLI_OPTION_MAX + 1) * sizeof *names);
	for (; command->options[own].name; own++)
		names[own] = command->options[own].name;
	memcpy(names + own, flags, count * sizeof *flags);
	return names;
}

static int unknown_flag(const struct cli *cli, const char *name)
{
	const char *nearest = config_nearest(name, all_names(cli->arena, cli->command));

	if (nearest)
		return cli_fail(CONFIG_EXIT_USAGE, "unknown flag --%s; did you mean --%s?", name, nearest);
	return cli_fail(CONFIG_EXIT_USAGE, "unknown flag --%s; see allianced %s --help", name,
			cli->command->name);
}

static bool is_setting(struct arena *arena, const char *name)
{
	for (const char *const *flag = config_flag_names(arena); *flag; flag++)
		if (strcmp(*flag, name) == 0)
			return true;
	return false;
}

/* What stands where: filled while the words are read. */
struct words {
	struct config_flag flags[FLAG_MAX];
	size_t flag_count, positional_count;
};

/* One --name or --name=value; *ret_used says whether the next word belonged to it. */
static int read_flag(struct cli *cli, struct words *words, const char *word, const char *next, bool *ret_used)
{
	const char *equals = strchr(word, '=');
	const char *name = equals ? arena_strndup(cli->arena, word, (size_t)(equals - word)) : word;
	const char *value = equals ? equals + 1 : next;
	bool alone = false;
	size_t own;

	for (own = 0; cli->command->options[own].name && strcmp(cli->command->options[own].name, name) != 0;
	     own++)
		;
	if (cli->command->options[own].name)
		alone = !cli->command->options[own].value;
	else if (is_setting(cli->arena, name))
		alone = config_flag_is_switch(name);
	else
		return unknown_flag(cli, name);
	if (alone && !equals)
		value = cli->command->options[own].name ? "" : "on";
	if (!value)
		return cli_fail(CONFIG_EXIT_USAGE, "--%s needs a value", name);
	*ret_used = !alone && !equals;
	if (cli->command->options[own].name) {
		cli->values[own] = value;
		return 0;
	}
	if (words->flag_count == FLAG_MAX)
		return cli_fail(CONFIG_EXIT_USAGE, "too many flags");
	words->flags[words->flag_count++] = (struct config_flag){name, value};
	return 0;
}

static int read_words(struct cli *cli, struct words *words, int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		bool used = false;
		int code;

		if (strncmp(argv[i], "--", 2) != 0) {
			if (words->positional_count == CLI_POSITIONAL_MAX)
				return cli_fail(CONFIG_EXIT_USAGE, "too many words: %s", argv[i]);
			cli->positionals[words->positional_count++] = argv[i];
			continue;
		}
		code = read_flag(cli, words, argv[i] + 2, i + 1 < argc ? argv[i + 1] : NULL, &used);
		if (code)
			return code;
		i += used;
	}
	return 0;
}

static const struct command *find_command(struct arena *arena, const struct command *commands, size_t count,
					  const char *name)
{
	const char **names = arena_alloc(arena, (count + 1) * sizeof *names), *nearest;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	nearest = config_nearest(name, names);
	if (nearest)
		cli_fail(CONFIG_EXIT_USAGE, "unknown command %s; did you mean %s?", name, nearest);
	else
		cli_fail(CONFIG_EXIT_USAGE, "unknown command %s; see allianced --help", name);
	return NULL;
}

/* judge_urls - nothing of one is told but where it came from: which part of it is the password nobody knows.
 */
static int judge_urls(const struct cli *cli)
{
	for (size_t i = 0; i < setting_count; i++) {
		const char *name = settings[i].name, *url = cli->origins[i].text;
		bool is_url = strcmp(name, "database_url") == 0 || strcmp(name, "database_owner_url") == 0;
		if (is_url && *url && !conninfo_is_usable(url))
			return cli_fail(
				CONFIG_EXIT_VALUE,
				"%s (%s) cannot be used: it is no connection string as PostgreSQL reads it, "
				"or its password has a character that must be percent-encoded (@ : / ? # %%)",
				name, cli->origins[i].origin);
	}
	return 0;
}

static int run(struct arena *arena, const struct command *commands, size_t count, int argc, char **argv)
{
	struct cli cli = {.arena = arena};
	struct words words = {0};
	const char *error = NULL;
	int code;

	cli.command =
		find_command(arena, commands, count, strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
	if (!cli.command)
		return CONFIG_EXIT_USAGE;
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return print_command(cli.command);
	code = read_words(&cli, &words, argc, argv);
	if (code)
		return code;
	code = config_load(arena, words.flags, words.flag_count, &cli.config, &cli.origins, &error);
	if (code)
		return cli_fail(code, "%s", error);
	code = judge_urls(&cli);
	return code ? code : cli.command->run(&cli);
}

int cli_main(const struct command *commands, size_t count, int argc, char **argv)
{
	struct arena *arena;
	int code;

	if (argc < 2) {
		print_commands(stderr, commands, count);
		return CONFIG_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_commands(stdout, commands, count);
		return 0;
	}
	arena = arena_new();
	code = run(arena, commands, count, argc, argv);
	arena_free(arena);
	return code;
}
