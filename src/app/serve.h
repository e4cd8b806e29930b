/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `sawt serve`: everything from an open store to a clean stop. */
#pragma once

#include "app/config.h"
#include "app/instance.h"

/* Serve until SIGTERM or SIGINT. Prints the addresses. The exit code. */
int serve_run(const Config *config, const InstanceFaults *faults);
