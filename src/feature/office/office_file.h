/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page of one file, fresh or as the answer to a form that was not taken. Used by this feature
 * only. */
#pragma once

#include "feature/office/office_words.h"

/* Why the page is shown. Of a plain look everything but `number` is 0. */
typedef struct OfficeFileAsk {
    int64_t number;
    int     status;       /* 0: 200 */
    Form   *tried;        /* the form that was not taken: what was typed is shown in it */
    int     notice;       /* message that stands above, or 0 */
    bool    conflict;     /* somebody was first: say what happened since … */
    int64_t seen_version; /* … this one */
} OfficeFileAsk;

/* NOT_FOUND of a plain look. With a form the answer is a 404 page that gives back what was typed:
 * whether the number is absent or another entity's cannot be told from it. */
bool office_file_show(Request *req, Response *res, const OfficeFileAsk *ask, GError **error);
/* The {number} of the route; NOT_FOUND when it is none. */
bool office_file_number(const Request *req, int64_t *number, GError **error);

/* What the requester wrote beside subject and text, and the answers to the service's fields. */
const OfficeFact *
office_file_facts(const OfficeReader *reader, const PetitionFile *file, size_t *n);
const OfficeFact *
office_file_answers(const OfficeReader *reader, const PetitionFile *file, size_t *n);
