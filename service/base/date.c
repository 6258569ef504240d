/* Calendar arithmetic on the proleptic Gregorian calendar; days are counted from 1970-01-01 as in the
   civil-day algorithms of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms". */
#include "date.h"

#include <stdlib.h>
#include <string.h>

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool digits(const char *text, int count, int *ret)
{
	int value = 0;
	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*ret = value;
	return true;
}

static struct date date_make(int year, int month, int day)
{
	return (struct date){(int16_t)year, (int8_t)month, (int8_t)day};
}

/* The ten characters of a date at the start of the text. */
static bool date_prefix(const char *text, struct date *ret)
{
	int year, month, day;
	if (strnlen(text, 10) < 10 || !digits(text, 4, &year) || text[4] != '-' ||
	    !digits(text + 5, 2, &month) || text[7] != '-' || !digits(text + 8, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return false;
	*ret = date_make(year, month, day);
	return true;
}

bool date_parse(const char *text, struct date *ret)
{
	return text && strlen(text) == 10 && date_prefix(text, ret);
}

/* put - the number in that many digits, then the separator; returns the place behind. */
static char *put(char *place, int value, int count, char separator)
{
	for (int i = count - 1; i >= 0; i--, value /= 10)
		place[i] = (char)('0' + value % 10);
	place[count] = separator;
	return place + count + 1;
}

const char *date_format(struct date date, char text[DATE_TEXT])
{
	char *place = put(text, date.year, 4, '-');
	place = put(place, date.month, 2, '-');
	put(place, date.day, 2, '\0');
	return text;
}

bool date_is_set(struct date date)
{
	return date.year != 0;
}

int date_compare(struct date a, struct date b)
{
	if (a.year != b.year)
		return a.year - b.year;
	if (a.month != b.month)
		return a.month - b.month;
	return a.day - b.day;
}

int32_t date_days(struct date date)
{
	int year = date.year - (date.month <= 2);
	int era = year / 400;
	int year_of_era = year - era * 400;
	int day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

struct date date_from_days(int32_t days)
{
	int shifted = days + 719468;
	int era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int day_of_era = shifted - era * 146097;
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int shifted_month = (5 * day_of_year + 2) / 153;
	int day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
	int month = shifted_month + (shifted_month < 10 ? 3 : -9);
	return date_make(year_of_era + era * 400 + (month <= 2), month, day);
}

struct date date_add_days(struct date date, int days)
{
	return date_from_days(date_days(date) + days);
}

struct date date_add_months(struct date date, int months)
{
	int index = date.year * 12 + (date.month - 1) + months;
	int year = index / 12, month = index % 12 + 1;
	int last = month_days(year, month);
	return date_make(year, month, date.day < last ? date.day : last);
}

struct date date_add_years(struct date date, int years)
{
	return date_add_months(date, years * 12);
}

int date_weekday(struct date date)
{
	return ((date_days(date) + 3) % 7 + 7) % 7 + 1; /* 1970-01-01 was a Thursday */
}

static int calendar_order(const void *key, const void *row)
{
	return date_compare(*(const struct date *)key, ((const struct calendar_day *)row)->date);
}

bool calendar_is_workday(const struct calendar *calendar, struct date date)
{
	if (calendar && calendar->count) {
		const struct calendar_day *day = bsearch(&date, calendar->days, (size_t)calendar->count,
							 sizeof *calendar->days, calendar_order);
		if (day)
			return day->is_workday;
	}
	return date_weekday(date) <= 5;
}

struct date calendar_add_workdays(const struct calendar *calendar, struct date date, int n)
{
	while (n > 0) {
		date = date_add_days(date, 1);
		if (calendar_is_workday(calendar, date))
			n--;
	}
	return date;
}

struct date calendar_roll(const struct calendar *calendar, struct date date)
{
	while (!calendar_is_workday(calendar, date))
		date = date_add_days(date, 1);
	return date;
}

/* "Z" or "+08:00" at the end of an instant. */
static bool zone_parse(const char *text, int *ret_minutes)
{
	int hours, minutes;
	if (!strcmp(text, "Z") || !strcmp(text, "z")) {
		*ret_minutes = 0;
		return true;
	}
	if ((*text != '+' && *text != '-') || strlen(text) != 6 || !digits(text + 1, 2, &hours) ||
	    text[3] != ':' || !digits(text + 4, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = (hours * 60 + minutes) * (*text == '-' ? -1 : 1);
	return true;
}

bool instant_parse(const char *text, struct instant *ret)
{
	struct date date;
	int hour, minute, second, zone;
	if (!text || strnlen(text, 20) < 20 || !date_prefix(text, &date) ||
	    (text[10] != 'T' && text[10] != 't') || !digits(text + 11, 2, &hour) || text[13] != ':' ||
	    !digits(text + 14, 2, &minute) || text[16] != ':' || !digits(text + 17, 2, &second) ||
	    hour > 23 || minute > 59 || second > 59)
		return false;
	const char *rest = text + 19;
	int64_t fraction = 0, scale = 100000;
	if (*rest == '.') {
		rest++;
		if (*rest < '0' || *rest > '9')
			return false;
		for (; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
			fraction += (*rest - '0') * scale;
	}
	if (!zone_parse(rest, &zone))
		return false;
	int64_t seconds = (int64_t)date_days(date) * 86400 + hour * 3600 + minute * 60 + second - zone * 60;
	ret->microseconds = seconds * 1000000 + fraction;
	return true;
}

enum { SHANGHAI_SECONDS = 8 * 3600 };

static int64_t floor_divide(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

struct date instant_date(struct instant instant)
{
	return date_from_days(
		(int32_t)floor_divide(floor_divide(instant.microseconds, 1000000) + SHANGHAI_SECONDS, 86400));
}

const char *instant_format(struct instant instant, char text[INSTANT_TEXT])
{
	int64_t milliseconds = floor_divide(instant.microseconds, 1000) + SHANGHAI_SECONDS * 1000LL;
	int64_t days = floor_divide(milliseconds, 86400000);
	int rest = (int)(milliseconds - days * 86400000);
	date_format(date_from_days((int32_t)days), text);
	text[DATE_TEXT - 1] = 'T';
	char *place = put(text + DATE_TEXT, rest / 3600000, 2, ':');
	place = put(place, rest / 60000 % 60, 2, ':');
	place = put(place, rest / 1000 % 60, 2, '.');
	place = put(place, rest % 1000, 3, '+');
	memcpy(place, "08:00", 6);
	return text;
}
