/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One process owns a store's directory: SQLite 3.40 loses data when two connections write or
 * checkpoint at once, so a second server, or a subcommand that would write, is refused. */
#pragma once

#include "base/error.h"

typedef struct OwnerLock OwnerLock;

/* Create the directory (mode 0700) and lock it. CONFLICT when another process has it; the message
 * names its pid. */
OwnerLock *owner_lock_take(const char *directory, GError **error) MUST_USE;
void       owner_lock_free(OwnerLock *lock);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OwnerLock, owner_lock_free)
