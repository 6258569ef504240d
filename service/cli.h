/* Cli: the words of the command line become a command, its own options and the settings. Data goes to stdout,
   talk to stderr. It decides nothing about the service; main.c and cli_account.c hold what the commands do.
 */
#ifndef CLI_H
#define CLI_H

#include "arena.h"
#include "config.h"
#include "problem.h"

#include <stdbool.h>

#define CLI_OPTION_MAX     8
#define CLI_POSITIONAL_MAX 3
#define EXIT_TEMPORARY     75 /* EX_TEMPFAIL: the same command may work later */

struct cli;

struct cli_option {
	const char *name, *value, *help; /* value NULL: the option stands alone */
};

struct command {
	const char *name, *usage, *help;
	int (*run)(struct cli *cli);
	struct cli_option options[CLI_OPTION_MAX + 1]; /* ends with a NULL name */
};

struct cli {
	struct arena *arena;
	const struct command *command;
	struct config config;
	const struct config_origin *origins;
	const char *values[CLI_OPTION_MAX];              /* of the command's options, in their order */
	const char *positionals[CLI_POSITIONAL_MAX + 1]; /* words that are no options; ends with NULL */
};

/* cli_main - find the command, read its options and the settings, run it. The result is the exit code. */
int cli_main(const struct command *commands, size_t count, int argc, char **argv);

/* cli_value - an option's value, NULL when it was not given ("" when it stands alone). */
const char *cli_value(const struct cli *cli, const char *option);

/* cli_fail - one line on stderr; returns the code. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* cli_problem - the same for a problem, with its faults; exit code 75 when the database is away or
   others are in the way, 78 when the
   setup is to blame, else 1. */
int cli_problem(const struct problem *problem);

/* cli_account, cli_key - the commands that make the first administrator and its key. */
int cli_account(struct cli *cli);
int cli_key(struct cli *cli);

/* cli_health - the command that asks the running service. */
int cli_health(struct cli *cli);

#endif
