/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The forms of this feature's pages. `version` is the petition's that the page showed. */
#pragma once

#include "http/form.h"

typedef struct {
    const char *number, *code;
} FollowProveForm;

typedef struct {
    const char *solved, *stars, *words, *version;
} FollowRateForm;

typedef struct {
    const char *why, *words, *version;
} FollowWithdrawForm;

typedef struct {
    const char *text, *version;
} FollowAddForm;

extern const FormSpec follow_forms_prove, follow_forms_rate, follow_forms_withdraw,
    follow_forms_add;

/* The number in a hidden field; 0 when it is none. */
int64_t follow_forms_number(const char *text);
