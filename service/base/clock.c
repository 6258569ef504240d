/* The business clock: true time, or a test's. */
#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum clock_mode { MODE_SYSTEM, MODE_FIXED, MODE_OFFSET };

static struct {
	pthread_mutex_t lock;
	enum clock_mode mode;
	int64_t microseconds; /* the fixed instant, or the offset */
} state = {PTHREAD_MUTEX_INITIALIZER, MODE_SYSTEM, 0};

static int64_t microseconds_of(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* "+P400D" or "-PT3600S"; days and seconds are all an offset needs. */
static bool offset_parse(const char *text, int64_t *ret)
{
	if (*text != '+' && *text != '-')
		return false;
	int64_t sign = *text == '-' ? -1 : 1;
	text++;
	bool seconds = !strncmp(text, "PT", 2);
	if (!seconds && *text != 'P')
		return false;
	text += seconds ? 2 : 1;
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	long long number = strtoll(text, &end, 10);
	if (strcmp(end, seconds ? "S" : "D") || number > 400LL * 365 * 86400)
		return false;
	*ret = sign * number * (seconds ? 1 : 86400) * 1000000;
	return true;
}

static void state_set(enum clock_mode mode, int64_t microseconds)
{
	pthread_mutex_lock(&state.lock);
	state.mode = mode;
	state.microseconds = microseconds;
	pthread_mutex_unlock(&state.lock);
}

bool clock_set(const char *setting)
{
	struct instant instant;
	int64_t offset;
	if (!strcmp(setting, "system")) {
		state_set(MODE_SYSTEM, 0);
		return true;
	}
	if (!strncmp(setting, "fixed:", 6) && instant_parse(setting + 6, &instant)) {
		state_set(MODE_FIXED, instant.microseconds);
		return true;
	}
	if (!strncmp(setting, "offset:", 7) && offset_parse(setting + 7, &offset)) {
		state_set(MODE_OFFSET, offset);
		return true;
	}
	return false;
}

struct instant clock_wall(void)
{
	return (struct instant){microseconds_of(CLOCK_REALTIME)};
}

struct instant clock_now(void)
{
	pthread_mutex_lock(&state.lock);
	enum clock_mode mode = state.mode;
	int64_t microseconds = state.microseconds;
	pthread_mutex_unlock(&state.lock);
	if (mode == MODE_FIXED)
		return (struct instant){microseconds};
	return (struct instant){clock_wall().microseconds + (mode == MODE_OFFSET ? microseconds : 0)};
}

bool clock_is_test(void)
{
	pthread_mutex_lock(&state.lock);
	bool test = state.mode != MODE_SYSTEM;
	pthread_mutex_unlock(&state.lock);
	return test;
}

int64_t clock_monotonic_ms(void)
{
	return microseconds_of(CLOCK_MONOTONIC) / 1000;
}

bool clock_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t milliseconds)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(milliseconds / 1000);
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &until) != ETIMEDOUT;
}
