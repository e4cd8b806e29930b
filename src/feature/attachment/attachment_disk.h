/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: files on disk, apart from writing and reading them (attachment_place.h). */
#pragma once

#include "core/system.h"

bool attachment_disk_remove(const System *sys, const char *name);
/* -1: it is not there. */
int64_t attachment_disk_size(const System *sys, const char *name);
/* Every file that was last written before `before`. */
typedef bool (*AttachmentDiskFunc)(const char *name, void *data, GError **error);
bool attachment_disk_each(const System *sys, AppTime before, AttachmentDiskFunc look, void *data,
                          GError **error) MUST_USE;
