/* Form: small readers over the application form. Pure. */
#include "form.h"

#include "text.h"

#include <stdarg.h>
#include <string.h>

const json_t *form_at(const json_t *form, ...)
{
	va_list names;
	va_start(names, form);
	for (const char *name = va_arg(names, const char *); name && form; name = va_arg(names, const char *))
		form = json_object_get(form, name);
	va_end(names);
	return form;
}

const char *form_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text_is_blank(text) ? NULL : text;
}

bool form_bool(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

struct date form_date(const json_t *object, const char *name)
{
	struct date date = {0};
	const char *text = form_text(object, name);
	if (!text || !date_parse(text, &date))
		return (struct date){0};
	return date;
}

bool form_is(const json_t *object, const char *name, const char *word)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text && !strcmp(text, word);
}

const json_t *form_members(const json_t *form)
{
	return json_object_get(form, "members");
}

const json_t *form_member(const json_t *form, const char *flag, size_t *ret_index, size_t *ret_count)
{
	const json_t *members = form_members(form), *found = NULL;
	size_t count = 0;
	for (size_t i = 0; i < json_array_size(members); i++) {
		const json_t *member = json_array_get(members, i);
		if (!form_bool(member, flag))
			continue;
		if (!count++) {
			found = member;
			*ret_index = i;
		}
	}
	*ret_count = count;
	return found;
}

bool form_has_code(const json_t *form, const char *credit_code)
{
	const json_t *members = form_members(form);
	for (size_t i = 0; credit_code && i < json_array_size(members); i++)
		if (form_is(json_array_get(members, i), "credit_code", credit_code))
			return true;
	return false;
}

bool json_has_text(const json_t *array, const char *text)
{
	for (size_t i = 0; text && i < json_array_size(array); i++) {
		const char *item = json_string_value(json_array_get(array, i));
		if (item && !strcmp(item, text))
			return true;
	}
	return false;
}

const struct attachment_fact *attachment_find(const struct application_facts *application, const char *kind)
{
	for (size_t i = 0; i < application->attachment_count; i++)
		if (!strcmp(application->attachments[i].kind, kind))
			return &application->attachments[i];
	return NULL;
}
