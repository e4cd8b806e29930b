/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A mobile that was just proved by a code, sealed in a cookie for half an hour: what lies between the
 * proof and the registration, without a row. */
#pragma once

#include "base/text.h"
#include "core/system.h"

#define ACCOUNT_PHONE_COOKIE "sawt-phone"
#define ACCOUNT_PHONE_SECONDS (30 * 60)

char *account_phone_seal(System *sys, Arena *mem, const char *phone);
/* NULL when the cookie is none, old, or another server's. */
const char *account_phone_open(System *sys, Arena *mem, const char *cookie);
