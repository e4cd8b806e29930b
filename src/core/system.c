/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one thing of a System that changes while it runs: which snapshot of the reference data is the
 * present one. Snapshots are chained, not freed: a thread may hold an old one as long as it likes. */
#include "core/system.h"

#include "core/reference_data.h"

#include <stdatomic.h>

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
