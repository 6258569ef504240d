/* Public card: the answers about an alliance that are the same for everybody (its public card, its status),
   given from memory. What stands for whom is decided here: the card of a caller with an account may hold more
   and is never kept; a status is the same for all.

   Never older than a commit that this instance acknowledged (public_card_changed or, for one that another
   may have made, public_card_replayed is called before the reply leaves). Never older than bound_ms against
   other writers; while nothing is heard of them, it is off. */
#ifndef PUBLIC_CARD_H
#define PUBLIC_CARD_H

#include "public_cache.h"
#include "request.h"

enum public_kind { PUBLIC_CARD, PUBLIC_STATUS };

struct public_card_options {
	const char *conninfo; /* lives as long as the service */
	int mebibytes;        /* 0 = off */
	int bound_ms;         /* how old against the commits of others */
	int64_t commit_ms;    /* how long after it was given up a commit may still come: pool_commit_ms */
	int life_seconds;     /* of an answer, for what changed without anybody telling (triggers off) */
};

MUST_CHECK struct problem *public_card_start(struct arena *arena, const struct public_card_options *options);
void public_card_stop(void);

/* An answer that is being read; of public_card_give for public_card_keep. */
struct public_reading {
	struct public_key key;
	struct public_ticket ticket;
};

/* public_card_serves - whether the answers to this operation may come from memory for a stranger. */
bool public_card_serves(const struct operation *op);

/* public_card_give - answer the request from memory; false when it has to be read. Name: id or number. */
bool public_card_give(struct request *rq, enum public_kind kind, const char *name,
		      struct public_reading *ret);

/* public_card_keep - what the request now answers serves the next ones. */
void public_card_keep(struct request *rq, const struct public_reading *reading);

/* public_card_changed - for pool_options: forget these names, NULL = all. */
void public_card_changed(const char *names);

/* public_card_replayed - a write is acknowledged that an earlier call made. That call may have been another
   instance's: nothing is given until all is heard that was told before now. Nothing is forgotten for it, for
   anybody with a key may have his write acknowledged again and again. But its commit may have been of unknown
   fate here and have come after what was forgotten for it: then all is forgotten once more. A commit that
   comes at last is heard of as those of other instances are, so one that took longer than commit_ms is only
   told of bound_ms late. */
void public_card_replayed(void);

struct public_counts public_card_count(void);

#endif
