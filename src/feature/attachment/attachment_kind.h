/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which files are taken, and whether a file is what it says: extension, own signature and libmagic's
 * opinion must agree. Pure but for libmagic's table. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef enum { ATTACHMENT_IMAGE, ATTACHMENT_PDF, ATTACHMENT_MEDIA } AttachmentClass;

typedef struct AttachmentKind {
    const char     *type;          /* what it is kept as */
    const char     *extensions[3]; /* lower case, NULL-terminated */
    AttachmentClass kind_class;
    size_t          offset; /* of the signature */
    const char     *signature;
    size_t          length;
    size_t          second_offset; /* of a second one; 0: none */
    const char     *seconds[8];    /* any of these */
    const char     *magic[4];      /* what libmagic may call it */
} AttachmentKind;

/* By the name's extension; NULL: not taken. */
const AttachmentKind *attachment_kind_of(const char *name);
/* The most bytes of a kind: image 10 MiB, PDF 20, audio and video 50. */
int64_t attachment_kind_most(const AttachmentKind *kind);
/* The first bytes of a file (4 KiB, or all of it) carry the kind's signature, and libmagic agrees.
 * INTERNAL when libmagic has no table. */
bool attachment_kind_agrees(const AttachmentKind *kind, const uint8_t *head, size_t size,
                            bool *agrees, GError **error) MUST_USE;
