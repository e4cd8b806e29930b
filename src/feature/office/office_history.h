/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The history of a file in sentences. Used by this feature only. */
#pragma once

#include "feature/office/office_words.h"

/* Newest first, those behind `after_version`. */
OfficeEvent *office_history_events(const OfficeReader *reader, const PetitionFile *file,
                                   int64_t after_version, size_t *n);
/* What the directorates were asked and answered, newest first. */
OfficeConsultation *
office_history_consultations(const OfficeReader *reader, const PetitionFile *file, size_t *n);
OfficeConsultation
office_history_consultation(const OfficeReader *reader, const PetitionConsultation *asked);
