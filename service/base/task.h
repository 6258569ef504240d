/* Tasks: pieces of work that can wait without holding the thread they began on.

   A task has a stack of its own. It begins on the thread of the event loop, where it may wait for the loop
   (task_wait, task_resume) but must not block: everybody else would wait with it. Before it does anything
   that blocks it leaves (task_leave) for a worker's thread and stays there to its end. So the code of an
   operation is written as if it had a thread to itself, and only the few places that wait know of this.

   One loop per process. A function that calls task_leave or task_wait, directly or not, may return on another
   thread: it must keep no address of thread-local data (errno among them) and no mutex across the call. */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>

typedef void task_fn(void *context);

struct task;

/* tasks_start - at most so many workers at a time; they begin when they are needed and end when idle.
   tasks_stop - wait for the workers; no task may be left. */
void tasks_start(int workers);
void tasks_stop(void);

/* tasks_fd - readable when there is something for tasks_turn. tasks_wake - make it so, from any thread. */
int tasks_fd(void);
void tasks_wake(void);

/* tasks_enter - the caller's thread is the loop's from now on. */
void tasks_enter(void);

/* From here to task_on_loop all is for the loop's thread alone. tasks_turn - call done of what has ended on
   the workers. tasks_send_off - off to the workers with those that want to leave, outside of whatever they
   were started in. */
void tasks_turn(void);
void tasks_send_off(void);

/* tasks_open - how many have begun and are not done. */
int tasks_open(void);

/* tasks_waiting - how many of them wait for the loop. */
int tasks_waiting(void);

/* tasks_is_loop - whether the caller's thread is the loop's. */
bool tasks_is_loop(void);

/* task_start - run the work until it waits, leaves or ends. True when it has ended; else done is called when
   it ends, by tasks_turn or task_resume. left is called by tasks_send_off before it goes on elsewhere. */
bool task_start(task_fn *work, task_fn *left, task_fn *done, void *context);

/* task_run_elsewhere - run the work on a worker's thread, and done on the loop's. */
void task_run_elsewhere(task_fn *work, task_fn *done, void *context);

/* task_on_loop - the task that runs here on the loop's thread, where it must not block, or NULL. */
struct task *task_on_loop(void);

/* task_wait - until task_resume, both on the loop's thread. */
void task_wait(void);
void task_resume(struct task *task);

/* task_leave - go on on a worker's thread. Does nothing for whoever is not on the loop's. */
void task_leave(void);

#endif
