/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `sawt accounts add LOGIN ROLE NAME [ENTITY [DIRECTORATE]]`: an account of the staff from the command
 * line of the machine, whose owner sets password and second factor by a one-time link. */
#pragma once

#include "core/system.h"

#include <stdio.h>

/* `argv` begins at LOGIN; entity and directorate are codes of the reference data. The link goes to
 * `out`. INVALID: words missing, no such role, entity or directorate, or what session_account_new says. */
bool appoint(System *sys, int argc, char **argv, FILE *out, GError **error) MUST_USE;
