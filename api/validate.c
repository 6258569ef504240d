/* The schema validator. One function per keyword group; each adds its faults and goes on. */
#include "validate.h"

#include "date.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct validation_run {
	struct arena *arena;
	enum validation mode;
	struct problem **problem;
	int faults;
	bool in_array; /* a merge patch replaces arrays whole: inside them null and absence are ordinary */
};

static void fault(struct validation_run *run, const char *pointer, const char *code, const char *zh,
		  const char *en)
{
	if (run->faults++ >= VALIDATE_FAULTS_MAX)
		return;
	if (!*run->problem)
		*run->problem = problem_new(run->arena, PROBLEM_invalid_request, NULL, NULL);
	problem_error(run->arena, *run->problem, pointer, code, NULL, zh, en);
}

/* "#/members/3" and "credit_code" -> "#/members/3/credit_code", with ~ and / escaped and what a URI fragment
   may not hold percent encoded. Names come from clients, so the result is bounded. */
static const char *pointer_member(struct arena *arena, const char *pointer, const char *name)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t length = strnlen(name, 200), used = strlen(pointer);
	char *out = arena_alloc(arena, used + 3 * length + 2);
	memcpy(out, pointer, used);
	out[used++] = '/';
	for (size_t at = 0; at < length; at++) {
		unsigned char c = (unsigned char)name[at];
		if (c == '~' || c == '/') {
			out[used++] = '~';
			out[used++] = c == '~' ? '0' : '1';
		} else if (c > 32 && c < 127 && !strchr("\"#%<>[\\]^`{|}", c)) {
			out[used++] = (char)c;
		} else {
			out[used++] = '%';
			out[used++] = hex[c >> 4];
			out[used++] = hex[c & 15];
		}
	}
	return out;
}

static unsigned type_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return SCHEMA_OBJECT;
	case JSON_ARRAY:
		return SCHEMA_ARRAY;
	case JSON_STRING:
		return SCHEMA_STRING;
	case JSON_INTEGER:
		return SCHEMA_INTEGER | SCHEMA_NUMBER;
	case JSON_REAL:
		return SCHEMA_NUMBER;
	case JSON_NULL:
		return SCHEMA_NULL;
	default:
		return SCHEMA_BOOLEAN;
	}
}

static const char *type_names(struct arena *arena, unsigned types)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{SCHEMA_STRING, "string"},   {SCHEMA_INTEGER, "integer"}, {SCHEMA_NUMBER, "number"},
		{SCHEMA_BOOLEAN, "boolean"}, {SCHEMA_OBJECT, "object"},   {SCHEMA_ARRAY, "array"},
		{SCHEMA_NULL, "null"},
	};
	const char *out = "";
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (types & names[i].bit)
			out = arena_printf(arena, "%s%s%s", out, *out ? ", " : "", names[i].name);
	return out;
}

static const char *word_list(struct arena *arena, const char *const *words)
{
	const char *out = "";
	for (; *words; words++)
		out = arena_printf(arena, "%s%s%s", out, *out ? ", " : "", *words);
	return out;
}

static bool format_holds(enum schema_format format, const char *text)
{
	struct date date;
	struct instant instant;
	switch (format) {
	case FORMAT_UUID:
		return uuid_is_valid(text);
	case FORMAT_DATE:
		return date_parse(text, &date);
	case FORMAT_DATE_TIME:
		return instant_parse(text, &instant);
	case FORMAT_URI:
		return pattern_matches("[A-Za-z][A-Za-z0-9+.-]*:[!-~]+", text);
	default:
		return true;
	}
}

static const char *format_name(enum schema_format format)
{
	static const char *const names[] = {[FORMAT_NONE] = "",
					    [FORMAT_UUID] = "uuid",
					    [FORMAT_DATE] = "date (2026-11-15)",
					    [FORMAT_DATE_TIME] = "date-time (2026-11-15T09:00:00+08:00)",
					    [FORMAT_INT32] = "int32",
					    [FORMAT_INT64] = "int64",
					    [FORMAT_URI] = "uri"};
	return names[format];
}

/* has_more - than so many characters. They are counted only where the bytes do not tell. */
static bool has_more(const char *text, int64_t characters)
{
	return strlen(text) > (size_t)characters && text_length(text) > (size_t)characters;
}

static void check_string(struct validation_run *run, const struct schema *schema, const char *pointer,
			 const char *text)
{
	struct arena *arena = run->arena;
	if (schema->max_length >= 0 && has_more(text, schema->max_length)) {
		fault(run, pointer, "max_length",
		      arena_printf(arena, "最多 %lld 个字符", (long long)schema->max_length),
		      arena_printf(arena, "at most %lld characters", (long long)schema->max_length));
		return;
	}
	if (schema->min_length > 0 && !has_more(text, schema->min_length - 1))
		fault(run, pointer, "min_length",
		      arena_printf(arena, "至少 %lld 个字符", (long long)schema->min_length),
		      arena_printf(arena, "at least %lld characters", (long long)schema->min_length));
	if (schema->enumeration) {
		const char *const *word = schema->enumeration;
		while (*word && strcmp(*word, text) != 0)
			word++;
		if (!*word) {
			const char *allowed = word_list(arena, schema->enumeration);
			fault(run, pointer, "enum", arena_printf(arena, "可取值：%s", allowed),
			      arena_printf(arena, "one of: %s", allowed));
		}
	}
	if (schema->pattern && !pattern_matches(schema->pattern, text))
		fault(run, pointer, "pattern", arena_printf(arena, "格式应为 %s", schema->pattern),
		      arena_printf(arena, "must match %s", schema->pattern));
	if (!format_holds(schema->format, text))
		fault(run, pointer, "format", arena_printf(arena, "格式应为 %s", format_name(schema->format)),
		      arena_printf(arena, "must be a %s", format_name(schema->format)));
}

static void check_integer(struct validation_run *run, const struct schema *schema, const char *pointer,
			  int64_t value)
{
	int64_t low = schema->minimum, high = schema->maximum;
	if (schema->format == FORMAT_INT32) {
		low = low < INT32_MIN ? INT32_MIN : low;
		high = high > INT32_MAX ? INT32_MAX : high;
	}
	if (value < low)
		fault(run, pointer, "minimum", arena_printf(run->arena, "不得小于 %lld", (long long)low),
		      arena_printf(run->arena, "at least %lld", (long long)low));
	if (value > high)
		fault(run, pointer, "maximum", arena_printf(run->arena, "不得大于 %lld", (long long)high),
		      arena_printf(run->arena, "at most %lld", (long long)high));
}

static void check_real(struct validation_run *run, const struct schema *schema, const char *pointer,
		       double value)
{
	if (schema->minimum != INT64_MIN && value < (double)schema->minimum)
		fault(run, pointer, "minimum",
		      arena_printf(run->arena, "不得小于 %lld", (long long)schema->minimum),
		      arena_printf(run->arena, "at least %lld", (long long)schema->minimum));
	if (schema->maximum != INT64_MAX && value > (double)schema->maximum)
		fault(run, pointer, "maximum",
		      arena_printf(run->arena, "不得大于 %lld", (long long)schema->maximum),
		      arena_printf(run->arena, "at most %lld", (long long)schema->maximum));
}

static void check_value(struct validation_run *run, const struct schema *schema, const json_t *value,
			const char *pointer);

static const struct schema *member_schema(const struct schema *schema, const char *name)
{
	const struct schema *found = schema_property(schema, name);
	return found ? found : schema->additional;
}

static void check_object(struct validation_run *run, const struct schema *schema, const json_t *value,
			 const char *pointer)
{
	bool partial = run->mode == VALIDATE_PATCH && !run->in_array && !schema->is_money;
	for (size_t i = 0; i < schema->property_count; i++) {
		const struct property *property = &schema->properties[i];
		if (property->required && !partial && !json_object_get(value, property->name))
			fault(run, pointer_member(run->arena, pointer, property->name), "required", "必填",
			      "is required");
	}
	bool closed = schema->closed ||
		      (run->mode == VALIDATE_REPLY && schema->property_count && !schema->additional);
	const char *name;
	json_t *member;
	json_object_foreach((json_t *)(uintptr_t)value, name, member)
	{
		const struct schema *inner = member_schema(schema, name);
		if (inner && partial && json_is_null(member))
			continue;
		if (inner)
			check_value(run, inner, member, pointer_member(run->arena, pointer, name));
		else if (closed)
			fault(run, pointer_member(run->arena, pointer, name), "unknown_member",
			      "不认识的成员", "is not a member of this object");
	}
}

static void check_array(struct validation_run *run, const struct schema *schema, const json_t *value,
			const char *pointer)
{
	int64_t count = (int64_t)json_array_size(value);
	if (schema->max_items >= 0 && count > schema->max_items) {
		fault(run, pointer, "max_items",
		      arena_printf(run->arena, "最多 %lld 项", (long long)schema->max_items),
		      arena_printf(run->arena, "at most %lld items", (long long)schema->max_items));
		return;
	}
	if (schema->min_items >= 0 && count < schema->min_items)
		fault(run, pointer, "min_items",
		      arena_printf(run->arena, "至少 %lld 项", (long long)schema->min_items),
		      arena_printf(run->arena, "at least %lld items", (long long)schema->min_items));
	bool outside = run->in_array;
	run->in_array = true;
	size_t index;
	json_t *item;
	json_array_foreach(value, index, item)
	{
		if (schema->items)
			check_value(run, schema->items, item,
				    arena_printf(run->arena, "%s/%zu", pointer, index));
		if (!schema->unique_items)
			continue;
		for (size_t other = 0; other < index; other++) {
			if (!json_equal(item, json_array_get(value, other)))
				continue;
			fault(run, arena_printf(run->arena, "%s/%zu", pointer, index), "unique_items",
			      arena_printf(run->arena, "与第 %zu 项重复", other + 1),
			      arena_printf(run->arena, "repeats item %zu", other + 1));
			break;
		}
	}
	run->in_array = outside;
}

static int count_faults(const struct validation_run *run, const struct schema *schema, const json_t *value,
			const char *pointer, struct problem **problem)
{
	struct validation_run trial = *run;
	trial.problem = problem;
	trial.faults = 0;
	check_value(&trial, schema, value, pointer);
	return trial.faults;
}

/* Whether a constant member ("kind": "…") of the branch says that the value is meant for it. */
static bool branch_is_meant(const struct schema *branch, const json_t *value)
{
	for (size_t i = 0; i < branch->property_count; i++) {
		const struct schema *inner = branch->properties[i].schema;
		const char *text = json_string_value(json_object_get(value, branch->properties[i].name));
		if (text && inner->enumeration && inner->enumeration[0] && !inner->enumeration[1] &&
		    strcmp(inner->enumeration[0], text) == 0)
			return true;
	}
	return false;
}

/* Exactly one branch must hold. When none does, the faults told are those of the branch that was meant, else
 * of the nearest. */
static void check_one_of(struct validation_run *run, const struct schema *schema, const json_t *value,
			 const char *pointer)
{
	int matches = 0, least = INT32_MAX;
	const struct schema *nearest = NULL;
	for (const struct schema *const *branch = schema->one_of; *branch; branch++) {
		struct problem *ignored = NULL;
		int faults = count_faults(run, *branch, value, pointer, &ignored);
		matches += faults == 0;
		if (branch_is_meant(*branch, value))
			faults = -1;
		if (faults < least) {
			least = faults;
			nearest = *branch;
		}
	}
	if (matches == 1)
		return;
	if (matches > 1 || !nearest)
		fault(run, pointer, "one_of", "应恰好符合一种形式",
		      "must have exactly one of the described forms");
	else
		check_value(run, nearest, value, pointer);
}

static void check_value(struct validation_run *run, const struct schema *schema, const json_t *value,
			const char *pointer)
{
	if (schema->one_of)
		check_one_of(run, schema, value, pointer);
	if (schema->types && !(schema->types & type_of(value))) {
		const char *names = type_names(run->arena, schema->types);
		fault(run, pointer, "type", arena_printf(run->arena, "类型应为 %s", names),
		      arena_printf(run->arena, "must be of type %s", names));
		return;
	}
	if (json_is_object(value))
		check_object(run, schema, value, pointer);
	else if (json_is_array(value))
		check_array(run, schema, value, pointer);
	else if (json_is_string(value))
		check_string(run, schema, pointer, json_string_value(value));
	else if (json_is_integer(value))
		check_integer(run, schema, pointer, json_integer_value(value));
	else if (json_is_real(value))
		check_real(run, schema, pointer, json_real_value(value));
}

void validate_json(struct arena *arena, const struct schema *schema, const json_t *value,
		   enum validation mode, struct problem **problem)
{
	struct validation_run run = {.arena = arena, .mode = mode, .problem = problem};
	check_value(&run, schema, value, "#");
}

static bool integer_parse(const char *text, int64_t *ret)
{
	const char *digits = text + (*text == '-');
	size_t length = strlen(digits);
	if (length == 0 || length > 19 || strspn(digits, "0123456789") != length ||
	    (digits[0] == '0' && length > 1))
		return false;
	errno = 0;
	long long value = strtoll(text, NULL, 10);
	if (errno)
		return false;
	*ret = value;
	return true;
}

void validate_text(struct arena *arena, const struct schema *schema, const char *where, const char *text,
		   struct problem **problem)
{
	/* The keywords report like those of a body; the parameter's name then takes the place of the pointer.
	 */
	struct problem *found = NULL;
	struct validation_run run = {.arena = arena, .mode = VALIDATE_REQUEST, .problem = &found};
	int64_t integer;
	if (schema->types & SCHEMA_INTEGER) {
		if (integer_parse(text, &integer))
			check_integer(&run, schema, NULL, integer);
		else
			fault(&run, NULL, "type", "应为整数", "must be an integer");
	} else if (schema->types & SCHEMA_BOOLEAN) {
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			fault(&run, NULL, "type", "应为 true 或 false", "must be true or false");
	} else {
		check_string(&run, schema, NULL, text);
	}
	if (!found)
		return;
	if (!*problem)
		*problem = problem_new(arena, PROBLEM_invalid_request, NULL, NULL);
	for (struct problem_error *error = found->errors; error; error = error->next)
		problem_error(arena, *problem, NULL, error->code, NULL,
			      arena_printf(arena, "参数 %s：%s", where, error->detail_zh),
			      arena_printf(arena, "parameter %s: %s", where, error->detail_en));
}
