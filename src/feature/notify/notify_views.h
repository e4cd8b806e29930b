/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

#include "view/html.h"

typedef struct OutboxMessageView {
    bool        sms, email, call; /* its channel */
    bool        sent, waiting, dead;
    int         channel, fate; /* messages */
    const char *text, *lang;
    AppTime     created_at;
} OutboxMessageView;

typedef struct OutboxView {
    const OutboxMessageView *messages;
    size_t                   n_messages;
    int64_t                  older; /* id to go on from; 0: no more */
} OutboxView;
