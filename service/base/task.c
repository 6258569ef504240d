/* Stacks and the changes between them, the workers, and the queue back to the loop.

   The first change to a new stack is by ucontext, all later ones by setjmp and longjmp, for swapcontext asks
   the kernel for the signal mask each time. A stack and what runs on it are kept for the next task. The
   sanitizers are told of each change: they keep a stack and a history per thread otherwise. */

/* The checked longjmp takes a jump to another stack for an error. */
#undef _FORTIFY_SOURCE

#include "task.h"

#include "clock.h"
#include "memory.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

#define STACK_SIZE     ((size_t)1024 * 1024) /* address space; memory only as far as it is used */
#define GUARD_SIZE     ((size_t)4096)
#define FIBERS_KEPT    64
#define WORKER_REST_MS 100   /* without work, until a worker gives back what it keeps of freed memory */
#define WORKER_IDLE_MS 10000 /* from then on, until it ends */

/* A stack with the place where the work on it stopped. */
struct fiber {
	char *stack;
	ucontext_t start;
	sigjmp_buf self, back;
	bool has_started;
	struct task *task;
	struct fiber *next;
#ifdef __SANITIZE_ADDRESS__
	void *fake_stack, *back_fake_stack;
	const void *back_stack;
	size_t back_size;
#endif
#ifdef __SANITIZE_THREAD__
	void *history, *back_history;
#endif
};

enum task_state { TASK_RUNS, TASK_WAITS, TASK_LEAVES, TASK_HAS_ENDED };

struct task {
	task_fn *work, *left, *done;
	void *context;
	struct fiber *fiber; /* NULL: the work runs on the stack of a worker */
	enum task_state state;
	struct task *next;
};

struct queue {
	struct task *first, **last;
};

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t work, gone;
	struct queue waiting, ended;
	int waiting_count, idle, workers, workers_max;
	bool stopping;
	int fd;
	/* of the loop's thread alone */
	struct fiber *fibers; /* free ones */
	struct queue leaving;
	int fiber_count, open, waiting_here;
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER, .gone = PTHREAD_COND_INITIALIZER, .fd = -1};

static _Thread_local struct task *running;
static _Thread_local bool is_loop;

static void queue_add(struct queue *queue, struct task *task)
{
	task->next = NULL;
	*queue->last = task;
	queue->last = &task->next;
}

static struct task *queue_take(struct queue *queue)
{
	struct task *task = queue->first;
	queue->first = task->next;
	if (!queue->first)
		queue->last = &queue->first;
	return task;
}

/* ---- changing stacks ---- */

#ifdef __SANITIZE_ADDRESS__
static void tell_entering(struct fiber *fiber)
{
	__sanitizer_start_switch_fiber(&fiber->back_fake_stack, fiber->stack + GUARD_SIZE, STACK_SIZE);
}

static void tell_back(struct fiber *fiber)
{
	__sanitizer_finish_switch_fiber(fiber->back_fake_stack, NULL, NULL);
}

static void tell_entered(struct fiber *fiber)
{
	__sanitizer_finish_switch_fiber(fiber->fake_stack, &fiber->back_stack, &fiber->back_size);
}

static void tell_leaving(struct fiber *fiber)
{
	__sanitizer_start_switch_fiber(&fiber->fake_stack, fiber->back_stack, fiber->back_size);
}
#elif defined __SANITIZE_THREAD__
static void tell_entering(struct fiber *fiber)
{
	if (!fiber->history)
		fiber->history = __tsan_create_fiber(0);
	fiber->back_history = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(fiber->history, 0);
}

static void tell_back(struct fiber *fiber)
{
	(void)fiber;
}

static void tell_entered(struct fiber *fiber)
{
	(void)fiber;
}

static void tell_leaving(struct fiber *fiber)
{
	__tsan_switch_to_fiber(fiber->back_history, 0);
}
#else
static void tell_entering(struct fiber *fiber)
{
	(void)fiber;
}

static void tell_back(struct fiber *fiber)
{
	(void)fiber;
}

static void tell_entered(struct fiber *fiber)
{
	(void)fiber;
}

static void tell_leaving(struct fiber *fiber)
{
	(void)fiber;
}
#endif

/* step_out - from the work back to whoever entered it. Returns when it is entered again, perhaps on another
   thread. */
static void step_out(struct fiber *fiber)
{
	if (sigsetjmp(fiber->self, 0) == 0) {
		tell_leaving(fiber);
		siglongjmp(fiber->back, 1);
	}
	tell_entered(fiber);
}

/* The address of a fiber in two halves: makecontext passes nothing wider than int. */
static void fiber_main(unsigned int high, unsigned int low)
{
	struct fiber *fiber = (struct fiber *)((uintptr_t)high << 32 | low);
	tell_entered(fiber);
	for (;;) {
		fiber->task->work(fiber->task->context);
		fiber->task->state = TASK_HAS_ENDED;
		step_out(fiber);
	}
}

/* jump_in - on to where the work stopped, or to its start. Never returns. */
static void jump_in(struct fiber *fiber)
{
	tell_entering(fiber);
	if (fiber->has_started)
		siglongjmp(fiber->self, 1);
	fiber->has_started = true;
	setcontext(&fiber->start);
	abort();
}

/* enter - run the task on this thread until it steps out. */
static void enter(struct task *task)
{
	struct fiber *fiber = task->fiber;
	running = task;
	task->state = TASK_RUNS;
	if (sigsetjmp(fiber->back, 0) == 0)
		jump_in(fiber);
	tell_back(running->fiber);
	running = NULL;
}

/* ---- fibers ---- */

static void prepare_start(struct fiber *fiber)
{
	uintptr_t address = (uintptr_t)fiber;
	getcontext(&fiber->start);
	fiber->start.uc_stack.ss_sp = fiber->stack + GUARD_SIZE;
	fiber->start.uc_stack.ss_size = STACK_SIZE;
	fiber->start.uc_link = NULL;
	makecontext(&fiber->start, (void (*)(void))fiber_main, 2, (unsigned int)(address >> 32),
		    (unsigned int)address);
}

static struct fiber *fiber_new(void)
{
	struct fiber *fiber = state.fibers;
	if (fiber) {
		state.fibers = fiber->next;
		state.fiber_count--;
		return fiber;
	}
	fiber = calloc(1, sizeof *fiber);
	if (!fiber)
		abort();
	fiber->stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (fiber->stack == MAP_FAILED || mprotect(fiber->stack, GUARD_SIZE, PROT_NONE) != 0)
		abort();
	prepare_start(fiber);
	return fiber;
}

static void fiber_unmake(struct fiber *fiber)
{
#ifdef __SANITIZE_THREAD__
	if (fiber->history)
		__tsan_destroy_fiber(fiber->history);
#endif
	munmap(fiber->stack, GUARD_SIZE + STACK_SIZE);
	free(fiber);
}

static void fiber_free(struct fiber *fiber)
{
	if (state.fiber_count == FIBERS_KEPT) {
		fiber_unmake(fiber);
		return;
	}
	fiber->next = state.fibers;
	state.fibers = fiber;
	state.fiber_count++;
}

static void task_free(struct task *task)
{
	if (task->fiber)
		fiber_free(task->fiber);
	state.open--;
	free(task);
}

/* ---- workers ---- */

/* wake - with the mutex held. */
static void wake(void)
{
	uint64_t one = 1;
	while (state.fd >= 0 && write(state.fd, &one, sizeof one) < 0 && errno == EINTR) {
	}
}

void tasks_wake(void)
{
	pthread_mutex_lock(&state.mutex);
	wake();
	pthread_mutex_unlock(&state.mutex);
}

static void task_end(struct task *task)
{
	bool was_empty = !state.ended.first;
	queue_add(&state.ended, task);
	if (was_empty)
		wake();
}

/* wait_for_task - false when there is none by then. */
static bool wait_for_task(int milliseconds)
{
	state.idle++;
	bool in_time = clock_wait(&state.work, &state.mutex, milliseconds);
	state.idle--;
	return in_time || state.waiting.first;
}

/* rest - what the last tasks freed is for others. Not with the mutex, for it takes a moment. */
static void rest(void)
{
	pthread_mutex_unlock(&state.mutex);
	memory_rest();
	pthread_mutex_lock(&state.mutex);
}

/* The next task, or NULL when there has been none for a while; the last worker stays. */
static struct task *next_task(void)
{
	bool rests = false;
	while (!state.waiting.first) {
		if (state.stopping)
			return NULL;
		if (wait_for_task(rests ? WORKER_IDLE_MS : WORKER_REST_MS))
			continue;
		if (rests && state.workers > 1)
			return NULL;
		if (!rests)
			rest();
		rests = true;
	}
	state.waiting_count--;
	return queue_take(&state.waiting);
}

static void *work(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&state.mutex);
	for (struct task *task; (task = next_task());) {
		pthread_mutex_unlock(&state.mutex);
		if (task->fiber)
			enter(task);
		else
			task->work(task->context);
		pthread_mutex_lock(&state.mutex);
		task_end(task);
	}
	state.workers--;
	pthread_cond_signal(&state.gone);
	pthread_mutex_unlock(&state.mutex);
	return NULL;
}

static void worker_new(void)
{
	pthread_t thread;
	pthread_attr_t how;
	pthread_attr_init(&how);
	pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&how, STACK_SIZE);
	if (pthread_create(&thread, &how, work, NULL) == 0)
		state.workers++;
	else if (state.workers == 0)
		abort();
	pthread_attr_destroy(&how);
}

static void hand_over(struct task *task)
{
	pthread_mutex_lock(&state.mutex);
	queue_add(&state.waiting, task);
	state.waiting_count++;
	if (state.waiting_count > state.idle && state.workers < state.workers_max)
		worker_new();
	pthread_cond_signal(&state.work);
	pthread_mutex_unlock(&state.mutex);
}

/* ---- the loop's thread ---- */

/* advance - enter the task on the loop's thread; true when it has ended. */
static bool advance(struct task *task)
{
	enter(task);
	if (task->state == TASK_HAS_ENDED)
		return true;
	if (task->state == TASK_LEAVES)
		queue_add(&state.leaving, task);
	else
		state.waiting_here++;
	return false;
}

static struct task *task_new(task_fn *work_fn, task_fn *left, task_fn *done, void *context)
{
	struct task *task = calloc(1, sizeof *task);
	if (!task)
		abort();
	task->work = work_fn;
	task->left = left;
	task->done = done;
	task->context = context;
	state.open++;
	return task;
}

bool task_start(task_fn *work_fn, task_fn *left, task_fn *done, void *context)
{
	struct task *task = task_new(work_fn, left, done, context);
	task->fiber = fiber_new();
	task->fiber->task = task;
	bool has_ended = advance(task);
	if (has_ended)
		task_free(task);
	return has_ended;
}

void task_run_elsewhere(task_fn *work_fn, task_fn *done, void *context)
{
	hand_over(task_new(work_fn, NULL, done, context));
}

void task_resume(struct task *task)
{
	state.waiting_here--;
	if (!advance(task))
		return;
	task->done(task->context);
	task_free(task);
}

void tasks_send_off(void)
{
	while (state.leaving.first) {
		struct task *task = queue_take(&state.leaving);
		task->left(task->context);
		hand_over(task);
	}
}

int tasks_waiting(void)
{
	return state.waiting_here;
}

void tasks_turn(void)
{
	uint64_t count;
	while (read(state.fd, &count, sizeof count) < 0 && errno == EINTR) {
	}
	pthread_mutex_lock(&state.mutex);
	struct task *task = state.ended.first;
	state.ended = (struct queue){NULL, &state.ended.first};
	pthread_mutex_unlock(&state.mutex);
	for (struct task *next; task; task = next) {
		next = task->next;
		task->done(task->context);
		task_free(task);
	}
}

int tasks_fd(void)
{
	return state.fd;
}

void tasks_enter(void)
{
	is_loop = true;
}

bool tasks_is_loop(void)
{
	return is_loop;
}

int tasks_open(void)
{
	return state.open;
}

/* ---- of the task that runs ---- */

struct task *task_on_loop(void)
{
	return is_loop ? running : NULL;
}

void task_wait(void)
{
	struct task *task = running;
	task->state = TASK_WAITS;
	step_out(task->fiber);
}

void task_leave(void)
{
	struct task *task = task_on_loop();
	if (!task)
		return;
	task->state = TASK_LEAVES;
	step_out(task->fiber);
}

/* ---- start and stop ---- */

void tasks_start(int workers)
{
	pthread_cond_init(&state.work, NULL);
	state.waiting = (struct queue){NULL, &state.waiting.first};
	state.ended = (struct queue){NULL, &state.ended.first};
	state.leaving = (struct queue){NULL, &state.leaving.first};
	state.workers_max = workers;
	state.stopping = false;
	state.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (state.fd < 0)
		abort();
}

void tasks_stop(void)
{
	pthread_mutex_lock(&state.mutex);
	state.stopping = true;
	pthread_cond_broadcast(&state.work);
	while (state.workers > 0)
		pthread_cond_wait(&state.gone, &state.mutex);
	close(state.fd);
	state.fd = -1;
	pthread_mutex_unlock(&state.mutex);
	pthread_cond_destroy(&state.work);
	for (struct fiber *fiber; (fiber = state.fibers);) {
		state.fibers = fiber->next;
		fiber_unmake(fiber);
	}
	state.fiber_count = 0;
}
