/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: what was found, by kind with the first of each, and how far the check is. */
#pragma once

#include "feature/check/check.h"
#include "view/progress.h"

typedef enum {
    CHECK_DAMAGE,
    CHECK_REFERENCE,
    CHECK_CHAIN,
    CHECK_LEAF,
    CHECK_ACT,
    CHECK_SUBMISSION,
    CHECK_ORPHAN,
    CHECK_STATE,
    CHECK_NUMBER,
    CHECK_SERVICE,
    CHECK_KEY_MISSING,
    CHECK_KEY_CLOSED,
    CHECK_KEY_ORPHAN,
    CHECK_PAYLOAD,
    CHECK_BRIEF,
    CHECK_TOKENS_MISSING,
    CHECK_TOKENS_ORPHAN,
    CHECK_TOKENS_INDEX,
    CHECK_QUESTION,
    CHECK_MESSAGE_MISSING,
    CHECK_MESSAGE_OTHER,
    CHECK_DRAFT,
    CHECK_COUNTS,
    CHECK_LINK,
    CHECK_HANDLE,
    CHECK_HINT,
    CHECK_PERSON_KEY,
    CHECK_PERSON_SEALED,
    CHECK_PERSON_INDEX,
    CHECK_PERSON_ERASED,
    CHECK_FILE_MISSING,
    CHECK_FILE_SIZE,
    CHECK_FILE_KEY,
    CHECK_FILE_ORPHAN,
    CHECK_KINDS,
} CheckKind;

typedef struct CheckReport CheckReport;

CheckReport               *check_report_new(const CheckOptions *options);
void                       check_report_free(CheckReport *report);

void
check_report_found(CheckReport *report, CheckKind kind, const char *where, ...) PRINTF_LIKE(3, 4);
/* The petition by its public number; 0: by its id. */
void check_report_petition(CheckReport *report, CheckKind kind, int64_t number, int64_t id);
bool check_report_has(const CheckReport *report, CheckKind kind);
/* A table that was too large to be looked through beside a running server. */
void check_report_skipped(CheckReport *report, const char *table);

/* What is looked at now, and of how many (0: not known). */
void check_report_stage(CheckReport *report, int message, int64_t of);
/* So many more of them, and so many rows. False when nobody reads any more. */
bool check_report_step(CheckReport *report, int64_t steps, int64_t rows);

/* Print it. True when nothing was found. */
bool check_report_end(CheckReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CheckReport, check_report_free)
