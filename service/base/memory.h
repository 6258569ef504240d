/* Memory: how much of what was freed stays with the process. It allocates nothing and counts nothing. */
#ifndef MEMORY_H
#define MEMORY_H

/* memory_give_back - hand the pages of freed memory to the system; for a thread that comes by now and then.
 */
void memory_give_back(void);

/* memory_rest - let others have the freed pieces that this thread keeps; for one that has nothing to do. */
void memory_rest(void);

#endif
