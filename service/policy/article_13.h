/* Article 13: the number and the words of an official document. Pure; the guards and the readers share it. */
#ifndef ARTICLE_13_H
#define ARTICLE_13_H

#include "arena.h"
#include "lifecycle.h"

#include <stdbool.h>

/* document_no_is_canonical - "渭科发〔2026〕12号": agency of 2 to 6 characters, year, number without leading
 * zero. */
bool document_no_is_canonical(const char *text);

/* document_no_is_ours - whether the number is of one of the bureau's own series (渭科发, 渭科函, …): every
   agency word that begins with 渭科. */
bool document_no_is_ours(const char *document_no);

/* document_no_year - the year in a canonical number. */
int document_no_year(const char *document_no);

/* document_no_suggest - the canonical form of what was typed (other brackets, full-width digits, 第, leading
   zeros, spaces, no 号); NULL when it cannot be guessed. */
const char *document_no_suggest(struct arena *arena, const char *text);

/* document_draft_judge - DE-06: a draft has a title and a legal basis. */
void document_draft_judge(const char *title, const char *legal_basis, struct findings *findings);

#endif
