/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A VFS for tests that forgets, when the process dies, what was not synced: kill -9 leaves the page
 * cache as it was, a power failure does not. What is written stays in memory until xSync. */
#pragma once

/* Make it known to SQLite as VFS_FORGET_NAME. For good: the process is a test. */
void vfs_forget_register(void);

#define VFS_FORGET_NAME "forget"
