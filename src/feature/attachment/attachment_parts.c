/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of 256 KiB: few enough commits for a large file, and small enough that a submission in the same
 * commit does not wait for one. Each is durable when it is written; a file whose row was never written is
 * swept. One piece is in memory on the way in and out, and its copy on the way to the server. */
#include "feature/attachment/attachment_place.h"
#include "feature/attachment/attachment_store.h"

#include <string.h>

struct AttachmentSink {
    System *sys;
    Arena  *mem;
    char   *name;
    int64_t part; /* the next */
    size_t  used;
    uint8_t data[ATTACHMENT_PART];
};

struct AttachmentSource {
    System *sys;
    Arena  *mem;
    char   *name;
    int64_t part; /* the next */
    Bytes   data; /* what is left of the last */
};

static AttachmentSink *
create(System *sys, const char *name, GError **error)
{
    AttachmentSink *sink = g_new0(AttachmentSink, 1);

    (void)error;
    sink->sys = sys;
    sink->mem = arena_new();
    sink->name = g_strdup(name);
    return sink;
}

static bool
put(AttachmentSink *sink, GError **error)
{
    WritePlan *plan = plan_new(sink->mem);

    attachment_store_add_part(plan, sink->name, sink->part, clock_now(sink->sys->clock),
                              (Bytes){ sink->data, sink->used });
    bool written = db_apply(sink->sys->db, plan, error);
    arena_reset(sink->mem);
    sink->part++;
    sink->used = 0;
    return written;
}

static bool
add(AttachmentSink *sink, const uint8_t *data, size_t size, GError **error)
{
    while (size > 0) {
        size_t taken = MIN(size, ATTACHMENT_PART - sink->used);

        memcpy(sink->data + sink->used, data, taken);
        sink->used += taken;
        data += taken;
        size -= taken;
        if (sink->used == ATTACHMENT_PART && !put(sink, error))
            return false;
    }
    return true;
}

static bool
finish(AttachmentSink *sink, GError **error)
{
    return sink->used == 0 || put(sink, error);
}

static void
close_sink(AttachmentSink *sink, bool discard)
{
    g_autoptr(GError) ignored = NULL; /* the sweep will take them */

    if (discard && sink->part > 0) {
        WritePlan *plan = plan_new(sink->mem);

        attachment_store_drop_parts(plan, sink->name);
        (void)!db_apply(sink->sys->db, plan, &ignored);
    }
    arena_free(sink->mem);
    g_free(sink->name);
    g_free(sink);
}

static void
close_source(AttachmentSource *source)
{
    arena_free(source->mem);
    g_free(source->name);
    g_free(source);
}

static bool
take(AttachmentSource *source, DbTx *tx, bool *found)
{
    Bytes data;

    if (!attachment_store_part(tx, source->name, source->part, &data, found, NULL))
        return false;
    source->part++;
    source->data = *found ? arena_bytes(source->mem, data) : (Bytes){ NULL, 0 };
    return true;
}

/* The first piece is read at once: whether there is anything is known before an answer begins. */
static AttachmentSource *
open_source(System *sys, DbTx *tx, const char *name)
{
    AttachmentSource *source = g_new0(AttachmentSource, 1);
    bool              found = false;

    source->sys = sys;
    source->mem = arena_new();
    source->name = g_strdup(name);
    if (take(source, tx, &found) && found)
        return source;
    close_source(source);
    return NULL;
}

static bool
take_next(AttachmentSource *source, bool *found)
{
    arena_reset(source->mem);
    source->data = (Bytes){ NULL, 0 };
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(DbTx) tx = db_begin(source->sys->db, mem, NULL);

    return tx != NULL && take(source, tx, found);
}

static int64_t
read_source(AttachmentSource *source, uint8_t *out, size_t room)
{
    size_t used = 0;
    bool   found = true;

    while (used < room && found) {
        size_t taken = MIN(room - used, source->data.size);

        if (taken > 0)
            memcpy(out + used, source->data.data, taken);
        used += taken;
        source->data.data += taken;
        source->data.size -= taken;
        if (used < room && !take_next(source, &found))
            return -1;
    }
    return (int64_t)used;
}

const AttachmentPlace attachment_parts = {
    .create = create,
    .write = add,
    .finish = finish,
    .close = close_sink,
    .open = open_source,
    .read = read_source,
    .done = close_source,
};

const AttachmentPlace *
attachment_place(const System *sys)
{
    return sys->shared ? &attachment_parts : &attachment_disk;
}
