/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to petition: what the system does with a petition whose requester's identity was not
 * verified when it came (product.md 6). Done by jobs; whatever is no more to be done is passed over. */
#pragma once

#include "feature/petition/petition_rules.h"

typedef struct PetitionIdentity {
    PetitionTarget    on;
    VaultVerification verification; /* the requester's, as it is now */
} PetitionIdentity;

/* Events: "verify", "release", "freeze", "lapse". `acted->event_id` 0: nothing was to be done. */
PETITION_COMMAND(identity, PetitionIdentity);

/* Jobs. Those whose time has come go on, whether the registry answers or not. */
bool petition_identity_release(System *sys, Arena *mem, AppTime now, AppTime *again,
                               GError **error) MUST_USE;
/* While the registry may be asked: ask about everybody who waits. */
bool petition_identity_verify(System *sys, Arena *mem, AppTime now, AppTime *again,
                              GError **error) MUST_USE;
