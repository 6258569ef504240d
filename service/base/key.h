/* Key: API keys that a scanner recognises and a typing error cannot pass: wna_live_ or wna_test_, 30 random
   characters of base62, 6 of a CRC-32 over all before it. Checked without the database; only the SHA-256 is
   ever stored. */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>

#define KEY_TEXT   46 /* 9 + 30 + 6 characters and the zero byte */
#define KEY_PREFIX 14 /* what may be shown of a key later: 13 characters and the zero byte */

/* key_make - a new key. */
const char *key_make(bool live, char text[KEY_TEXT]);

/* key_is_key - whether the text begins like a key, right or wrong. */
bool key_is_key(const char *text);

/* key_check - whether the text is a whole key with the right check characters. */
bool key_check(const char *text);

/* key_prefix - the part that may be shown. */
const char *key_prefix(const char *key, char text[KEY_PREFIX]);

#endif
