/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a request could go: entities as a list, and what the words of the request suggest. Used by
 * this feature only. */
#pragma once

#include "feature/office/office_words.h"

/* All at work but one. */
Choices office_target_entities(const OfficeReader *reader, const char *field, int64_t but);
/* Entities with services: what was chosen before (`typed`, or NULL), what the returning entity
 * proposed, what fits `words` (NULL: the request's own). */
Choices office_target_suggestions(const OfficeReader *reader, const PetitionFile *file,
                                  const char *words, const char *typed);
/* The last return of the file, or NULL. */
const PetitionEvent *office_target_return(const PetitionFile *file);
/* A suggestion's value: ENTITY-SERVICE. False when it is none. */
bool office_target_read(const char *value, int64_t *entity_id, int64_t *service_id);
