/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names, limits and labels of every input of this feature. */
#include "feature/follow/follow_forms.h"

#include "feature/petition/petition_rules.h"
#include "messages.h"

#include <glib.h>
#include <stddef.h>

#define VERSION(T)                                                                                 \
    {                                                                                              \
        .name = "version", .kind = FORM_HIDDEN, .offset = offsetof(T, version), .max = 20          \
    }

static const char *const solved[] = { "yes", "partly", "no", NULL };
static const char *const stars[] = { "5", "4", "3", "2", "1", NULL };
static const char *const whys[] = { "solved", "pressed", "fear", "other", NULL };

static const FormField   prove_fields[] = {
      { .name = "number",
        .kind = FORM_DIGITS,
        .offset = offsetof(FollowProveForm, number),
        .required = true,
        .min = 11,
        .max = 11,
        .label = MSG_WORD_NUMBER,
        .hint = MSG_FOLLOW_NUMBER_HINT,
        .autocomplete = "off" },
      { .name = "code",
        .kind = FORM_TEXT,
        .offset = offsetof(FollowProveForm, code),
        .required = true,
        .max = 40,
        .label = MSG_WORD_CODE,
        .hint = MSG_FOLLOW_CODE_HINT,
        .autocomplete = "off" },
};

static const FormField rate_fields[] = {
    { .name = "solved",
      .kind = FORM_CHOICE,
      .offset = offsetof(FollowRateForm, solved),
      .required = true,
      .choices = solved,
      .label = MSG_FOLLOW_RATE_SOLVED },
    { .name = "stars",
      .kind = FORM_CHOICE,
      .offset = offsetof(FollowRateForm, stars),
      .choices = stars,
      .label = MSG_FOLLOW_RATE_STARS },
    { .name = "words",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(FollowRateForm, words),
      .max = PETITION_NOTE_MOST,
      .label = MSG_FOLLOW_RATE_WORDS,
      .hint = MSG_FOLLOW_RATE_WORDS_HINT },
    VERSION(FollowRateForm),
};

static const FormField withdraw_fields[] = {
    { .name = "why",
      .kind = FORM_CHOICE,
      .offset = offsetof(FollowWithdrawForm, why),
      .required = true,
      .choices = whys,
      .label = MSG_FOLLOW_WITHDRAW_WHY,
      .hint = MSG_FOLLOW_WITHDRAW_WHY_HINT },
    { .name = "words",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(FollowWithdrawForm, words),
      .max = PETITION_NOTE_MOST,
      .label = MSG_FOLLOW_WITHDRAW_WORDS },
    VERSION(FollowWithdrawForm),
};

static const FormField add_fields[] = {
    { .name = "text",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(FollowAddForm, text),
      .required = true,
      .max = PETITION_NOTE_MOST,
      .label = MSG_FOLLOW_ADD_TEXT,
      .hint = MSG_FOLLOW_ADD_TEXT_HINT },
    VERSION(FollowAddForm),
};

const FormSpec follow_forms_prove = { .name = "follow", FORM_SPEC(FollowProveForm, prove_fields) };
const FormSpec follow_forms_rate = { .name = "rate", FORM_SPEC(FollowRateForm, rate_fields) };
const FormSpec follow_forms_withdraw = { .name = "withdraw",
                                         FORM_SPEC(FollowWithdrawForm, withdraw_fields) };
const FormSpec follow_forms_add = { .name = "add", FORM_SPEC(FollowAddForm, add_fields) };

int64_t
follow_forms_number(const char *text)
{
    return text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
}
