/* The files of keys. */
#include "keyring.h"
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIGNING_SECONDS INT64_C(15552000) /* 180 days: then the next start makes a new key */
#define RETIRED_SECONDS INT64_C(86400)    /* longer than any token a key signed, and than a rolling restart */
#define FILE_MAX_BYTES  262144

static struct problem *fault(struct arena *arena, const char *path, const char *zh, const char *en)
{
	struct problem *problem =
		problem_new(arena, PROBLEM_internal, arena_printf(arena, "%s：%s", path, zh),
			    arena_printf(arena, "%s: %s", path, en));
	problem->is_setup = true;
	return problem;
}

/* failed - the same after a call of the system, whose errno says whether the setup is to blame. */
static struct problem *failed(struct arena *arena, const char *path, const char *zh, const char *en)
{
	int error = errno;
	struct problem *problem = fault(arena, path, zh, en);
	problem->cause = arena_strdup(arena, strerror(error));
	problem_of_file(problem, error);
	return problem;
}

static struct problem *file_read(struct arena *arena, int fd, const char *path, const char **ret,
				 size_t *ret_length)
{
	char *text = arena_alloc(arena, FILE_MAX_BYTES + 1);
	size_t length = 0;
	for (;;) {
		ssize_t n = read(fd, text + length, FILE_MAX_BYTES + 1 - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(arena, path, "无法读取", "it cannot be read");
		if (n == 0)
			break;
		length += (size_t)n;
		if (length > FILE_MAX_BYTES)
			return fault(arena, path, "文件过大", "it is too large");
	}
	*ret = text;
	*ret_length = length;
	return NULL;
}

struct problem *keyring_read(struct arena *arena, const char *path, const struct jwks **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failed(arena, path, "无法打开公钥文件", "the file of public keys cannot be opened");
	const char *text, *why;
	size_t length;
	struct problem *problem = file_read(arena, fd, path, &text, &length);
	close(fd);
	TRY(problem);
	*ret = jwks_parse(arena, text, length, &why);
	return *ret ? NULL : fault(arena, path, arena_printf(arena, "不是可用的公钥集（%s）", why), why);
}

/* The private set as it is on disk; an empty one when there is no file yet. */
static struct problem *signing_read(struct arena *arena, const char *path, json_t **ret)
{
	*ret = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		*ret = json_pack("{s:[]}", "keys");
		json_own(arena, *ret);
		return NULL;
	}
	struct stat about;
	if (fd < 0 || fstat(fd, &about) != 0)
		return failed(arena, path, "无法打开签名密钥", "the signing key cannot be opened");
	const char *text = NULL;
	size_t length = 0;
	struct problem *problem = file_read(arena, fd, path, &text, &length);
	close(fd);
	TRY(problem);
	if (about.st_mode & 077)
		return fault(arena, path, "签名密钥的权限必须为 0600", "the signing key must have mode 0600");
	json_error_t error;
	*ret = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (*ret)
		json_own(arena, *ret);
	if (!json_is_array(json_object_get(*ret, "keys")))
		return fault(arena, path, "不是签名密钥文件（JWK 集合）",
			     "it is no file of signing keys (a JWK set)");
	return NULL;
}

static bool file_fill(int fd, const char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		ssize_t n = write(fd, text, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		left -= (size_t)n;
	}
	return fsync(fd) == 0;
}

static struct problem *signing_write(struct arena *arena, const char *path, const json_t *set)
{
	const char *temporary = arena_printf(arena, "%s.new", path);
	unlink(temporary);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char *text = json_dumps(set, JSON_INDENT(1));
	bool written = fd >= 0 && text && file_fill(fd, text) && rename(temporary, path) == 0;
	struct problem *problem =
		written ? NULL : failed(arena, path, "无法写入签名密钥", "the signing key cannot be written");
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
	if (fd >= 0)
		close(fd);
	return problem;
}

static int64_t key_time(const json_t *key, const char *name)
{
	return (int64_t)json_integer_value(json_object_get(key, name));
}

/* Drop what no token needs any more; true when something went. */
static bool keys_prune(json_t *keys, int64_t now)
{
	bool pruned = false;
	for (size_t i = json_array_size(keys); i-- > 0;) {
		int64_t retired = key_time(json_array_get(keys, i), "retired_at");
		if (retired && retired + RETIRED_SECONDS < now) {
			json_array_remove(keys, i);
			pruned = true;
		}
	}
	return pruned;
}

static const json_t *keys_current(const json_t *keys)
{
	size_t index;
	json_t *key;
	json_array_foreach(keys, index, key) if (!key_time(key, "retired_at")) return key;
	return NULL;
}

/* A new key in front; those before it retire. */
static struct problem *keys_renew(struct arena *arena, const char *path, json_t *keys, int64_t now)
{
	size_t index;
	json_t *key, *made = jwk_make(arena);
	if (!made)
		return fault(arena, path, "无法生成签名密钥", "no signing key can be made");
	json_array_foreach(keys, index, key) if (!key_time(key, "retired_at"))
		json_object_set_new(key, "retired_at", json_integer(now));
	json_object_set_new(made, "made_at", json_integer(now));
	json_array_insert(keys, 0, made);
	return NULL;
}

static struct problem *signing_load(struct arena *arena, const char *path, int64_t now, struct keyring *ret)
{
	json_t *set;
	TRY(signing_read(arena, path, &set));
	json_t *keys = json_object_get(set, "keys");
	bool changed = keys_prune(keys, now);
	const json_t *current = keys_current(keys);
	if (!current || key_time(current, "made_at") + SIGNING_SECONDS < now) {
		TRY(keys_renew(arena, path, keys, now));
		current = keys_current(keys);
		changed = true;
	}
	if (changed)
		TRY(signing_write(arena, path, set));
	json_t *public_keys = json_array();
	size_t index;
	json_t *key;
	json_array_foreach(keys, index, key) json_array_append_new(public_keys, jwk_public(key));
	json_t *public_set = json_pack("{s:o}", "keys", public_keys);
	json_own(arena, public_set);
	char *text = json_dumps(set, JSON_COMPACT);
	const char *why = "out of memory";
	ret->keys = text ? jwks_parse(arena, text, strlen(text), &why) : NULL;
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
	ret->kid = json_string_value(json_object_get(current, "kid"));
	ret->public_set = public_set;
	if (!ret->keys || !ret->kid)
		return fault(arena, path, arena_printf(arena, "签名密钥不可用（%s）", why), why);
	return NULL;
}

struct problem *keyring_open(struct arena *arena, const char *path, int64_t now, struct keyring *ret)
{
	const char *lock_path = arena_printf(arena, "%s.lock", path);
	int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0 || flock(lock, LOCK_EX) != 0) {
		struct problem *problem = failed(arena, lock_path, "无法打开", "it cannot be opened");
		if (lock >= 0)
			close(lock);
		return problem;
	}
	struct problem *problem = signing_load(arena, path, now, ret);
	close(lock);
	return problem;
}
