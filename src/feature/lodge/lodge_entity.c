/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finding the entity and service by the words of the problem. "I do not know" is always an answer. */
#include "feature/lodge/lodge_forms.h"
#include "feature/lodge/lodge_pages.h"
#include "lodge_html.h"
#include "messages.h"

#include <string.h>

#define MOST_HITS 12

static const char *
hit_meta(Request *req, const Reference *ref, const ReferenceHit *hit)
{
    if (hit->service_id == 0)
        return reference_label(ref, "entity.remit", hit->entity_id, req->lang);
    return reference_label(ref, "entity.name", hit->entity_id, req->lang);
}

static void
fill_result(Request *req, const ReferenceHit *hit, ResultView *out)
{
    const Reference *ref = system_reference(req->app);

    out->pick = arena_printf(req->mem, "%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT,
                             (gint64)hit->entity_id, (gint64)hit->service_id);
    out->title = hit->service_id != 0
                     ? reference_label(ref, "service.name", hit->service_id, req->lang)
                     : reference_label(ref, "entity.name", hit->entity_id, req->lang);
    out->meta = hit_meta(req, ref, hit);
}

static void
find(Request *req, const char *words, ResultsView *out)
{
    ReferenceHit hits[MOST_HITS];
    size_t       n = reference_search(system_reference(req->app), req->mem, words, hits, MOST_HITS);
    ResultView  *results = ARENA_ARRAY(req->mem, ResultView, n);

    for (size_t i = 0; i < n; i++)
        fill_result(req, &hits[i], &results[i]);
    *out = (ResultsView){ .results = results, .n_results = n };
}

static bool
show(Request *req, Response *res, const LodgeDraft *draft, Form *form, const char *words,
     int status)
{
    EntityView view = { .form = { .form = form, .action = "/new/entity" },
                        .words = words,
                        .script_n = "{n}" };

    lodge_fill_steps(req, draft, STEP_ENTITY, &view.steps);
    if (words != NULL && words[0] != '\0')
        find(req, words, &view.found);
    view.nothing = words != NULL && words[0] != '\0' && view.found.n_results == 0;
    lodge_entity_html(html_page(req, res, status), &view);
    return true;
}

bool
lodge_entity_page(Request *req, Response *res, GError **error)
{
    LodgeDraft draft;
    bool       there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    return !there || show(req, res, &draft, form_blank(req->mem, &lodge_pick_form),
                          request_query(req, "q"), 200);
}

/* "12:34" → entity and service that exist and belong together. */
static bool
read_pick(const Reference *ref, const char *pick, LodgeDraft *draft)
{
    char          *colon = NULL;
    int64_t        entity_id = g_ascii_strtoll(pick, &colon, 10);
    int64_t        service_id = *colon == ':' ? g_ascii_strtoll(colon + 1, NULL, 10) : -1;
    const Service *service = reference_service(ref, service_id);

    if (reference_entity(ref, entity_id) == NULL || service_id < 0 ||
        (service_id != 0 && (service == NULL || service->entity_id != entity_id)))
        return false;
    if (service_id != draft->service_id)
        draft->answers = NULL; /* another service asks other things */
    draft->entity_unknown = false;
    draft->entity_id = entity_id;
    draft->service_id = service_id;
    return true;
}

bool
lodge_entity_save(Request *req, Response *res, GError **error)
{
    const PickForm *data = req->form->values;
    LodgeDraft      draft;
    bool            there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    if (!form_ok(req->form))
        return show(req, res, &draft, req->form, NULL, 422);
    if (strcmp(data->pick, "unknown") == 0) {
        draft.entity_unknown = true;
        draft.entity_id = draft.service_id = 0;
        draft.answers = NULL;
    } else if (!read_pick(system_reference(req->app), data->pick, &draft)) {
        form_mistake(req->form, "pick", MSG_LODGE_ENTITY_GONE, NULL, NULL);
        return show(req, res, &draft, req->form, NULL, 422);
    }
    return lodge_go_on(req, res, &draft, error);
}

bool
lodge_suggest(Request *req, Response *res, GError **error)
{
    const char *words = request_query(req, "q");
    ResultsView view = { .n_results = 0 };

    (void)error;
    if (words != NULL && words[0] != '\0' && strlen(words) <= 400)
        find(req, words, &view);
    response_cache(res, 60);
    lodge_results_html(html_page(req, res, 200), &view);
    return true;
}
