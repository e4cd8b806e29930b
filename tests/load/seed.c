/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Makes a generated store (sawt generate) ready for the bench by the program's own commands, while no
 * server runs: sessions of people who have requests, of officers and of the unit, and drafts that only
 * wait to be sent. Writes the jobs that tests/load/load.c sends. It may be run again on the same store.
 *
 *   seed STORE OUT DRAFTS [KEY=VALUE…]    (options of the configuration)
 *     OUT/submit.txt         DRAFTS submissions of as many drafts, by 1,000 sessions in turn
 *     OUT/limit-submit.txt   the same texts for tests/load/limit.c
 *     OUT/follow.txt         up to eight requests each of these 1,000 persons, from all over the store
 *     OUT/inbox.txt          the inboxes of the officers of the 8 largest entities
 *     OUT/inbox-deep.txt     page 1,000 of each, or the last full one
 *     OUT/closed.txt, closed-deep.txt   likewise their closed files
 *     OUT/search-common.txt  two frequent words, searched for by the unit and by the officers in turn
 *     OUT/search-rare.txt    a frequent word and a seldom one
 *     OUT/about.txt          what was found, for people */
#include "app/instance.h"
#include "base/number.h"
#include "base/text.h"
#include "base/thread.h"
#include "core/cookie.h"
#include "core/session.h"
#include "feature/lodge/lodge.h"
#include "feature/petition/petition.h"
#include "seed_look.h"

#include <locale.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PERSONS = 1000,
    OFFICERS = 8,
    REQUESTS_OF_PERSON = 8,
    DEEP_PAGE = 1000,
    TEXTS = 3000,
    THREADS = 32,
    PASSWORD_WORDS = 15
};

typedef struct {
    int64_t id;
    char    token[44], visitor[44];
    char   *csrf;
} Person;

typedef struct {
    const char *cookies;
    int64_t     entity_id; /* 0: the unit's */
} Officer;

typedef struct {
    System     *sys;
    Arena      *mem;
    Person      persons[PERSONS];
    Officer     officers[OFFICERS], unit;
    SeedRows    rows;
    SeedWords   words;
    const char *out;
    FILE       *about;
    size_t      drafts, first_text; /* no two runs write the same */
} Seed;

static const Who by_system = { .role = ROLE_SYSTEM, .lang = "ar" };

static void
must(bool done, GError *error)
{
    if (done)
        return;
    fprintf(stderr, "seed: %s\n", error->message);
    exit(1);
}

/* ---- texts: no two are the same ---- */

static const char *const what[] = { "انقطاع المياه", "حفرة في الشارع", "تأخر معاملة",
                                    "إنارة معطلة",   "حاوية ممتلئة",   "موعد لم يحدد",
                                    "فاتورة مرتفعة", "ضجيج ليلا",      "رصيف مكسور",
                                    "طلب مرفوض",     "خط صرف مكسور" };
static const char *const where[] = { "الحي الشرقي", "شارع المدرسة", "قرب المسجد", "دوار البلدية",
                                     "وسط السوق",   "مدخل القرية",  "حي النزهة" };
static const char *const since[] = { "منذ أسبوع", "منذ ثلاثة أيام", "منذ شهر", "منذ الأمس",
                                     "منذ بداية السنة" };

static const char *
subject_of(Arena *mem, size_t i)
{
    return arena_printf(mem, "%s في %s رقم %zu", what[i % G_N_ELEMENTS(what)],
                        where[i / 3 % G_N_ELEMENTS(where)], i);
}

static const char *
text_of(Arena *mem, size_t i)
{
    return arena_printf(
        mem,
        "نعاني من %s في %s %s، وقد راجعنا المكتب المختص %zu مرات ولم يصلنا رد واضح. "
        "عدد البيوت المتضررة %zu بيتا، ورقم المراجعة %zu، ونرجو إصلاح الخلل "
        "وإبلاغنا بموعد الإصلاح في أقرب وقت ممكن.",
        what[i % G_N_ELEMENTS(what)], where[i / 3 % G_N_ELEMENTS(where)],
        since[i / 7 % G_N_ELEMENTS(since)], i % 9 + 2, i % 83 + 5, i);
}

/* Half of all goes to the officers' entities. */
static int64_t
entity_of(const Seed *seed, size_t i)
{
    size_t               n;
    const Entity *const *all = reference_entities(system_reference(seed->sys), &n);

    return i % 2 == 0 ? seed->officers[i / 2 % OFFICERS].entity_id : all[i % n]->id;
}

static FILE *
create(const Seed *seed, const char *name)
{
    g_autofree char *path = g_build_filename(seed->out, name, NULL);
    FILE            *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

/* ---- people ---- */

static void
open_session(Seed *seed, Person *person)
{
    uint8_t visitor[32];
    Who     who = { .role = ROLE_REQUESTER, .person_id = person->id };
    int64_t id;
    GError *error = NULL;

    crypto_random(visitor, sizeof visitor);
    memcpy(person->visitor, crypto_base64(seed->mem, BYTES_OF(visitor)), 44);
    must(vault_session_new(seed->sys->vault, seed->mem, person->id, person->token, &error) &&
             vault_session(seed->sys->vault, seed->mem, person->token, &id, &who.session, &error),
         error);
    person->csrf = session_csrf(seed->sys, seed->mem, &who);
}

/* Of those whose requests were met, in an order that is not the store's; a small store has fewer than
 * are wanted, and some of them several sessions. */
static void
open_sessions(Seed *seed)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    const SeedRows *rows = &seed->rows;
    size_t          n = 0;

    for (size_t i = 0; n < PERSONS && i < rows->n_rows; i++) {
        const SeedRow *row = &rows->rows[i * 7919 % rows->n_rows];

        if (g_hash_table_add(seen, (gpointer)&row->person_id))
            seed->persons[n++].id = row->person_id;
    }
    for (size_t i = n; i < PERSONS; i++)
        seed->persons[i].id = seed->persons[i % n].id;
    for (size_t i = 0; i < PERSONS; i++)
        open_session(seed, &seed->persons[i]);
    fprintf(seed->about, "persons: %zu\n", n);
}

static void
open_office(Seed *seed, size_t i, Officer *officer)
{
    uint8_t     totp[20], visitor[32];
    char        password[PASSWORD_WORDS + 10], digits[7], token[44];
    const char *login =
        arena_printf(seed->mem, "bench%zu-%" G_GINT64_FORMAT, i, (gint64)g_get_real_time());
    CommandContext context = { .sys = seed->sys, .mem = seed->mem, .by = &by_system };
    AccountNew     cmd = { .login = login,
                           .name = "موظف القياس",
                           .role = officer->entity_id == 0 ? ROLE_UNIT : ROLE_LIAISON,
                           .password = password,
                           .entity_id = officer->entity_id,
                           .totp = BYTES_OF(totp) };
    AccountMade    made;
    GError        *error = NULL;

    crypto_random(totp, sizeof totp);
    crypto_random(visitor, sizeof visitor);
    crypto_base32(totp, PASSWORD_WORDS, password);
    password[PASSWORD_WORDS] = '\0';
    must(session_account_new(&context, &cmd, &made, &error), error);
    crypto_totp(cmd.totp, clock_now(seed->sys->clock) / SECONDS / 30, digits);
    must(session_sign_in(seed->sys, seed->mem, login, password, digits, token, &error), error);
    officer->cookies = arena_printf(seed->mem, COOKIE_STAFF "=%s; " COOKIE_VISITOR "=%s", token,
                                    crypto_base64(seed->mem, BYTES_OF(visitor)));
}

static void
open_offices(Seed *seed)
{
    int64_t entities[OFFICERS];

    seed_look_entities(&seed->rows, entities, OFFICERS);
    for (size_t i = 0; i < OFFICERS; i++) {
        seed->officers[i].entity_id = entities[i];
        open_office(seed, i, &seed->officers[i]);
    }
    open_office(seed, OFFICERS, &seed->unit);
}

/* ---- what is read ---- */

static void
write_follow(Seed *seed)
{
    FILE   *file = create(seed, "follow.txt");
    GError *error = NULL;
    size_t  n, n_all = 0;

    for (size_t i = 0; i < PERSONS; i++) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(DbTx) tx = db_begin(seed->sys->db, mem, &error);
        const Person *person = &seed->persons[i];
        Petition     *rows;

        must(tx != NULL && petition_of_person(seed->sys, tx, person->id, &rows, &n,
                                              REQUESTS_OF_PERSON, &error),
             error);
        for (size_t k = 0; k < n; k++) {
            char number[NUMBER_TEXT_SIZE];

            number_format(rows[k].number, number);
            fprintf(file, "GET\t/follow/%s\t" COOKIE_SESSION "=%s; " COOKIE_VISITOR "=%s\t\n",
                    number, person->token, person->visitor);
        }
        n_all += n;
    }
    fclose(file);
    fprintf(seed->about, "requests followed: %zu\n", n_all);
}

static void
write_pages(Seed *seed, const char *name, const char *path, bool closed)
{
    g_autofree char *deep_name = g_strdup_printf("%s-deep.txt", name);
    g_autofree char *first_name = g_strdup_printf("%s.txt", name);
    FILE            *first = create(seed, first_name), *deep = create(seed, deep_name);

    fprintf(seed->about, "%s, deep pages:", name);
    for (size_t i = 0; i < OFFICERS; i++) {
        const Officer *officer = &seed->officers[i];
        SeedPage       list = { .entity_id = officer->entity_id, .closed = closed };
        size_t         page = DEEP_PAGE;
        GError        *error = NULL;

        must(seed_look_page(seed->sys, &list, &page, &error), error);
        fprintf(first, "GET\t%s\t%s\t\n", path, officer->cookies);
        fprintf(deep, "GET\t%s?due=%" G_GINT64_FORMAT "&id=%" G_GINT64_FORMAT "\t%s\t\n", path,
                (gint64)list.due_at, (gint64)list.id, officer->cookies);
        fprintf(seed->about, " %zu", page);
    }
    fputc('\n', seed->about);
    fclose(first);
    fclose(deep);
}

/* The unit and an officer in turn: the unit's search goes through all entities. */
static void
write_search(Seed *seed, FILE *file, size_t i, const char *a, const char *b)
{
    g_autofree char *words = g_strdup_printf("%s %s", a, b);
    g_autofree char *escaped = g_uri_escape_string(words, NULL, false);
    const Officer   *by = i % 2 == 0 ? &seed->unit : &seed->officers[i / 2 % OFFICERS];

    fprintf(file, "GET\t/office/search?q=%s\t%s\t\n", escaped, by->cookies);
}

static void
print_words(FILE *about, const char *name, const SeedWord *words, size_t n)
{
    fprintf(about, "%s words:", name);
    for (size_t i = 0; i < n; i++)
        fprintf(about, " %s %zu", words[i].word, words[i].texts);
    fputc('\n', about);
}

static void
write_searches(Seed *seed)
{
    FILE      *common = create(seed, "search-common.txt"), *rare = create(seed, "search-rare.txt");
    SeedWords *words = &seed->words;
    size_t     n_common = 0, n_rare = 0;
    GError    *error = NULL;

    must(seed_look_words(seed->sys, seed->mem, &seed->rows, TEXTS, words, &error), error);
    for (size_t i = 0; i < words->n_common; i++) {
        for (size_t k = i + 1; k < words->n_common; k++)
            write_search(seed, common, n_common++, words->common[i].word, words->common[k].word);
        for (size_t k = 0; k < words->n_rare; k++)
            write_search(seed, rare, n_rare++, words->common[i].word, words->rare[k].word);
    }
    fclose(common);
    fclose(rare);
    fprintf(seed->about, "texts read: %zu\n", words->n_texts);
    print_words(seed->about, "common", words->common, words->n_common);
    print_words(seed->about, "rare", words->rare, words->n_rare);
}

/* ---- drafts ---- */

typedef struct {
    char cookie[44], command[COMMAND_ID_SIZE * 2 + 1];
} Made;

typedef struct {
    Seed  *seed;
    size_t first;
    Made  *made;
} Drafting;

/* Each thread takes every 32nd: the writer commits them together. */
static void *
make_drafts(void *data)
{
    Drafting *drafting = data;
    Seed     *seed = drafting->seed;

    for (size_t i = drafting->first; i < seed->drafts; i += THREADS) {
        g_autoptr(Arena) mem = arena_new();
        size_t     at = seed->first_text + i;
        LodgeDraft draft = { .type = "complaint",
                             .about = "service",
                             .contact = "sms",
                             .entity_id = entity_of(seed, at),
                             .subject = subject_of(mem, at),
                             .text = text_of(mem, at),
                             .identity_asked = true,
                             .identity_hidden = true,
                             .files_asked = true,
                             .place_asked = true };
        GError    *error = NULL;

        must(lodge_draft_new(seed->sys, mem, &draft, drafting->made[i].cookie, &error), error);
        g_strlcpy(drafting->made[i].command, text_hex(mem, draft.command_id),
                  sizeof drafting->made[i].command);
    }
    return NULL;
}

static void
write_drafts(Seed *seed, const Made *made)
{
    FILE *submit = create(seed, "submit.txt"), *limit = create(seed, "limit-submit.txt");

    for (size_t i = 0; i < seed->drafts; i++) {
        const Person *person = &seed->persons[i % PERSONS];
        g_autoptr(Arena) mem = arena_new();

        fprintf(submit,
                "POST\t/new/send\t" COOKIE_SESSION "=%s; " COOKIE_VISITOR "=%s; " COOKIE_DRAFT
                "=%s\tcsrf=%s&command=%s\n",
                person->token, person->visitor, made[i].cookie, person->csrf, made[i].command);
        fprintf(limit, "POST\t/submit\t\t%s %s\n", subject_of(mem, seed->first_text + i),
                text_of(mem, seed->first_text + i));
    }
    fclose(submit);
    fclose(limit);
}

static void
seed_drafts(Seed *seed)
{
    Made     *made = g_new0(Made, seed->drafts);
    Drafting  drafting[THREADS];
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        drafting[i] = (Drafting){ seed, i, made };
        threads[i] = thread_start("draft", 512 * 1024, make_drafts, &drafting[i]);
    }
    for (size_t i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    write_drafts(seed, made);
    g_free(made);
}

/* ---- the whole ---- */

static void
step(const char *now)
{
    fprintf(stderr, "seed: %s\n", now);
}

static void
fill(Seed *seed)
{
    GError *error = NULL;

    step("requests from all over the store");
    must(seed_look_rows(seed->sys, &seed->rows, &error), error);
    fprintf(seed->about, "requests looked at: %zu\n", seed->rows.n_rows);
    open_offices(seed);
    step("words");
    write_searches(seed);
    step("pages");
    write_pages(seed, "inbox", "/office", false);
    write_pages(seed, "closed", "/office/closed", true);
    open_sessions(seed);
    write_follow(seed);
    step("drafts");
    seed_drafts(seed);
}

static Config *
configure(char **argv, int n_settings)
{
    GError *error = NULL;
    Config *config = config_load(NULL, &error);

    must(config != NULL && config_set(config, "directory", argv[1], &error) &&
             config_set(config, "trial", "yes", &error),
         error);
    for (int i = 0; i < n_settings; i++) {
        g_auto(GStrv) pair = g_strsplit(argv[4 + i], "=", 2);

        must(g_strv_length(pair) == 2 && config_set(config, pair[0], pair[1], &error), error);
    }
    return config;
}

int
main(int argc, char **argv)
{
    g_autoptr(Config) config = NULL;
    g_autoptr(Instance) instance = NULL;
    g_autoptr(Arena) mem = arena_new();
    Seed   *seed = g_new0(Seed, 1);
    GError *error = NULL;

    setlocale(LC_ALL, "C.UTF-8");
    if (argc < 4 || sodium_init() < 0) {
        fputs("seed STORE OUT DRAFTS [KEY=VALUE...]\n", stderr);
        return 2;
    }
    config = configure(argv, argc - 4);
    instance = instance_open(config, NULL, &error);
    must(instance != NULL, error);
    *seed = (Seed){ .sys = instance_system(instance),
                    .mem = mem,
                    .out = argv[2],
                    .drafts = strtoul(argv[3], NULL, 10),
                    .first_text = (size_t)(g_get_real_time() / SECONDS % 1000000) * 100 };
    seed->about = create(seed, "about.txt");
    fill(seed);
    fclose(seed->about);
    g_free(seed);
    return 0;
}
