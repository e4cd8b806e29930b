/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A file's content: libsodium's secretstream in chunks of 64 KiB, the last one tagged final, so that a
 * cut or changed file does not open. The name is random and says nothing. */
#pragma once

#include "core/system.h"

#define ATTACHMENT_CHUNK ((size_t)64 * 1024)

typedef struct AttachmentWriter AttachmentWriter;

/* A new file. `name` (33 bytes) is what the row keeps. INTERNAL, BUSY (full). */
AttachmentWriter *
attachment_writer_new(System *sys, const CryptoKey *key, char name[33], GError **error) MUST_USE;
bool attachment_writer_add(AttachmentWriter *writer, const uint8_t *data, size_t size,
                           GError **error) MUST_USE;
/* The last chunk; all of it is durable. `hash` is of the plain bytes. The writer is gone. */
bool attachment_writer_end(AttachmentWriter *writer, int64_t *size, uint8_t hash[32],
                           GError **error) MUST_USE;
/* Close and remove the file. NULL is accepted. */
void                            attachment_writer_abandon(AttachmentWriter *writer);

typedef struct AttachmentReader AttachmentReader;

/* `tx` is open on the case; later reads open others. */
AttachmentReader *attachment_reader_new(System *sys, DbTx *tx, const char *name,
                                        const CryptoKey *key, GError **error) MUST_USE;
/* At most `room` bytes of plain text; 0 at the end; -1 when the file was cut or changed. */
int64_t attachment_reader_read(AttachmentReader *reader, uint8_t *out, size_t room);
void    attachment_reader_free(AttachmentReader *reader);

/* Does the file of this many plain bytes lie there with the length that they make? `stored`: what lies of
 * it in the database. */
typedef enum { ATTACHMENT_FILE_WHOLE, ATTACHMENT_FILE_MISSING, ATTACHMENT_FILE_CUT } AttachmentFile;
AttachmentFile
attachment_file_look(const System *sys, const char *name, int64_t size, int64_t stored);
