/* Dates and instants. A date is a legal day in Asia/Shanghai; an instant is microseconds since 1970 UTC.
   Everything here is pure; "now" comes from clock.h, and only the composition root and the request read it.
 */
#ifndef DATE_H
#define DATE_H

#include <stdbool.h>
#include <stdint.h>

struct date {
	int16_t year;
	int8_t month, day; /* 1..12, 1..31; year 0 = no date */
};

struct instant {
	int64_t microseconds;
};

#define DATE_TEXT    11 /* "2015-05-19" and the zero byte */
#define INSTANT_TEXT 30 /* "2015-05-19T09:00:00.000+08:00" and the zero byte */

/* date_parse - "2015-05-19", a real day of the Gregorian calendar, nothing else; false otherwise. */
bool date_parse(const char *text, struct date *ret);
const char *date_format(struct date date, char text[DATE_TEXT]);
bool date_is_set(struct date date);

/* date_compare - negative, zero, positive as a is before, on, after b. */
int date_compare(struct date a, struct date b);
int32_t date_days(struct date date); /* days since 1970-01-01 */
struct date date_from_days(int32_t days);
struct date date_add_days(struct date date, int days);

/* date_add_years - same month and day, clamped to the month's end (article 15; Civil Code art. 202). */
struct date date_add_years(struct date date, int years);
struct date date_add_months(struct date date, int months);

/* date_weekday - 1 = Monday .. 7 = Sunday. */
int date_weekday(struct date date);

/* A calendar of working days: overrides sorted by date; a day without a row is a working day from Monday to
 * Friday. */
struct calendar_day {
	struct date date;
	bool is_workday;
};
struct calendar {
	const struct calendar_day *days;
	int count;
};
bool calendar_is_workday(const struct calendar *calendar, struct date date);

/* calendar_add_workdays - the n-th working day after the date (the first day is not counted, Civil Code art.
 * 201). */
struct date calendar_add_workdays(const struct calendar *calendar, struct date date, int n);

/* calendar_roll - the date itself, or the next working day when it is none (AL-08). */
struct date calendar_roll(const struct calendar *calendar, struct date date);

/* instant_parse - RFC 3339 with any offset. */
bool instant_parse(const char *text, struct instant *ret);

/* instant_format - the one form on the wire, in +08:00 with milliseconds. */
const char *instant_format(struct instant instant, char text[INSTANT_TEXT]);

/* instant_date - the legal day in Asia/Shanghai (+08:00 for every day in scope). */
struct date instant_date(struct instant instant);

#endif
