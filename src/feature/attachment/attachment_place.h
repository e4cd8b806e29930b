/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: where the sealed bytes of a file lie. On SQLite in the store's directory; on
 * PostgreSQL in pieces in the database, so that every node has them and one backup holds all
 * (docs/decisions/0010). What is finished is durable; what is not is nobody's, and swept. */
#pragma once

#include "core/system.h"

typedef struct AttachmentSink   AttachmentSink;
typedef struct AttachmentSource AttachmentSource;

typedef struct {
    /* INTERNAL, BUSY (full). */
    AttachmentSink *(*create)(System *sys, const char *name, GError **error);
    bool (*write)(AttachmentSink *sink, const uint8_t *data, size_t size, GError **error);
    bool (*finish)(AttachmentSink *sink, GError **error);
    /* Free it; `discard`: and remove what was written. */
    void (*close)(AttachmentSink *sink, bool discard);

    /* `tx` is open on the case. NULL: it is not there. */
    AttachmentSource *(*open)(System *sys, DbTx *tx, const char *name);
    /* Up to `room` bytes; fewer only at the end; -1: they cannot be read. No transaction is open. */
    int64_t (*read)(AttachmentSource *source, uint8_t *out, size_t room);
    void (*done)(AttachmentSource *source);
} AttachmentPlace;

extern const AttachmentPlace attachment_disk, attachment_parts;

/* Of this store. */
const AttachmentPlace *attachment_place(const System *sys);
