/* Ledger: the way into the double-entry journal (articles 6(5) and 16), its verification, its
   balances, and the funding records that an auditor reads. It changes nothing that is booked: there is no
   statement that could. */
#include "money.h"
#include "operations.h"
#include "reply.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define FILTERS         11
#define FILTER_ALLIANCE 5
#define SORTED_A_MS     66 /* entries that the database joins and sorts in a millisecond, with some room */

const char *fen_text(struct request *rq, int64_t fen)
{
	return arena_printf(rq->arena, "%" PRId64, fen);
}

struct problem *journal_book(struct request *rq, const struct journal_act *act)
{
	struct rows rows;
	const char *booked_on = act->booked_on ? act->booked_on : rq->today_text;
	return db_run(rq->db, rq->arena, SQL_JOURNAL_POST,
		      P(request_new_id(rq), act->type, booked_on, rq->now_text, act->maker, act->checker,
			act->award_id, act->budget_line_id, act->payment_id, act->document_no, act->reason,
			act->reverses_id, fen_text(rq, act->amount)),
		      &rows);
}

static void facts_complete(struct request *rq, struct facts *facts)
{
	facts->today = rq->today;
	facts->parameters = policy_parameters(rq);
	facts->calendar = policy_calendar(rq);
	facts->actor = rq->caller->account_id;
	facts->actor_roles = rq->caller->roles;
}

struct problem *creation_judge(struct request *rq, enum machine machine, const char *action,
			       struct facts *facts)
{
	struct findings findings;
	facts_complete(rq, facts);
	facts->status = "new";
	facts->input = rq->body;
	findings_start(&findings, rq->arena);
	lifecycle_judge(lifecycle_find(machine, "new", action), facts, &findings);
	return findings_problem(&findings);
}

struct subject creation_subject(struct request *rq, enum machine machine, const char *id, const char *status,
				struct facts *facts)
{
	return (struct subject){.machine = machine,
				.id = id,
				.status = status,
				.version = 1,
				.reach = rq->caller->roles,
				.facts = facts};
}

struct problem *rules_judge(struct request *rq, rule_fn *const *guards, struct money_facts *money)
{
	struct facts facts = {.money = money, .input = rq->body};
	struct findings findings;
	facts_complete(rq, &facts);
	findings_start(&findings, rq->arena);
	for (; *guards; guards++)
		(*guards)(&facts, &findings);
	return findings_problem(&findings);
}

struct problem *document_is_issued(struct request *rq, const char *document_no, bool *ret)
{
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_DOCUMENT_NUMBER_ISSUED, P(document_no), &rows));
	*ret = row_bool(&rows, 0, "issued");
	return NULL;
}

struct problem *verify_ledger(struct request *rq)
{
	return reply_statement(rq, SQL_LEDGER_VERIFY, P(request_value(rq, "from"), request_value(rq, "to")),
			       NULL);
}

struct problem *list_ledger_balances(struct request *rq)
{
	return reply_statement(rq, SQL_LEDGER_BALANCES,
			       P(request_value(rq, "fiscal_year"), request_value(rq, "award_id")), NULL);
}

/* The filters of a funding record, in the order of the statements. */
static void filters_read(const struct request *rq, const char *ret[FILTERS])
{
	static const char *const names[FILTERS] = {
		"year",         "kind",       "county",     "field",         "host",        "alliance",
		"award_status", "amount_gte", "amount_lte", "booked_on_gte", "booked_on_lt"};
	for (size_t i = 0; i < FILTERS; i++)
		ret[i] = request_value(rq, names[i]);
}

static long stream_read(void *context, char *bytes, size_t capacity)
{
	return export_read(context, bytes, capacity);
}

static void stream_close(void *context)
{
	export_close(context);
}

/* has_another - whether there is a filter besides that one; FILTERS: any at all. */
static bool has_another(const char *const filters[FILTERS], size_t besides)
{
	for (size_t i = 0; i < FILTERS; i++)
		if (filters[i] && i != besides)
			return true;
	return false;
}

/* first_rows_at_once - rather than all as soon as possible: where others ask, whom a long sorting would keep
   waiting, and where the database would be silent for longer than it may. Of what a filter leaves the first
   may be far away in the order of the numbers: it is found first and sorted then. */
static struct problem *first_rows_at_once(struct request *rq, const char *const filters[FILTERS],
					  const char **ret)
{
	if (has_another(filters, FILTERS))
		return NULL;
	if (rq->gentle_ms > 0) {
		*ret = "true";
		return NULL;
	}
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_JOURNAL_LENGTH, P0, &rows));
	if (row_integer(&rows, 0, "entries") / SORTED_A_MS > rq->silence_ms)
		*ret = "true";
	return NULL;
}

/* A stream of everything is for those who answer for the books (permission row: chain verification, exports,
 * audit log). */
static struct problem *export_records(struct request *rq, const char *parameters[FILTERS + 2])
{
	if (!(rq->caller->roles & (ROLE_leader | ROLE_finance | ROLE_auditor)))
		return problem_new(rq->arena, PROBLEM_forbidden, "导出由领导、财务或审计人员办理。",
				   "Exports are for leader, finance and auditor.");
	TRY(first_rows_at_once(rq, parameters + 1, &parameters[FILTERS + 1]));
	struct export *export;
	bool csv = !strcmp(rq->accept, "text/csv");
	TRY(export_open(rq->pool, rq->arena, SQL_FUNDING_RECORD_EXPORT, parameters, FILTERS + 2,
			&(struct export_options){.format = csv ? EXPORT_CSV : EXPORT_NDJSON,
						 .gentle_ms = rq->gentle_ms,
						 .silence_ms = rq->silence_ms},
			&export));
	rq->reply.stream = (struct stream){
		.read = stream_read, .close = stream_close, .context = export, .waits = true, .rests = true};
	rq->reply.media_type = csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
	rq->reply.disposition =
		arena_printf(rq->arena, "funding-records-%s.%s", rq->today_text, csv ? "csv" : "ndjson");
	rq->reply.no_etag = true;
	return NULL;
}

/* An alliance's records alone, for those who reach all money: one short statement in place of the two that
 * know every filter. It gives no row where there is none, or to a caller whose grant has just ended. */
static struct problem *records_of_alliance(struct request *rq, const char *const filters[FILTERS],
					   bool *ret_written)
{
	bool everywhere = rq->caller->roles & (ROLE_officer | ROLE_leader | ROLE_finance | ROLE_auditor);
	*ret_written = false;
	if (!everywhere || !filters[FILTER_ALLIANCE] || has_another(filters, FILTER_ALLIANCE))
		return NULL;
	const struct page_query query = {SQL_FUNDING_RECORD_OF_ALLIANCE, &filters[FILTER_ALLIANCE], 1,
					 filters, FILTERS};
	return reply_page_with_totals(rq, &query, ret_written);
}

struct problem *list_funding_records(struct request *rq)
{
	const char *parameters[FILTERS + 2] = {rq->caller->account_id};
	filters_read(rq, parameters + 1);
	if (rq->accept && strcmp(rq->accept, "application/json"))
		return export_records(rq, parameters);
	bool written;
	TRY(records_of_alliance(rq, parameters + 1, &written));
	if (written)
		return NULL;
	struct rows rows;
	TRY(db_run(rq->db, rq->arena, SQL_FUNDING_RECORD_TOTALS, parameters, FILTERS + 1, &rows));
	const struct reply_extra extras[] = {{"totals", row_text(&rows, 0, "totals")}, {NULL, NULL}};
	return reply_page(rq, SQL_FUNDING_RECORD_PAGE, parameters + 1, FILTERS, extras);
}
