/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What follows from whether the requester's identity is verified (product.md 6). */
#include "feature/petition/petition_rules.h"

#include "feature/petition/petition_check.h"
#include "messages.h"

#include <string.h>

bool
petition_rule_is_provisional(const char *type, VaultVerification verification)
{
    return strcmp(type, "complaint") == 0 && verification == VAULT_PROVISIONAL;
}

AppTime
petition_rule_prove_by(AppTime frozen_at)
{
    return frozen_at + PETITION_PROVE_DAYS * DAYS;
}

const Refusal *
petition_rule_not_frozen(const RuleContext *context, const Petition *petition)
{
    return petition->frozen
               ? petition_check_refuse_at(context, MSG_REFUSAL_FROZEN, NULL, petition->identity_at)
               : NULL;
}

/* Who proves again while the registry is down is not late by it: only what does not match lapses. */
PetitionIdentityStep
petition_rule_identity(const RuleContext *context, const Petition *petition,
                       VaultVerification verification)
{
    bool due = petition->identity_at != 0 && context->now >= petition->identity_at;

    if (!petition->provisional || petition_rule_open(context, petition) != NULL)
        return PETITION_IDENTITY_NOTHING;
    if (verification == VAULT_VERIFIED)
        return PETITION_IDENTITY_VERIFY;
    if (verification == VAULT_MISMATCH && !petition->frozen)
        return PETITION_IDENTITY_FREEZE;
    if (!due)
        return PETITION_IDENTITY_NOTHING;
    if (!petition->frozen)
        return PETITION_IDENTITY_RELEASE;
    return verification == VAULT_MISMATCH ? PETITION_IDENTITY_LAPSE : PETITION_IDENTITY_NOTHING;
}
