/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What this machine and the libraries allow: the work of Sawt's hot pages without sessions, rights,
 * events, encryption or templates. Sawt is measured beside it, in turns, in the same run. Readers are
 * one SQLite connection for each HTTP thread; one writer commits whatever waits together and answers
 * after the commit.
 *
 *   limit make N FILE          a store of N requests, with full text
 *   limit serve READ WRITE PORT   WRITE is made anew, or the same file as READ: then it holds as much
 *     GET /h            20 KB from memory: the HTTP library alone
 *     GET /t?i=N        one request by number
 *     GET /inbox?e=E&s=S   50 rows, 19 KB of HTML
 *     POST /submit      a durable row with 4 indexes and full text */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BODY_SIZE = 4096,
    BODY_INDEXED = 280,
    ENTITIES_MOST = 200,
    ROWS_OF_ENTITY = 480,
    CLOSED = 5
};

static void
die(const char *what, sqlite3 *db)
{
    fprintf(stderr, "limit: %s: %s\n", what, db == NULL ? "failed" : sqlite3_errmsg(db));
    exit(1);
}

static void
execute(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sql, db);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        die(sql, db);
    return statement;
}

static void
run(sqlite3 *db, sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        die(sqlite3_sql(statement), db);
    sqlite3_reset(statement);
}

static void
bind_text(sqlite3_stmt *statement, int at, const char *text, size_t size)
{
    sqlite3_bind_text(statement, at, text, (int)size, SQLITE_TRANSIENT);
}

static uint64_t
draw(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

/* ---- the store to read ---- */

static int
track_of(unsigned i, char text[24])
{
    return snprintf(text, 24, "C%08X%06u", i * 2654435761U, i % 1000000);
}

static size_t
write_body(uint64_t *random, char *body)
{
    static const char *const words[] = { "مياه",   "شارع",  "انقطاع", "مدرسة", "حفرة",
                                         "إنارة",  "بلدية", "طلب",    "تأخير", "معاملة",
                                         "مستشفى", "موعد",  "نظافة",  "حاوية", "رخصة" };
    size_t                   size = 0;

    while (size < 210)
        size += (size_t)snprintf(body + size, 48, "%s%u ", words[draw(random) % 15],
                                 (unsigned)(draw(random) % 300));
    return size;
}

static void
insert_requests(sqlite3 *db, unsigned n)
{
    sqlite3_stmt *insert = prepare(db, "INSERT INTO c VALUES(?1,?2,?3,?4,?5,?6,?7,?8)");
    sqlite3_stmt *index = prepare(db, "INSERT INTO f(rowid, t) VALUES(?1, ?2)");
    unsigned      entities = n / ROWS_OF_ENTITY;
    uint64_t      random = 88172645463325252ULL;

    entities = entities < 1 ? 1 : entities > ENTITIES_MOST ? ENTITIES_MOST : entities;
    for (unsigned i = 1; i <= n; i++) {
        char body[400], track[24], person[24];
        int  created = 1700000000 + (int)((double)i / n * 63072000);

        sqlite3_bind_int64(insert, 1, i);
        bind_text(insert, 2, track, (size_t)track_of(i, track));
        sqlite3_bind_int(insert, 3, (int)(draw(&random) % entities));
        sqlite3_bind_int(insert, 4, draw(&random) % 2 == 0 ? CLOSED : 1 + (int)(draw(&random) % 4));
        sqlite3_bind_int(insert, 5, created);
        sqlite3_bind_int(insert, 6, created + (int)(draw(&random) % 2592000));
        bind_text(
            insert, 7, person,
            (size_t)snprintf(person, sizeof person, "%014u", (unsigned)(draw(&random) % 30000000)));
        bind_text(insert, 8, body, write_body(&random, body));
        run(db, insert);
        sqlite3_bind_int64(index, 1, i);
        bind_text(index, 2, body, strlen(body));
        run(db, index);
    }
    sqlite3_finalize(insert);
    sqlite3_finalize(index);
}

#define TABLE                                                                                      \
    "CREATE TABLE c(id INTEGER PRIMARY KEY, track TEXT NOT NULL, entity INT, status INT,"          \
    " created INT, due INT, nid TEXT, body TEXT);"                                                 \
    "CREATE VIRTUAL TABLE f USING fts5(t, content='', tokenize='unicode61');"
#define INDEXES                                                                                    \
    "CREATE UNIQUE INDEX c1 ON c(track); CREATE INDEX c2 ON c(entity, status, due);"               \
    "CREATE INDEX c3 ON c(nid); CREATE INDEX c4 ON c(created);"

static int
make(unsigned n, const char *path)
{
    sqlite3 *db = NULL;

    unlink(path);
    if (n == 0 || sqlite3_open(path, &db) != SQLITE_OK)
        die(path, NULL);
    execute(
        db,
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144; BEGIN;" TABLE);
    insert_requests(db, n);
    execute(db, INDEXES "COMMIT; ANALYZE;");
    sqlite3_close(db);
    return 0;
}

/* ---- pages ---- */

typedef struct {
    char  *data;
    size_t size, room;
} Page;

static void
append(Page *page, const char *text, size_t size)
{
    if (page->size + size > page->room) {
        page->room = (page->size + size) * 2 + 32768;
        page->data = realloc(page->data, page->room);
        if (page->data == NULL)
            die("memory", NULL);
    }
    memcpy(page->data + page->size, text, size);
    page->size += size;
}

static void
append_text(Page *page, const char *text)
{
    append(page, text, strlen(text));
}

static const char *
entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void
append_escaped(Page *page, const char *text)
{
    for (size_t plain; text[0] != '\0'; text += plain) {
        plain = strcspn(text, "&<>\"'");
        append(page, text, plain);
        if (text[plain] == '\0')
            return;
        append_text(page, entity_of(text[plain]));
        plain++;
    }
}

static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned code, Page *page, const char *type)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(page->size, page->data, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    MHD_add_response_header(response, "Content-Type", type);
    result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- reading ---- */

typedef struct {
    sqlite3      *db;
    sqlite3_stmt *by_track, *inbox;
} Reader;

static const char          *read_path, *write_path;
static _Thread_local Reader reader;

static void
open_reader(void)
{
    if (reader.db != NULL)
        return;
    if (sqlite3_open_v2(read_path, &reader.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        die(read_path, NULL);
    execute(reader.db, "PRAGMA mmap_size=2147418112; PRAGMA cache_size=-65536");
    reader.by_track =
        prepare(reader.db, "SELECT id, track, entity, status, due, body FROM c WHERE track = ?1");
    reader.inbox =
        prepare(reader.db, "SELECT track, nid, due, body FROM c WHERE entity = ?1 AND status = ?2"
                           " ORDER BY due, id LIMIT 50");
}

static unsigned
argument(struct MHD_Connection *connection, const char *name)
{
    const char *text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);

    return text == NULL ? 1 : (unsigned)strtoul(text, NULL, 10);
}

static const char *
column(sqlite3_stmt *statement, int at)
{
    return (const char *)sqlite3_column_text(statement, at);
}

static enum MHD_Result
answer_track(struct MHD_Connection *connection)
{
    Page page = { .size = 0 };
    char text[256];
    bool found;

    bind_text(reader.by_track, 1, text, (size_t)track_of(argument(connection, "i"), text));
    found = sqlite3_step(reader.by_track) == SQLITE_ROW;
    if (found) {
        snprintf(text, sizeof text,
                 "{\"id\":%lld,\"track\":\"%s\",\"entity\":%d,\"status\":%d,\"due\":%d,\"body\":\"",
                 sqlite3_column_int64(reader.by_track, 0), column(reader.by_track, 1),
                 sqlite3_column_int(reader.by_track, 2), sqlite3_column_int(reader.by_track, 3),
                 sqlite3_column_int(reader.by_track, 4));
        append_text(&page, text);
        append_text(&page, column(reader.by_track, 5));
    }
    append_text(&page, "\"}");
    sqlite3_reset(reader.by_track);
    return answer(connection, found ? 200 : 404, &page, "application/json");
}

static void
append_row(Page *page)
{
    append_text(page, "<tr class=\"row\"><td class=\"track\"><a href=\"/c/");
    append_escaped(page, column(reader.inbox, 0));
    append_text(page, "\">");
    append_escaped(page, column(reader.inbox, 0));
    append_text(page, "</a></td><td>");
    append_escaped(page, column(reader.inbox, 3));
    append_text(page, "</td><td class=\"nid\">");
    append_escaped(page, column(reader.inbox, 1));
    append_text(page, "</td><td>");
    append_escaped(page, column(reader.inbox, 2));
    append_text(page, "</td></tr>\n");
}

static enum MHD_Result
answer_inbox(struct MHD_Connection *connection)
{
    Page page = { .size = 0 };

    append_text(&page,
                "<!doctype html>\n<html lang=\"ar\" dir=\"rtl\"><head><meta charset=\"utf-8\">"
                "<title>صندوق الوارد</title></head><body><header><nav><a href=\"/\">الرئيسية</a>"
                "</nav></header><main><table class=\"inbox\"><tbody>\n");
    sqlite3_bind_int(reader.inbox, 1, (int)argument(connection, "e"));
    sqlite3_bind_int(reader.inbox, 2, (int)argument(connection, "s"));
    while (sqlite3_step(reader.inbox) == SQLITE_ROW)
        append_row(&page);
    sqlite3_reset(reader.inbox);
    append_text(&page, "</tbody></table></main></body></html>");
    return answer(connection, 200, &page, "text/html; charset=utf-8");
}

static enum MHD_Result
answer_memory(struct MHD_Connection *connection)
{
    static const char line[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    Page              page = { .size = 0 };

    while (page.size < 20480)
        append(&page, line, 64);
    return answer(connection, 200, &page, "text/html");
}

static enum MHD_Result
answer_get(struct MHD_Connection *connection, const char *path)
{
    open_reader();
    if (path[1] == 't')
        return answer_track(connection);
    return path[1] == 'i' ? answer_inbox(connection) : answer_memory(connection);
}

/* ---- writing ---- */

typedef struct Submission {
    char                   body[BODY_SIZE];
    size_t                 size;
    struct MHD_Connection *connection;
    struct Submission     *next;
    bool                   waiting;
    int64_t                id;
} Submission;

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t  filled;
    Submission     *first, **end;
} queue = { .mutex = PTHREAD_MUTEX_INITIALIZER,
            .filled = PTHREAD_COND_INITIALIZER,
            .end = &queue.first };

typedef struct {
    sqlite3      *db;
    sqlite3_stmt *insert, *index, *begin, *commit;
    uint64_t      random;
} Writer;

static void
remove_store(const char *path)
{
    static const char *const parts[] = { "", "-wal", "-shm" };

    for (int i = 0; i < 3; i++) {
        char name[4096];

        snprintf(name, sizeof name, "%s%s", path, parts[i]);
        unlink(name);
    }
}

static void
open_writer(Writer *writer)
{
    bool same = strcmp(read_path, write_path) == 0;

    if (!same)
        remove_store(write_path);
    if (sqlite3_open(write_path, &writer->db) != SQLITE_OK)
        die(write_path, NULL);
    execute(writer->db,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;"
            "PRAGMA cache_size=-65536;");
    if (!same)
        execute(writer->db, TABLE INDEXES);
    writer->insert =
        prepare(writer->db, "INSERT INTO c(track, entity, status, created, due, nid, body)"
                            " VALUES(?1, ?2, 0, ?3, ?4, ?5, ?6)");
    writer->index = prepare(writer->db, "INSERT INTO f(rowid, t) VALUES(?1, ?2)");
    writer->begin = prepare(writer->db, "BEGIN IMMEDIATE");
    writer->commit = prepare(writer->db, "COMMIT");
    writer->random = (uint64_t)getpid();
}

static void
write_one(Writer *writer, Submission *submission)
{
    struct timespec now;
    char            track[32], person[32];
    size_t          indexed = submission->size > BODY_INDEXED ? BODY_INDEXED : submission->size;

    clock_gettime(CLOCK_REALTIME, &now);
    draw(&writer->random);
    snprintf(track, sizeof track, "C%016llX", (unsigned long long)writer->random);
    snprintf(person, sizeof person, "%014llu", (unsigned long long)(writer->random >> 24));
    bind_text(writer->insert, 1, track, strlen(track));
    sqlite3_bind_int(writer->insert, 2, (int)(writer->random >> 20) & 127);
    sqlite3_bind_int64(writer->insert, 3, now.tv_sec);
    sqlite3_bind_int64(writer->insert, 4, now.tv_sec + 864000);
    bind_text(writer->insert, 5, person, strlen(person));
    sqlite3_bind_text(writer->insert, 6, submission->body, (int)submission->size, SQLITE_STATIC);
    run(writer->db, writer->insert);

    submission->id = sqlite3_last_insert_rowid(writer->db);
    sqlite3_bind_int64(writer->index, 1, submission->id);
    sqlite3_bind_text(writer->index, 2, submission->body, (int)indexed, SQLITE_STATIC);
    run(writer->db, writer->index);
}

static Submission *
take_all(void)
{
    Submission *all;

    pthread_mutex_lock(&queue.mutex);
    while (queue.first == NULL)
        pthread_cond_wait(&queue.filled, &queue.mutex);
    all = queue.first;
    queue.first = NULL;
    queue.end = &queue.first;
    pthread_mutex_unlock(&queue.mutex);
    return all;
}

static void *
write_forever(void *data)
{
    Writer *writer = data;

    while (true) {
        Submission *all = take_all();

        run(writer->db, writer->begin);
        for (Submission *submission = all; submission != NULL; submission = submission->next)
            write_one(writer, submission);
        run(writer->db, writer->commit);
        for (Submission *next; all != NULL; all = next) {
            next = all->next; /* resumed, it may be answered and freed at once */
            MHD_resume_connection(all->connection);
        }
    }
    return NULL;
}

static void
put(Submission *submission)
{
    submission->waiting = true;
    MHD_suspend_connection(submission->connection);
    pthread_mutex_lock(&queue.mutex);
    *queue.end = submission;
    queue.end = &submission->next;
    pthread_cond_signal(&queue.filled);
    pthread_mutex_unlock(&queue.mutex);
}

static enum MHD_Result
answer_post(struct MHD_Connection *connection, const char *data, size_t *size,
            Submission *submission)
{
    Page page = { .size = 0 };
    char text[64];

    if (*size > 0) {
        size_t fits = BODY_SIZE - submission->size < *size ? BODY_SIZE - submission->size : *size;

        memcpy(submission->body + submission->size, data, fits);
        submission->size += fits;
        *size = 0;
        return MHD_YES;
    }
    if (!submission->waiting) {
        put(submission);
        return MHD_YES;
    }
    snprintf(text, sizeof text, "{\"id\":%lld}", (long long)submission->id);
    append_text(&page, text);
    return answer(connection, 201, &page, "application/json");
}

/* ---- the server ---- */

static const char get_seen[1]; /* its address is the state of a GET */

static enum MHD_Result
handle(void *unused, struct MHD_Connection *connection, const char *path, const char *method,
       const char *version, const char *data, size_t *size, void **state)
{
    (void)unused, (void)version;
    if (*state != NULL)
        return method[0] == 'G' ? answer_get(connection, path)
                                : answer_post(connection, data, size, *state);
    if (method[0] == 'G') {
        *state = (void *)(uintptr_t)get_seen;
        return MHD_YES;
    }
    Submission *submission = calloc(1, sizeof *submission);
    if (submission == NULL)
        die("memory", NULL);
    submission->connection = connection;
    *state = submission;
    return MHD_YES;
}

static void
complete(void *unused, struct MHD_Connection *connection, void **state,
         enum MHD_RequestTerminationCode code)
{
    (void)unused, (void)connection, (void)code;
    if (*state != (const void *)get_seen)
        free(*state);
    *state = NULL;
}

static int
serve(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)atoi(port)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    Writer             writer = { .db = NULL };
    pthread_t          thread;
    sigset_t           signals;
    int                received;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    open_writer(&writer);
    if (pthread_create(&thread, NULL, write_forever, &writer) != 0 ||
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                             MHD_USE_ERROR_LOG,
                         0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &address,
                         MHD_OPTION_THREAD_POOL_SIZE, 2, MHD_OPTION_CONNECTION_LIMIT, 8000,
                         MHD_OPTION_CONNECTION_TIMEOUT, 30, MHD_OPTION_NOTIFY_COMPLETED, complete,
                         NULL, MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096, MHD_OPTION_END) == NULL)
        die("start", NULL);
    sigwait(&signals, &received);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make((unsigned)strtoul(argv[2], NULL, 10), argv[3]);
    if (argc == 5 && strcmp(argv[1], "serve") == 0) {
        read_path = argv[2];
        write_path = argv[3];
        return serve(argv[4]);
    }
    fputs("limit make N FILE | limit serve READ WRITE PORT\n", stderr);
    return 2;
}
