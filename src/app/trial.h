/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trying Sawt out on one machine: accounts with random passwords, one for each role that has a page. */
#pragma once

#include "app/config.h"
#include "core/system.h"

#include <stdio.h>

/* Make the trial accounts that are missing and print their passwords and second factors, once. */
bool trial_accounts(System *sys, FILE *out, GError **error) MUST_USE;
/* Production: one administrator, by a one-time link, when there is no account yet. */
bool trial_first_administrator(System *sys, FILE *out, GError **error) MUST_USE;
/* Where the pages are. */
void trial_print_address(FILE *out, const Config *config, int port);
