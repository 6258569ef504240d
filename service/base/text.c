/* Text, identifiers and digests around libunistring, PCRE2, OpenSSL and zlib. */
#include "text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include "clock.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <xxhash.h>
#include <zlib.h>

bool text_is_utf8(const char *text, size_t length)
{
	return !memchr(text, '\0', length) && !u8_check((const uint8_t *)text, length);
}

bool text_is(const char *text, const char *word)
{
	return text && !strcmp(text, word);
}

bool text_is_one_of(const char *text, const char *const *words)
{
	for (; text && *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

size_t text_length(const char *text)
{
	return text ? u8_mbsnlen((const uint8_t *)text, strlen(text)) : 0;
}

/* next_character - the code point at *text, which moves on; 0 at the end. The text is valid UTF-8. */
static ucs4_t next_character(const uint8_t **text)
{
	ucs4_t character = 0;
	const uint8_t *next = u8_next(&character, *text);
	if (!next)
		return 0;
	*text = next;
	return character;
}

bool text_is_blank(const char *text)
{
	const uint8_t *place = (const uint8_t *)text;
	if (!text)
		return true;
	for (ucs4_t c = next_character(&place); c; c = next_character(&place))
		if (!uc_is_property_white_space(c))
			return false;
	return true;
}

char *text_name_key(struct arena *arena, const char *name)
{
	size_t folded_length;
	uint8_t *folded =
		u8_casefold((const uint8_t *)name, strlen(name), NULL, UNINORM_NFKC, NULL, &folded_length);
	if (!folded)
		abort();
	char *key = arena_alloc(arena, folded_length + 1);
	size_t used = 0;
	for (size_t i = 0; i < folded_length;) {
		ucs4_t character;
		int bytes = u8_mbtouc(&character, folded + i, folded_length - i);
		if (!uc_is_property_white_space(character)) {
			memcpy(key + used, folded + i, (size_t)bytes);
			used += (size_t)bytes;
		}
		i += (size_t)bytes;
	}
	free(folded);
	return key;
}

void random_bytes(void *bytes, size_t length)
{
	if (RAND_bytes(bytes, (int)length) != 1)
		abort();
}

static const char *hex_encode(const unsigned char *bytes, size_t length, char *text)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < length; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * length] = '\0';
	return text;
}

/* Names of requests and rows: as good as random_bytes, but the generator is asked once for many of them. What
   has been given out is wiped. */
void random_name(void *bytes, size_t length)
{
	static _Thread_local unsigned char ready[1024];
	static _Thread_local size_t left;
	if (length > left) {
		random_bytes(ready, sizeof ready);
		left = sizeof ready;
	}
	memcpy(bytes, ready + left - length, length);
	OPENSSL_cleanse(ready + left - length, length);
	left -= length;
}

const char *random_hex(char *text, size_t bytes)
{
	unsigned char random[32];
	random_name(random, bytes);
	return hex_encode(random, bytes, text);
}

const char *uuid_make(char text[UUID_TEXT])
{
	unsigned char bytes[16];
	random_name(bytes, sizeof bytes);
	uint64_t milliseconds = (uint64_t)clock_wall().microseconds / 1000;
	for (int i = 0; i < 6; i++)
		bytes[i] = (unsigned char)(milliseconds >> (40 - 8 * i));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x70);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	char hex[33];
	hex_encode(bytes, 16, hex);
	snprintf(text, UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
	return text;
}

bool uuid_is_valid(const char *text)
{
	if (!text || strlen(text) != UUID_TEXT - 1)
		return false;
	for (int i = 0; i < UUID_TEXT - 1; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		char c = text[i];
		bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
		if (hyphen ? c != '-' : !digit)
			return false;
	}
	return true;
}

static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

/* EVP_sha256() would look the implementation up again at each use. */
static void sha256_fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256)
		abort();
}

void sha256_bytes(const void *bytes, size_t length, unsigned char digest[32])
{
	pthread_once(&sha256_once, sha256_fetch);
	if (EVP_Digest(bytes, length, digest, NULL, sha256, NULL) != 1)
		abort();
}

const char *sha256_hex(const void *bytes, size_t length, char hex[SHA256_HEX])
{
	unsigned char digest[32];
	sha256_bytes(bytes, length, digest);
	return hex_encode(digest, sizeof digest, hex);
}

uint64_t text_fingerprint(const void *bytes, size_t length)
{
	return XXH3_64bits(bytes, length);
}

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *base64url_encode(struct arena *arena, const void *bytes, size_t length)
{
	const unsigned char *in = bytes;
	char *text = arena_alloc(arena, length / 3 * 4 + 5), *out = text;
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
				 (left > 2 ? in[i + 2] : 0u);
		*out++ = base64url[group >> 18];
		*out++ = base64url[group >> 12 & 63];
		if (left > 1)
			*out++ = base64url[group >> 6 & 63];
		if (left > 2)
			*out++ = base64url[group & 63];
	}
	*out = '\0';
	return text;
}

bool base64url_decode(struct arena *arena, const char *text, size_t length, unsigned char **ret,
		      size_t *ret_length)
{
	if (length % 4 == 1)
		return false;
	unsigned char *bytes = arena_alloc(arena, length / 4 * 3 + 3);
	size_t used = 0;
	uint32_t group = 0;
	for (size_t i = 0; i < length; i++) {
		const char *place = text[i] ? strchr(base64url, text[i]) : NULL;
		if (!place)
			return false;
		group = group << 6 | (uint32_t)(place - base64url);
		size_t position = i % 4;
		if (position == 0)
			continue;
		bytes[used++] = (unsigned char)(group >> (6 - 2 * position));
		group &= (1u << (6 - 2 * position)) - 1;
	}
	if (group) /* bits behind the last byte: a second spelling of the same bytes */
		return false;
	*ret = bytes;
	*ret_length = used;
	return true;
}

uint32_t crc32_of(const void *bytes, size_t length)
{
	return (uint32_t)crc32(0, bytes, (uInt)length);
}

struct compiled {
	const char *pattern;
	pcre2_code *code;
	struct compiled *next;
};

static pthread_rwlock_t compiled_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct compiled *compiled_first;

static pcre2_code *compiled_find(const char *pattern)
{
	for (struct compiled *c = compiled_first; c; c = c->next)
		if (!strcmp(c->pattern, pattern))
			return c->code;
	return NULL;
}

static pcre2_code *compile(const char *pattern)
{
	int error;
	PCRE2_SIZE offset;
	pcre2_code *code = pcre2_compile(
		(PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY, &error, &offset, NULL);
	struct compiled *row = malloc(sizeof *row);
	if (!code || !row)
		abort();
	*row = (struct compiled){pattern, code, compiled_first};
	compiled_first = row;
	return code;
}

bool pattern_matches(const char *pattern, const char *text)
{
	pthread_rwlock_rdlock(&compiled_lock);
	pcre2_code *code = compiled_find(pattern);
	pthread_rwlock_unlock(&compiled_lock);
	if (!code) {
		pthread_rwlock_wrlock(&compiled_lock);
		code = compiled_find(pattern);
		if (!code)
			code = compile(pattern);
		pthread_rwlock_unlock(&compiled_lock);
	}
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	if (!data || !context)
		abort();
	pcre2_set_match_limit(context, 100000);
	pcre2_set_heap_limit(context, 1000);
	int found = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, data, context);
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	return found >= 0;
}

bool money_parse(const char *text, int64_t *ret_fen)
{
	bool negative = text && *text == '-';
	const char *digits = negative ? text + 1 : text;
	if (!digits)
		return false;
	size_t whole = strspn(digits, "0123456789");
	if (whole < 1 || whole > 13 || (whole > 1 && *digits == '0') || digits[whole] != '.' ||
	    strspn(digits + whole + 1, "0123456789") != 2 || digits[whole + 3])
		return false;
	int64_t fen = 0;
	for (const char *c = digits; *c; c++)
		if (*c != '.')
			fen = fen * 10 + (*c - '0');
	*ret_fen = negative ? -fen : fen;
	return true;
}

const char *money_format(int64_t fen, char text[MONEY_TEXT])
{
	uint64_t size = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
	snprintf(text, MONEY_TEXT, "%s%llu.%02u", fen < 0 ? "-" : "", (unsigned long long)(size / 100),
		 (unsigned)(size % 100));
	return text;
}

/* GB 32100-2015: the 31 characters, in order of their values. */
static const char credit_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static int credit_value(char c)
{
	const char *place = c ? strchr(credit_alphabet, c) : NULL;
	return place ? (int)(place - credit_alphabet) : -1;
}

/* credit_sum - over the first 17 places; -1 when one of the 18 is no character of the alphabet. */
static int credit_sum(const char *code)
{
	static const int weights[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
	int sum = 0;
	for (int i = 0; i < 18; i++) {
		int value = credit_value(code[i]);
		if (value < 0)
			return -1;
		if (i < 17)
			sum += value * weights[i];
	}
	return sum;
}

const char *credit_code_check(const char *code)
{
	if (!code || strlen(code) != 18)
		return "length";
	int sum = credit_sum(code);
	if (sum < 0)
		return "character";
	if (strspn(code + 2, "0123456789") < 6)
		return "division";
	return credit_value(code[17]) == (31 - sum % 31) % 31 ? NULL : "check_digit";
}

/* body_check - the check character of the GB 11714 code in characters 9 to 16, which weigh 3 7 9 10 5 8 4 2,
 * letters counting from A = 10; 0 when they are no such code. */
static char body_check(const char *code)
{
	static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
	int sum = 0;
	for (int i = 0; i < 8; i++) {
		char c = code[8 + i];
		if (c >= '0' && c <= '9')
			sum += (c - '0') * weights[i];
		else if (c >= 'A' && c <= 'Z')
			sum += (c - 'A' + 10) * weights[i];
		else
			return '\0';
	}
	int check = 11 - sum % 11;
	return (char)(check == 10 ? 'X' : check == 11 ? '0' : '0' + check);
}

bool credit_code_body_is_valid(const char *code)
{
	return code && strlen(code) == 18 && code[16] == body_check(code);
}

void credit_code_complete(char code[19])
{
	code[16] = body_check(code);
	code[17] = '0';
	int sum = credit_sum(code);
	code[17] = credit_alphabet[sum < 0 ? 0 : (31 - sum % 31) % 31];
	code[18] = '\0';
}
