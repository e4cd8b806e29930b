/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the office calls things: time left, states, names of entities and places, in the reader's
 * language. Used by this feature only. */
#pragma once

#include "core/system.h"
#include "feature/office/office_views.h"
#include "feature/petition/petition.h"

/* Who reads this page, and what every word needs. */
typedef struct OfficeReader {
    System          *sys;
    Arena           *mem;
    const Who       *who;
    const Words     *words;
    const char      *lang;
    const Reference *ref;
    AppTime          now;
} OfficeReader;

OfficeReader office_words_reader(const Request *req);
/* Where a list by time left goes on: ?due and ?id of the link that office_words_next made; else its start. */
PetitionAfter office_words_after(const Request *req);
const char *
office_words_next(const OfficeReader *reader, const char *path, AppTime due_at, int64_t id);

/* How long until `due_at`; 0: the clock rests. */
OfficeDue office_words_due(const OfficeReader *reader, const char *state, AppTime due_at);
/* The same of a petition that may have ended. */
OfficeDue   office_words_due_or_end(const OfficeReader *reader, const char *state, AppTime due_at,
                                    AppTime closed_at);
OfficeBadge office_words_state(const char *state);
int         office_words_type(const char *type);

/* "" when there is none. */
const char *office_words_entity(const OfficeReader *reader, int64_t id);
const char *office_words_service(const OfficeReader *reader, int64_t id);
const char *office_words_directorate(const OfficeReader *reader, int64_t id);
/* Governorate and district; `words` of the requester when no place was chosen. */
const char *office_words_place(const OfficeReader *reader, int64_t id, const char *words);
const char *office_words_days(const OfficeReader *reader, int64_t working_days);

OfficeRow   office_words_row(const OfficeReader *reader, const PetitionRow *row);
/* What was typed into a form, by the labels of its fields; hidden ones are left out. */
OfficeFact *office_words_typed(const OfficeReader *reader, const Form *form, size_t *n);
