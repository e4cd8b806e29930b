/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The gateways themselves: Kannel's sendsms over HTTP, SMTP. Each call is one message and one answer. */
#pragma once

#include "core/system.h"
#include "feature/notify/notify_mime.h"

typedef enum {
    GATEWAY_TAKEN,   /* the gateway has it                                                  */
    GATEWAY_DOWN,    /* not reached, busy, or it refuses us: no message would go now        */
    GATEWAY_LATER,   /* this message not now: nothing was handed over                       */
    GATEWAY_UNKNOWN, /* handed over, no answer: it may have been sent                       */
    GATEWAY_REFUSED, /* will never be taken: the address or the message is wrong            */
} GatewayAnswer;

/* `reason`, where it was not taken, is a short constant of ours for the fate on the file. */
GatewayAnswer notify_gateway_sms(const Gateways *gateways, Arena *mem, const char *phone,
                                 const char *text, const char **reason);
GatewayAnswer notify_gateway_mail(const Gateways *gateways, Arena *mem, const NotifyMail *mail,
                                  const char **reason);
