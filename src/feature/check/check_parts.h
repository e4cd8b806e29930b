/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: what the stages of a check share. */
#pragma once

#include "feature/check/check_count.h"
#include "feature/check/check_report.h"

/* Two sets are the same when the sums of a hash over their members are. Sums are kept by 65,536 classes of
 * petitions, so that a difference leads to the few petitions that are then looked at one by one, and memory
 * does not grow with the store. */
enum { CHECK_CLASSES = 65536 };

typedef struct {
    uint64_t kept[CHECK_CLASSES], found[CHECK_CLASSES];
} CheckSums;

uint64_t check_mix(uint64_t value);
size_t   check_class(int64_t petition_id);
bool     check_sums_differ(const CheckSums *sums, int64_t petition_id);
bool     check_sums_agree(const CheckSums *sums);

typedef struct {
    System      *sys;
    CheckReport *report;
    CheckCount  *count;
    int64_t      n_words;
    CheckSums    words;   /* of full text: what petitions keep, what the index holds */
    CheckSums    reached; /* petitions, and those that their persons' handles lead to */
} Checking;

/* The stages, in this order. */
bool check_engine(Checking *checking, GError **error) MUST_USE;
bool check_walk(Checking *checking, GError **error) MUST_USE;
bool check_words(Checking *checking, GError **error) MUST_USE;
bool check_people(Checking *checking, GError **error) MUST_USE;
bool check_files(Checking *checking, GError **error) MUST_USE;

/* What the words of one petition add to the sums. */
uint64_t check_words_sum(Arena *mem, int64_t petition_id, Bytes tokens);
