/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files below the store's directory, synced with their folder before any row names them. */
#include "feature/attachment/attachment_disk.h"

#include "feature/attachment/attachment_place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct AttachmentSink {
    int   fd;
    char *path, *folder;
};

struct AttachmentSource {
    int fd;
};

static char *
folder_of(const System *sys, const char *name)
{
    return g_strdup_printf("%s/files/%.2s", sys->directory, name);
}

static char *
path_of(const System *sys, const char *name)
{
    return g_strdup_printf("%s/files/%.2s/%s", sys->directory, name, name);
}

static bool
write_error(GError **error, const char *path)
{
    int cause = errno;

    return fail(error, cause == ENOSPC || cause == EDQUOT ? APP_ERROR_BUSY : APP_ERROR_INTERNAL,
                "%s: %s", path, g_strerror(cause));
}

static void
close_sink(AttachmentSink *sink, bool discard)
{
    if (discard && sink->fd >= 0)
        unlink(sink->path);
    if (sink->fd >= 0)
        close(sink->fd);
    g_free(sink->path);
    g_free(sink->folder);
    g_free(sink);
}

static AttachmentSink *
create(System *sys, const char *name, GError **error)
{
    AttachmentSink *sink = g_new0(AttachmentSink, 1);

    sink->folder = folder_of(sys, name);
    sink->path = path_of(sys, name);
    sink->fd = -1;
    if (g_mkdir_with_parents(sink->folder, 0700) == 0)
        sink->fd = open(sink->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (sink->fd >= 0)
        return sink;
    write_error(error, sink->path);
    close_sink(sink, false);
    return NULL;
}

static bool
write_all(AttachmentSink *sink, const uint8_t *data, size_t size, GError **error)
{
    while (size > 0) {
        ssize_t written = write(sink->fd, data, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return write_error(error, sink->path);
        data += written;
        size -= (size_t)written;
    }
    return true;
}

static bool
sync_folder(const char *folder, GError **error)
{
    int  fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;

    if (!synced)
        write_error(error, folder);
    if (fd >= 0)
        close(fd);
    return synced;
}

static bool
finish(AttachmentSink *sink, GError **error)
{
    return (fdatasync(sink->fd) == 0 || write_error(error, sink->path)) &&
           sync_folder(sink->folder, error);
}

static AttachmentSource *
open_source(System *sys, DbTx *tx, const char *name)
{
    g_autofree char  *path = path_of(sys, name);
    int               fd = open(path, O_RDONLY | O_CLOEXEC);
    AttachmentSource *source;

    (void)tx;
    if (fd < 0)
        return NULL;
    source = g_new(AttachmentSource, 1);
    source->fd = fd;
    return source;
}

static int64_t
read_source(AttachmentSource *source, uint8_t *out, size_t room)
{
    size_t used = 0;

    while (used < room) {
        ssize_t got = read(source->fd, out + used, room - used);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    return (int64_t)used;
}

static void
close_source(AttachmentSource *source)
{
    close(source->fd);
    g_free(source);
}

const AttachmentPlace attachment_disk = {
    .create = create,
    .write = write_all,
    .finish = finish,
    .close = close_sink,
    .open = open_source,
    .read = read_source,
    .done = close_source,
};

/* ---- what needs no stream ---- */

bool
attachment_disk_remove(const System *sys, const char *name)
{
    g_autofree char *path = path_of(sys, name);

    return unlink(path) == 0;
}

int64_t
attachment_disk_size(const System *sys, const char *name)
{
    g_autofree char *path = path_of(sys, name);
    struct stat      found;

    return stat(path, &found) == 0 ? (int64_t)found.st_size : -1;
}

static bool
is_old(const char *path, AppTime before)
{
    struct stat about;

    return stat(path, &about) == 0 && (AppTime)about.st_mtime * SECONDS < before;
}

static bool
look_at_folder(const char *folder, AppTime before, AttachmentDiskFunc look, void *data,
               GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (is_old(path, before) && !look(name, data, error))
            return false;
    }
    return true;
}

bool
attachment_disk_each(const System *sys, AppTime before, AttachmentDiskFunc look, void *data,
                     GError **error)
{
    g_autofree char *root = g_build_filename(sys->directory, "files", NULL);
    g_autoptr(GDir) dir = g_dir_open(root, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *folder = g_build_filename(root, name, NULL);

        if (!look_at_folder(folder, before, look, data, error))
            return false;
    }
    return true;
}
