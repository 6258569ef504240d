/* One turn: what the workers ended, what the database sent, what the clients sent, and off with the reads
   that came of it. */
#include "loop.h"

#include "clock.h"
#include "log.h"
#include "task.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WAIT_MS       1000 /* at most, between two looks at who is late */
#define PENDING_MS    1 /* while tasks wait here: the library has their connections asked again and again */
#define TAKE_MS       1000 /* at most, to take what the kernel has accepted */

#define EVENTS        64
#define UNFLUSHED_MAX 16 /* turns */
#define NICE          (-15)
#define SLICE_NS      100000

struct lane_of_loop {
	struct loop_lane *lane;
	bool has_news; /* of the database */
};

struct loop {
	struct MHD_Daemon *daemon; /* NULL: not started */
	struct loop_hooks hooks;
	struct lane_of_loop lanes[LOOP_LANES];
	pthread_t thread;
	int epoll;
	bool is_moving;
	int unflushed;              /* turns */
	atomic_int_fast64_t end_by; /* when the last must be answered, monotonic; 0: nobody has said to end */
	atomic_bool is_ending;
	bool is_answered; /* of those in flight at the end, each */
};

/* What the epoll's events are told apart by. */
static char of_daemon, of_tasks, of_lanes[LOOP_LANES];

static bool watch(struct loop *loop, int fd, uint32_t what, void *token)
{
	struct epoll_event event = {.events = what, .data.ptr = token};
	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int wait_ms(const struct loop *loop, int longest)
{
	MHD_UNSIGNED_LONG_LONG left;
	if (MHD_get_timeout(loop->daemon, &left) != MHD_YES || left > (MHD_UNSIGNED_LONG_LONG)longest)
		left = (MHD_UNSIGNED_LONG_LONG)longest;
	return left == 0 && tasks_waiting() > 0 ? PENDING_MS : (int)left;
}

static void dispatch(struct loop *loop, void *token)
{
	if (token == &of_daemon)
		return;
	for (int i = 0; i < LOOP_LANES; i++) {
		if (token == &of_lanes[i]) {
			loop->lanes[i].has_news = true;
			return;
		}
	}
	if (token == &of_tasks)
		tasks_turn();
	else
		loop->hooks.hung_up(token);
}

/* flush - what was logged goes out before a wait, or after some turns without one: together it costs less. */
static void flush(struct loop *loop)
{
	log_flush();
	loop->unflushed = 0;
}

static void wait_for_events(struct loop *loop, int longest)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(loop->epoll, events, EVENTS, 0);
	if (count > 0 || loop->is_moving) {
		if (++loop->unflushed >= UNFLUSHED_MAX)
			flush(loop);
	} else {
		flush(loop);
		count = epoll_wait(loop->epoll, events, EVENTS, wait_ms(loop, longest));
	}
	loop->is_moving = false;
	for (int i = 0; i < count; i++)
		dispatch(loop, events[i].data.ptr);
}

static void turn_lanes(struct loop *loop)
{
	for (int i = 0; i < LOOP_LANES; i++) {
		loop_lane_turn(loop->lanes[i].lane, loop->lanes[i].has_news);
		loop->lanes[i].has_news = false;
	}
}

/* turn - waits for no longer than that. */
static void turn(struct loop *loop, int longest)
{
	wait_for_events(loop, longest);
	turn_lanes(loop);
	MHD_run(loop->daemon);
	if (loop->is_moving) {
		loop->is_moving = false;
		MHD_run(loop->daemon);
	}
	turn_lanes(loop);
	tasks_send_off();
	if (loop->hooks.turned())
		loop->is_moving = true;
}

/* The kernel's struct sched_attr, which the C library does not have. */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t slice_ns, deadline_ns, period_ns;
};
#define RESET_ON_FORK UINT64_C(1) /* its SCHED_FLAG_RESET_ON_FORK */

/* come_first - everybody waits for this thread, and it works for moments: it asks for short slices, which the
   kernel gives sooner (6.12 and later), and for precedence where that is allowed and nobody chose otherwise.
   Neither is needed. The workers, which this thread starts, are like everybody else; without that there is no
   precedence. */
static void come_first(void)
{
	struct scheduling mine = {.size = sizeof mine};
	if (syscall(SYS_sched_getattr, 0, &mine, sizeof mine, 0) != 0)
		return;
	mine.slice_ns = SLICE_NS;
	mine.flags |= RESET_ON_FORK;
	if (syscall(SYS_sched_setattr, 0, &mine, 0) == 0 && getpriority(PRIO_PROCESS, 0) == 0)
		setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
}

/* stop_listening - after all that the kernel has accepted was taken, since it would be reset with the socket;
   and what the last of these have sent by then is read, so that it counts as in flight. */
static void stop_listening(struct loop *loop)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_LISTEN_FD);
	struct pollfd queue = {.fd = info->listen_fd, .events = POLLIN};
	int64_t until = clock_monotonic_ms() + TAKE_MS;
	while (poll(&queue, 1, 0) > 0 && clock_monotonic_ms() < until)
		turn(loop, PENDING_MS);
	MHD_socket fd = MHD_quiesce_daemon(loop->daemon);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	turn(loop, 0);
}

/* answer_the_rest - true when nobody is left. */
static bool answer_the_rest(struct loop *loop)
{
	int64_t left = 1;
	while (loop->hooks.is_busy() && left > 0) {
		left = atomic_load(&loop->end_by) - clock_monotonic_ms();
		turn(loop, left <= 0 ? 0 : left < WAIT_MS ? (int)left : WAIT_MS);
	}
	return !loop->hooks.is_busy();
}

static void *run(void *context)
{
	struct loop *loop = context;
	come_first();
	tasks_enter();
	for (int i = 0; i < LOOP_LANES; i++)
		loop_lane_open(loop->lanes[i].lane, loop->epoll, &of_lanes[i]);
	while (!atomic_load(&loop->end_by))
		turn(loop, WAIT_MS);
	stop_listening(loop);
	loop->is_answered = answer_the_rest(loop);
	atomic_store(&loop->is_ending, true); /* here, where nothing is read between the look and this */
	while (tasks_open() > 0)
		turn(loop, WAIT_MS);
	do /* no connection is left waiting, and no stream half closed */
		turn(loop, tasks_open() > 0 ? WAIT_MS : 0);
	while (tasks_open() > 0);
	for (int i = 0; i < LOOP_LANES; i++)
		loop_lane_shut(loop->lanes[i].lane);
	return NULL;
}

struct loop *loop_new(struct pool *pool, const struct loop_hooks *hooks)
{
	struct loop *loop = calloc(1, sizeof *loop);
	if (!loop)
		abort();
	loop->hooks = *hooks;
	for (int i = 0; i < LOOP_LANES; i++)
		loop->lanes[i].lane = db_loop_lane(pool, i);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		abort();
	return loop;
}

void loop_start(struct loop *loop, struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		abort();
	loop->daemon = daemon;
	if (!watch(loop, info->epoll_fd, EPOLLIN, &of_daemon) || !watch(loop, tasks_fd(), EPOLLIN, &of_tasks))
		abort();
	if (pthread_create(&loop->thread, NULL, run, loop) != 0)
		abort();
}

void loop_watch(struct loop *loop, int fd, void *context)
{
	/* without it the deadlines alone end what its client has given up */
	if (!watch(loop, fd, EPOLLRDHUP | EPOLLONESHOT, context))
		log_event(LOG_LEVEL_WARNING, "connection_not_watched", (char *)NULL);
}

void loop_again(struct loop *loop)
{
	loop->is_moving = true;
}

bool loop_is_ending(const struct loop *loop)
{
	return atomic_load(&loop->is_ending);
}

bool loop_stop(struct loop *loop, int64_t milliseconds)
{
	if (!loop->daemon)
		return true;
	atomic_store(&loop->end_by, clock_monotonic_ms() + milliseconds);
	tasks_wake();
	pthread_join(loop->thread, NULL);
	return loop->is_answered;
}

void loop_free(struct loop *loop)
{
	close(loop->epoll);
	free(loop);
}
