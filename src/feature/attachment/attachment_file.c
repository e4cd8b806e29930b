/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Written and synced before any row names it: a file without a row is swept, a row without a file
 * cannot be. */
#include "feature/attachment/attachment_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALED_CHUNK (ATTACHMENT_CHUNK + crypto_secretstream_xchacha20poly1305_ABYTES)

struct AttachmentWriter {
    int                                         fd;
    char                                       *path, *folder;
    crypto_secretstream_xchacha20poly1305_state stream;
    crypto_hash_sha256_state                    hash;
    int64_t                                     size;
    size_t                                      used;
    uint8_t                                     plain[ATTACHMENT_CHUNK];
    uint8_t                                     sealed[SEALED_CHUNK];
};

struct AttachmentReader {
    int                                         fd;
    crypto_secretstream_xchacha20poly1305_state stream;
    bool                                        ended;
    size_t                                      at, used;
    uint8_t                                     plain[ATTACHMENT_CHUNK];
    uint8_t                                     sealed[SEALED_CHUNK];
};

static char *
folder_of(const char *directory, const char *name)
{
    return g_strdup_printf("%s/files/%.2s", directory, name);
}

static bool
write_error(GError **error, const char *path)
{
    int cause = errno;

    return fail(error, cause == ENOSPC || cause == EDQUOT ? APP_ERROR_BUSY : APP_ERROR_INTERNAL,
                "%s: %s", path, g_strerror(cause));
}

static bool
write_all(AttachmentWriter *writer, const uint8_t *data, size_t size, GError **error)
{
    while (size > 0) {
        ssize_t written = write(writer->fd, data, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return write_error(error, writer->path);
        data += written;
        size -= (size_t)written;
    }
    return true;
}

static bool
begin_stream(AttachmentWriter *writer, const CryptoKey *key, GError **error)
{
    uint8_t header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];

    crypto_secretstream_xchacha20poly1305_init_push(&writer->stream, header, key->bytes);
    crypto_hash_sha256_init(&writer->hash);
    return write_all(writer, header, sizeof header, error);
}

AttachmentWriter *
attachment_writer_new(const char *directory, const CryptoKey *key, char name[33], GError **error)
{
    AttachmentWriter *writer = g_new0(AttachmentWriter, 1);
    uint8_t           random[16];

    crypto_random(random, sizeof random);
    sodium_bin2hex(name, 33, random, sizeof random);
    writer->folder = folder_of(directory, name);
    writer->path = g_strdup_printf("%s/%s", writer->folder, name);
    writer->fd = -1;
    if (g_mkdir_with_parents(writer->folder, 0700) == 0)
        writer->fd = open(writer->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (writer->fd < 0) {
        write_error(error, writer->path);
        attachment_writer_abandon(writer);
        return NULL;
    }
    if (!begin_stream(writer, key, error)) {
        attachment_writer_abandon(writer);
        return NULL;
    }
    return writer;
}

static bool
push_chunk(AttachmentWriter *writer, uint8_t tag, GError **error)
{
    unsigned long long sealed = 0;

    crypto_hash_sha256_update(&writer->hash, writer->plain, writer->used);
    crypto_secretstream_xchacha20poly1305_push(&writer->stream, writer->sealed, &sealed,
                                               writer->plain, writer->used, NULL, 0, tag);
    writer->size += (int64_t)writer->used;
    writer->used = 0;
    return write_all(writer, writer->sealed, (size_t)sealed, error);
}

bool
attachment_writer_add(AttachmentWriter *writer, const uint8_t *data, size_t size, GError **error)
{
    while (size > 0) {
        size_t taken = MIN(size, ATTACHMENT_CHUNK - writer->used);

        memcpy(writer->plain + writer->used, data, taken);
        writer->used += taken;
        data += taken;
        size -= taken;
        /* A full chunk waits until more comes: the last one must carry the final tag. */
        if (writer->used == ATTACHMENT_CHUNK && size > 0 &&
            !push_chunk(writer, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE, error))
            return false;
    }
    return true;
}

static void
free_writer(AttachmentWriter *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    g_free(writer->path);
    g_free(writer->folder);
    sodium_memzero(writer, sizeof *writer);
    g_free(writer);
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

bool
attachment_writer_end(AttachmentWriter *writer, int64_t *size, uint8_t hash[32], GError **error)
{
    if (!push_chunk(writer, crypto_secretstream_xchacha20poly1305_TAG_FINAL, error) ||
        (fdatasync(writer->fd) != 0 && !write_error(error, writer->path)) ||
        !sync_folder(writer->folder, error)) {
        attachment_writer_abandon(writer);
        return false;
    }
    *size = writer->size;
    crypto_hash_sha256_final(&writer->hash, hash);
    free_writer(writer);
    return true;
}

void
attachment_writer_abandon(AttachmentWriter *writer)
{
    if (writer == NULL)
        return;
    if (writer->fd >= 0)
        unlink(writer->path);
    free_writer(writer);
}

AttachmentReader *
attachment_reader_new(const char *directory, const char *name, const CryptoKey *key, GError **error)
{
    AttachmentReader *reader = g_new0(AttachmentReader, 1);
    g_autofree char  *folder = folder_of(directory, name);
    g_autofree char  *path = g_strdup_printf("%s/%s", folder, name);
    uint8_t           header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];

    reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0 || read(reader->fd, header, sizeof header) != (ssize_t)sizeof header ||
        crypto_secretstream_xchacha20poly1305_init_pull(&reader->stream, header, key->bytes) != 0) {
        attachment_reader_free(reader);
        return fail_null(error, APP_ERROR_INTERNAL, "an attachment's file does not open");
    }
    return reader;
}

static ssize_t
read_sealed(AttachmentReader *reader)
{
    size_t used = 0;

    while (used < SEALED_CHUNK) {
        ssize_t got = read(reader->fd, reader->sealed + used, SEALED_CHUNK - used);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    return (ssize_t)used;
}

static bool
pull_chunk(AttachmentReader *reader)
{
    ssize_t            size = read_sealed(reader);
    unsigned long long plain = 0;
    uint8_t            tag = 0;

    if (size <= 0 ||
        crypto_secretstream_xchacha20poly1305_pull(&reader->stream, reader->plain, &plain, &tag,
                                                   reader->sealed, (size_t)size, NULL, 0) != 0)
        return false;
    reader->at = 0;
    reader->used = (size_t)plain;
    reader->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return true;
}

int64_t
attachment_reader_read(AttachmentReader *reader, uint8_t *out, size_t room)
{
    size_t taken;

    if (reader->at == reader->used) {
        if (reader->ended)
            return 0;
        if (!pull_chunk(reader))
            return -1;
    }
    taken = MIN(room, reader->used - reader->at);
    memcpy(out, reader->plain + reader->at, taken);
    reader->at += taken;
    return (int64_t)taken;
}

void
attachment_reader_free(AttachmentReader *reader)
{
    if (reader == NULL)
        return;
    if (reader->fd >= 0)
        close(reader->fd);
    sodium_memzero(reader, sizeof *reader);
    g_free(reader);
}

bool
attachment_file_remove(const char *directory, const char *name)
{
    g_autofree char *folder = folder_of(directory, name);
    g_autofree char *path = g_strdup_printf("%s/%s", folder, name);

    return unlink(path) == 0;
}

/* The header, and behind each chunk its tag; an empty file has one empty chunk. */
static int64_t
sealed_size(int64_t size)
{
    int64_t chunk = ATTACHMENT_CHUNK;
    int64_t chunks = MAX((size + chunk - 1) / chunk, 1);

    return crypto_secretstream_xchacha20poly1305_HEADERBYTES + size +
           chunks * crypto_secretstream_xchacha20poly1305_ABYTES;
}

AttachmentFile
attachment_file_look(const char *directory, const char *name, int64_t size)
{
    g_autofree char *folder = folder_of(directory, name);
    g_autofree char *path = g_strdup_printf("%s/%s", folder, name);
    struct stat      found;

    if (stat(path, &found) != 0)
        return ATTACHMENT_FILE_MISSING;
    return found.st_size == sealed_size(size) ? ATTACHMENT_FILE_WHOLE : ATTACHMENT_FILE_CUT;
}
