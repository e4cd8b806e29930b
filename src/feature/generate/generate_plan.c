/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A request's life is walked from act to act: each is behind the one before it and allowed by the rules in
 * the state that those have left. Shares are thousandths; docs/generate.md has them as a table. */
#include "feature/generate/generate_plan.h"

#include "feature/petition/petition_rules.h"

#include <math.h>
#include <string.h>

enum { STREAM_ORDER = 1, STREAM_REQUEST, TRIES = 64 };

#define ENTITY_EXPONENT 1.0
#define SERVICE_EXPONENT 1.1
#define PLACE_EXPONENT 0.9

typedef struct {
    const Entity         *entity;
    const Service *const *services;
    size_t                n_services;
    GenerateWeights      *weights;
} Office;

struct GeneratePlan {
    GeneratePlanOptions options;
    const Reference    *ref;
    GenerateTimes      *times;
    GArray             *offices;
    GPtrArray          *places;
    GenerateWeights    *by_office, *by_place;
};

/* A request while it is drawn. */
typedef struct {
    const GeneratePlan *plan;
    Arena              *mem;
    GenerateDraw        draw;
    GenerateRequest    *out;
    AppTime             at, assigned_at;
    const Office       *office; /* NULL: it waits at the unit */
    int64_t             service_id;
    bool                restricted, ended;
} Life;

const char *const generate_kind_names[GENERATE_KINDS] = {
    "submit", "route", "accept",          "consult", "consult_answer", "set_period", "return",
    "update", "note",  "add_information", "close",   "rate",           "withdraw",
};

/* A word and its share. */
typedef struct {
    const char *word;
    unsigned    share;
} Share;

static const Share types[] = {
    { "complaint", 700 }, { "inquiry", 160 }, { "suggestion", 80 }, { "praise", 60 }
};
static const Share channels[] = { { "app", 430 },   { "call", 230 },   { "website", 170 },
                                  { "portal", 80 }, { "counter", 40 }, { "email", 30 },
                                  { "paper", 20 } };
static const Share abouts[] = {
    { "service", 880 }, { "department", 70 }, { "employee", 40 }, { "officer", 6 }, { "head", 4 }
};
static const Share contacts[] = { { "sms", 780 }, { "call", 150 }, { "email", 70 } };
static const Share complaint_ends[] = {
    { "resolved", 480 },         { "partly_resolved", 120 },   { "explained", 170 },
    { "not_substantiated", 90 }, { "not_possible_law", 30 },   { "not_possible_means", 40 },
    { "insufficient", 35 },      { "referred_authority", 15 }, { "moot", 15 },
    { "sub_judice", 5 },
};
static const Share suggestion_ends[] = {
    { "adopted", 300 },         { "implemented", 100 },        { "not_adopted", 380 },
    { "not_possible_law", 70 }, { "not_possible_means", 130 }, { "moot", 20 }
};
static const Share inquiry_ends[] = { { "explained", 930 },
                                      { "insufficient", 50 },
                                      { "moot", 20 } };
static const Share praise_ends[] = { { "thanked", 1000 } };
static const Share solved[] = { { "yes", 450 }, { "partly", 250 }, { "no", 300 } };
static const Share whys[] = {
    { "solved", 600 }, { "other", 330 }, { "pressed", 40 }, { "fear", 30 }
};

#define PICK(draw, table) pick((draw), (table), G_N_ELEMENTS(table))

static const char *
pick(GenerateDraw *draw, const Share *table, size_t n)
{
    size_t wanted = generate_draw_below(draw, 1000), i = 0;

    for (; i + 1 < n && wanted >= table[i].share; i++)
        wanted -= table[i].share;
    return table[i].word;
}

static const char *
pick_end(GenerateDraw *draw, const char *type)
{
    if (strcmp(type, "complaint") == 0)
        return PICK(draw, complaint_ends);
    if (strcmp(type, "suggestion") == 0)
        return PICK(draw, suggestion_ends);
    return strcmp(type, "inquiry") == 0 ? PICK(draw, inquiry_ends) : PICK(draw, praise_ends);
}

/* ---- acts ---- */

static bool
chance(Life *life, unsigned per_thousand)
{
    return !life->ended && generate_draw_chance(&life->draw, per_thousand);
}

/* The office's next moment; from the end of the period on nothing happens any more. */
static bool
go_on(Life *life, AppTime at)
{
    if (life->ended || at >= generate_times_end(life->plan->times)) {
        life->ended = true;
        return false;
    }
    life->at = at;
    return true;
}

static bool
wait_office(Life *life, size_t most_days)
{
    return go_on(life, generate_times_office(life->plan->times, &life->draw, life->at,
                                             generate_draw_below(&life->draw, most_days + 1)));
}

/* People write at any time. */
static bool
wait_person(Life *life, int64_t most)
{
    return go_on(life,
                 life->at + MINUTES + (AppTime)(generate_draw_unit(&life->draw) * (double)most));
}

static GenerateAct *
add(Life *life, GenerateKind kind, Role role)
{
    GenerateAct *act = &life->out->acts[life->out->n_acts++];

    g_assert(life->out->n_acts <= GENERATE_ACTS_MOST);
    *act = (GenerateAct){ .kind = kind, .at = life->at, .role = role };
    if (life->office != NULL)
        act->entity_id = life->office->entity->id;
    return act;
}

/* The officer; of what only named people may see, the head. */
static Role
officer(const Life *life)
{
    return life->restricted ? ROLE_HEAD : ROLE_LIAISON;
}

static const char *
phrase(Life *life, GeneratePhrase kind)
{
    return generate_texts_phrase(life->plan->options.texts, &life->draw, kind);
}

static void
choose_office(Life *life)
{
    const GeneratePlan *plan = life->plan;
    const Office       *office =
        &g_array_index(plan->offices, Office, generate_weights_pick(plan->by_office, &life->draw));

    life->office = office;
    life->service_id = 0;
    if (office->n_services > 0 && chance(life, 940))
        life->service_id =
            office->services[generate_weights_pick(office->weights, &life->draw)]->id;
}

/* Neither back to the last one nor to that whose head it is about. */
static bool
may_go_to(const Life *life, int64_t last_id)
{
    const PetitionSubmit *submit = &life->out->submit;
    int64_t               id = life->office == NULL ? 0 : life->office->entity->id;

    return id != 0 && id != last_id &&
           (id != submit->entity_id || strcmp(submit->about, "head") != 0);
}

static void
route(Life *life, int64_t last_id)
{
    GenerateAct *act;

    if (!wait_office(life, 1))
        return;
    for (int i = 0; i < TRIES && !may_go_to(life, last_id); i++)
        choose_office(life);
    if (!may_go_to(life, last_id)) { /* there are so few: it stays at the unit */
        life->office = NULL;
        life->ended = true;
        return;
    }
    act = add(life, GENERATE_ROUTE, ROLE_UNIT);
    act->service_id = life->service_id;
    life->assigned_at = life->at;
}

static void
close_at_unit(Life *life)
{
    if (!wait_office(life, 1))
        return;
    GenerateAct *act = add(life, GENERATE_CLOSE, ROLE_UNIT);
    act->code = "outside_government";
    act->text = phrase(life, GENERATE_PHRASE_ANSWER);
    life->ended = true;
}

static void
give_back(Life *life)
{
    int64_t      entity_id = life->office->entity->id;
    GenerateAct *act;

    if (!wait_office(life, 1))
        return;
    act = add(life, GENERATE_RETURN, officer(life));
    act->code = generate_draw_chance(&life->draw, 600) ? "area" : "not_competent";
    act->text = phrase(life, GENERATE_PHRASE_LAW);
    life->office = NULL;
    route(life, entity_id);
}

static void
withdraw(Life *life)
{
    if (!wait_person(life, 2 * DAYS))
        return;
    GenerateAct *act = add(life, GENERATE_WITHDRAW, ROLE_REQUESTER);
    act->code = PICK(&life->draw, whys);
    act->text = chance(life, 300) ? phrase(life, GENERATE_PHRASE_WITHDRAWAL) : NULL;
    life->ended = true;
}

static void
set_period(Life *life)
{
    const Calendar *calendar = life->plan->options.calendar;

    if (!wait_office(life, 0))
        return;
    Petition petition = { .type = life->out->submit.type,
                          .service_id = life->service_id,
                          .assigned_at = life->assigned_at };
    int64_t  day = zone_day(calendar->zone, calendar_after_working_days(calendar, life->at, 2));
    if (day > petition_rule_latest_day(calendar, &petition))
        return;
    add(life, GENERATE_SET_PERIOD, officer(life))->number = day;
}

static void
consult(Life *life)
{
    size_t                    n;
    const Directorate *const *all =
        reference_directorates(life->plan->ref, life->office->entity->id, &n);
    const Directorate *asked;
    GenerateAct       *act;

    /* One or two ask and are asked of, most of the time the first. */
    if (n == 0 || life->restricted || !wait_office(life, 1))
        return;
    asked = all[generate_draw_below(&life->draw, MIN(n, 3))];
    if (asked->retired)
        return;
    act = add(life, GENERATE_CONSULT, ROLE_LIAISON);
    act->directorate_id = asked->id;
    act->number = 1;
    act->text = phrase(life, GENERATE_PHRASE_QUESTION);
    if (!chance(life, 930) || !wait_office(life, 3))
        return;
    act = add(life, GENERATE_CONSULT_ANSWER, ROLE_DIRECTORATE);
    act->directorate_id = asked->id;
    act->number = (int64_t)generate_draw_below(&life->draw, 6);
    act->text = phrase(life, GENERATE_PHRASE_REPLY);
}

static void
say(Life *life, GenerateKind kind, GeneratePhrase words)
{
    bool by_person = kind == GENERATE_ADD_INFORMATION;

    if (!(by_person ? wait_person(life, DAYS) : wait_office(life, 2)))
        return;
    add(life, kind, by_person ? ROLE_REQUESTER : officer(life))->text = phrase(life, words);
}

static void
rate(Life *life)
{
    if (!wait_person(life, 13 * DAYS))
        return;
    GenerateAct *act = add(life, GENERATE_RATE, ROLE_REQUESTER);
    act->code = PICK(&life->draw, solved);
    act->number = act->code[0] == 'n' ? 1 + (int64_t)generate_draw_below(&life->draw, 2)
                                      : 3 + (int64_t)generate_draw_below(&life->draw, 3);
    act->text = chance(life, 250) ? phrase(life, GENERATE_PHRASE_RATING) : NULL;
}

static void
close_it(Life *life, size_t most_days)
{
    /* Most answers come soon, some late: a tail beyond the days that the service has. */
    double       part = -log(1 - generate_draw_unit(&life->draw)) / 2;
    GenerateAct *act;

    if (!go_on(life, generate_times_office(life->plan->times, &life->draw, life->at,
                                           (size_t)(MIN(part, 5) * (double)most_days))))
        return;
    act = add(life, GENERATE_CLOSE, officer(life));
    act->code = pick_end(&life->draw, life->out->submit.type);
    act->text = phrase(life, GENERATE_PHRASE_ANSWER);
    if (chance(life, 230))
        rate(life);
    life->ended = true;
}

static void
live(Life *life)
{
    const char *type = life->out->submit.type;
    bool        is_short = strcmp(type, "inquiry") == 0 || strcmp(type, "praise") == 0;

    if (life->office == NULL && chance(life, 80))
        close_at_unit(life);
    if (life->office == NULL && !life->ended)
        route(life, 0);
    if (chance(life, 45))
        give_back(life);
    if (chance(life, 25))
        withdraw(life);
    if (chance(life, 40))
        say(life, GENERATE_NOTE, GENERATE_PHRASE_NOTE);
    if (is_short && chance(life, 600)) {
        close_it(life, 2);
        return;
    }
    if (!life->ended && wait_office(life, 2))
        add(life, GENERATE_ACCEPT, officer(life));
    if (!is_short && chance(life, 80))
        set_period(life);
    if (!is_short && chance(life, 150))
        consult(life);
    if (chance(life, 50))
        say(life, GENERATE_ADD_INFORMATION, GENERATE_PHRASE_INFORMATION);
    if (chance(life, 90))
        say(life, GENERATE_UPDATE, GENERATE_PHRASE_UPDATE);
    if (chance(life, 15))
        withdraw(life);
    if (chance(life, 985))
        close_it(life, is_short ? 2 : 7);
}

/* ---- the request ---- */

static Role
role_of(const char *channel)
{
    if (strcmp(channel, "call") == 0)
        return ROLE_AGENT;
    return strcmp(channel, "counter") == 0 || strcmp(channel, "paper") == 0 ? ROLE_COUNTER
                                                                            : ROLE_REQUESTER;
}

/* Half of a block's requests are its newcomers', the others' of earlier blocks of the lane, rather lately
 * than long ago; some write much more often than others. */
static int64_t
choose_person(GenerateDraw *draw, int64_t index)
{
    int64_t block = index / GENERATE_BLOCK, back = 0;

    if (generate_draw_chance(draw, 500)) {
        double unit = generate_draw_unit(draw);

        back =
            (int64_t)(unit * unit * unit * (double)(block / GENERATE_LANES + 1)) * GENERATE_LANES;
    }
    double which = generate_draw_unit(draw);
    return (block - back) * GENERATE_NEWCOMERS + (int64_t)(which * which * GENERATE_NEWCOMERS);
}

static void
fill_submit(Life *life, int64_t index)
{
    const GeneratePlan *plan = life->plan;
    GenerateDraw       *draw = &life->draw;
    PetitionSubmit     *submit = &life->out->submit;
    const Place        *place =
        g_ptr_array_index(plan->places, generate_weights_pick(plan->by_place, draw));
    GenerateAbout about = { .ref = plan->ref,
                            .service_id = life->service_id,
                            .unique = (uint64_t)index };

    *submit = (PetitionSubmit){ .type = PICK(draw, types),
                                .about = PICK(draw, abouts),
                                .contact = PICK(draw, contacts),
                                .channel = PICK(draw, channels),
                                .lang = generate_draw_chance(draw, 960) ? "ar" : "en",
                                .identity_hidden = generate_draw_chance(draw, 300),
                                .place_id = generate_draw_chance(draw, 850) ? place->id : 0 };
    if (life->office != NULL) {
        submit->entity_id = life->office->entity->id;
        submit->service_id = life->service_id;
    }
    about.type = submit->type;
    about.place_id = submit->place_id;
    submit->subject = generate_texts_subject(plan->options.texts, life->mem, draw, &about);
    submit->text = generate_texts_body(plan->options.texts, life->mem, draw, &about);
}

void
generate_plan_request(const GeneratePlan *plan, Arena *mem, int64_t index, GenerateRequest *out)
{
    Life life = { .plan = plan,
                  .mem = mem,
                  .draw = generate_draw_of(plan->options.seed, STREAM_REQUEST, (uint64_t)index),
                  .out = out };
    /* The very first is lodged at the first instant: a run that goes on knows its period by it. */
    double within = index == 0 ? 0 : generate_draw_unit(&life.draw);

    out->n_acts = 0;
    out->index = index;
    out->at = life.at = life.assigned_at = generate_times_lodged(
        plan->times, ((double)index + within) / (double)plan->options.requests);
    out->person = choose_person(&life.draw, index);
    if (chance(&life, 950))
        choose_office(&life);
    fill_submit(&life, index);
    out->role = role_of(out->submit.channel);
    life.restricted =
        strcmp(out->submit.about, "officer") == 0 || strcmp(out->submit.about, "head") == 0;
    if (strcmp(out->submit.about, "head") == 0)
        life.office = NULL;
    live(&life);
}

/* ---- life ---- */

/* Which entity is the first of the distribution is the seed's. */
static void
shuffle(GArray *offices, uint64_t seed)
{
    GenerateDraw draw = generate_draw_of(seed, STREAM_ORDER, 0);

    for (guint i = offices->len; i > 1; i--) {
        size_t  other = generate_draw_below(&draw, i);
        Office *a = &g_array_index(offices, Office, i - 1),
               *b = &g_array_index(offices, Office, other);
        Office kept = *a;

        *a = *b;
        *b = kept;
    }
}

static const Service *const *
present_services(const Reference *ref, int64_t entity_id, size_t *n)
{
    const Service *const *all = reference_services(ref, entity_id, n);

    while (*n > 0 && all[*n - 1]->retired) /* they stand behind the others */
        --*n;
    return all;
}

static void
find_offices(GeneratePlan *plan)
{
    size_t               n;
    const Entity *const *all = reference_entities(plan->ref, &n);

    for (size_t i = 0; i < n; i++) {
        Office office = { .entity = all[i] };

        if (all[i]->retired)
            continue;
        office.services = present_services(plan->ref, all[i]->id, &office.n_services);
        if (office.n_services > 0)
            office.weights = generate_weights_new_zipf(office.n_services, SERVICE_EXPONENT);
        g_array_append_val(plan->offices, office);
    }
    shuffle(plan->offices, plan->options.seed);
}

static void
find_places(GeneratePlan *plan, int64_t parent_id)
{
    size_t              n;
    const Place *const *all = reference_places(plan->ref, parent_id, &n);

    for (size_t i = 0; i < n; i++) {
        g_ptr_array_add(plan->places, (void *)(uintptr_t)all[i]);
        if (parent_id == 0)
            find_places(plan, all[i]->id);
    }
}

GeneratePlan *
generate_plan_new(const GeneratePlanOptions *options, GError **error)
{
    g_autoptr(GeneratePlan) plan = g_new0(GeneratePlan, 1);

    plan->options = *options;
    plan->ref = options->calendar->reference;
    plan->times = generate_times_new(options->calendar, options->first_day);
    plan->offices = g_array_new(FALSE, FALSE, sizeof(Office));
    plan->places = g_ptr_array_new();
    find_offices(plan);
    find_places(plan, 0);
    if (plan->offices->len == 0 || plan->places->len == 0)
        return fail_null(error, APP_ERROR_INVALID,
                         "no entities or places: import the reference data first");
    plan->by_office = generate_weights_new_zipf(plan->offices->len, ENTITY_EXPONENT);
    plan->by_place = generate_weights_new_zipf(plan->places->len, PLACE_EXPONENT);
    return g_steal_pointer(&plan);
}

void
generate_plan_free(GeneratePlan *plan)
{
    if (plan == NULL)
        return;
    for (guint i = 0; i < plan->offices->len; i++)
        generate_weights_free(g_array_index(plan->offices, Office, i).weights);
    g_array_free(plan->offices, TRUE);
    g_ptr_array_free(plan->places, TRUE);
    generate_times_free(plan->times);
    generate_weights_free(plan->by_office);
    generate_weights_free(plan->by_place);
    g_free(plan);
}
