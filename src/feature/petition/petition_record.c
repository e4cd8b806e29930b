/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/petition/petition_record.h"

#include "feature/petition/petition_brief.h"
#include "feature/petition/petition_store.h"

#include <string.h>

bool
petition_record_rows(DbTx *tx, int64_t after_id, int64_t most, Petition **rows, size_t *n,
                     GError **error)
{
    return petition_store_after(tx, after_id, most, rows, n, error);
}

bool
petition_record_said(Arena *mem, const CryptoKey *key, const EventRow *row, PetitionPayload *said)
{
    PetitionContent content;
    const char     *json;

    *said = (PetitionPayload){ .text = NULL };
    if (!event_payload(mem, key, row, &json, NULL))
        return false;
    if (strcmp(row->kind, "submit") == 0)
        return petition_payload_read_content(mem, json, &content, NULL);
    return petition_payload_read(mem, json, said, NULL);
}

bool
petition_record_brief_opens(System *sys, Arena *mem, const Petition *petition)
{
    g_auto(PetitionBriefKeys) keys = { .n = 0 };
    const PetitionBriefPlace place = { petition->id, petition->entity_id, petition->brief_epoch,
                                       petition->brief };
    const char              *subject, *place_words;

    return petition_brief_open(sys, mem, &keys, &place, &subject, &place_words, NULL);
}
