/* Tasks: who runs where, in which order, and that what they hold on their stacks outlives every wait. The
   test's thread is the loop's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

struct play {
	struct task *task;
	int sign, step, is_left, is_done;
	bool was_on_loop, is_on_loop;
	pid_t began_on, ended_on,
		done_on; /* not pthread_self, which a compiler asks for once in a function */
};

static atomic_int at_work, at_work_most;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void left(void *context)
{
	struct play *play = context;
	play->is_left++;
}

static void done(void *context)
{
	struct play *play = context;
	play->is_done++;
	play->done_on = gettid();
}

/* Until what has gone to the workers is back. */
static void turn_until_none_is_open(void)
{
	struct pollfd news = {tasks_fd(), POLLIN, 0};
	tasks_send_off();
	while (tasks_open() > 0) {
		assert_int_equal(poll(&news, 1, 10000), 1);
		tasks_turn();
		tasks_send_off();
	}
}

static int start(void **unused)
{
	(void)unused;
	tasks_start(2);
	tasks_enter();
	atomic_store(&at_work, 0);
	atomic_store(&at_work_most, 0);
	return 0;
}

static int stop(void **unused)
{
	(void)unused;
	assert_int_equal(tasks_open(), 0);
	assert_int_equal(tasks_waiting(), 0);
	tasks_stop();
	return 0;
}

static void step(void *context)
{
	struct play *play = context;
	play->step++;
}

static void test_what_does_not_wait_has_ended_at_once(void **unused)
{
	struct play play = {0};
	(void)unused;
	assert_true(task_start(step, left, done, &play));
	assert_int_equal(play.step, 1);
	assert_int_equal(play.is_done, 0);
	assert_int_equal(play.is_left, 0);
	assert_null(task_on_loop());
}

static void wait_twice(void *context)
{
	struct play *play = context;
	char mine[2000];
	play->task = task_on_loop();
	for (play->step = 1; play->step < 3; play->step++) {
		char sign = (char)(play->step + play->sign);
		memset(mine, sign, sizeof mine);
		task_wait();
		for (size_t i = 0; i < sizeof mine; i++)
			if (mine[i] != sign)
				return;
	}
}

static void test_a_task_waits_and_goes_on_where_it_was(void **unused)
{
	struct play play = {0};
	(void)unused;
	assert_false(task_start(wait_twice, left, done, &play));
	assert_int_equal(play.step, 1);
	assert_int_equal(tasks_waiting(), 1);
	task_resume(play.task);
	assert_int_equal(play.step, 2);
	assert_int_equal(play.is_done, 0);
	task_resume(play.task);
	assert_int_equal(play.step, 3);
	assert_int_equal(play.is_done, 1);
	assert_int_equal(tasks_waiting(), 0);
}

/* More than are kept for later, in an order of their own, twice. */
static void test_many_wait_and_none_touches_anothers_stack(void **unused)
{
	enum { MANY = 200 };
	static struct play plays[MANY];
	(void)unused;
	for (int round = 0; round < 2; round++) {
		memset(plays, 0, sizeof plays);
		for (int i = 0; i < MANY; i++) {
			plays[i].sign = i % 100;
			assert_false(task_start(wait_twice, left, done, &plays[i]));
		}
		assert_int_equal(tasks_waiting(), MANY);
		for (int i = 0; i < MANY; i++)
			task_resume(plays[i * 7 % MANY].task);
		for (int i = 0; i < MANY; i++)
			task_resume(plays[i * 3 % MANY].task);
		for (int i = 0; i < MANY; i++) {
			assert_int_equal(plays[i].step, 3);
			assert_int_equal(plays[i].is_done, 1);
		}
	}
}

/* So much of a stack as a deep document takes. */
static int descend(int depth)
{
	volatile char frame[4096];
	frame[0] = (char)depth;
	return depth ? descend(depth - 1) + (frame[0] == (char)depth) : 0;
}

static void go_elsewhere(void *context)
{
	struct play *play = context;
	play->began_on = gettid();
	play->was_on_loop = task_on_loop();
	task_leave();
	task_leave(); /* who has left stays where he is */
	play->is_on_loop = task_on_loop();
	play->step = descend(100);
	play->ended_on = gettid();
}

static void test_who_leaves_ends_on_a_worker_and_is_done_on_the_loop(void **unused)
{
	struct play play = {0};
	(void)unused;
	assert_false(task_start(go_elsewhere, left, done, &play));
	assert_int_equal(play.is_left, 0);
	assert_int_equal(tasks_waiting(), 0);
	turn_until_none_is_open();
	assert_int_equal(play.is_left, 1);
	assert_int_equal(play.is_done, 1);
	assert_int_equal(play.step, 100);
	assert_true(play.was_on_loop);
	assert_false(play.is_on_loop);
	assert_true(play.began_on == gettid());
	assert_false(play.ended_on == gettid());
	assert_true(play.done_on == gettid());
}

static void count_at_work(void *context)
{
	struct play *play = context;
	task_leave();
	int now = atomic_fetch_add(&at_work, 1) + 1, most = atomic_load(&at_work_most);
	while (most < now && !atomic_compare_exchange_weak(&at_work_most, &most, now)) {
	}
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	atomic_fetch_sub(&at_work, 1);
	play->step++;
}

static void test_no_more_workers_than_allowed(void **unused)
{
	enum { MANY = 20 };
	struct play plays[MANY] = {0};
	(void)unused;
	pthread_mutex_lock(&gate);
	for (int i = 0; i < MANY; i++)
		assert_false(task_start(count_at_work, left, done, &plays[i]));
	tasks_send_off();
	while (atomic_load(&at_work) < 2)
		sched_yield();
	pthread_mutex_unlock(&gate);
	turn_until_none_is_open();
	assert_int_equal(atomic_load(&at_work_most), 2);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(plays[i].step, 1);
}

static void note_the_thread(void *context)
{
	struct play *play = context;
	play->was_on_loop = task_on_loop();
	task_leave();
	play->ended_on = gettid();
	play->step++;
}

static void test_work_without_a_stack_of_its_own(void **unused)
{
	struct play play = {0};
	(void)unused;
	task_run_elsewhere(note_the_thread, done, &play);
	turn_until_none_is_open();
	assert_int_equal(play.is_done, 1);
	assert_false(play.was_on_loop);
	assert_int_equal(play.step, 1);
	assert_false(play.ended_on == gettid());
	assert_true(play.done_on == gettid());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_does_not_wait_has_ended_at_once, start, stop),
		cmocka_unit_test_setup_teardown(test_a_task_waits_and_goes_on_where_it_was, start, stop),
		cmocka_unit_test_setup_teardown(test_many_wait_and_none_touches_anothers_stack, start, stop),
		cmocka_unit_test_setup_teardown(test_who_leaves_ends_on_a_worker_and_is_done_on_the_loop,
						start, stop),
		cmocka_unit_test_setup_teardown(test_no_more_workers_than_allowed, start, stop),
		cmocka_unit_test_setup_teardown(test_work_without_a_stack_of_its_own, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
