/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Wraps the default VFS. All connections to a file share what was written and not yet synced (they
 * are one process); locks and the shared memory of the log's index go straight through. What must
 * stay true: nothing reaches a real file but by xSync, and deleting. */
#include "vfs_forget.h"

#include "base/thread.h"

#include <sqlite3.h>
#include <string.h>

enum { BLOCK = 4096 };

/* One file by its name. */
typedef struct {
    char         *path; /* NULL: a nameless one, not shared */
    int           users;
    sqlite3_int64 size;   /* as the process sees it */
    sqlite3_int64 kept;   /* how much of the real file still counts; less after truncating */
    GHashTable   *blocks; /* index → BLOCK bytes written and not synced */
    sqlite3_vfs  *wrapped;
} Content;

typedef struct {
    sqlite3_vfs *wrapped;
    Lock         lock;     /* for everything below and in every Content */
    GHashTable  *contents; /* path → Content */
} World;

typedef struct {
    sqlite3_file  base;
    World        *world;
    Content      *content;
    sqlite3_file *real; /* lies behind this struct */
} File;

static World *
world_of(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

/* ---- what is remembered ---- */

static int
read_real(File *file, sqlite3_int64 offset, unsigned char *bytes, sqlite3_int64 size)
{
    sqlite3_int64 counts = CLAMP(file->content->kept - offset, 0, size);

    memset(bytes, 0, (size_t)size);
    if (counts == 0)
        return SQLITE_OK;

    int code = file->real->pMethods->xRead(file->real, bytes, (int)counts, offset);
    return code == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : code;
}

static gint64 *
new_key(sqlite3_int64 index)
{
    gint64 *key = g_new(gint64, 1);

    *key = index;
    return key;
}

/* The block that is written to, made from the real file when it is new. */
static int
open_block(File *file, sqlite3_int64 index, unsigned char **block)
{
    gint64 key = index;

    *block = g_hash_table_lookup(file->content->blocks, &key);
    if (*block != NULL)
        return SQLITE_OK;

    *block = g_malloc(BLOCK);
    g_hash_table_insert(file->content->blocks, new_key(index), *block);
    return read_real(file, index * BLOCK, *block, BLOCK);
}

static int
write_bytes(File *file, const unsigned char *bytes, sqlite3_int64 size, sqlite3_int64 offset)
{
    for (sqlite3_int64 at = offset; at < offset + size;) {
        sqlite3_int64  within = at % BLOCK;
        sqlite3_int64  part = MIN(BLOCK - within, offset + size - at);
        unsigned char *block;
        int            code = open_block(file, at / BLOCK, &block);

        if (code != SQLITE_OK)
            return code;
        memcpy(block + within, bytes + (at - offset), (size_t)part);
        at += part;
    }
    file->content->size = MAX(file->content->size, offset + size);
    return SQLITE_OK;
}

static int
read_bytes(File *file, unsigned char *bytes, sqlite3_int64 size, sqlite3_int64 offset)
{
    int code = read_real(file, offset, bytes, size);

    for (sqlite3_int64 at = offset; code == SQLITE_OK && at < offset + size;) {
        sqlite3_int64        within = at % BLOCK;
        sqlite3_int64        part = MIN(BLOCK - within, offset + size - at);
        gint64               key = at / BLOCK;
        const unsigned char *block = g_hash_table_lookup(file->content->blocks, &key);

        if (block != NULL)
            memcpy(bytes + (at - offset), block + within, (size_t)part);
        at += part;
    }
    return code;
}

static gboolean
lies_behind(gpointer key, gpointer value, gpointer data)
{
    (void)value;
    return *(gint64 *)key * BLOCK >= *(sqlite3_int64 *)data;
}

static void
truncate_bytes(Content *content, sqlite3_int64 size)
{
    gint64         key = size / BLOCK;
    unsigned char *last = g_hash_table_lookup(content->blocks, &key);

    if (last != NULL)
        memset(last + size % BLOCK, 0, (size_t)(BLOCK - size % BLOCK));
    g_hash_table_foreach_remove(content->blocks, lies_behind, &size);
    content->kept = MIN(content->kept, size);
    content->size = size;
}

/* Everything remembered goes to the real file. */
static int
flush(File *file)
{
    Content       *content = file->content;
    GHashTableIter iter;
    gpointer       key, block;
    int            code = file->real->pMethods->xTruncate(file->real, content->kept);

    g_hash_table_iter_init(&iter, content->blocks);
    while (code == SQLITE_OK && g_hash_table_iter_next(&iter, &key, &block)) {
        sqlite3_int64 offset = *(gint64 *)key * BLOCK;

        code = file->real->pMethods->xWrite(file->real, block,
                                            (int)MIN(BLOCK, content->size - offset), offset);
    }
    if (code == SQLITE_OK)
        code = file->real->pMethods->xTruncate(file->real, content->size);
    if (code != SQLITE_OK)
        return code;

    g_hash_table_remove_all(content->blocks);
    content->kept = content->size;
    return SQLITE_OK;
}

/* ---- the methods of a file that differ ---- */

static int
file_close(sqlite3_file *base)
{
    File *file = (File *)base;
    int   code = file->real->pMethods->xClose(file->real);

    lock_take(&file->world->lock);
    if (--file->content->users == 0) {
        if (file->content->path != NULL)
            g_hash_table_remove(file->world->contents, file->content->path);
        g_hash_table_unref(file->content->blocks);
        g_free(file->content->path);
        g_free(file->content);
    }
    lock_leave(&file->world->lock);
    return code;
}

static int
file_read(sqlite3_file *base, void *bytes, int size, sqlite3_int64 offset)
{
    File *file = (File *)base;

    lock_take(&file->world->lock);
    sqlite3_int64 there = CLAMP(file->content->size - offset, 0, size);
    int           code = read_bytes(file, bytes, there, offset);
    lock_leave(&file->world->lock);

    if (code == SQLITE_OK && there < size) {
        memset((char *)bytes + there, 0, (size_t)(size - there));
        return SQLITE_IOERR_SHORT_READ;
    }
    return code;
}

static int
file_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 offset)
{
    File *file = (File *)base;

    lock_take(&file->world->lock);
    int code = write_bytes(file, bytes, size, offset);
    lock_leave(&file->world->lock);
    return code;
}

static int
file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    File *file = (File *)base;

    lock_take(&file->world->lock);
    truncate_bytes(file->content, size);
    lock_leave(&file->world->lock);
    return SQLITE_OK;
}

static int
file_sync(sqlite3_file *base, int flags)
{
    File *file = (File *)base;

    lock_take(&file->world->lock);
    int code = flush(file);
    lock_leave(&file->world->lock);
    return code == SQLITE_OK ? file->real->pMethods->xSync(file->real, flags) : code;
}

static int
file_size(sqlite3_file *base, sqlite3_int64 *size)
{
    File *file = (File *)base;

    lock_take(&file->world->lock);
    *size = file->content->size;
    lock_leave(&file->world->lock);
    return SQLITE_OK;
}

/* Hints would make the real file longer. */
static int
file_control(sqlite3_file *base, int operation, void *argument)
{
    File *file = (File *)base;

    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE ||
        operation == SQLITE_FCNTL_MMAP_SIZE)
        return SQLITE_NOTFOUND;
    return file->real->pMethods->xFileControl(file->real, operation, argument);
}

/* ---- those that go through ---- */

static int
file_lock(sqlite3_file *base, int level)
{
    sqlite3_file *real = ((File *)base)->real;

    return real->pMethods->xLock(real, level);
}

static int
file_unlock(sqlite3_file *base, int level)
{
    sqlite3_file *real = ((File *)base)->real;

    return real->pMethods->xUnlock(real, level);
}

static int
file_check_lock(sqlite3_file *base, int *held)
{
    sqlite3_file *real = ((File *)base)->real;

    return real->pMethods->xCheckReservedLock(real, held);
}

static int
file_sector_size(sqlite3_file *base)
{
    sqlite3_file *real = ((File *)base)->real;

    return real->pMethods->xSectorSize(real);
}

static int
file_characteristics(sqlite3_file *base)
{
    sqlite3_file *real = ((File *)base)->real;

    return real->pMethods->xDeviceCharacteristics(real);
}

static int
file_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **memory)
{
    sqlite3_file *real = ((File *)base)->real;

    return real->pMethods->xShmMap(real, region, size, extend, memory);
}

static int
file_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
    sqlite3_file *real = ((File *)base)->real;

    return real->pMethods->xShmLock(real, offset, n, flags);
}

static void
file_shm_barrier(sqlite3_file *base)
{
    sqlite3_file *real = ((File *)base)->real;

    real->pMethods->xShmBarrier(real);
}

static int
file_shm_unmap(sqlite3_file *base, int delete)
{
    sqlite3_file *real = ((File *)base)->real;

    return real->pMethods->xShmUnmap(real, delete);
}

/* Version 2: nothing is read through a memory map, which would see the real file. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- the VFS ---- */

static Content *
content_of(World *world, const char *path, sqlite3_int64 size)
{
    Content *content = path == NULL ? NULL : g_hash_table_lookup(world->contents, path);

    if (content == NULL) {
        content = g_new0(Content, 1);
        content->path = g_strdup(path);
        content->size = content->kept = size;
        content->blocks = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
        if (path != NULL)
            g_hash_table_insert(world->contents, content->path, content);
    }
    content->users++;
    return content;
}

static int
vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out_flags)
{
    World        *world = world_of(vfs);
    File         *file = (File *)base;
    sqlite3_int64 size = 0;

    *file = (File){ .world = world, .real = (sqlite3_file *)(file + 1) };
    int code = world->wrapped->xOpen(world->wrapped, path, file->real, flags, out_flags);
    if (code != SQLITE_OK)
        return code;

    lock_take(&world->lock);
    file->real->pMethods->xFileSize(file->real, &size);
    file->content = content_of(world, path, size);
    lock_leave(&world->lock);
    file->base.pMethods = &methods;
    return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
    World *world = world_of(vfs);

    lock_take(&world->lock);
    Content *content = g_hash_table_lookup(world->contents, path);
    if (content != NULL)
        truncate_bytes(content, 0);
    lock_leave(&world->lock);
    return world->wrapped->xDelete(world->wrapped, path, sync_directory);
}

/* The default VFS says of an empty file that it does not exist. */
static int
vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result)
{
    World *world = world_of(vfs);
    int    code = world->wrapped->xAccess(world->wrapped, path, flags, result);

    lock_take(&world->lock);
    Content *content = g_hash_table_lookup(world->contents, path);
    if (code == SQLITE_OK && flags == SQLITE_ACCESS_EXISTS && content != NULL)
        *result = content->size > 0;
    lock_leave(&world->lock);
    return code;
}

void
vfs_forget_register(void)
{
    sqlite3_vfs *wrapped = sqlite3_vfs_find(NULL);
    sqlite3_vfs *vfs = g_new0(sqlite3_vfs, 1);
    World       *world = g_new0(World, 1);

    lock_init(&world->lock);
    world->wrapped = wrapped;
    world->contents = g_hash_table_new(g_str_hash, g_str_equal);

    *vfs = *wrapped;
    vfs->pNext = NULL;
    vfs->zName = VFS_FORGET_NAME;
    vfs->pAppData = world;
    vfs->szOsFile = (int)sizeof(File) + wrapped->szOsFile;
    vfs->xOpen = vfs_open;
    vfs->xDelete = vfs_delete;
    vfs->xAccess = vfs_access;
    g_assert(sqlite3_vfs_register(vfs, 0) == SQLITE_OK);
}
