/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One petition: its row, its key, whose it is, and what the requester's page calls its state. */
#include "feature/petition/petition.h"

#include "feature/petition/petition_rules.h"
#include "feature/petition/petition_store.h"

#include <string.h>

bool
petition_by_number(DbTx *tx, int64_t number, Petition *out, GError **error)
{
    return petition_store_by_number(tx, number, out, error);
}

bool
petition_by_id(DbTx *tx, int64_t id, Petition *out, GError **error)
{
    return petition_store_by_id(tx, id, out, error);
}

bool
petition_by_command(DbTx *tx, Bytes command_id, Petition *out, bool *found, GError **error)
{
    return petition_store_by_command(tx, command_id, out, found, error);
}

bool
petition_key(System *sys, DbTx *tx, int64_t petition_id, CryptoKey *out, GError **error)
{
    Bytes wrapped;

    if (!petition_store_wrapped_key(tx, petition_id, &wrapped, error))
        return false;
    if (wrapped.data == NULL)
        return fail(error, APP_ERROR_INTERNAL, "the petition's key was erased");

    return vault_unwrap(sys->vault, VAULT_KEY_PETITION,
                        (CryptoPlace){ "petition_key", "wrapped", petition_id }, wrapped, out,
                        error);
}

bool
petition_is_of_person(System *sys, Arena *mem, const Petition *petition, int64_t person_id)
{
    int64_t owner;

    return vault_unlink(sys->vault, mem, petition->id, petition->person, &owner, NULL) &&
           owner == person_id;
}

static bool
is_under_review(const Petition *petition)
{
    return strcmp(petition->state, "in_progress") == 0 &&
           (strcmp(petition->holder, "unit") == 0 || strcmp(petition->holder, "panel") == 0);
}

const char *
petition_public_status(const Petition *petition, AppTime now)
{
    static const struct {
        const char *state, *status;
    } statuses[] = {
        { "received", "received" },       { "assigned", "with_entity" },
        { "in_progress", "in_progress" }, { "scheduled", "in_progress" },
        { "joined", "in_progress" },      { "awaiting_requester", "needs_you" },
    };

    if (petition->frozen)
        return petition->closed_at == 0 ? "needs_you" : "finished";
    if (is_under_review(petition))
        return "under_review";
    if (strcmp(petition->state, "closed") == 0)
        return now <= petition_rule_rate_by(petition->closed_at) ? "answered" : "finished";

    for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++)
        if (strcmp(petition->state, statuses[i].state) == 0)
            return statuses[i].status;
    return "finished";
}
