/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: a VFS over SQLite's own for the files of one Db. It changes two things and passes everything
 * else on. What is appended to the log is gathered and written by few calls, at the latest before the log is
 * synced; the engine writes 24 bytes and a page, 24 bytes and a page. And a file stays mapped between two read
 * transactions; the engine unmaps all of it whenever somebody has committed, which costs every thread of the
 * process. */
#pragma once

#include "base/thread.h"

#include <sqlite3.h>

typedef struct {
    sqlite3_io_methods        methods; /* first: it is what an open file points to */
    const sqlite3_io_methods *real;    /* NULL until the first file of the kind is open */
    int behind; /* where, after the engine's part, the file's own state lies */
} SqliteMethods;

typedef struct {
    sqlite3_vfs   base;
    sqlite3_vfs  *real;
    Lock          lock;
    SqliteMethods log, main;
    char          name[48];
} SqliteFiles;

enum { SQLITE_FILE_GATHER = 128 * 1024 }; /* bytes of the log */

/* Over the VFS `real` (NULL: the default). INTERNAL: no such VFS. The connections name it as files->name, and
 * are closed before it is cleared. Syncing must not be switched off: what is not synced is not written. */
bool db_sqlite_file_init(SqliteFiles *files, const char *real, GError **error) MUST_USE;
void db_sqlite_file_clear(SqliteFiles *files);
