/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What happens to petitions without a human hand. */
#include "feature/feature.h"
#include "feature/petition/petition_identity.h"

static const JobSpec jobs[] = {
    { .name = "petition.release", .every = MINUTES, .run = petition_identity_release },
    { .name = "petition.verify",
      .every = 5 * SECONDS,
      .run = petition_identity_verify,
      .alone = true,
      .wanted = registry_is_there },
    { .name = NULL },
};

const Feature petition_feature = { .name = "petition", .jobs = jobs };
