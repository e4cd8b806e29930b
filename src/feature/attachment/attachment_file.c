/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sealing on the way to where the bytes lie (attachment_place.h), opening on the way back. Written and
 * durable before any row names it: a file without a row is swept, a row without a file cannot be. */
#include "feature/attachment/attachment_file.h"

#include "feature/attachment/attachment_disk.h"
#include "feature/attachment/attachment_place.h"

#include <sodium.h>
#include <string.h>

#define SEALED_CHUNK (ATTACHMENT_CHUNK + crypto_secretstream_xchacha20poly1305_ABYTES)

struct AttachmentWriter {
    const AttachmentPlace                      *place;
    AttachmentSink                             *sink;
    crypto_secretstream_xchacha20poly1305_state stream;
    crypto_hash_sha256_state                    hash;
    int64_t                                     size;
    size_t                                      used;
    uint8_t                                     plain[ATTACHMENT_CHUNK];
    uint8_t                                     sealed[SEALED_CHUNK];
};

struct AttachmentReader {
    const AttachmentPlace                      *place;
    AttachmentSource                           *source;
    crypto_secretstream_xchacha20poly1305_state stream;
    bool                                        ended;
    size_t                                      at, used;
    uint8_t                                     plain[ATTACHMENT_CHUNK];
    uint8_t                                     sealed[SEALED_CHUNK];
};

static bool
begin_stream(AttachmentWriter *writer, const CryptoKey *key, GError **error)
{
    uint8_t header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];

    crypto_secretstream_xchacha20poly1305_init_push(&writer->stream, header, key->bytes);
    crypto_hash_sha256_init(&writer->hash);
    return writer->place->write(writer->sink, header, sizeof header, error);
}

AttachmentWriter *
attachment_writer_new(System *sys, const CryptoKey *key, char name[33], GError **error)
{
    AttachmentWriter *writer = g_new0(AttachmentWriter, 1);
    uint8_t           random[16];

    crypto_random(random, sizeof random);
    sodium_bin2hex(name, 33, random, sizeof random);
    writer->place = attachment_place(sys);
    writer->sink = writer->place->create(sys, name, error);
    if (writer->sink != NULL && begin_stream(writer, key, error))
        return writer;
    attachment_writer_abandon(writer);
    return NULL;
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
    return writer->place->write(writer->sink, writer->sealed, (size_t)sealed, error);
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
free_writer(AttachmentWriter *writer, bool discard)
{
    if (writer->sink != NULL)
        writer->place->close(writer->sink, discard);
    sodium_memzero(writer, sizeof *writer);
    g_free(writer);
}

bool
attachment_writer_end(AttachmentWriter *writer, int64_t *size, uint8_t hash[32], GError **error)
{
    if (!push_chunk(writer, crypto_secretstream_xchacha20poly1305_TAG_FINAL, error) ||
        !writer->place->finish(writer->sink, error)) {
        attachment_writer_abandon(writer);
        return false;
    }
    *size = writer->size;
    crypto_hash_sha256_final(&writer->hash, hash);
    free_writer(writer, false);
    return true;
}

void
attachment_writer_abandon(AttachmentWriter *writer)
{
    if (writer != NULL)
        free_writer(writer, true);
}

AttachmentReader *
attachment_reader_new(System *sys, DbTx *tx, const char *name, const CryptoKey *key, GError **error)
{
    AttachmentReader *reader = g_new0(AttachmentReader, 1);
    uint8_t           header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];

    reader->place = attachment_place(sys);
    reader->source = reader->place->open(sys, tx, name);
    if (reader->source == NULL ||
        reader->place->read(reader->source, header, sizeof header) != (int64_t)sizeof header ||
        crypto_secretstream_xchacha20poly1305_init_pull(&reader->stream, header, key->bytes) != 0) {
        attachment_reader_free(reader);
        return fail_null(error, APP_ERROR_INTERNAL, "an attachment's content does not open");
    }
    return reader;
}

static bool
pull_chunk(AttachmentReader *reader)
{
    int64_t            size = reader->place->read(reader->source, reader->sealed, SEALED_CHUNK);
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
    if (reader->source != NULL)
        reader->place->done(reader->source);
    sodium_memzero(reader, sizeof *reader);
    g_free(reader);
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
attachment_file_look(const System *sys, const char *name, int64_t size, int64_t stored)
{
    int64_t found = sys->shared ? stored : attachment_disk_size(sys, name);

    if (found <= 0)
        return ATTACHMENT_FILE_MISSING;
    return found == sealed_size(size) ? ATTACHMENT_FILE_WHOLE : ATTACHMENT_FILE_CUT;
}
