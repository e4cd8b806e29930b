/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The engine opens a file and fills in its methods; here they are exchanged for a table that differs in a few
 * of them, and a little state is kept behind the engine's part of the file. What must stay true: bytes that
 * somebody may read are in the file. The engine lets nobody see a page of the log before it has synced it
 * (synchronous=FULL), and this connection reads through the same table. And that a mapping is never longer
 * than the file: the file does not shrink while it is open. */
#include "db/db_sqlite_file.h"

#include "db/conn.h"

#include <string.h>

/* A row of pages that go to the log one behind the other. */
typedef struct {
    uint8_t *bytes;
    int64_t  start;
    int      size;
} LogState;

typedef struct {
    int           fetched; /* pages that are lent now */
    sqlite3_int64 seen;    /* the file's size when it was last looked at */
} MainState;

static const SqliteMethods *
methods_of(const sqlite3_file *file)
{
    return (const SqliteMethods *)file->pMethods;
}

static const sqlite3_io_methods *
real_of(const sqlite3_file *file)
{
    return methods_of(file)->real;
}

static void *
state_of(sqlite3_file *file)
{
    return (char *)file + methods_of(file)->behind;
}

/* ---- the log ---- */

/* What could not be written is forgotten: the transaction fails, and its place is written anew. */
static int
write_out(sqlite3_file *file)
{
    LogState *log = state_of(file);
    int       size = log->size;

    log->size = 0;
    return size == 0 ? SQLITE_OK : real_of(file)->xWrite(file, log->bytes, size, log->start);
}

static bool
fits(const LogState *log, int size, int64_t at)
{
    return log->size > 0 && at >= log->start && at <= log->start + log->size &&
           at - log->start + size <= SQLITE_FILE_GATHER;
}

static int
log_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
    LogState *log = state_of(file);

    if (!fits(log, size, at)) {
        int code = write_out(file);

        if (code != SQLITE_OK)
            return code;
        if (size > SQLITE_FILE_GATHER)
            return real_of(file)->xWrite(file, data, size, at);
        if (log->bytes == NULL)
            log->bytes = g_malloc(SQLITE_FILE_GATHER);
        log->start = at;
    }
    memcpy(log->bytes + (at - log->start), data, (size_t)size);
    log->size = MAX(log->size, (int)(at - log->start) + size);
    return SQLITE_OK;
}

static int
log_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    int code = write_out(file);

    return code != SQLITE_OK ? code : real_of(file)->xRead(file, out, size, at);
}

static int
log_sync(sqlite3_file *file, int flags)
{
    int code = write_out(file);

    return code != SQLITE_OK ? code : real_of(file)->xSync(file, flags);
}

static int
log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = write_out(file);

    return code != SQLITE_OK ? code : real_of(file)->xTruncate(file, size);
}

static int
log_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int code = write_out(file);

    return code != SQLITE_OK ? code : real_of(file)->xFileSize(file, size);
}

/* What is left was rolled back. */
static int
log_close(sqlite3_file *file)
{
    LogState *log = state_of(file);

    g_free(log->bytes);
    log->bytes = NULL;
    return real_of(file)->xClose(file);
}

static void
change_log(sqlite3_io_methods *methods)
{
    methods->xWrite = log_write;
    methods->xRead = log_read;
    methods->xSync = log_sync;
    methods->xTruncate = log_truncate;
    methods->xFileSize = log_size;
    methods->xClose = log_close;
}

/* ---- the file itself ---- */

/* Has it grown past what is mapped, and may it be mapped anew? Pages past the limit never are. */
static bool
has_grown(sqlite3_file *file, int64_t end)
{
    MainState    *main = state_of(file);
    sqlite3_int64 size = 0;

    if (main->fetched > 0 || end > CONN_MAP_MOST ||
        real_of(file)->xFileSize(file, &size) != SQLITE_OK || size == main->seen)
        return false;
    main->seen = size;
    return true;
}

static int
main_fetch(sqlite3_file *file, sqlite3_int64 at, int size, void **page)
{
    MainState *main = state_of(file);
    int        code = real_of(file)->xFetch(file, at, size, page);

    if (code == SQLITE_OK && *page == NULL && has_grown(file, at + size)) {
        real_of(file)->xUnfetch(file, 0, NULL);
        code = real_of(file)->xFetch(file, at, size, page);
    }
    if (code == SQLITE_OK && *page != NULL)
        main->fetched++;
    return code;
}

/* Without a page: unmap everything. */
static int
main_unfetch(sqlite3_file *file, sqlite3_int64 at, void *page)
{
    MainState *main = state_of(file);

    if (page == NULL)
        return SQLITE_OK;
    main->fetched--;
    return real_of(file)->xUnfetch(file, at, page);
}

static void
change_main(sqlite3_io_methods *methods)
{
    methods->xFetch = main_fetch;
    methods->xUnfetch = main_unfetch;
}

/* ---- opening ---- */

/* One table for all files of a kind: the engine uses the same for all. */
static void
exchange(SqliteFiles *files, SqliteMethods *kind, void (*change)(sqlite3_io_methods *methods),
         sqlite3_file *file)
{
    lock_take(&files->lock);
    if (kind->real == NULL) {
        kind->real = file->pMethods;
        kind->methods = *kind->real;
        kind->behind = files->real->szOsFile;
        change(&kind->methods);
    }
    if (kind->real == file->pMethods)
        file->pMethods = &kind->methods;
    lock_leave(&files->lock);
}

static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    SqliteFiles *files = (SqliteFiles *)vfs;
    int          code;

    memset(file, 0, (size_t)vfs->szOsFile);
    code = files->real->xOpen(files->real, name, file, flags, out);
    if (code != SQLITE_OK || file->pMethods == NULL)
        return code;
    if ((flags & SQLITE_OPEN_WAL) != 0)
        exchange(files, &files->log, change_log, file);
    else if ((flags & SQLITE_OPEN_MAIN_DB) != 0 && file->pMethods->iVersion >= 3)
        exchange(files, &files->main, change_main, file);
    return SQLITE_OK;
}

static sqlite3_vfs *
real_vfs(sqlite3_vfs *vfs)
{
    return ((SqliteFiles *)vfs)->real;
}

static int
delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    return real_vfs(vfs)->xDelete(real_vfs(vfs), name, sync);
}

static int
access_file(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    return real_vfs(vfs)->xAccess(real_vfs(vfs), name, flags, out);
}

static int
full_path(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
    return real_vfs(vfs)->xFullPathname(real_vfs(vfs), name, room, out);
}

static int
randomness(sqlite3_vfs *vfs, int room, char *out)
{
    return real_vfs(vfs)->xRandomness(real_vfs(vfs), room, out);
}

static int
sleep_for(sqlite3_vfs *vfs, int microseconds)
{
    return real_vfs(vfs)->xSleep(real_vfs(vfs), microseconds);
}

static int
current_time(sqlite3_vfs *vfs, double *out)
{
    return real_vfs(vfs)->xCurrentTime(real_vfs(vfs), out);
}

static int
last_error(sqlite3_vfs *vfs, int room, char *out)
{
    return real_vfs(vfs)->xGetLastError(real_vfs(vfs), room, out);
}

bool
db_sqlite_file_init(SqliteFiles *files, const char *real, GError **error)
{
    sqlite3_vfs *found = sqlite3_vfs_find(real);

    *files = (SqliteFiles){ .real = found };
    if (found == NULL)
        return fail(error, APP_ERROR_INTERNAL, "there is no VFS %s", real);

    lock_init(&files->lock);
    g_snprintf(files->name, sizeof files->name, "sawt-%p", (void *)files);
    files->base =
        (sqlite3_vfs){ .iVersion = 1,
                       .szOsFile = found->szOsFile + (int)MAX(sizeof(LogState), sizeof(MainState)),
                       .mxPathname = found->mxPathname,
                       .zName = files->name,
                       .xOpen = open_file,
                       .xDelete = delete_file,
                       .xAccess = access_file,
                       .xFullPathname = full_path,
                       .xRandomness = randomness,
                       .xSleep = sleep_for,
                       .xCurrentTime = current_time,
                       .xGetLastError = last_error };
    if (sqlite3_vfs_register(&files->base, 0) == SQLITE_OK)
        return true;
    lock_clear(&files->lock);
    files->real = NULL;
    return fail(error, APP_ERROR_INTERNAL, "the VFS %s is refused", files->name);
}

void
db_sqlite_file_clear(SqliteFiles *files)
{
    if (files->real == NULL)
        return;
    sqlite3_vfs_unregister(&files->base);
    lock_clear(&files->lock);
    files->real = NULL;
}
