/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The control socket in the store's directory: how a subcommand reaches the running server. Only the
 * owner's own processes are listened to. */
#pragma once

#include "core/system.h"

typedef struct Control Control;

Control               *control_start(System *sys, GError **error) MUST_USE;
void                   control_stop(Control *control);

/* Ask a running server to execute a subcommand; its output goes to stdout. False when no server
 * listens there (error unset), or INTERNAL. */
bool control_ask(const char *directory, int argc, char **argv, int *exit_code, GError **error);
