/* What is left of a form for a reader who may not see all of it. */
#include "form_mask.h"

#include "application.h"
#include "text.h"

#include <string.h>

enum { MOBILE_DIGITS = 11, MOBILE_HEAD = 3, MOBILE_TAIL = 4, LANDLINE_TAIL = 3 };

const char *mask_phone(struct arena *arena, const char *phone)
{
	size_t length = strlen(phone);
	if (length == MOBILE_DIGITS && phone[0] == '1' && strspn(phone, "0123456789") == length)
		return arena_printf(arena, "%.*s****%s", MOBILE_HEAD, phone, phone + length - MOBILE_TAIL);
	return arena_printf(arena, "%.*s***", (int)(length > LANDLINE_TAIL ? length - LANDLINE_TAIL : 0),
			    phone);
}

/* Bytes of the first code point of valid UTF-8. */
static int first_length(const char *text)
{
	unsigned char lead = (unsigned char)text[0];
	return lead < 0x80 ? (lead != 0) : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

const char *mask_name(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%.*s**", first_length(name), name);
}

const char *mask_email(struct arena *arena, const char *email)
{
	const char *at = strrchr(email, '@');
	return arena_printf(arena, "%.*s***%s", at == email ? 0 : first_length(email), email, at ? at : "");
}

static void member_mask(struct arena *arena, json_t *contact, const char *name,
			const char *(*mask)(struct arena *, const char *))
{
	const char *text = json_string_value(json_object_get(contact, name));
	/* A text that begins inside a code point would be a defect of the masks: json_string refuses it and
	 * the member goes. */
	if (text && json_object_set_new(contact, name, json_string(mask(arena, text))))
		json_object_del(contact, name);
}

static void contact_mask(struct arena *arena, json_t *contact)
{
	member_mask(arena, contact, "name", mask_name);
	member_mask(arena, contact, "phone", mask_phone);
	member_mask(arena, contact, "email", mask_email);
}

static void contacts_hide(struct arena *arena, json_t *form, bool remove)
{
	json_t *places[] = {form, json_object_get(form, "lead"), json_object_get(form, "host")};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (remove)
			json_object_del(places[i], "contact");
		else
			contact_mask(arena, json_object_get(places[i], "contact"));
	}
}

static struct problem *is_own_code(struct request *rq, const char *code, bool *ret)
{
	for (size_t i = 0; i < rq->caller->grant_count; i++) {
		struct rows rows;
		const struct grant *grant = &rq->caller->grants[i];
		if (grant->role != ROLE_member || !grant->organisation_id)
			continue;
		TRY(db_run(rq->db, rq->arena, SQL_ORGANISATION_FIND, P(grant->organisation_id), &rows));
		if (rows.count && !strcmp(row_text(&rows, 0, "credit_code"), code))
			*ret = true;
	}
	return NULL;
}

/* A member sees its own row and nothing else of the form. */
static struct problem *own_row_only(struct request *rq, const json_t *form, json_t **ret)
{
	json_t *rows = json_array(), *shown = json_keep(rq->arena, json_pack("{s:o}", "members", rows));
	const json_t *members = json_object_get(form, "members");
	for (size_t i = 0; i < json_array_size(members); i++) {
		bool own = false;
		const char *code =
			json_string_value(json_object_get(json_array_get(members, i), "credit_code"));
		if (code)
			TRY(is_own_code(rq, code, &own));
		if (own)
			json_array_append(rows, json_array_get(members, i));
	}
	*ret = shown;
	return NULL;
}

struct problem *form_shown(struct request *rq, role_set reach, const char *form, const char **ret)
{
	if (reach & FORM_FULL) {
		*ret = form;
		return NULL;
	}
	json_t *value = json_parse(rq->arena, form);
	if (reach & (ROLE_host | ROLE_auditor))
		contacts_hide(rq->arena, value, false);
	else if (reach & ROLE_expert)
		contacts_hide(rq->arena, value, true);
	else
		TRY(own_row_only(rq, value, &value));
	*ret = json_canonical(rq->arena, value);
	return NULL;
}
