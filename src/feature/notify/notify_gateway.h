/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The gateways themselves: Kannel's sendsms over HTTP, SMTP. Each call is one message and one answer. */
#pragma once

#include "core/system.h"

typedef enum {
    GATEWAY_TAKEN,   /* the gateway has it                                        */
    GATEWAY_AGAIN,   /* not reached, or busy: nothing was handed over             */
    GATEWAY_UNKNOWN, /* handed over, no answer: it may have been sent             */
    GATEWAY_REFUSED, /* will never be taken: the address or the message is wrong  */
} GatewayAnswer;

/* `reason` is a short code of ours, in `mem`, for the fate on the file. */
GatewayAnswer notify_gateway_sms(const Gateways *gateways, Arena *mem, const char *phone,
                                 const char *text, const char **reason);
GatewayAnswer notify_gateway_mail(const Gateways *gateways, Arena *mem, const char *address,
                                  const char *subject, const char *text, const char **reason);
