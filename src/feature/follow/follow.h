/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Following a request: by number and code, by the receipt's QR link, or signed in; rating and
 * withdrawing. */
#pragma once

#include "feature/feature.h"

extern const Feature follow_feature;
