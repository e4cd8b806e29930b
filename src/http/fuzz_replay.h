/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs a fuzz entry as a normal test: over its seeds, over some thousand mutations of them (always
 * the same), and over the files that are named on the command line. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Defined beside the entry; ends with NULL. */
extern const char *const fuzz_replay_seeds[];
