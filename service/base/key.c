/* Making and checking API keys. */
#include "key.h"

#include "text.h"

#include <string.h>

#define MARK_LENGTH   9 /* wna_live_ */
#define RANDOM_LENGTH 30
#define CHECK_LENGTH  6
#define BODY_LENGTH   (MARK_LENGTH + RANDOM_LENGTH)

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void check_write(const char *key, char check[CHECK_LENGTH])
{
	uint32_t crc = crc32_of(key, BODY_LENGTH);
	for (int i = CHECK_LENGTH - 1; i >= 0; i--) {
		check[i] = base62[crc % 62];
		crc /= 62;
	}
}

/* A uniform character: bytes from 248 = 4 x 62 on are thrown away. */
static char random_character(void)
{
	unsigned char byte;
	do
		random_bytes(&byte, 1);
	while (byte >= 248);
	return base62[byte % 62];
}

const char *key_make(bool live, char text[KEY_TEXT])
{
	memcpy(text, live ? "wna_live_" : "wna_test_", MARK_LENGTH);
	for (int i = MARK_LENGTH; i < BODY_LENGTH; i++)
		text[i] = random_character();
	check_write(text, text + BODY_LENGTH);
	text[KEY_TEXT - 1] = 0;
	return text;
}

bool key_is_key(const char *text)
{
	return !strncmp(text, "wna_", 4);
}

bool key_check(const char *text)
{
	if (strncmp(text, "wna_live_", MARK_LENGTH) != 0 && strncmp(text, "wna_test_", MARK_LENGTH) != 0)
		return false;
	if (strlen(text) != KEY_TEXT - 1 ||
	    strspn(text + MARK_LENGTH, base62) != RANDOM_LENGTH + CHECK_LENGTH)
		return false;
	char check[CHECK_LENGTH];
	check_write(text, check);
	return !memcmp(check, text + BODY_LENGTH, CHECK_LENGTH);
}

const char *key_prefix(const char *key, char text[KEY_PREFIX])
{
	memcpy(text, key, KEY_PREFIX - 1);
	text[KEY_PREFIX - 1] = 0;
	return text;
}
