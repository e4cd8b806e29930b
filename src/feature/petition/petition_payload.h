/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to petition: what people wrote, between structs and canonical JSON: members in a fixed
 * order, none for what is not there, so that the same words are the same bytes. In clear here; events
 * seal it. Reading fails with INTERNAL: we wrote it. */
#pragma once

#include "feature/petition/petition.h"

/* What an act says beside its event's clear columns. */
typedef struct PetitionPayload {
    const char *text, *legal_text, *solved, *why;
    int64_t     days, day, stars, proposed_entity_id, consultation_id;
} PetitionPayload;

/* {NULL, 0} when it says nothing. */
Bytes petition_payload_write(Arena *mem, const PetitionPayload *payload);
/* "" reads as nothing. */
bool
petition_payload_read(Arena *mem, const char *json, PetitionPayload *out, GError **error) MUST_USE;

/* The submission as it was written. */
Bytes petition_payload_write_content(Arena *mem, const PetitionSubmit *cmd);
bool  petition_payload_read_content(Arena *mem, const char *json, PetitionContent *out,
                                    GError **error) MUST_USE;

/* Everything that tells one command from another with the same id. `content` is what
 * petition_payload_write_content gave. */
Bytes petition_payload_submit_command(Arena *mem, const PetitionSubmit *cmd, Bytes content);

typedef struct PetitionPayloadCommand {
    const char *action, *role, *outcome, *ground;
    int64_t     account_id, entity_id, service_id, directorate_id;
    Bytes       payload;
} PetitionPayloadCommand;

Bytes petition_payload_command(Arena *mem, const PetitionPayloadCommand *command);
