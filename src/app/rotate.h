/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `sawt rotate PURPOSE [--resume]`: a new epoch of the ring for a purpose; data keys of persons,
 * petitions and attachments are wrapped again in steps. Stopped on the way, --resume goes on without
 * another epoch. What lies directly under a key of the ring stays under its epoch, which is kept. */
#pragma once

#include "core/system.h"

#include <stdio.h>

int rotate_command(System *sys, int argc, char **argv, FILE *out);
