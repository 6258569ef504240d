/* Main: the composition root. Settings become a pool, a server and signals; each command is one function
   here. It decides nothing about the measures. */
#include "access.h"
#include "bank_account.h"
#include "cli.h"
#include "clock.h"
#include "conninfo.h"
#include "demo.h"
#include "install.h"
#include "log.h"
#include "migrate.h"
#include "public_card.h"
#include "reply.h"
#include "schema.h"
#include "secret.h"
#include "seed.h"
#include "server.h"
#include "supervisor.h"
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <ulfius.h>
#include <unistd.h>

static const char *required_url(const struct cli *cli)
{
	if (*cli->config.database_url)
		return cli->config.database_url;
	cli_fail(CONFIG_EXIT_VALUE, "database_url is not set; give DATABASE_URL or --database-url-file");
	return NULL;
}

/* The words that config cannot judge: log and clock. */
static int apply_words(const struct cli *cli)
{
	if (!log_start(cli->config.log_level, cli->config.log_format))
		return cli_fail(CONFIG_EXIT_VALUE,
				"log_level is '%s' and log_format '%s': one of them is no known word",
				cli->config.log_level, cli->config.log_format);
	if (!clock_set(cli->config.clock))
		return cli_fail(CONFIG_EXIT_VALUE,
				"clock is '%s': it must be system, fixed:INSTANT or offset:DURATION",
				cli->config.clock);
	return 0;
}

/* STATE_DIR and STATE_DIR/keys, the second for nobody else's eyes. */
static int make_state(const struct cli *cli)
{
	const char *state = cli->config.state_dir;
	const char *keys = arena_printf(cli->arena, "%s/keys", state);

	if (mkdir(state, 0755) != 0 && errno != EEXIST)
		return cli_fail(CONFIG_EXIT_VALUE, "state_dir %s cannot be made: %s", state, strerror(errno));
	if (mkdir(keys, 0700) != 0 && errno != EEXIST)
		return cli_fail(CONFIG_EXIT_VALUE, "state_dir %s is not writable: %s", state,
				strerror(errno));
	if (access(keys, R_OK | W_OK | X_OK) != 0)
		return cli_fail(CONFIG_EXIT_VALUE, "state_dir %s is not writable: %s", state,
				strerror(errno));
	return 0;
}

/* The schema is looked at before the statements are prepared: "older" says more than "no such column". */
static struct problem *open_database(struct cli *cli, const char *url, struct pool **ret)
{
	const struct pool_options options = {
		.conninfo = url,
		.connections = cli->config.pool_connections,
		.wait_ms = cli->config.pool_wait_ms,
		.statement_timeout_ms = cli->config.statement_timeout_ms,
		.lock_timeout_ms = cli->config.lock_timeout_ms,
		.changed = public_card_changed,
	};

	TRY(migrate_check(cli->arena, url));
	return pool_open(cli->arena, &options, ret);
}

/* Keys: of what is stored encrypted, of our tokens, of the external issuer, of page cursors. The first may
   refuse, and then none has been made. */
static struct problem *start_keys(struct cli *cli, struct pool *pool)
{
	const struct access_options options = {
		.issuer = cli->config.issuer,
		.signing_key_file = cli->config.signing_key_file,
		.external_issuer = cli->config.external_issuer,
		.external_audience = cli->config.external_audience,
		.external_jwks_file = cli->config.external_jwks_file,
		.test = cli->config.demo,
	};

	unsigned char cursor_key[SECRET_BYTES];

	TRY(bank_account_start(cli->arena, pool, cli->config.encryption_key_file));
	TRY(access_start(cli->arena, &options));
	TRY(secret_open(cli->arena, cli->config.cursor_key_file, cursor_key));
	reply_cursor_key(cursor_key, sizeof cursor_key);
	return NULL;
}

/* The database, and keys that fit what is in it. */
static struct problem *open_service(struct cli *cli, const char *url, struct pool **ret)
{
	struct problem *problem;
	struct pool *pool;

	TRY(open_database(cli, url, &pool));
	problem = start_keys(cli, pool);
	if (problem) {
		pool_close(pool);
		return problem;
	}
	*ret = pool;
	return NULL;
}

/* What everybody reads, in memory. */
static struct problem *start_public_cards(struct cli *cli, const char *url)
{
	const struct public_card_options options = {
		.conninfo = url,
		.mebibytes = cli->config.public_cache_mib,
		.bound_ms = cli->config.public_cache_bound_ms,
		.commit_ms = pool_commit_ms(cli->config.statement_timeout_ms),
		.life_seconds = cli->config.public_cache_seconds,
	};

	return public_card_start(cli->arena, &options);
}

/* Blocked in every thread that comes later; only sigwait takes them. SIGPIPE: a client that left is no reason
 * to die. */
static void block_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGTERM);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void end_at_once(int number)
{
	_exit(128 + number);
}

/* The next Ctrl-C or SIGTERM ends the process at once, also where it is the first of a container, for which
   the kernel has no default. */
static void unblock_signals(const sigset_t *signals)
{
	signal(SIGINT, end_at_once);
	signal(SIGTERM, end_at_once);
	pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

/* stop_when_told - on SIGTERM everything is still answered for a while, so that a proxy sees that the service
   is no longer ready and sends requests elsewhere; another signal ends that. Ctrl-C has nobody to wait for.
 */
static void stop_when_told(struct server *server, int grace_ms, const sigset_t *signals)
{
	const struct timespec grace = {grace_ms / 1000, grace_ms % 1000 * 1000000L};
	int received = 0;

	sigwait(signals, &received);
	supervisor_tell("STOPPING=1");
	log_event(LOG_LEVEL_INFO, "stopping", "signal", received == SIGINT ? "SIGINT" : "SIGTERM",
		  (char *)NULL);
	sweep_wind_down();
	server_drain(server);
	if (received == SIGTERM)
		sigtimedwait(signals, NULL, &grace);
	unblock_signals(signals);
	server_stop(server);
}

static struct problem *serve(struct cli *cli, const char *url, const sigset_t *signals)
{
	const struct config *config = &cli->config;
	struct server_options options = {
		.bind = config->bind,
		.port = config->port,
		.admin_port = config->admin_port,
		.public_url = config->public_url,
		.docs_dir = config->docs_dir,
		.commit = COMMIT,
		.max_connections = config->max_connections,
		.max_connections_per_ip = config->max_connections_per_ip,
		.max_reads = config->max_reads,
		.max_writes = config->max_writes,
		.header_timeout_ms = config->header_timeout_ms,
		.body_timeout_ms = config->body_timeout_ms,
		.write_timeout_ms = config->write_timeout_ms,
		.idle_timeout_ms = config->idle_timeout_ms,
		.body_limit = config->body_limit,
		.drain_seconds = config->drain_seconds,
	};
	struct server *server;
	struct problem *problem;

	TRY(open_service(cli, url, &options.pool));
	problem = start_public_cards(cli, url);
	if (!problem)
		problem = server_start(cli->arena, &options, &server);
	if (problem) {
		pool_close(options.pool);
		public_card_stop();
		return problem;
	}
	access_serve(options.pool);
	if (config->sweep)
		sweep_start(options.pool);
	log_event(LOG_LEVEL_INFO, "ready", "address", config->bind, "port",
		  arena_printf(cli->arena, "%d", config->port), "version", VERSION, "clock", config->clock,
		  (char *)NULL);
	supervisor_tell("READY=1");
	stop_when_told(server, config->grace_ms, signals);
	sweep_stop();
	access_stop();
	pool_close(options.pool);
	public_card_stop();
	log_event(LOG_LEVEL_INFO, "stopped", (char *)NULL);
	return NULL;
}

static int run_serve(struct cli *cli)
{
	const char *url = required_url(cli);
	struct problem *problem;
	sigset_t signals;
	int code;

	if (!url)
		return CONFIG_EXIT_VALUE;
	block_signals(&signals);
	code = apply_words(cli);
	if (!code)
		code = make_state(cli);
	if (code)
		return code;
	problem = serve(cli, url, &signals);
	return problem ? cli_problem(problem) : 0;
}

static void say(const char *line)
{
	fprintf(stderr, "%s\n", line);
}

/* With one URL for everything there is no second role to grant rights to. */
static int run_migrate(struct cli *cli)
{
	const bool has_owner = *cli->config.database_owner_url;
	const char *url = has_owner ? cli->config.database_owner_url : required_url(cli);
	struct problem *problem;

	if (!url)
		return CONFIG_EXIT_VALUE;
	problem = migrate_run(cli->arena, url, has_owner ? cli->config.service_role : NULL, say);
	return problem ? cli_problem(problem) : 0;
}

static int run_sweep(struct cli *cli)
{
	const char *url = required_url(cli);
	struct problem *problem;
	struct pool *pool;
	int code = apply_words(cli);

	if (!url)
		return CONFIG_EXIT_VALUE;
	if (code)
		return code;
	problem = open_database(cli, url, &pool);
	if (problem)
		return cli_problem(problem);
	problem = sweep_run(cli->arena, pool, cli_value(cli, "date"));
	pool_close(pool);
	return problem ? cli_problem(problem) : 0;
}

/* The tokens of the demo go to a file that only its owner can read, or to stdout. */
static int write_tokens(const char *path, const json_t *tokens)
{
	int file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : STDOUT_FILENO;
	int failed;

	if (file < 0)
		return cli_fail(1, "cannot write %s: %s", path, strerror(errno));
	failed = json_dumpfd(tokens, file, JSON_INDENT(2));
	if (path && close(file) != 0)
		failed = -1;
	return failed ? cli_fail(1, "cannot write %s: %s", path ? path : "the tokens", strerror(errno)) : 0;
}

/* How many alliances --size or --alliances asks for: 0 for the demo, negative for a word that cannot be used.
 */
static int64_t seed_alliances(const struct cli *cli)
{
	const char *size = cli_value(cli, "size"), *number = cli_value(cli, "alliances");
	char *end = NULL;

	if (size && number)
		return -1;
	if (size)
		return seed_size(size) ? seed_size(size) : -1;
	if (!number)
		return 0;
	long long alliances = strtoll(number, &end, 10);
	return *end || alliances < 1 || alliances > SEED_ALLIANCES_MAX ? -1 : alliances;
}

static void show_progress(int64_t done, int64_t all)
{
	static int64_t began;
	int64_t now = clock_monotonic_ms(), seconds;

	if (!began)
		began = now;
	seconds = (now - began) / 1000 + 1;
	fprintf(stderr, "\r%lld of %lld applications, %lld/s ", (long long)done, (long long)all,
		(long long)(done / seconds));
}

static void print_counts(const struct seed_counts *c, double seconds)
{
	fprintf(stderr,
		"%s%lld alliances, %lld applications, %lld members, %lld sheets, %lld payments, %lld journal "
		"entries, "
		"%lld notices, %lld history lines in %.1f s (%.0f alliances/s)\n",
		isatty(STDERR_FILENO) ? "\n" : "", (long long)c->alliances, (long long)c->applications,
		(long long)c->members, (long long)c->sheets, (long long)c->payments, (long long)c->entries,
		(long long)c->notices, (long long)c->history, seconds, (double)c->alliances / seconds);
}

/* Any number of alliances, as the owner: what COPY brings is proven by putting the constraints on again. */
static struct problem *seed_many(struct cli *cli, const char *url, int64_t alliances)
{
	const char *seed = cli_value(cli, "seed"), *owner = cli->config.database_owner_url;
	const struct seed_options options = {
		.owner_conninfo = *owner ? owner : url,
		.alliances = alliances,
		.seed = seed ? strtoull(seed, NULL, 0) : SEED_DEFAULT,
		.progress = isatty(STDERR_FILENO) ? show_progress : NULL,
	};
	int64_t began = clock_monotonic_ms();
	struct seed_counts counts = {0};
	struct seed_world *world;
	struct pool *pool;

	TRY(open_service(cli, url, &pool));
	struct problem *problem = seed_open(cli->arena, pool, &options, &world);
	pool_close(pool);
	if (!problem)
		problem = seed_load(world, &counts);
	if (!problem)
		print_counts(&counts, (double)(clock_monotonic_ms() - began) / 1000);
	return problem;
}

/* What remains after either way: due today, and the tokens. */
static struct problem *seed_end(struct cli *cli, struct pool *pool, const json_t **tokens)
{
	TRY(sweep_run(cli->arena, pool, NULL));
	return seed_keys(cli->arena, pool, tokens);
}

static struct problem *seed(struct cli *cli, const char *url, int64_t alliances, const json_t **tokens)
{
	struct problem *problem;
	struct pool *pool;

	if (alliances) {
		TRY(seed_many(cli, url, alliances)); /* which has started the keys */
		TRY(open_database(cli, url, &pool));
	} else {
		TRY(open_service(cli, url, &pool));
	}
	problem = alliances ? seed_end(cli, pool, tokens) : demo_load(cli->arena, pool, say, tokens);
	access_stop();
	pool_close(pool);
	return problem;
}

static int run_seed(struct cli *cli)
{
	const char *url = required_url(cli);
	int64_t alliances = seed_alliances(cli);
	const json_t *tokens = NULL;
	int code = url ? apply_words(cli) : CONFIG_EXIT_VALUE;

	if (alliances < 0)
		return cli_fail(CONFIG_EXIT_USAGE,
				"give --size S, M or L, or --alliances with a number from 1 to %d",
				SEED_ALLIANCES_MAX);
	if (!code)
		code = make_state(cli);
	if (code)
		return code;
	struct problem *problem = seed(cli, url, alliances, &tokens);
	return problem ? cli_problem(problem) : write_tokens(cli_value(cli, "tokens"), tokens);
}

static int run_check_config(struct cli *cli)
{
	struct buffer buffer = {0};
	int code = apply_words(cli);

	if (code)
		return code;
	config_print(&buffer, cli->origins, conninfo_describe);
	fwrite(buffer.text, 1, buffer.length, stdout);
	buffer_free(&buffer);
	return 0;
}

static int run_openapi(struct cli *cli)
{
	(void)cli;
	fwrite(openapi_json, 1, openapi_json_length, stdout);
	putchar('\n');
	return 0;
}

static int run_version(struct cli *cli)
{
	(void)cli;
	printf("allianced %s (%s)\nulfius %s, libmicrohttpd %s, jansson %s, libpq %d.%d, %s\n", VERSION,
	       COMMIT, ULFIUS_VERSION_STR, MHD_get_version(), jansson_version_str(), PQlibVersion() / 10000,
	       PQlibVersion() % 10000, OpenSSL_version(OPENSSL_VERSION));
	return 0;
}

/* clang-format off */
static const struct command commands[] = {
	{"serve", "[settings]", "Run the service until SIGTERM or Ctrl-C.", run_serve, {{NULL, NULL, NULL}}},
	{"migrate", "[settings]", "Bring the database to this program's schema, as its owner.", run_migrate, {{NULL, NULL, NULL}}},
	{"sweep", "[--date DATE]", "Do what falls due by itself, once.", run_sweep,
	 {{"date", "DATE", "the legal day to act for; the clock's without it"}, {NULL, NULL, NULL}}},
	{"seed", "[--size S|M|L] [--tokens FILE]", "Load fictitious data into a database without accounts: the demo, or so many alliances.", run_seed,
	 {{"size", "S|M|L", "data for measurements: 50, 5,000 or 50,000 alliances; without it the demo's few"},
	  {"alliances", "N", "so many, up to a million (as the owner, like migrate)"},
	  {"seed", "N", "another draw of the same proportions; the same number gives the same rows"},
	  {"tokens", "FILE", "where the tokens go: role -> token, readable by the owner only"}, {NULL, NULL, NULL}}},
	{"account", "create | list | grant | disable", "Accounts and their roles.", cli_account,
	 {{"name", "NAME", "of a new account"}, {"kind", "person|machine", "of a new account (person)"},
	  {"issuer", "URL", "external issuer whose tokens stand for the account"}, {"subject", "TEXT", "subject in those tokens"},
	  {"role", "ROLE", "to grant"}, {"reach", "ID", "organisation, recommending unit or expert record that the role needs"},
	  {"key", NULL, "make a key for the new account, too"}, {"undo", NULL, "disable: let the account act again"}}},
	{"key", "create | list | revoke", "API keys of accounts; a key is shown once.", cli_key,
	 {{"title", "TEXT", "what the key is for"}, {"scopes", "WORDS", "narrow what the key may do"},
	  {"expires-at", "TIME", "RFC 3339"}, {NULL, NULL, NULL}}},
	{"health", "[--live]", "Ask the service on this machine whether it is ready; exit code 0 or 1.", cli_health,
	 {{"live", NULL, "only whether it runs and answers, not whether its database does"}, {NULL, NULL, NULL}}},
	{"check-config", "[settings]", "Print every setting with its origin, secrets masked.", run_check_config, {{NULL, NULL, NULL}}},
	{"openapi", "", "Print the description of the API as JSON.", run_openapi, {{NULL, NULL, NULL}}},
	{"version", "", "Print the versions of the program and its libraries.", run_version, {{NULL, NULL, NULL}}},
};
/* clang-format on */

int main(int argc, char **argv)
{
	return cli_main(commands, sizeof commands / sizeof commands[0], argc, argv);
}
