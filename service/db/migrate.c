/* Migrations, the lifecycle's copy in the database, and the rights of the service's role. The role may read
   everything and write what the work needs; it can never change a table that refuses change (history,
   journal, revisions), nor the lifecycle. */
#include "migrate.h"

#include "connection.h"
#include "sqlstate.h"
#include "statement.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* One lock for everybody who migrates this database, until the end of the transaction. */
#define LOCK "select pg_advisory_xact_lock(7305201562)"

/* A table that a long dump reads is not ours for hours, and whoever comes after us waits for it behind us:
   each wait is short, and between two attempts those are let through who queued up. */
#define LOCK_TIMEOUT_MS 5000
#define ATTEMPTS        3
#define PAUSE_MS        1000

static struct problem *refuse(struct arena *arena, const char *cause)
{
	struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
	problem->cause = cause;
	return problem;
}

static enum problem_code code_of(const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	if (sqlstate_is_lost(result))
		return PROBLEM_database_unavailable;
	bool is_deadlock = strcmp(state, "40P01") == 0;
	return is_deadlock || sqlstate_is_locked(result) ? PROBLEM_locked : PROBLEM_internal;
}

/* failure - the owner sees the server's own words: there is no caller here to hide them from. */
static struct problem *failure(struct arena *arena, const char *what, PGconn *pg, const PGresult *result)
{
	struct problem *problem = problem_new(arena, code_of(result), NULL, NULL);
	problem->cause = arena_printf(arena, "%s: %s", what,
				      result ? PQresultErrorMessage(result) : PQerrorMessage(pg));
	return problem;
}

static void result_release(void *result)
{
	PQclear(result);
}

static struct problem *execute(struct arena *arena, PGconn *pg, const char *what, const char *sql,
			       const char *const *parameters, int count, PGresult **ret)
{
	PGresult *result =
		count ? PQexecParams(pg, sql, count, NULL, parameters, NULL, NULL, 0) : PQexec(pg, sql);
	if (result)
		arena_defer(arena, result_release, result);
	ExecStatusType status = result ? PQresultStatus(result) : PGRES_FATAL_ERROR;
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		return failure(arena, what, pg, result);
	if (ret)
		*ret = result;
	return NULL;
}

/* commit - COMMIT of a failed transaction answers ROLLBACK without an error. */
static struct problem *commit(struct arena *arena, PGconn *pg, const char *what)
{
	PGresult *result = NULL;
	TRY(execute(arena, pg, what, "commit", NULL, 0, &result));
	return strcmp(PQcmdStatus(result), "COMMIT") == 0 ? NULL
							  : refuse(arena, "COMMIT was answered by ROLLBACK");
}

static const struct migration_text *migration_find(int version)
{
	for (size_t i = 0; i < migration_count; i++)
		if (migrations[i].version == version)
			return &migrations[i];
	return NULL;
}

/* check_applied - every file that the database has is ours and unchanged. applied[i] says which of ours it
 * has. */
static struct problem *check_applied(struct arena *arena, PGconn *pg, bool *applied)
{
	PGresult *result = NULL;
	TRY(execute(arena, pg, "reading schema_migration",
		    "select version, name, sha256 from schema_migration order by version", NULL, 0, &result));
	for (int i = 0; i < PQntuples(result); i++) {
		const struct migration_text *ours = migration_find(atoi(PQgetvalue(result, i, 0)));
		if (!ours)
			return refuse(arena,
				      arena_printf(arena,
						   "the database has migration %s (%s), which this program "
						   "does not know: it is of a newer version",
						   PQgetvalue(result, i, 0), PQgetvalue(result, i, 1)));
		if (strcmp(ours->sha256, PQgetvalue(result, i, 2)) != 0)
			return refuse(arena,
				      arena_printf(arena,
						   "migration %04d_%s was applied with other contents: a "
						   "migration never changes, add a new one",
						   ours->version, ours->name));
		applied[ours - migrations] = true;
	}
	return NULL;
}

static struct problem *table_exists(struct arena *arena, PGconn *pg, bool *ret)
{
	PGresult *result = NULL;
	TRY(execute(arena, pg, "looking for schema_migration",
		    "select to_regclass('schema_migration') is not null", NULL, 0, &result));
	*ret = PQgetvalue(result, 0, 0)[0] == 't';
	return NULL;
}

/* Each file ends with its deferred constraints checked, as if it were committed: a later one may alter a
   table only when nothing of it waits for the end. */
static struct problem *apply_one(struct arena *arena, PGconn *pg, const struct migration_text *migration)
{
	const char *what = arena_printf(arena, "migration %04d_%s", migration->version, migration->name);
	TRY(execute(arena, pg, what, "set constraints all deferred", NULL, 0, NULL));
	TRY(execute(arena, pg, what, migration->text, NULL, 0, NULL));
	TRY(execute(arena, pg, what, "set constraints all immediate", NULL, 0, NULL));
	const char *parameters[] = {arena_printf(arena, "%d", migration->version), migration->name,
				    migration->sha256};
	return execute(arena, pg, what,
		       "insert into schema_migration (version, name, sha256) values ($1::integer, $2, $3)",
		       parameters, 3, NULL);
}

/* apply_all - ret_had[i] says which of our files the database had before. */
static struct problem *apply_all(struct arena *arena, PGconn *pg, bool **ret_had)
{
	bool exists = false;
	bool *had = arena_alloc(arena, (migration_count + 1) * sizeof *had);
	TRY(table_exists(arena, pg, &exists));
	if (exists)
		TRY(check_applied(arena, pg, had));
	for (size_t i = 0; i < migration_count; i++)
		if (!had[i])
			TRY(apply_one(arena, pg, &migrations[i]));
	*ret_had = had;
	return NULL;
}

static struct problem *load_step(struct arena *arena, PGconn *pg, const struct migrate_step *step)
{
	const char *const parameters[] = {step->machine, step->from, step->action,  step->to,
					  step->roles,   step->door, step->articles};
	TRY(execute(arena, pg, "loading the lifecycle",
		    "insert into lifecycle_status (machine, status) select $1, s from unnest(array[$2, $3]) "
		    "s where s <> 'new' "
		    "on conflict do nothing",
		    (const char *const[]){step->machine, step->from, step->to}, 3, NULL));
	return execute(
		arena, pg, "loading the lifecycle",
		"insert into lifecycle (machine, from_status, action, to_status, roles, door, articles) "
		"values ($1, $2, $3, $4, $5::text[], $6, $7) on conflict (machine, from_status, action) do "
		"update "
		"set to_status = excluded.to_status, roles = excluded.roles, door = excluded.door, articles "
		"= excluded.articles",
		parameters, 7, NULL);
}

/* drop_stale - steps that this program no longer has; one that history stands on makes the database refuse.
 */
static struct problem *drop_stale(struct arena *arena, PGconn *pg, const struct migrate_step *steps,
				  size_t count)
{
	PGresult *result = NULL;
	TRY(execute(arena, pg, "reading the lifecycle", "select machine, from_status, action from lifecycle",
		    NULL, 0, &result));
	for (int i = 0; i < PQntuples(result); i++) {
		const char *const key[] = {PQgetvalue(result, i, 0), PQgetvalue(result, i, 1),
					   PQgetvalue(result, i, 2)};
		bool ours = false;
		for (size_t n = 0; n < count && !ours; n++)
			ours = strcmp(steps[n].machine, key[0]) == 0 && strcmp(steps[n].from, key[1]) == 0 &&
			       strcmp(steps[n].action, key[2]) == 0;
		if (!ours)
			TRY(execute(arena, pg, "dropping a step",
				    "delete from lifecycle where machine = $1 and from_status = $2 and "
				    "action = $3",
				    key, 3, NULL));
	}
	return NULL;
}

static struct problem *load_lifecycle(struct arena *arena, PGconn *pg, const struct migrate_step *steps,
				      size_t count)
{
	TRY(drop_stale(arena, pg, steps, count));
	for (size_t i = 0; i < count; i++)
		TRY(load_step(arena, pg, &steps[i]));
	return NULL;
}

/* The guards of all migrations, as commands made by the server. Each trigger function looks at the tables of
   its schema, never at temporary ones that somebody named like them, and nobody but the owner can hang it on
   a table of his own: some of them write with the owner's rights. */
static const char *const guard_queries[] = {
	"select format('alter function %s set search_path = %I, pg_temp', p.oid::regprocedure, "
	"current_schema()) from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
	"where n.nspname = current_schema() and p.prorettype = 'trigger'::regtype",
	"select format('revoke all on function %s from public', p.oid::regprocedure) "
	"from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
	"where n.nspname = current_schema() and p.prorettype = 'trigger'::regtype",
};

/* The rights, as commands made by the server (quoting is its business). By convention a table that has a
   trigger with refuse_change is append-only; the role may delete only what is no record of the work. */
static const char *const grant_queries[] = {
	"select format('revoke all on all tables in schema %I from %I', current_schema(), $1::text)",
	"select format('grant usage on schema %I to %I', current_schema(), $1::text)",
	"select format('grant select, insert, update on all tables in schema %I to %I', current_schema(), "
	"$1::text)",
	"select format('grant usage on all sequences in schema %I to %I', current_schema(), $1::text)",
	"select format('revoke update on %I from %I', c.relname, $1::text) from pg_class c join pg_namespace "
	"n on "
	"n.oid = c.relnamespace "
	"where n.nspname = current_schema() and c.relkind in ('r', 'p') and exists (select from pg_trigger t "
	"join pg_proc p on p.oid = t.tgfoid "
	"where t.tgrelid = c.oid and p.proname = 'refuse_change')",
	"select format('revoke insert, update on lifecycle, lifecycle_status, schema_migration, parameter, "
	"policy_version, policy_article, calendar_day, division, industry_field, balance from %I', $1::text)",
	"select format('revoke insert, update on award from %I', $1::text)",
	"select format('grant insert (%s), update (%1$s) on award to %I', string_agg(quote_ident(a.attname), "
	"', "
	"'), $1::text) from pg_attribute a where a.attrelid = 'award'::regclass and a.attnum > 0 and not "
	"a.attisdropped and a.attname <> 'reserved'",
	"select format('grant delete on idempotency_key to %I', $1::text)",
	"select format('revoke temporary on database %I from public, %I', current_database(), $1::text)",
};

/* run_made - run the commands that these queries make. */
static struct problem *run_made(struct arena *arena, PGconn *pg, const char *what, const char *const *queries,
				size_t count, const char *parameter)
{
	for (size_t i = 0; i < count; i++) {
		PGresult *commands = NULL;
		TRY(execute(arena, pg, what, queries[i], &parameter, parameter ? 1 : 0, &commands));
		for (int row = 0; row < PQntuples(commands); row++)
			TRY(execute(arena, pg, what, PQgetvalue(commands, row, 0), NULL, 0, NULL));
	}
	return NULL;
}

static struct problem *pin_guards(struct arena *arena, PGconn *pg)
{
	return run_made(arena, pg, "pinning the guards", guard_queries,
			sizeof guard_queries / sizeof guard_queries[0], NULL);
}

static struct problem *grant_rights(struct arena *arena, PGconn *pg, const char *service_role)
{
	return run_made(arena, pg, "granting rights", grant_queries,
			sizeof grant_queries / sizeof grant_queries[0], service_role);
}

/* What there is to bring the database to. */
struct target {
	const char *service_role;
	const struct migrate_step *steps;
	size_t step_count;
};

/* migrate_once - all of it or nothing: an upgrade that fails half way would leave a database that neither the
   old nor the new program takes. */
static struct problem *migrate_once(struct arena *arena, PGconn *pg, const struct target *target,
				    bool **ret_had)
{
	const char *role = target->service_role;
	TRY(execute(arena, pg, "beginning", "begin", NULL, 0, NULL));
	TRY(execute(arena, pg, "waiting for another migration", LOCK, NULL, 0, NULL));
	TRY(apply_all(arena, pg, ret_had));
	TRY(pin_guards(arena, pg));
	TRY(load_lifecycle(arena, pg, target->steps, target->step_count));
	if (role && *role && strcmp(role, PQuser(pg)) != 0)
		TRY(grant_rights(arena, pg, role));
	return commit(arena, pg, "committing");
}

static struct problem *migrate_on(struct arena *arena, PGconn *pg, const struct target *target,
				  bool **ret_had)
{
	struct problem *problem = migrate_once(arena, pg, target, ret_had);
	for (int attempt = 1; problem && problem->code == PROBLEM_locked && attempt < ATTEMPTS; attempt++) {
		PQclear(PQexec(pg, "rollback"));
		poll(NULL, 0, PAUSE_MS);
		problem = migrate_once(arena, pg, target, ret_had);
	}
	if (problem && problem->code == PROBLEM_locked) {
		problem->detail_zh = "迁移所需的表正被他人使用，未作任何改动，请稍后重新执行。";
		problem->detail_en =
			"Others hold what the migration needs; nothing was changed, run it again.";
	}
	return problem;
}

/* say_new - only when it is committed is it true. */
static void say_new(struct arena *arena, const bool *had, void (*say)(const char *line))
{
	for (size_t i = 0; say && i < migration_count; i++)
		if (!had[i])
			say(arena_printf(arena, "applied %04d_%s", migrations[i].version,
					 migrations[i].name));
}

static struct problem *open_plain(struct arena *arena, const char *conninfo, struct connection **ret)
{
	struct connection_options options = {conninfo, 0, LOCK_TIMEOUT_MS, false, false};
	TRY(connection_open(arena, &options, ret));
	PQsetnonblocking((*ret)->pg, 0);
	return NULL;
}

struct problem *migrate_apply(struct arena *arena, const char *owner_conninfo, const char *service_role,
			      const struct migrate_step *steps, size_t step_count,
			      void (*say)(const char *line))
{
	const struct target target = {service_role, steps, step_count};
	struct connection *connection = NULL;
	bool *had = NULL;
	TRY(open_plain(arena, owner_conninfo, &connection));
	struct problem *problem = migrate_on(arena, connection->pg, &target, &had);
	connection_close(connection);
	if (!problem)
		say_new(arena, had, say);
	return problem;
}

static struct problem *check_on(struct arena *arena, PGconn *pg)
{
	bool exists = false;
	bool *applied = arena_alloc(arena, (migration_count + 1) * sizeof *applied);
	TRY(table_exists(arena, pg, &exists));
	if (!exists)
		return refuse(arena, "the database is empty: run allianced migrate");
	TRY(check_applied(arena, pg, applied));
	for (size_t i = 0; i < migration_count; i++)
		if (!applied[i])
			return refuse(
				arena,
				arena_printf(arena,
					     "the database lacks migration %04d_%s: run allianced migrate",
					     migrations[i].version, migrations[i].name));
	return NULL;
}

struct problem *migrate_check(struct arena *arena, const char *conninfo)
{
	struct connection *connection = NULL;
	TRY(open_plain(arena, conninfo, &connection));
	struct problem *problem = check_on(arena, connection->pg);
	connection_close(connection);
	return problem;
}
