/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fills a store for the bench by the program's own commands, while no server runs: persons with
 * sessions, officers with sessions, requests, and drafts that only wait to be sent. Writes the jobs
 * that tests/load/load.c sends.
 *
 *   seed STORE OUT ROWS DRAFTS
 *     OUT/submit.txt   DRAFTS submissions of as many drafts, by 1,000 sessions in turn
 *     OUT/inbox.txt    the inboxes of 8 officers
 *     OUT/follow.txt   a request each of 1,000 persons
 *     OUT/limit-submit.txt   the same texts for tests/load/limit.c */
#include "app/instance.h"
#include "base/number.h"
#include "base/text.h"
#include "base/thread.h"
#include "core/cookie.h"
#include "core/session.h"
#include "feature/lodge/lodge.h"
#include "feature/petition/petition.h"

#include <locale.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERSONS = 1000, OFFICERS = 8, BATCH = 250, THREADS = 32, PASSWORD_WORDS = 15 };

typedef struct {
    int64_t id;
    char    token[44], visitor[44];
    char   *csrf;
} Person;

typedef struct {
    System *sys;
    Arena  *mem;
    Person  persons[PERSONS];
    FILE   *submit, *inbox, *follow, *limit;
    size_t  rows, drafts;
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

/* Half of all goes to the officers' entities, so that their inboxes are full. */
static int64_t
entity_of(System *sys, size_t i)
{
    size_t               n;
    const Entity *const *all = reference_entities(system_reference(sys), &n);

    g_assert(n > OFFICERS);
    return all[i % 2 == 0 ? i / 2 % OFFICERS : i % n]->id;
}

/* ---- people ---- */

static void
register_person(Seed *seed, Arena *mem, size_t i)
{
    Identity      identity = { .document_type = "national_number",
                               .document_issuer = "JO",
                               .document_number = arena_printf(mem, "91000%05zu", i),
                               .name = { "سامر", "خالد", "محمد", "الخطيب" },
                               .birth_date = "1980-01-01" };
    Contact       contact = { .phone = arena_printf(mem, "96278100%04zu", i) };
    VaultRegister cmd = { .identity = &identity,
                          .contact = &contact,
                          .verification = VAULT_VERIFIED,
                          .lang = "ar",
                          .by = &by_system,
                          .command_id = command_id_read(mem, NULL) };
    VaultPerson   person;
    GError       *error = NULL;

    must(vault_register(seed->sys->vault, mem, &cmd, &person, &error), error);
    seed->persons[i].id = person.id;
}

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

static void
open_office(Seed *seed, size_t i)
{
    uint8_t     totp[20];
    char        password[PASSWORD_WORDS + 10], digits[7], token[44];
    const char *login =
        arena_printf(seed->mem, "bench%zu-%" G_GINT64_FORMAT, i, (gint64)g_get_real_time());
    CommandContext context = { .sys = seed->sys, .mem = seed->mem, .by = &by_system };
    AccountNew     cmd = { .login = login,
                           .name = "ضابط القياس",
                           .role = ROLE_LIAISON,
                           .password = password,
                           .entity_id = entity_of(seed->sys, 2 * i),
                           .totp = BYTES_OF(totp) };
    AccountMade    made;
    GError        *error = NULL;

    crypto_random(totp, sizeof totp);
    crypto_base32(totp, PASSWORD_WORDS, password);
    password[PASSWORD_WORDS] = '\0';
    must(session_account_new(&context, &cmd, &made, &error), error);
    crypto_totp(cmd.totp, clock_now(seed->sys->clock) / SECONDS / 30, digits);
    must(session_sign_in(seed->sys, seed->mem, login, password, digits, token, &error), error);
    fprintf(seed->inbox, "GET\t/office\t" COOKIE_STAFF "=%s; " COOKIE_VISITOR "=%s\t\n", token,
            seed->persons[i].visitor);
}

/* ---- requests ---- */

typedef struct {
    PetitionSubmit  cmds[BATCH];
    PetitionReceipt receipts[BATCH];
    Who             who[BATCH];
    CommandContext  contexts[BATCH];
    const void     *cmd_list[BATCH];
    void           *result_list[BATCH];
} Batch;

static void
fill_batch(Seed *seed, Arena *mem, Batch *batch, size_t from, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        size_t  i = from + k;
        int64_t person = seed->persons[i % PERSONS].id;

        batch->cmds[k] = (PetitionSubmit){ .person_id = person,
                                           .type = "complaint",
                                           .about = "service",
                                           .entity_id = entity_of(seed->sys, i),
                                           .contact = "sms",
                                           .subject = subject_of(mem, i),
                                           .text = text_of(mem, i),
                                           .channel = "website",
                                           .lang = "ar",
                                           .identity_hidden = true };
        batch->who[k] = (Who){ .role = ROLE_REQUESTER, .person_id = person, .lang = "ar" };
        batch->contexts[k] = (CommandContext){ .sys = seed->sys, .mem = mem, .by = &batch->who[k] };
        batch->cmd_list[k] = &batch->cmds[k];
        batch->result_list[k] = &batch->receipts[k];
    }
}

/* Of the newest of each person. */
static void
write_follow(Seed *seed, const Batch *batch, size_t from, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const Person *person = &seed->persons[(from + k) % PERSONS];
        char          number[NUMBER_TEXT_SIZE];

        if (from + k + PERSONS < seed->rows)
            continue;
        number_format(batch->receipts[k].number, number);
        fprintf(seed->follow, "GET\t/follow/%s\t" COOKIE_SESSION "=%s; " COOKIE_VISITOR "=%s\t\n",
                number, person->token, person->visitor);
    }
}

typedef struct {
    Seed  *seed;
    size_t first;
} Submitting;

/* Each thread has a quarter of the persons, so that no two submissions at once take the same handle. */
static void *
submit_some(void *data)
{
    const Submitting *submitting = data;
    Seed             *seed = submitting->seed;
    Batch            *batch = g_new0(Batch, 1);

    for (size_t from = submitting->first; from < seed->rows; from += PERSONS) {
        g_autoptr(Arena) mem = arena_new();
        size_t  n = MIN(BATCH, seed->rows - from);
        GError *error = NULL;

        fill_batch(seed, mem, batch, from, n);
        must(command_run_batch(batch->contexts, petition_submit_prepare, batch->cmd_list,
                               batch->result_list, n, &error),
             error);
        for (size_t k = 0; k < n; k++)
            vault_raise_hint(seed->sys->vault, batch->cmds[k].person_id,
                             batch->receipts[k].handle_n + 1);
        write_follow(seed, batch, from, n);
        if (submitting->first == 0)
            fprintf(stderr, "\rseed: %zu of %zu requests", from + n, seed->rows);
    }
    g_free(batch);
    return NULL;
}

static void
submit_rows(Seed *seed)
{
    Submitting submitting[PERSONS / BATCH];
    pthread_t  threads[PERSONS / BATCH];

    for (size_t i = 0; i < PERSONS / BATCH; i++) {
        submitting[i] = (Submitting){ seed, i * BATCH };
        threads[i] = thread_start("submit", 0, submit_some, &submitting[i]);
    }
    for (size_t i = 0; i < PERSONS / BATCH; i++)
        thread_join(threads[i]);
    fputc('\n', stderr);

    GError *error = NULL;
    must(vault_flush_hints(seed->sys->vault, seed->mem, &error), error);
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
        size_t     at = seed->rows + i;
        LodgeDraft draft = { .type = "complaint",
                             .about = "service",
                             .contact = "sms",
                             .entity_id = entity_of(seed->sys, at),
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
    for (size_t i = 0; i < seed->drafts; i++) {
        const Person *person = &seed->persons[i % PERSONS];
        g_autoptr(Arena) mem = arena_new();

        fprintf(seed->submit,
                "POST\t/new/send\t" COOKIE_SESSION "=%s; " COOKIE_VISITOR "=%s; " COOKIE_DRAFT
                "=%s\tcsrf=%s&command=%s\n",
                person->token, person->visitor, made[i].cookie, person->csrf, made[i].command);
        fprintf(seed->limit, "POST\t/submit\t\t%s %s\n", subject_of(mem, seed->rows + i),
                text_of(mem, seed->rows + i));
    }
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

static FILE *
create(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    FILE            *file = fopen(path, "w");

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

/* Sessions before the rows: they are idle for 30 minutes at most. */
static void
fill(Seed *seed)
{
    for (size_t i = 0; i < PERSONS; i++) {
        g_autoptr(Arena) mem = arena_new();

        register_person(seed, mem, i);
    }
    for (size_t i = 0; i < PERSONS; i++)
        open_session(seed, &seed->persons[i]);
    for (size_t i = 0; i < OFFICERS; i++)
        open_office(seed, i);
    submit_rows(seed);
    seed_drafts(seed);
}

static Config *
configure(const char *directory)
{
    GError *error = NULL;
    Config *config = config_load(NULL, &error);

    must(config != NULL && config_set(config, "directory", directory, &error) &&
             config_set(config, "trial", "yes", &error),
         error);
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
    if (argc != 5 || sodium_init() < 0) {
        fputs("seed STORE OUT ROWS DRAFTS\n", stderr);
        return 2;
    }
    config = configure(argv[1]);
    instance = instance_open(config, NULL, &error);
    must(instance != NULL, error);
    *seed = (Seed){ .sys = instance_system(instance),
                    .mem = mem,
                    .submit = create(argv[2], "submit.txt"),
                    .inbox = create(argv[2], "inbox.txt"),
                    .follow = create(argv[2], "follow.txt"),
                    .limit = create(argv[2], "limit-submit.txt"),
                    .rows = strtoul(argv[3], NULL, 10),
                    .drafts = strtoul(argv[4], NULL, 10) };
    fill(seed);
    fclose(seed->submit);
    fclose(seed->inbox);
    fclose(seed->follow);
    fclose(seed->limit);
    g_free(seed);
    return 0;
}
