/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/petition/petition_fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static const char reference_sql[] =
    "INSERT INTO entity (id, code, kind, retired_at, version) VALUES"
    " (1, 'water', 'authority', NULL, 1), (2, 'roads', 'ministry', NULL, 1),"
    " (3, 'gone', 'ministry', 1, 2);"
    "INSERT INTO service (id, entity_id, code, inquiry_days, praise_days, suggestion_days,"
    " complaint_days, retired_at, version) VALUES"
    " (11, 1, 'water.leaks', 5, 4, 25, 15, NULL, 1), (12, 1, 'water.gone', 3, 3, 20, 10, 1, 2),"
    " (21, 2, 'roads.lights', 3, 3, 20, 10, NULL, 1);"
    "INSERT INTO service_field (id, service_id, code, version, kind, required, max_length, choices,"
    " position, retired_at) VALUES"
    " (301, 11, 'meter', 1, 'number', TRUE, 12, NULL, 1, NULL),"
    " (302, 11, 'size', 1, 'choice', FALSE, 1, 'drops|runs', 2, NULL),"
    " (303, 11, 'seen', 1, 'choices', FALSE, 3, 'day|night|rain', 3, NULL),"
    " (304, 11, 'broken', 1, 'choice', FALSE, 1, NULL, 4, NULL);"
    "INSERT INTO directorate (id, entity_id, code, retired_at, version) VALUES"
    " (101, 1, 'water.pipes', NULL, 1), (102, 1, 'water.meters', NULL, 1),"
    " (103, 1, 'water.old', 1, 2), (201, 2, 'roads.lamps', NULL, 1);"
    "INSERT INTO place (id, code, level, version) VALUES (1001, 'JO-AM', 'governorate', 1);"
    /* the second Sunday from the fixture's now */
    "INSERT INTO holiday (day, estimated) VALUES (20569, FALSE);"
    "INSERT INTO account (id, login, role, entity_id, directorate_id, name, version) VALUES"
    " (501, 'lina', 'liaison', 1, NULL, 'لينا', 1), (502, 'hala', 'head', 1, NULL, 'هالة', 1),"
    " (503, 'omar', 'unit', NULL, NULL, 'عمر', 1), (504, 'pipes', 'directorate', 1, 101, 'سامي', "
    "1),"
    " (505, 'meters', 'directorate', 1, 102, 'مها', 1), (506, 'rami', 'liaison', 2, NULL, 'رامي', "
    "1),"
    " (507, 'ruba', 'head', 2, NULL, 'ربى', 1), (508, 'lamps', 'directorate', 2, 201, 'نور', 1),"
    " (509, 'agent', 'agent', NULL, NULL, 'زيد', 1), (510, 'counter', 'counter', 1, NULL, 'علا', "
    "1);";

static const DbTable tables[] = {
    { "petition", DB_TABLE_CASE },
    { "petition_key", DB_TABLE_CASE },
    { "consultation", DB_TABLE_CASE },
    { "draft", DB_TABLE_MACHINERY },
    { "attachment", DB_TABLE_MACHINERY },
    { "attachment_part", DB_TABLE_MACHINERY },
    { NULL, 0 },
};

static sqlite3 *
open_file(const PetitionFixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->core->directory, "case.db", NULL);
    sqlite3         *file;

    g_assert_cmpint(sqlite3_open_v2(path, &file, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
    sqlite3_busy_timeout(file, 5000);
    return file;
}

/* x'ABCD' is a string of bits on PostgreSQL. */
static char *
translate_bytes(const char *sql)
{
    g_autoptr(GRegex) literal = g_regex_new("\\bx'([0-9A-F]*)'", 0, 0, NULL);

    return g_regex_replace(literal, sql, -1, 0, "'\\\\x\\1'::bytea", 0, NULL);
}

void
petition_fixture_execute(PetitionFixture *fixture, const char *sql)
{
    if (fixture->core->case_url != NULL) {
        g_autofree char *translated = translate_bytes(sql);

        g_free(engine_fixture_sql(fixture->core->case_url, translated));
        return;
    }

    sqlite3 *file = open_file(fixture);
    char    *message = NULL;

    sqlite3_exec(file, sql, NULL, NULL, &message);
    g_assert_cmpstr(message, ==, NULL);
    sqlite3_close(file);
}

int64_t
petition_fixture_count(PetitionFixture *fixture, const char *sql)
{
    if (fixture->core->case_url != NULL) {
        g_autofree char *text = engine_fixture_sql(fixture->core->case_url, sql);

        return g_ascii_strtoll(text, NULL, 10);
    }

    sqlite3      *file = open_file(fixture);
    sqlite3_stmt *row = NULL;

    g_assert_cmpint(sqlite3_prepare_v2(file, sql, -1, &row, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(row), ==, SQLITE_ROW);
    int64_t count = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(file);
    return count;
}

static int64_t
register_person(PetitionFixture *fixture, const char *document, const char *phone,
                VaultVerification verification)
{
    g_autoptr(GError) error = NULL;
    static const Who visitor = { .role = ROLE_NONE, .lang = "ar" };
    const Identity   identity = {
          .document_type = "national_number",
          .document_issuer = "JO",
          .document_number = document,
          .name = { "سلمى", "أحمد", "خالد", "العلي" },
          .birth_date = "1987-03-14",
    };
    const VaultRegister cmd = {
        .identity = document == NULL ? NULL : &identity,
        .contact = &(Contact){ .phone = phone },
        .verification = verification,
        .lang = "ar",
        .by = &visitor,
        .command_id = command_id_read(fixture->mem, NULL),
    };
    VaultPerson person;
    bool        made = vault_register(fixture->sys->vault, fixture->mem, &cmd, &person, &error);

    g_assert_no_error(error);
    g_assert_true(made);
    return person.id;
}

static Who
staff(Role role, int64_t account_id, int64_t entity_id, int64_t directorate_id)
{
    return (Who){
        .role = role,
        .account_id = account_id,
        .entity_id = entity_id,
        .directorate_id = directorate_id,
        .name = "staff",
        .lang = "ar",
    };
}

static void
add_people(PetitionFixture *fixture)
{
    int64_t salma = register_person(fixture, "9871012345", "962790000001", VAULT_VERIFIED);
    int64_t other = register_person(fixture, "9871012346", "962790000002", VAULT_VERIFIED);

    fixture->unproved = register_person(fixture, NULL, "962790000003", VAULT_UNKNOWN);
    fixture->provisional =
        register_person(fixture, "9871012347", "962790000004", VAULT_PROVISIONAL);
    fixture->requester = (Who){ .role = ROLE_REQUESTER, .person_id = salma, .lang = "ar" };
    fixture->stranger = (Who){ .role = ROLE_REQUESTER, .person_id = other, .lang = "ar" };
    fixture->liaison = staff(ROLE_LIAISON, 501, WATER, 0);
    fixture->head = staff(ROLE_HEAD, 502, WATER, 0);
    fixture->unit = staff(ROLE_UNIT, 503, 0, 0);
    fixture->pipes = staff(ROLE_DIRECTORATE, 504, WATER, WATER_PIPES);
    fixture->meters = staff(ROLE_DIRECTORATE, 505, WATER, WATER_METERS);
    fixture->roads_liaison = staff(ROLE_LIAISON, 506, ROADS, 0);
    fixture->roads_head = staff(ROLE_HEAD, 507, ROADS, 0);
    fixture->lamps = staff(ROLE_DIRECTORATE, 508, ROADS, ROADS_LAMPS);
    fixture->agent = staff(ROLE_AGENT, 509, 0, 0);
    fixture->counter = staff(ROLE_COUNTER, 510, WATER, 0);
}

PetitionFixture *
petition_fixture_new(const EventListener *listeners)
{
    const CoreFixtureOptions options = {
        .queries = petition_queries,
        .tables = tables,
        .listeners = listeners,
    };
    PetitionFixture *fixture = g_new0(PetitionFixture, 1);
    g_autoptr(GError) error = NULL;

    fixture->core = core_fixture_new(&options);
    fixture->sys = &fixture->core->sys;
    fixture->mem = fixture->core->mem;

    petition_fixture_execute(fixture, reference_sql);
    bool loaded = system_reload_reference(fixture->sys, &error);
    g_assert_no_error(error);
    g_assert_true(loaded);
    add_people(fixture);
    return fixture;
}

void
petition_fixture_free(PetitionFixture *fixture)
{
    if (fixture == NULL)
        return;

    core_fixture_free(fixture->core);
    g_free(fixture);
}

CommandContext
petition_fixture_by(PetitionFixture *fixture, const Who *who)
{
    return (CommandContext){
        .sys = fixture->sys,
        .mem = fixture->mem,
        .by = who,
        .command_id = command_id_read(fixture->mem, NULL),
    };
}

PetitionSubmit
petition_fixture_complaint(const PetitionFixture *fixture)
{
    return (PetitionSubmit){
        .person_id = fixture->requester.person_id,
        .type = "complaint",
        .about = "service",
        .entity_id = WATER,
        .service_id = WATER_LEAKS,
        .place_id = CAPITAL,
        .subject = "ماسورة مكسورة في الشارع",
        .text = "الماء يسيل منذ أسبوع، اتصلوا بي على 0791234567",
        .wanted = "إصلاح الماسورة",
        .place_words = "حي نزال قرب المسجد",
        .contact = "sms",
        .channel = "website",
        .lang = "ar",
        .identity_hidden = true,
    };
}

PetitionReceipt
petition_fixture_submit(PetitionFixture *fixture, const PetitionSubmit *cmd)
{
    CommandContext  context = petition_fixture_by(fixture, &fixture->requester);
    PetitionReceipt receipt;
    CommandOutcome  outcome;
    g_autoptr(GError) error = NULL;
    bool submitted = petition_submit(&context, cmd, &receipt, &outcome, &error);

    g_assert_no_error(error);
    g_assert_true(submitted);
    return receipt;
}

PetitionTarget
petition_fixture_on(const PetitionReceipt *receipt)
{
    return (PetitionTarget){ .number = receipt->number };
}

PetitionTarget
petition_fixture_own(const PetitionReceipt *receipt)
{
    return (PetitionTarget){ .number = receipt->number, .own = true };
}

Petition
petition_fixture_read(PetitionFixture *fixture, int64_t number)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(fixture->sys->db, fixture->mem, &error);
    Petition petition = { .id = 0 };
    bool     read = tx != NULL && petition_by_number(tx, number, &petition, &error);

    g_assert_no_error(error);
    g_assert_true(read);
    return petition;
}

void
petition_fixture_wait(PetitionFixture *fixture, int64_t microseconds)
{
    clock_move(fixture->core->clock, microseconds);
}

AppTime
petition_fixture_time(const PetitionFixture *fixture, const char *text)
{
    Civil civil = { .second = 0 };

    g_assert_cmpint(sscanf(text, "%4d-%2d-%2d %2d:%2d", &civil.year, &civil.month, &civil.day,
                           &civil.hour, &civil.minute),
                    ==, 5);
    return zone_time(fixture->sys->zone, &civil);
}
