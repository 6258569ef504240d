/* Text, identifiers and digests: small pure helpers around libunistring, PCRE2 and OpenSSL. */
#ifndef TEXT_H
#define TEXT_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* text_is_utf8 - strict UTF-8 without U+0000. */
bool text_is_utf8(const char *text, size_t length);

/* text_length - code points of valid UTF-8. */
size_t text_length(const char *text);

/* text_is_blank - NULL, empty, or nothing but white space (U+3000 included). */
bool text_is_blank(const char *text);

/* text_is, text_is_one_of - whether the text is there and equals the word, or one of the words up to a NULL.
 */
bool text_is(const char *text, const char *word);
bool text_is_one_of(const char *text, const char *const *words);

/* text_name_key - NFKC, case folded, white space removed: two names with one key are the same name (AP-02).
 */
char *text_name_key(struct arena *arena, const char *name);

#define UUID_TEXT 37
/* uuid_make - a new UUIDv7 (RFC 9562) from wall time and random bits. */
const char *uuid_make(char text[UUID_TEXT]);
bool uuid_is_valid(const char *text); /* canonical lower or upper case form with hyphens */

#define SHA256_HEX 65
const char *sha256_hex(const void *bytes, size_t length, char hex[SHA256_HEX]);
void sha256_bytes(const void *bytes, size_t length, unsigned char digest[32]);

/* random_bytes - cryptographic; aborts when the generator fails. */
void random_bytes(void *bytes, size_t length);

/* random_name - the same for names of requests and rows, faster for few bytes (at most 256). */
void random_name(void *bytes, size_t length);

/* text_fingerprint - tells two states of a text apart; nothing to rely on against somebody who chooses the
 * texts. The same on every machine. */
uint64_t text_fingerprint(const void *bytes, size_t length);

/* random_hex - that many random bytes (at most 32) as hex digits and the zero byte, in text; returns it. */
const char *random_hex(char *text, size_t bytes);

/* base64url without padding. Decoding is strict (no padding, no trailing bits); returns false on anything
 * else. */
char *base64url_encode(struct arena *arena, const void *bytes, size_t length);
bool base64url_decode(struct arena *arena, const char *text, size_t length, unsigned char **ret,
		      size_t *ret_length);

uint32_t crc32_of(const void *bytes, size_t length);

/* pattern_matches - PCRE2, UTF, anchored at both ends; compiled once per pattern text and kept. The pattern
   is ours (a literal of the program or of openapi.yaml): a bad one aborts. Match limits make hostile subjects
   fail, not hang. */
bool pattern_matches(const char *pattern, const char *text);

/* money_parse - "200000.00" to fen; yuan with exactly two decimals, optional minus, at most 13 digits before
   the point. false for anything else. money_format writes the same form. */
bool money_parse(const char *text, int64_t *ret_fen);
#define MONEY_TEXT 24
const char *money_format(int64_t fen, char text[MONEY_TEXT]);

/* credit_code_check - GB 32100-2015: NULL when the code is right, else why not in one English word:
   "length", "character", "division", "check_digit". Letters are allowed in the first two places. */
const char *credit_code_check(const char *code);

/* credit_code_body_is_valid - the GB 11714 check inside the code (a warning only). */
bool credit_code_body_is_valid(const char *code);

/* credit_code_complete - write characters 17 and 18 of a code whose first 16 stand, so that both checks above
 * are met. */
void credit_code_complete(char code[19]);

#endif
