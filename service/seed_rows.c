/* The rows of an application and of the alliance that comes of it, written once where they begin, in the
   state that they have reached by today. What happened on the way is in the history lines (seed_step.c), not
   here. */
#include "seed_story.h"

#include "application.h"
#include "article_11.h"
#include "article_15.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char OPINION[] = "该联盟符合区域经济转型升级方向，同意推荐。";

/* ---- members ---- */

/* The type of one of the others: with the lead, an enterprise, and the unit of science 70 of 100 are
 * enterprises, 12 of science, 10 cooperatives, 8 financial or other. */
static const char *member_type(uint64_t draw_value, size_t members)
{
	uint64_t n = members, share = draw_value % (100 * (n - 2));
	if (share < 70 * n - 100)
		return "enterprise";
	if (share < 82 * n - 200)
		return share % 2 ? "university" : "research_institute";
	if (share < 92 * n - 200)
		return "cooperative";
	return share < 97 * n - 200 ? "financial" : "other";
}

static const char *registry_of(const char *type)
{
	if (!strcmp(type, "cooperative"))
		return "93";
	if (!strcmp(type, "other"))
		return "52";
	return !strcmp(type, "university") || !strcmp(type, "research_institute") ? "12" : "91";
}

static void member_fill(const struct story *s, struct seed_member *m, const char *type, int division,
			int number, uint64_t who)
{
	const char *code = s->world->division_code[division];
	m->type = type;
	seed_code(registry_of(type), code, number, m->code);
	seed_organisation_name(type, division, number, m->name);
	seed_person_name(seed_draw(s->world, who, (uint64_t)number), m->representative);
	snprintf(m->division, sizeof m->division, "%s", code);
}

/* The lead, a unit of science that is the host of every other alliance, and so many others: 60 of 100 are
 * core, never fewer than the measures ask for. */
static size_t members_make(const struct story *s, struct seed_member members[MEMBERS_MAX])
{
	uint64_t d = story_draw(s, 1);
	size_t count = 12 + d % 10 + d / 16 % 8 + (d / 1024 % 8 == 0 ? 1 : 0), core = (count * 6 + 5) / 10;
	int number = 1 + (int)(s->lead_story / DIVISIONS * 60013 % 99999),
	    division = (int)(s->plan->story % DIVISIONS);
	if (core < (size_t)s->world->parameters.core_min)
		core = (size_t)s->world->parameters.core_min;
	memset(members, 0, count * sizeof *members);
	member_fill(s, &members[0], "enterprise", division, number, 0);
	member_fill(s, &members[1], "research_institute", division, number, 1);
	members[0].is_lead = true;
	members[s->host_is_lead ? 0 : 1].is_host = true;
	snprintf(members[0].division, sizeof members[0].division, "%s", s->world->division_code[s->division]);
	for (size_t i = 2; i < count; i++)
		member_fill(s, &members[i], member_type(story_draw(s, 100 + i), count),
			    (division + (int)i * 5) % DIVISIONS,
			    1 + (number + (int)i * 7001 + (int)(d % 5000)) % 99999, i);
	for (size_t i = 0; i < count; i++)
		members[i].is_core = i < core;
	return count;
}

static void organisation_write(const struct story *s, const char *id, const struct seed_member *m,
			       const char *officer, const struct seed_unit *unit, struct seed_moment made,
			       bool registered)
{
	char at[STAMP_TEXT];
	seed_stamp(made, at);
	buffer_printf(&s->world->out[TABLE_organisation],
		      "%s\t%s\t%s\t%s\t%s\t%s\t%s\tt\t%s\t%s\t%s\t%s\t%s\n", id, m->code, m->name,
		      text_name_key(s->world->batch, m->name), m->type, m->division, unit ? unit->id : "\\N",
		      m->representative, registered ? "t" : "f", officer, at, at);
}

/* ---- files ---- */

struct file {
	seed_id id;
	const char *kind;
	struct seed_moment at;
};

static int file_compare(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	if (x->at.day != y->at.day)
		return x->at.day < y->at.day ? 1 : -1;
	if (x->at.second != y->at.second)
		return x->at.second < y->at.second ? 1 : -1;
	return -strcmp(x->id, y->id);
}

/* The content of every attachment of one kind is the same few marked bytes. */
static size_t content_of(const char *kind, char text[128], char sha256[SHA256_HEX])
{
	size_t length = (size_t)snprintf(text, 128, "%%PDF-1.4\n%% 附件（虚构） %s\n%%%%EOF\n", kind);
	sha256_hex(text, length, sha256);
	return length;
}

static void file_write(const struct story *s, const struct file *file, const char *account, const char *role)
{
	char text[128], sha256[SHA256_HEX], at[STAMP_TEXT];
	size_t length = content_of(file->kind, text, sha256);
	struct buffer *part = &s->world->out[TABLE_attachment_part];
	seed_stamp(file->at, at);
	buffer_printf(
		&s->world->out[TABLE_attachment],
		"%s\tapplication\t%s\t%s\t%s（虚构）.pdf\tapplication/pdf\t%zu\t%s\t%s\t%s\t%s\t2\t%s\t%s\n",
		file->id, s->application.id, file->kind, file->kind, length, sha256, account, role, at, at,
		at);
	buffer_printf(part, "%s\t1\t\\\\x", file->id);
	for (size_t i = 0; i < length; i++)
		buffer_printf(part, "%02x", (unsigned)(unsigned char)text[i]);
	buffer_char(part, '\n');
}

static size_t files_write(const struct story *s, struct file files[FILE_KINDS + ENDORSEMENTS_MAX])
{
	size_t count = 0;
	for (int i = 0; i < FILE_KINDS; i++) {
		struct file *f = &files[count++];
		story_file_id(s, i, f->id);
		f->kind = file_kind(i);
		f->at = s->application.made;
		file_write(s, f, s->lead, "lead");
	}
	for (int i = 0; i < s->endorsement_count; i++) {
		const struct request_of_opinion *e = &s->endorsements[i];
		if (strcmp(e->object.status, "signed") != 0)
			continue;
		struct file *f = &files[count++];
		memcpy(f->id, e->scan, sizeof f->id);
		f->kind = FILE_OPINION;
		f->at = e->object.moved;
		file_write(s, f, s->unit->account, s->unit->kind);
	}
	qsort(files, count, sizeof *files, file_compare);
	return count;
}

/* Those that were complete at that moment, newest first, as application_facts gives them. */
static void files_json(struct buffer *out, const struct file *files, size_t count, struct seed_moment until)
{
	bool first = true;
	buffer_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		char text[128], sha256[SHA256_HEX];
		if (files[i].at.day > until.day)
			continue;
		size_t length = content_of(files[i].kind, text, sha256);
		buffer_printf(out,
			      "%s{\"bytes\":%zu,\"id\":\"%s\",\"kind\":\"%s\",\"media_type\":\"application/"
			      "pdf\",\"sha256\":\"%s\","
			      "\"title\":\"%s（虚构）.pdf\"}",
			      first ? "" : ",", length, files[i].id, files[i].kind, sha256, files[i].kind);
		first = false;
	}
	buffer_char(out, ']');
}

/* ---- rows of an application ---- */

/* The texts that more than one row bears; number, form and head are the application's alone. */
struct texts {
	char name[NAME_TEXT], number[40];
	const char *name_key, *form, *head;
	struct seed_member members[MEMBERS_MAX];
	size_t member_count;
};

static void texts_make(const struct story *s, struct texts *t)
{
	int field;
	seed_alliance_name(s->plan->story, &field, t->name);
	t->name_key = text_name_key(s->world->batch, t->name);
	t->member_count = members_make(s, t->members);
}

/* texts_file - what is sent in. */
static void texts_file(struct story *s, struct texts *t)
{
	struct buffer form = {0};
	struct arena *arena = s->world->batch;
	seed_number(s->world, SERIES_SQ, seed_year(s->application.made.day), t->number);
	seed_form_write(s->world->form, &form, t->members, t->member_count, s->application.made.day, false);
	t->form = arena_strndup(arena, form.text, form.length);
	buffer_free(&form);
	t->head = arena_printf(
		arena,
		"{\"industry_class\":\"%s\",\"industry_field\":\"F%02d\",\"kind\":\"recognition\","
		"\"lead_organisation_id\":\"%s\",\"name\":\"%s\",\"number\":\"%s\",\"recommender_id\":\"%"
		"s\"}",
		s->world->field_class[s->field], s->field + 1, s->organisation, t->name, t->number,
		s->unit->id);
}

static void revisions_write(struct story *s, struct texts *t)
{
	struct file files[FILE_KINDS + ENDORSEMENTS_MAX] = {0};
	size_t count = files_write(s, files);
	char at[STAMP_TEXT];
	for (int r = 0; r < s->revision; r++) {
		struct buffer list = {0};
		files_json(&list, files, count, s->revisions[r].at);
		const char *attachments = arena_strndup(s->world->batch, list.text, list.length);
		buffer_free(&list);
		application_snapshot(s->world->batch, attachments, t->form, t->head, s->revisions[r].sha256);
		buffer_printf(&s->world->out[TABLE_application_revision], "%s\t%d\t", s->application.id,
			      r + 1);
		buffer_text(&s->world->out[TABLE_application_revision], t->form);
		buffer_printf(&s->world->out[TABLE_application_revision], "\t%s\t%s\t%s\t%s\n", t->head,
			      attachments, s->revisions[r].sha256, seed_stamp(s->revisions[r].at, at));
	}
}

static void application_write(struct story *s, struct texts *t)
{
	struct buffer *out = &s->world->out[TABLE_application];
	char a[DATE_TEXT], b[DATE_TEXT], c[DATE_TEXT], d[DATE_TEXT], made[STAMP_TEXT], moved[STAMP_TEXT],
		proposed[STAMP_TEXT];
	const struct seed_member *host = &t->members[s->host_is_lead ? 0 : 1];
	int limit =
		s->endorsed_on
			? date_days(calendar_add_workdays(s->world->calendar, date_from_days(s->endorsed_on),
							  s->world->parameters.accept_wd))
			: 0;
	bool decided = s->proposed.day > 0;
	buffer_printf(out, "%s\t%s\trecognition\t%s\t%d\t%d\tself\t%s\t%s\t%s\t%s\t%s\tF%02d\t%s\t",
		      s->application.id, t->number, s->alliance.id, s->round, s->revision, s->unit->id,
		      s->organisation, host->code, t->name, t->name_key, s->field + 1,
		      s->world->field_class[s->field]);
	buffer_text(out, t->form);
	buffer_printf(out, "\t%s\t%s\t%s\t%s\t%s\t%s\t%s",
		      s->revision ? s->revisions[s->revision - 1].sha256 : "\\N",
		      seed_day_or_null(s->first_submitted_on, a), seed_day_or_null(s->submitted_on, b),
		      seed_day_or_null(s->accepted_on, c),
		      s->accepted_on ? (s->accepted_on > limit ? "t" : "f") : "\\N",
		      s->accepted_on ? "{\"agreement_verified\":true,\"attachments_complete\":true,"
				       "\"endorsement_verified\":true,"
				       "\"form_complete\":true,\"members_verified\":true}"
				     : "\\N",
		      seed_day_or_null(s->due_on, d));
	buffer_printf(
		out, "\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\t%s\n", decided ? story_document_officer(s) : "\\N",
		decided ? s->plan->is_recognised ? "recognise" : "reject" : "\\N",
		decided ? seed_stamp_or_null(s->proposed, proposed) : "\\N", s->application.status,
		(long long)s->application.version, s->lead, seed_stamp_or_null(s->application.made, made),
		seed_stamp_or_null(s->application.moved, moved));
}

static void endorsements_write(struct story *s)
{
	for (int i = 0; i < s->endorsement_count; i++) {
		struct request_of_opinion *e = &s->endorsements[i];
		char a[DATE_TEXT], b[DATE_TEXT], c[DATE_TEXT], made[STAMP_TEXT], moved[STAMP_TEXT];
		bool is_signed = !strcmp(e->object.status, "signed");
		bool acted = is_signed || !strcmp(e->object.status, "returned") ||
			     !strcmp(e->object.status, "declined");
		const char *opinion = is_signed                               ? "sign"
				      : !strcmp(e->object.status, "returned") ? "return"
									      : "decline";
		bool is_county = !strcmp(s->unit->kind, "county");
		buffer_printf(
			&s->world->out[TABLE_endorsement],
			"%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\n",
			e->object.id, s->application.id, e->revision, s->unit->id,
			seed_day_or_null(e->object.made.day, a), seed_day_or_null(e->due_on, b),
			e->overdue ? "t" : "f", acted ? opinion : "\\N", is_signed ? OPINION : "\\N",
			!acted      ? "\\N"
			: is_county ? "regional_upgrading"
				    : "industry_innovation",
			is_signed ? "韩示例" : "\\N", is_signed ? "局长" : "\\N",
			is_signed ? seed_day_or_null(e->object.moved.day, c) : "\\N",
			is_signed ? "{\"backbone_confirmed\":true,\"government_guidance\":true,"
				    "\"industry_demand\":true,\"market_law\":true}"
				  : "\\N",
			is_signed ? e->scan : "\\N", acted ? s->unit->account : "\\N", e->object.status,
			(long long)e->object.version, seed_stamp_or_null(e->object.made, made),
			seed_stamp_or_null(e->object.moved, moved));
	}
}

static void points_write(struct story *s)
{
	for (int i = 0; i < s->point_count; i++) {
		const struct points *p = &s->points[i];
		char asked_at[STAMP_TEXT], answered[STAMP_TEXT];
		seed_id id;
		story_id(s, id, ID_POINT, p->asked.day, i);
		buffer_printf(&s->world->out[TABLE_application_point], "%s\t%s\t%s\t%d\t1\t%s\t%s\t%s\t%s\n",
			      id, s->application.id, p->kind, p->revision,
			      *p->kind == 'c' ? "请更正成员单位通讯地址。"
					      : "请完善项目经费管理制度并补充实施细则。",
			      p->answered.day ? "已按要求完成。" : "\\N",
			      seed_stamp_or_null(p->asked, asked_at),
			      seed_stamp_or_null(p->answered, answered));
	}
}

static void subject_write(struct story *s)
{
	seed_id id, document;
	char added[STAMP_TEXT], removed[STAMP_TEXT];
	if (!s->subject_added.day)
		return;
	story_id(s, id, ID_SUBJECT, s->subject_added.day, s->round);
	buffer_printf(&s->world->out[TABLE_document_subject], "%s\t%s\trecognition\t%s\t%d\t%s\t%s\t%s\n", id,
		      seed_document_id(s->world, s->plan->issue_day, document), s->application.id, s->round,
		      story_document_officer(s), seed_stamp_or_null(s->subject_added, added),
		      seed_stamp_or_null(s->subject_removed, removed));
}

/* An alliance that nobody recognised, or not yet. */
static void forming_write(struct story *s)
{
	char made[STAMP_TEXT], moved[STAMP_TEXT];
	buffer_printf(&s->world->out[TABLE_alliance],
		      "%s\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t%s\t\\N\t%s\t\\N\t\\N\t\\N\t%s\t%lld\t%s\t%s\n",
		      s->alliance.id, s->organisation, s->unit->id, s->alliance.status,
		      (long long)s->alliance.version, seed_stamp_or_null(s->alliance.made, made),
		      seed_stamp_or_null(s->alliance.moved, moved));
}

/* The agreement in force since the recognition is the last revision, whose hash is known here alone. */
static void agreement_write(struct story *s, const struct texts *t)
{
	struct buffer *out = &s->world->out[TABLE_alliance_agreement];
	char on[DATE_TEXT];
	buffer_printf(out, "%s\t1\t%s\t%d\t%s\t", s->alliance.id, s->application.id, s->revision,
		      s->revisions[s->revision - 1].sha256);
	seed_form_write(s->world->form, out, t->members, t->member_count, s->application.made.day, true);
	buffer_printf(out, "\t%s\n", seed_day(s->plan->issue_day, on));
}

void story_application_write(struct story *s)
{
	struct texts t;
	texts_make(s, &t);
	texts_file(s, &t);
	if (seed_story_registers(s->world, s->plan->story))
		organisation_write(s, s->organisation, &t.members[0], story_officer(s), s->county,
				   s->application.made, true);
	revisions_write(s, &t);
	application_write(s, &t);
	endorsements_write(s);
	points_write(s);
	story_panels_write(s);
	subject_write(s);
	if (strcmp(s->alliance.status, "recognised") != 0)
		forming_write(s);
	else
		agreement_write(s, &t);
	s->world->counts.applications++;
}

/* ---- rows of a recognition ---- */

static void members_write(struct story *s, const struct seed_member *members, size_t count)
{
	struct seed_world *w = s->world;
	char on[DATE_TEXT], signed_on[DATE_TEXT];
	const char *id = s->alliance.id;
	seed_day(s->plan->issue_day, on);
	seed_day(s->application.made.day, signed_on);
	for (size_t i = 0; i < count; i++) {
		const struct seed_member *m = &members[i];
		bool science = !strcmp(m->type, "university") || !strcmp(m->type, "research_institute");
		buffer_printf(&w->out[TABLE_alliance_member],
			      "%s\t%zu\t%s\t%s\t%s\t%s\t%s\tt\t%s\t%s\t%s\t%s\t%s\t%s\n", id, i + 1, m->code,
			      m->name, m->type, m->division, m->representative,
			      science ? "在本领域具有明显的技术优势，建有专门实验室。" : "\\N",
			      !strcmp(m->type, "financial") ? "向联盟企业提供融资支持和金融服务" : "\\N",
			      m->is_lead ? "t" : "f", m->is_core ? "t" : "f", m->is_host ? "t" : "f", on);
		buffer_printf(&w->out[TABLE_alliance_signature], "%s\t1\t%s\t%s\tlegal_rep\t%s\tt\n", id,
			      m->code, m->representative, signed_on);
		buffer_printf(&w->out[TABLE_alliance_task],
			      "%s\t1\t%s\t1\t承担技术创新任务第%zu项\tT%zu\tW%zu\n", id, m->code, i + 1,
			      i % 4 + 1, i % 8 + 1);
	}
	w->counts.members += (int64_t)count;
}

static void term_write(struct story *s)
{
	struct seed_world *w = s->world;
	seed_id id, document;
	char start[DATE_TEXT], due[DATE_TEXT], deadline[DATE_TEXT], at[STAMP_TEXT];
	struct date on = date_from_days(s->plan->issue_day);
	struct date due_on = term_due_on(on, 1, w->parameters.rereview_years);
	story_id(s, id, ID_TERM, s->plan->issue_day, 1);
	date_format(due_on, due);
	date_format(term_submit_deadline_on(w->calendar, due_on, w->parameters.roll_to_workday), deadline);
	buffer_printf(
		&w->out[TABLE_recognition_term], "%s\t%s\t1\t%s\t%s\t%s\t%s\t%s\t%s\n", id, s->alliance.id,
		date_format(on, start), due, deadline, calendar_is_assumed(w->calendar, due_on) ? "t" : "f",
		seed_document_id(w, s->plan->issue_day, document), seed_stamp_or_null(s->alliance.moved, at));
}

void story_recognition_write(struct story *s)
{
	struct texts t;
	struct seed_world *w = s->world;
	char number[40], made[STAMP_TEXT], moved[STAMP_TEXT], on[DATE_TEXT];
	seed_id document;
	texts_make(s, &t);
	if (!s->host_is_lead)
		organisation_write(s, s->host, &t.members[1], story_document_officer(s), NULL,
				   s->alliance.moved, false);
	buffer_printf(&w->out[TABLE_alliance],
		      "%s\t%s\t%s\t%s\tF%02d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%lld\t%s\t%s\n",
		      s->alliance.id, seed_number(w, SERIES_WNLM, seed_year(s->plan->issue_day), number),
		      t.name, t.name_key, s->field + 1, w->field_class[s->field],
		      w->division_code[s->division], s->organisation, s->host, s->unit->id,
		      seed_day(s->plan->issue_day, on), seed_document_id(w, s->plan->issue_day, document),
		      s->application.id, s->alliance.status, (long long)s->alliance.version,
		      seed_stamp_or_null(s->alliance.made, made),
		      seed_stamp_or_null(s->alliance.moved, moved));
	members_write(s, t.members, t.member_count);
	seed_bodies_write(w, s->alliance.id, t.members, t.member_count, s->plan->issue_day);
	term_write(s);
	story_award_write(s);
	story_bank_write(s);
	w->counts.alliances++;
}
