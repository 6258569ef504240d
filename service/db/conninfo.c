/* Only libpq knows which part of a connection string is the password, and of a URI whose password was not
   encoded not even libpq: in postgresql://u:a/b@h/db it is port and database to it. Such a one gives itself
   away by the @ in a place where none belongs, or by its port. */
#include "conninfo.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <string.h>

#define MASK "******"

static const char *const shown[] = {"host", "hostaddr", "port", "dbname", "user"};
#define SHOWN (sizeof shown / sizeof *shown)

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val;
	return NULL;
}

static bool has_at(const char *value)
{
	return value && strchr(value, '@');
}

/* leads_somewhere - no piece of a password stands where libpq would try to go, and would tell where. A user
   may have an @ in his name, which a URI must encode. */
static bool leads_somewhere(const PQconninfoOption *options)
{
	const char *port = value_of(options, "port");
	const char *host = value_of(options, "host");
	host = host && *host == '@' ? host + 1 : host; /* an abstract socket */
	return !(port && port[strspn(port, "0123456789,")]) && !has_at(host) &&
	       !has_at(value_of(options, "hostaddr")) && !has_at(value_of(options, "dbname"));
}

/* is_plausible - nor in any other option: then those that are shown are what they seem. */
static bool is_plausible(const PQconninfoOption *options)
{
	if (!leads_somewhere(options))
		return false;
	for (; options->keyword; options++)
		if (has_at(options->val) && strcmp(options->keyword, "user") != 0 &&
		    strcmp(options->keyword, "password") != 0)
			return false;
	return true;
}

static void add(struct buffer *buffer, size_t start, const char *name, const char *value)
{
	if (buffer->length > start)
		buffer_char(buffer, ' ');
	buffer_printf(buffer, "%s=%s", name, value);
}

static void describe(struct buffer *buffer, const PQconninfoOption *options)
{
	size_t start = buffer->length;
	for (size_t i = 0; i < SHOWN; i++)
		if (value_of(options, shown[i]))
			add(buffer, start, shown[i], value_of(options, shown[i]));
	if (value_of(options, "password"))
		add(buffer, start, "password", MASK);
}

void conninfo_describe(struct buffer *buffer, const char *conninfo)
{
	if (!*conninfo)
		return;
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	if (options && is_plausible(options))
		describe(buffer, options);
	else
		buffer_text(buffer, MASK);
	PQconninfoFree(options);
}

bool conninfo_is_usable(const char *conninfo)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	bool is_usable = options && leads_somewhere(options);
	PQconninfoFree(options);
	return is_usable;
}
