/* Reading and making key files. */
#include "secret.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct problem *refuse(struct arena *arena, const char *path, const char *why)
{
	struct problem *problem = problem_new(arena, PROBLEM_internal, NULL, NULL);
	problem->is_setup = true;
	problem->cause = arena_printf(arena, "%s: %s", path, why);
	return problem;
}

static struct problem *failed(struct arena *arena, const char *path, int error)
{
	struct problem *problem = refuse(arena, path, strerror(error));
	problem_of_file(problem, error);
	return problem;
}

#define SUFFIX_LENGTH 16

/* Made beside its place and linked into it, so that two starts at once agree on one key. The name is nobody
   else's: in containers that share the directory every process is number 1, and what a killed start left
   behind must not stand in the way of the next. */
static struct problem *make(struct arena *arena, const char *path)
{
	unsigned char key[SECRET_BYTES];
	char suffix[SUFFIX_LENGTH + 1];
	random_hex(suffix, SUFFIX_LENGTH / 2);
	const char *made = arena_printf(arena, "%s.%s", path, suffix);
	int file = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0)
		return failed(arena, path, errno);
	random_bytes(key, sizeof key);
	errno = EIO; /* where less is written than was given */
	bool written = write(file, key, sizeof key) == SECRET_BYTES && fsync(file) == 0;
	OPENSSL_cleanse(key, sizeof key);
	close(file);
	bool linked = written && (link(made, path) == 0 || errno == EEXIST);
	int error = errno;
	unlink(made);
	return linked ? NULL : failed(arena, path, error);
}

static struct problem *take(struct arena *arena, const char *path, int file, unsigned char ret[SECRET_BYTES])
{
	struct stat about;
	unsigned char key[SECRET_BYTES], more;
	if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode))
		return refuse(arena, path, "not a file");
	if (about.st_mode & 077)
		return refuse(arena, path, "others may read it; chmod 600");
	if (read(file, key, sizeof key) != SECRET_BYTES || read(file, &more, 1) != 0)
		return refuse(arena, path, "not a key of 32 bytes");
	memcpy(ret, key, sizeof key);
	OPENSSL_cleanse(key, sizeof key);
	return NULL;
}

struct problem *secret_read(struct arena *arena, const char *path, unsigned char ret[SECRET_BYTES])
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return failed(arena, path, errno);
	struct problem *problem = take(arena, path, file, ret);
	close(file);
	return problem;
}

struct problem *secret_open(struct arena *arena, const char *path, unsigned char ret[SECRET_BYTES])
{
	if (access(path, F_OK) != 0)
		TRY(make(arena, path));
	return secret_read(arena, path, ret);
}
