/* The commands account and key: they make the first administrator, accounts of machines and keys where there
   is a shell on the server and nobody yet who could call the API. Each act runs the same operation as the API
   and leaves its line in the history. */
#include "access.h"
#include "cli.h"
#include "migrate.h"

#include <stdio.h>
#include <string.h>

static int open_pool(struct cli *cli, struct pool **ret)
{
	const struct pool_options options = {
		.conninfo = cli->config.database_url,
		.connections = 1,
		.wait_ms = cli->config.pool_wait_ms,
		.statement_timeout_ms = cli->config.statement_timeout_ms,
		.lock_timeout_ms = cli->config.lock_timeout_ms,
	};
	struct problem *problem;

	if (!*cli->config.database_url)
		return cli_fail(CONFIG_EXIT_VALUE,
				"database_url is not set; give DATABASE_URL or --database-url-file");
	problem = migrate_check(cli->arena, cli->config.database_url);
	if (!problem)
		problem = pool_open(cli->arena, &options, ret);
	return problem ? cli_problem(problem) : 0;
}

static int print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	return 0;
}

/* What was made, one JSON object on stdout: the only time a key is shown. */
static void print_made(const char *account_id, const char *grant_id, const char *credential_id,
		       const char *key)
{
	printf("{\"account_id\":\"%s\"", account_id);
	if (grant_id)
		printf(",\"grant_id\":\"%s\"", grant_id);
	if (key)
		printf(",\"credential_id\":\"%s\",\"key\":\"%s\"", credential_id, key);
	puts("}");
}

static struct problem *create_account(struct cli *cli, struct pool *pool)
{
	const char *kind = cli_value(cli, "kind"), *role = cli_value(cli, "role");
	const char *account_id, *grant_id = NULL, *credential_id = NULL, *key = NULL;

	TRY(access_create_account(cli->arena, pool, cli_value(cli, "name"), kind ? kind : "person",
				  cli_value(cli, "issuer"), cli_value(cli, "subject"), false, &account_id));
	if (role)
		TRY(access_grant(cli->arena, pool, account_id, role, cli_value(cli, "reach"), &grant_id));
	if (cli_value(cli, "key"))
		TRY(access_create_key(cli->arena, pool, account_id, "command line", NULL, NULL, &key,
				      &credential_id));
	print_made(account_id, grant_id, credential_id, key);
	return NULL;
}

static struct problem *grant_account(struct cli *cli, struct pool *pool)
{
	const char *account_id, *grant_id;

	TRY(access_find_account(cli->arena, pool, cli->positionals[1], &account_id));
	TRY(access_grant(cli->arena, pool, account_id, cli_value(cli, "role"), cli_value(cli, "reach"),
			 &grant_id));
	print_made(account_id, grant_id, NULL, NULL);
	return NULL;
}

static struct problem *disable_account(struct cli *cli, struct pool *pool)
{
	const char *account_id;

	TRY(access_find_account(cli->arena, pool, cli->positionals[1], &account_id));
	return access_disable_account(cli->arena, pool, account_id, !cli_value(cli, "undo"));
}

/* One account a line; with a name or id only its credentials. */
static struct problem *list_accounts(struct cli *cli, struct pool *pool, bool credentials)
{
	const char *wanted = NULL;
	const json_t *list;
	json_t *account;
	size_t index;

	if (cli->positionals[1])
		TRY(access_find_account(cli->arena, pool, cli->positionals[1], &wanted));
	TRY(access_list(cli->arena, pool, &list));
	json_array_foreach(list, index, account)
	{
		const char *id = json_string_value(json_object_get(account, "id"));
		json_t *credential;
		size_t position;

		if (wanted && id && strcmp(wanted, id) != 0)
			continue;
		if (!credentials)
			print_json(account);
		else
			json_array_foreach(json_object_get(account, "credentials"), position, credential)
				print_json(credential);
	}
	return NULL;
}

static struct problem *create_key(struct cli *cli, struct pool *pool)
{
	const char *title = cli_value(cli, "title");
	const char *account_id, *credential_id, *key;

	TRY(access_find_account(cli->arena, pool, cli->positionals[1], &account_id));
	TRY(access_create_key(cli->arena, pool, account_id, title ? title : "command line",
			      cli_value(cli, "scopes"), cli_value(cli, "expires-at"), &key, &credential_id));
	print_made(account_id, NULL, credential_id, key);
	return NULL;
}

static struct problem *revoke_key(struct cli *cli, struct pool *pool)
{
	const char *account_id;

	TRY(access_find_account(cli->arena, pool, cli->positionals[1], &account_id));
	return access_revoke_key(cli->arena, pool, account_id, cli->positionals[2]);
}

static struct problem *list_all(struct cli *cli, struct pool *pool)
{
	return list_accounts(cli, pool, false);
}

static struct problem *list_keys(struct cli *cli, struct pool *pool)
{
	return list_accounts(cli, pool, true);
}

struct verb {
	const char *name;
	size_t positionals;        /* words that must follow it */
	const char *needs, *usage; /* an option it cannot do without, or NULL */
	struct problem *(*run)(struct cli *cli, struct pool *pool);
};

static int run_verb(struct cli *cli, const struct verb *verbs, size_t count)
{
	const char *name = cli->positionals[0] ? cli->positionals[0] : "";
	const struct verb *verb = NULL;
	struct problem *problem;
	struct pool *pool;
	size_t given = 0;
	int code;

	for (size_t i = 0; i < count; i++)
		if (strcmp(verbs[i].name, name) == 0)
			verb = &verbs[i];
	if (!verb)
		return cli_fail(CONFIG_EXIT_USAGE, "usage: allianced %s %s", cli->command->name,
				cli->command->usage);
	while (cli->positionals[given + 1])
		given++;
	if (given < verb->positionals || (verb->needs && !cli_value(cli, verb->needs)))
		return cli_fail(CONFIG_EXIT_USAGE, "usage: allianced %s %s %s", cli->command->name,
				verb->name, verb->usage);
	code = open_pool(cli, &pool);
	if (code)
		return code;
	problem = verb->run(cli, pool);
	pool_close(pool);
	return problem ? cli_problem(problem) : 0;
}

int cli_account(struct cli *cli)
{
	static const struct verb verbs[] = {
		{"create", 0, "name", "--name NAME [--role ROLE [--reach ID]] [--key]", create_account},
		{"list", 0, NULL, "[ACCOUNT]", list_all},
		{"grant", 1, "role", "ACCOUNT --role ROLE [--reach ID]", grant_account},
		{"disable", 1, NULL, "ACCOUNT [--undo]", disable_account},
	};

	return run_verb(cli, verbs, sizeof verbs / sizeof verbs[0]);
}

int cli_key(struct cli *cli)
{
	static const struct verb verbs[] = {
		{"create", 1, NULL, "ACCOUNT [--title TEXT] [--scopes WORDS] [--expires-at TIME]",
		 create_key},
		{"list", 0, NULL, "[ACCOUNT]", list_keys},
		{"revoke", 2, NULL, "ACCOUNT CREDENTIAL", revoke_key},
	};

	return run_verb(cli, verbs, sizeof verbs / sizeof verbs[0]);
}
