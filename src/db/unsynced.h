/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A trial's store that is made in one go is not synced to the disk commit by commit: it can be made again.
 * While that is so a mark lies in its directory, with the number that the system has from one start to the
 * next. A killed process leaves whole files, as the system still has what was written: whoever opens the
 * store next brings it to the disk. After the machine has stopped nothing is known of them, and the
 * store is refused for good. */
#pragma once

#include "base/error.h"

/* Before the store is opened: bring to the disk what a killed process has left. INVALID when the machine has
 * stopped since: what to do instead. */
bool unsynced_settle(const char *directory, GError **error) MUST_USE;
/* From here on commits need not be synced (DbOptions.bulk). INTERNAL: the mark cannot be made. */
bool unsynced_begin(const char *directory, GError **error) MUST_USE;
