/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Petitions' data keys under the newest epoch of the ring, a step at a time (core/vault_rewrap.c does
 * the same for persons). */
#include "feature/petition/petition.h"
#include "feature/petition/petition_store.h"

typedef struct {
    int64_t after, n;
} Step;

static bool
rewrap_row(Prepare *prepare, const PetitionWrapped *row, GError **error)
{
    Bytes wrapped;

    if (!vault_rewrap(prepare->sys->vault, prepare->mem, VAULT_KEY_PETITION,
                      (CryptoPlace){ "petition_key", "wrapped", row->petition_id }, row->wrapped,
                      &wrapped, error))
        return false;

    petition_store_rewrap(prepare->plan, row, wrapped);
    return true;
}

/* The ring is changed, no petition: the event is about neither. */
static bool
append_event(Prepare *prepare, GError **error)
{
    return event_append(prepare,
                        &(Event){ .petition_id = id_next(prepare->sys->ids),
                                  .version = 1,
                                  .kind = "rewrap",
                                  .actor_role = prepare->by->role,
                                  .visibility = "unit" },
                        error);
}

static bool
prepare_step(Prepare *prepare, const void *data, void *result, GError **error)
{
    const int64_t *after = data;
    Step          *step = result;
    g_auto(CryptoKey) newest = { .id = 0 };
    PetitionWrapped *rows;
    size_t           n;

    vault_key(prepare->sys->vault, VAULT_KEY_PETITION, &newest);
    if (!petition_store_wrapped_before(prepare->tx, *after, newest.id, &rows, &n, error))
        return false;

    *step = (Step){ n == 0 ? *after : rows[n - 1].petition_id, (int64_t)n };
    prepare->repeated = n == 0;
    if (n == 0)
        return true;
    if (!append_event(prepare, error))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!rewrap_row(prepare, &rows[i], error))
            return false;
    return true;
}

bool
petition_rewrap_keys(System *sys, Arena *mem, int64_t *after, int64_t *n, GError **error)
{
    static const Who     by_system = { .role = ROLE_SYSTEM };
    const CommandContext context = { .sys = sys, .mem = mem, .by = &by_system };
    Step                 step;

    if (!command_run(&context, prepare_step, after, &step, NULL, error))
        return false;

    *after = step.after;
    *n = step.n;
    return true;
}
