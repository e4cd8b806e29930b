/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bytes lie in sodium_malloc's memory: guarded pages, locked where RLIMIT_MEMLOCK allows it,
 * left out of core dumps, wiped when freed. They go there straight from the file, through no buffer
 * that would keep a copy. */
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST ((off_t)64 * 1024)

struct Secret {
    size_t   size;
    uint8_t *data;
};

/* Room for `size` bytes and a NUL. sodium_init may be called by any thread at any time. */
static Secret *
new_room(size_t size)
{
    Secret *secret = g_new0(Secret, 1);

    g_assert(size <= PTRDIFF_MAX - 1);
    if (sodium_init() < 0)
        g_error("secret: libsodium does not start");
    secret->size = size;
    secret->data = sodium_malloc(size + 1);
    if (secret->data == NULL)
        g_error("secret: no memory for %zu bytes", size);
    secret->data[size] = 0;
    return secret;
}

Secret *
secret_new(const void *data, size_t size)
{
    Secret *secret = new_room(size);

    if (size > 0)
        memcpy(secret->data, data, size);
    return secret;
}

Secret *
secret_new_random(size_t size)
{
    Secret *secret = new_room(size);

    randombytes_buf(secret->data, size);
    return secret;
}

void
secret_free(Secret *secret)
{
    if (secret == NULL)
        return;
    sodium_free(secret->data);
    g_free(secret);
}

const uint8_t *
secret_data(const Secret *secret)
{
    return secret->data;
}

size_t
secret_size(const Secret *secret)
{
    return secret->size;
}

bool
secret_equal(const Secret *secret, Bytes other)
{
    if (secret->size != other.size)
        return false;
    return other.size == 0 || sodium_memcmp(secret->data, other.data, other.size) == 0;
}

/* systemd gives a service's user an ACL on a credential of root's; the mode's group bits are then
 * the ACL's mask. Root's own group is no stranger, so this is let through for a server that is not
 * root; nothing else is that the group may read. */
static bool
is_private(const struct stat *about)
{
    bool credential = about->st_uid == 0 && about->st_gid == 0 && geteuid() != 0;

    if (about->st_uid != 0 && about->st_uid != geteuid())
        return false;
    return (about->st_mode & (credential ? 037 : 077)) == 0;
}

static bool
check_file(int file, const char *path, struct stat *about, GError **error)
{
    if (fstat(file, about) < 0)
        return fail(error, APP_ERROR_INVALID, "%s: %s", path, g_strerror(errno));

    if (!S_ISREG(about->st_mode))
        return fail(error, APP_ERROR_INVALID, "%s is no file", path);

    if (!is_private(about))
        return fail(error, APP_ERROR_INVALID, "%s may be read or owned by others: chmod 600", path);

    if (about->st_size == 0 || about->st_size > FILE_MOST)
        return fail(error, APP_ERROR_INVALID, "%s is empty or larger than 64 KiB", path);
    return true;
}

static void
drop_line_break(Secret *secret)
{
    if (secret->size > 0 && secret->data[secret->size - 1] == '\n')
        secret->size--;
    if (secret->size > 0 && secret->data[secret->size - 1] == '\r')
        secret->size--;
    secret->data[secret->size] = 0;
}

/* A file that changes its size meanwhile is refused rather than read by halves. */
static bool
fill(Secret *secret, int file)
{
    size_t  filled = 0;
    ssize_t got;

    while (filled < secret->size) {
        got = read(file, secret->data + filled, secret->size - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        filled += (size_t)got;
    }
    drop_line_break(secret);
    return secret->size > 0;
}

Secret *
secret_read_file(const char *path, GError **error)
{
    g_autoptr(Secret) secret = NULL;
    struct stat about;
    int         file;
    bool        filled;

    file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        return fail_null(error, errno == ENOENT ? APP_ERROR_NOT_FOUND : APP_ERROR_INVALID, "%s: %s",
                         path, g_strerror(errno));

    if (!check_file(file, path, &about, error)) {
        close(file);
        return NULL;
    }
    secret = new_room((size_t)about.st_size);
    filled = fill(secret, file);
    close(file);
    if (!filled)
        return fail_null(error, APP_ERROR_INVALID, "%s cannot be read, or holds nothing", path);
    return g_steal_pointer(&secret);
}
