/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The two senders as jobs, and the routes of the outbox page. Used by notify.c only. */
#pragma once

#include "feature/notify/notify.h"

/* Is there such a gateway? */
bool notify_send_has_sms(const System *sys);
bool notify_send_has_email(const System *sys);
bool notify_send_sms(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error);
bool notify_send_email(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error);

extern const Route notify_routes[];
