/* Article 11: the files of an application. Pure; the guards, the demo and the seed share it. */
#ifndef ARTICLE_11_H
#define ARTICLE_11_H

enum { FILE_KINDS = 11 };

/* The unit's sealed opinion, which the application does not begin with. */
#define FILE_OPINION "recommender_opinion"

/* file_kind - one of the FILE_KINDS kinds of attachments that a whole application is sent in with. */
const char *file_kind(int number);

#endif
