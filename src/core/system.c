/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What changes of a System while it runs: which snapshot of the reference data is the present one, and
 * whether its databases are there. Snapshots are chained, not freed: a thread may hold an old one as
 * long as it likes. */
#include "core/system.h"

#include "core/reference_data.h"

#include <stdatomic.h>

DbTx *
system_begin_stale(System *sys, const Who *who, Arena *mem, GError **error)
{
    return who->wrote ? db_begin(sys->db, mem, error) : db_begin_stale(sys->db, mem, error);
}

bool
system_wait(System *sys, int64_t deadline)
{
    bool back = db_wait(sys->db, deadline);

    return db_wait(vault_db(sys->vault), deadline) || back;
}

const Reference *
system_reference(System *sys)
{
    return atomic_load_explicit(&sys->reference, memory_order_acquire);
}

Calendar
system_calendar(System *sys)
{
    return (Calendar){ .reference = system_reference(sys), .zone = sys->zone };
}

bool
system_reload_reference(System *sys, GError **error)
{
    Reference *newer = reference_load(sys->db, error);

    if (newer == NULL)
        return false;

    newer->older = atomic_exchange_explicit(&sys->reference, newer, memory_order_acq_rel);
    return true;
}
