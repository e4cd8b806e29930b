/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to petition: the parts of rules. Each check returns NULL, or why not. */
#pragma once

#include "feature/petition/petition_rules.h"

/* Refusals in the context's memory. */
const Refusal *petition_check_refuse(const RuleContext *context, Refusal refusal);
const Refusal *
petition_check_refuse_field(const RuleContext *context, int message, const char *field);
const Refusal *
petition_check_refuse_at(const RuleContext *context, int message, const char *field, AppTime time);

/* A text that must be there, at most `most` code points, that can be kept as it is. */
const Refusal *
petition_check_text(const RuleContext *context, const char *field, const char *text, size_t most);
/* The same of one that may be NULL. */
const Refusal *petition_check_text_or_none(const RuleContext *context, const char *field,
                                           const char *text, size_t most);
/* False for NULL. */
bool petition_check_is_one_of(const char *word, const char *const *list);

/* There, and still at work. */
const Refusal *
petition_check_entity(const RuleContext *context, const char *field, int64_t entity_id);
/* None, or one that the entity offers. */
const Refusal *
petition_check_service(const RuleContext *context, int64_t entity_id, int64_t service_id);
