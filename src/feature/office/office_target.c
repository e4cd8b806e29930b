/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/office/office_target.h"

#include "messages.h"

#include <string.h>

enum { MOST_HITS = 6, MOST_TARGETS = MOST_HITS + 2 };

typedef struct {
    int64_t     entity_id, service_id;
    const char *hint;
} Target;

typedef struct {
    const OfficeReader *reader;
    int64_t             present; /* where it is now: not a target */
    Target              items[MOST_TARGETS];
    size_t              n;
} Targets;

Choices
office_target_entities(const OfficeReader *reader, const char *field, int64_t but)
{
    size_t               n, kept = 0;
    const Entity *const *all = reference_entities(reader->ref, &n);
    Choice              *choices = ARENA_ARRAY(reader->mem, Choice, n);

    for (size_t i = 0; i < n; i++)
        if (!all[i]->retired && all[i]->id != but)
            choices[kept++] = (Choice){ .value = arena_printf(reader->mem, "%" G_GINT64_FORMAT,
                                                              (gint64)all[i]->id),
                                        .label = office_words_entity(reader, all[i]->id) };
    return (Choices){ .field = field, .choices = choices, .n = kept, .as_list = true };
}

bool
office_target_read(const char *value, int64_t *entity_id, int64_t *service_id)
{
    char *end = NULL;

    if (value == NULL)
        return false;
    *entity_id = g_ascii_strtoll(value, &end, 10);
    if (*entity_id <= 0 || *end != '-')
        return false;
    *service_id = g_ascii_strtoll(end + 1, &end, 10);
    return *service_id >= 0 && *end == '\0';
}

static void
add(Targets *targets, int64_t entity_id, int64_t service_id, const char *hint)
{
    const Entity *entity = reference_entity(targets->reader->ref, entity_id);

    if (entity == NULL || entity->retired || entity_id == targets->present ||
        targets->n == MOST_TARGETS)
        return;
    for (size_t i = 0; i < targets->n; i++)
        if (targets->items[i].entity_id == entity_id && targets->items[i].service_id == service_id)
            return;
    targets->items[targets->n++] = (Target){ entity_id, service_id, hint };
}

const PetitionEvent *
office_target_return(const PetitionFile *file)
{
    for (size_t i = file->n_events; i > 0; i--)
        if (strcmp(file->events[i - 1].kind, "return") == 0)
            return &file->events[i - 1];
    return NULL;
}

static void
add_proposed(Targets *targets, const PetitionFile *file)
{
    const OfficeReader  *reader = targets->reader;
    const PetitionEvent *returned = office_target_return(file);

    if (returned != NULL && returned->entity_to != 0)
        add(targets, returned->entity_to, 0,
            i18n_format(reader->mem, reader->words, MSG_OFFICE_TARGET_PROPOSED,
                        I18N_ARGS(office_words_entity(reader, returned->entity_from))));
}

/* Who said that it is not theirs is no suggestion of ours; a ruling chooses from the whole list. */
static bool
has_returned(const PetitionFile *file, int64_t entity_id)
{
    for (size_t i = 0; i < file->n_events; i++)
        if (strcmp(file->events[i].kind, "return") == 0 && file->events[i].entity_from == entity_id)
            return true;
    return false;
}

/* The subject tells more than the text: it comes first, and the text adds what it has. */
static void
add_fitting(Targets *targets, const PetitionFile *file, const char *words)
{
    const char *const looked[] = { words != NULL ? words : file->content.subject,
                                   words != NULL ? NULL : file->content.text };
    ReferenceHit hits[MOST_HITS];

    for (size_t i = 0; i < G_N_ELEMENTS(looked); i++) {
        size_t most = words != NULL ? MOST_HITS : MOST_HITS / 2;
        size_t n = looked[i] == NULL ? 0
                                     : reference_search(targets->reader->ref, targets->reader->mem,
                                                        looked[i], hits, most);

        for (size_t j = 0; j < n; j++)
            if (!has_returned(file, hits[j].entity_id))
                add(targets, hits[j].entity_id, hits[j].service_id, NULL);
    }
}

static const char *
label_of(const OfficeReader *reader, const Target *target)
{
    const char *entity = office_words_entity(reader, target->entity_id);

    if (target->service_id == 0)
        return entity;
    return i18n_format(reader->mem, reader->words, MSG_OFFICE_TARGET,
                       I18N_ARGS(entity, office_words_service(reader, target->service_id)));
}

Choices
office_target_suggestions(const OfficeReader *reader, const PetitionFile *file, const char *words,
                          const char *typed)
{
    Targets targets = { .reader = reader, .present = file->petition.entity_id };
    Choice *choices;
    int64_t entity, service;

    if (office_target_read(typed, &entity, &service))
        add(&targets, entity, service, NULL);
    add_proposed(&targets, file);
    add_fitting(&targets, file, words);

    choices = ARENA_ARRAY(reader->mem, Choice, targets.n);
    for (size_t i = 0; i < targets.n; i++)
        choices[i] = (Choice){
            .value = arena_printf(reader->mem, "%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
                                  (gint64)targets.items[i].entity_id,
                                  (gint64)targets.items[i].service_id),
            .label = label_of(reader, &targets.items[i]),
            .hint = targets.items[i].hint,
            .icon = "entity",
        };
    return (Choices){ .field = "target", .choices = choices, .n = targets.n };
}
