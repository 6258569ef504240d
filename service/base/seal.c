/* Layout of a sealed text: 12 bytes nonce, the ciphertext, 16 bytes tag. A fresh random nonce each time: one
   key seals far fewer than the 2^32 texts that random nonces allow. */
#include "seal.h"

#include "secret.h"
#include "text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define KEY   SECRET_BYTES
#define NONCE 12
#define TAG   16

static unsigned char seal_key[KEY];
static bool seal_ready;

static char *hex_encode(struct arena *arena, const unsigned char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = arena_alloc(arena, length * 2 + 1);
	for (size_t i = 0; i < length; i++) {
		hex[i * 2] = digits[bytes[i] >> 4];
		hex[i * 2 + 1] = digits[bytes[i] & 15];
	}
	return hex;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static unsigned char *hex_decode(struct arena *arena, const char *hex, size_t *ret_length)
{
	size_t length = strlen(hex) / 2;
	unsigned char *bytes = arena_alloc(arena, length + 1);
	for (size_t i = 0; i < length; i++) {
		int high = hex_value(hex[i * 2]), low = hex_value(hex[i * 2 + 1]);
		if (high < 0 || low < 0)
			return NULL;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	*ret_length = length;
	return bytes;
}

static bool encrypt(EVP_CIPHER_CTX *context, const char *text, const char *bound, unsigned char *out)
{
	int length = (int)strlen(text), done = 0;
	unsigned char *body = out + NONCE;
	return EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, seal_key, out) == 1 &&
	       EVP_EncryptUpdate(context, NULL, &done, (const unsigned char *)bound, (int)strlen(bound)) ==
		       1 &&
	       EVP_EncryptUpdate(context, body, &done, (const unsigned char *)text, length) == 1 &&
	       done == length && EVP_EncryptFinal_ex(context, body + done, &done) == 1 &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG, body + length) == 1;
}

static bool decrypt(EVP_CIPHER_CTX *context, const unsigned char *in, size_t length, const char *bound,
		    char *out)
{
	unsigned char tag[TAG];
	int done = 0, size = (int)(length - NONCE - TAG);
	memcpy(tag, in + length - TAG, TAG);
	return EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, seal_key, in) == 1 &&
	       EVP_DecryptUpdate(context, NULL, &done, (const unsigned char *)bound, (int)strlen(bound)) ==
		       1 &&
	       EVP_DecryptUpdate(context, (unsigned char *)out, &done, in + NONCE, size) == 1 &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
	       EVP_DecryptFinal_ex(context, (unsigned char *)out + done, &done) == 1;
}

char *seal_close(struct arena *arena, const char *text, const char *bound)
{
	size_t length = NONCE + strlen(text) + TAG;
	unsigned char *out = arena_alloc(arena, length);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	random_bytes(out, NONCE);
	bool good = seal_ready && context && encrypt(context, text, bound, out);
	EVP_CIPHER_CTX_free(context);
	return good ? hex_encode(arena, out, length) : NULL;
}

char *seal_open(struct arena *arena, const char *hex, const char *bound)
{
	size_t length = 0;
	const unsigned char *in = hex_decode(arena, hex, &length);
	if (!seal_ready || !in || strlen(hex) % 2 || length < NONCE + TAG)
		return NULL;
	char *text = arena_alloc(arena, length);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	bool good = context && decrypt(context, in, length, bound, text);
	EVP_CIPHER_CTX_free(context);
	if (!good)
		return NULL;
	text[length - NONCE - TAG] = '\0';
	return text;
}

static struct problem *misfit(struct arena *arena, const char *cause)
{
	struct problem *problem =
		problem_new(arena, PROBLEM_internal, "加密已存账号所用的密钥不可用。",
			    "The key that the stored account numbers are sealed with is not at hand.");
	problem->is_setup = true;
	problem->cause = cause;
	return problem;
}

static struct problem *start_with(struct arena *arena, const char *key_file, const char *sealed,
				  const char *bound)
{
	struct problem *problem = secret_read(arena, key_file, seal_key);
	if (problem)
		return misfit(arena, problem->cause);
	seal_ready = true;
	if (seal_open(arena, sealed, bound))
		return NULL;
	seal_ready = false;
	OPENSSL_cleanse(seal_key, sizeof seal_key);
	return misfit(arena, arena_printf(arena, "%s: it is another key", key_file));
}

struct problem *seal_start(struct arena *arena, const char *key_file, const char *sealed, const char *bound)
{
	if (sealed)
		return start_with(arena, key_file, sealed, bound);
	TRY(secret_open(arena, key_file, seal_key));
	seal_ready = true;
	return NULL;
}
