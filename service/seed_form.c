/* The form of an application: the worked example of openapi.yaml, whose rules are all met, with this story's
   members and dates in it. It is cut into pieces once; writing one is copying pieces. The text is canonical:
   sorted keys, no space. */
#include "seed_world.h"

#include "json.h"
#include "schema.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES_MAX = 160, BODIES_MAX = 8, PERSONS_MAX = 8 };

/* What stands at a place of the form that differs from story to story. */
enum slot {
	SLOT_END,
	SLOT_MEMBERS,
	SLOT_DATE,      /* the day of the agreement */
	SLOT_ROADMAP,   /* a date within the year after */
	SLOT_NEXT_YEAR, /* number */
	SLOT_GOAL_YEAR, /* number */
	SLOT_CODE,      /* of a member by number */
	SLOT_NAME,
	SLOT_REPRESENTATIVE,
	SLOT_HOST_CODE,
	SLOT_HOST_NAME,
	SLOT_HOST_REPRESENTATIVE,
	SLOT_HOST_TYPE,
};

struct pieces {
	struct {
		const char *text;
		size_t length;
		enum slot slot;
		size_t member;
	} list[PIECES_MAX];
	size_t count;
};

struct person {
	const char *name, *post;
	bool full_time;
	int member; /* -1: of the host */
};

struct seed_form {
	struct pieces whole, agreement;
	struct {
		const char *kind, *name;
		struct person persons[PERSONS_MAX];
		size_t count;
	} bodies[BODIES_MAX];
	size_t body_count;
};

/* Marks: "@X" or "@X3" where a text stands, "#X" where a number or a list does. */
static enum slot slot_of(char letter)
{
	static const char letters[] = "MDRYGcnrCNPT";
	return (enum slot)(strchr(letters, letter) - letters + 1);
}

static void mark(json_t *object, const char *name, const char *text)
{
	if (object)
		json_object_set_new(object, name, json_string(text));
}

static json_t *at(json_t *form, const char *section)
{
	return json_object_get(form, section);
}

static void mark_person(struct arena *arena, json_t *json, int member, struct person *ret)
{
	*ret = (struct person){.name = json_string_value(json_object_get(json, "name")),
			       .post = json_string_value(json_object_get(json, "post")),
			       .full_time = json_is_true(json_object_get(json, "full_time")),
			       .member = member};
	mark(json, "credit_code", member < 0 ? "@C" : arena_printf(arena, "@c%d", member));
	mark(json, "organisation_name", member < 0 ? "@N" : arena_printf(arena, "@n%d", member));
}

/* The council is of the first members, one unit each; the others are of the host. */
static void mark_bodies(struct arena *arena, struct seed_form *form, json_t *list)
{
	size_t b, p;
	json_t *body, *person;
	json_array_foreach(list, b, body)
	{
		bool is_council = !strcmp(json_string_value(json_object_get(body, "kind")), "council");
		form->bodies[b].kind = json_string_value(json_object_get(body, "kind"));
		form->bodies[b].name = json_string_value(json_object_get(body, "name"));
		json_array_foreach(json_object_get(body, "persons"), p, person)
			mark_person(arena, person, is_council ? (int)p : -1, &form->bodies[b].persons[p]);
		form->bodies[b].count = json_array_size(json_object_get(body, "persons"));
	}
	form->body_count = json_array_size(list);
}

static void mark_form(struct arena *arena, struct seed_form *form, json_t *json)
{
	json_t *plan = at(json, "plan"), *goals = json_object_get(at(json, "goals"), "objectives");
	json_t *budget = json_object_get(at(json, "funds"), "budget");
	mark(json, "members", "#M");
	mark(at(json, "basic"), "founding_agreement_on", "@D");
	json_object_del(at(json, "basic"), "name_en");
	json_object_del(at(json, "basic"), "operating_until");
	mark(at(json, "agreement"), "signed_from", "@D");
	mark(at(json, "agreement"), "signed_to", "@D");
	mark(at(json, "agreement"), "liability_unit", "@n0");
	mark(at(json, "declarations"), "signed_on", "@D");
	mark(at(json, "declarations"), "signed_by", "@r0");
	mark(at(json, "governance"), "resolved_on", "@D");
	mark(json_object_get(plan, "roadmap"), "delivery_on", "@R");
	mark(json_object_get(plan, "annual_plan"), "year", "#Y");
	mark(json_array_get(goals, 0), "due_year", "#G");
	mark(json_array_get(budget, 0), "year", "#Y");
	mark(at(json, "funds"), "custodian_credit_code", "@C");
	mark(at(json, "lead"), "credit_code", "@c0");
	mark(at(json, "lead"), "name", "@n0");
	mark(at(json, "lead"), "legal_representative", "@r0");
	mark(at(json, "host"), "credit_code", "@C");
	mark(at(json, "host"), "name", "@N");
	mark(at(json, "host"), "legal_representative", "@P");
	mark(at(json, "host"), "type", "@T");
	mark_bodies(arena, form, json_object_get(at(json, "governance"), "bodies"));
}

static void piece_add(struct pieces *pieces, const char *text, size_t length, enum slot slot, size_t member)
{
	if (pieces->count == PIECES_MAX)
		abort();
	pieces->list[pieces->count].text = text;
	pieces->list[pieces->count].length = length;
	pieces->list[pieces->count].slot = slot;
	pieces->list[pieces->count++].member = member;
}

/* Cut at "@X…" (the quotes stay) and at "#X" (the quotes go). */
static void cut(const char *text, struct pieces *ret)
{
	const char *from = text;
	for (const char *c = text; (c = strchr(c, '"')); c++) {
		bool raw = c[1] == '#';
		if (c[1] != '@' && !raw)
			continue;
		size_t member = c[3] >= '0' && c[3] <= '9' ? (size_t)(c[3] - '0') : 0;
		const char *end = strchr(c + 1, '"');
		piece_add(ret, from, (size_t)(c - from) + !raw, slot_of(c[2]), member);
		from = raw ? end + 1 : end;
		c = end;
	}
	piece_add(ret, from, strlen(from), SLOT_END, 0);
}

struct seed_form *seed_form_open(struct arena *arena)
{
	struct seed_form *form = arena_alloc(arena, sizeof *form);
	json_t *spec = json_keep(arena, json_loadb(openapi_json, openapi_json_length, 0, NULL));
	json_t *post =
		json_object_get(json_object_get(json_object_get(spec, "paths"), "/v1/applications"), "post");
	json_t *content = json_object_get(json_object_get(json_object_get(post, "requestBody"), "content"),
					  "application/json");
	json_t *json = json_object_get(json_object_get(content, "example"), "form");
	mark_form(arena, form, json);
	cut(json_canonical(arena, json), &form->whole);
	cut(json_canonical(arena, at(json, "agreement")), &form->agreement);
	return form;
}

/* ---- writing ---- */

static void member_write(struct buffer *out, const struct seed_member *m, size_t position, const char *day)
{
	bool is_science = !strcmp(m->type, "university") || !strcmp(m->type, "research_institute");
	buffer_printf(out, "%s{%s\"credit_code\":\"%s\",\"division_code\":\"%s\"", position ? "," : "",
		      is_science ? "\"advantage\":\"在本领域具有明显的技术优势，建有专门实验室。\"," : "",
		      m->code, m->division);
	if (!strcmp(m->type, "financial"))
		buffer_text(out, ",\"financing_service\":\"向联盟企业提供融资支持和金融服务\"");
	buffer_printf(out,
		      ",\"independent_legal_person\":true,\"is_core\":%s,\"is_host\":%s,\"is_lead\":%s,"
		      "\"legal_representative\":\"%s\",\"name\":\"%s\",\"signature\":{\"capacity\":\"legal_"
		      "rep\",\"sealed\":true,"
		      "\"signed_on\":\"%s\",\"signer\":\"%s\"},\"tasks\":[{\"task\":\"T%zu\",\"text\":"
		      "\"承担技术创新任务第%zu项\","
		      "\"work\":\"W%zu\"}],\"type\":\"%s\"}",
		      m->is_core ? "true" : "false", m->is_host ? "true" : "false",
		      m->is_lead ? "true" : "false", m->representative, m->name, day, m->representative,
		      position % 4 + 1, position + 1, position % 8 + 1, m->type);
}

static const struct seed_member *host_of(const struct seed_member *members, size_t count)
{
	size_t i = 0;
	while (i + 1 < count && !members[i].is_host)
		i++;
	return &members[i];
}

static void slot_write(struct buffer *out, enum slot slot, size_t member, const struct seed_member *members,
		       size_t count, int day)
{
	char text[DATE_TEXT];
	const struct seed_member *host = host_of(members, count);
	switch (slot) {
	case SLOT_END:
		break;
	case SLOT_MEMBERS:
		buffer_char(out, '[');
		seed_day(day, text);
		for (size_t i = 0; i < count; i++)
			member_write(out, &members[i], i, text);
		buffer_char(out, ']');
		break;
	case SLOT_DATE:
		buffer_text(out, seed_day(day, text));
		break;
	case SLOT_ROADMAP:
		buffer_text(out, seed_day(day + 300, text));
		break;
	case SLOT_NEXT_YEAR:
		buffer_integer(out, seed_year(day) + 1);
		break;
	case SLOT_GOAL_YEAR:
		buffer_integer(out, seed_year(day) + 3);
		break;
	case SLOT_CODE:
		buffer_text(out, members[member].code);
		break;
	case SLOT_NAME:
		buffer_text(out, members[member].name);
		break;
	case SLOT_REPRESENTATIVE:
		buffer_text(out, members[member].representative);
		break;
	case SLOT_HOST_CODE:
		buffer_text(out, host->code);
		break;
	case SLOT_HOST_NAME:
		buffer_text(out, host->name);
		break;
	case SLOT_HOST_REPRESENTATIVE:
		buffer_text(out, host->representative);
		break;
	case SLOT_HOST_TYPE:
		buffer_text(out, host->type);
		break;
	}
}

void seed_form_write(const struct seed_form *form, struct buffer *out, const struct seed_member *members,
		     size_t count, int day, bool only_agreement)
{
	const struct pieces *pieces = only_agreement ? &form->agreement : &form->whole;
	for (size_t i = 0; i < pieces->count; i++) {
		buffer_add(out, pieces->list[i].text, pieces->list[i].length);
		slot_write(out, pieces->list[i].slot, pieces->list[i].member, members, count, day);
	}
}

void seed_bodies_write(struct seed_world *world, const char *alliance_id, const struct seed_member *members,
		       size_t count, int day)
{
	const struct seed_form *form = world->form;
	const struct seed_member *host = host_of(members, count);
	char text[DATE_TEXT];
	seed_day(day, text);
	for (size_t b = 0; b < form->body_count; b++) {
		buffer_printf(&world->out[TABLE_alliance_body], "%s\t%s\t%zu\t%s\n", alliance_id,
			      form->bodies[b].kind, b + 1, form->bodies[b].name);
		for (size_t p = 0; p < form->bodies[b].count; p++) {
			const struct person *person = &form->bodies[b].persons[p];
			const struct seed_member *unit = person->member < 0 ? host : &members[person->member];
			buffer_printf(&world->out[TABLE_body_person],
				      "%s\t%s\t%zu\t%zu\t%s\t%s\t%s\t%s\t%s\t%s\n", alliance_id,
				      form->bodies[b].kind, b + 1, p + 1, person->name, unit->code,
				      unit->name, person->post, person->full_time ? "t" : "f", text);
		}
	}
}
