/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: opening rows, and the routes. */
#pragma once

#include "feature/attachment/attachment_store.h"

bool
attachment_open_key(System *sys, const AttachmentRow *row, CryptoKey *key, GError **error) MUST_USE;
bool attachment_open_row(System *sys, Arena *mem, const AttachmentRow *row, Attachment *out,
                         GError **error) MUST_USE;

/* What no row names any more. */
bool attachment_drop_content(System *sys, Arena *mem, const char *file, GError **error) MUST_USE;

extern const Route attachment_routes[];
