# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the stores of a test lie, so that one test tries the program on either engine.

SAWT_ENGINE is `sqlite` (the files lie in the store's folder) or `pg`: two schemas of a database of its own, on the server
that SAWT_TEST_PG names (tools/pg_server.py), each with a role of its own, which has no rights beyond it. A test that runs
on both says everything about its store through this module. SQL of a test is one text for both: `?` for values, the words
of engine.sql; rows come as tuples that may be read by name.
"""
import atexit
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import urllib.parse
import uuid

IS_PG = os.environ.get("SAWT_ENGINE", "sqlite") == "pg"
FILES = ("case", "vault")
SERVER = os.environ.get("SAWT_TEST_PG", "")
TEMPLATE = "store"  # of tools/pg_server.py: its schemas, roles and extension; no table

if IS_PG:
    if not SERVER:
        print("1..0 # SKIP SAWT_TEST_PG names no PostgreSQL server (tools/pg_server.py)")
        sys.exit(0)
    import psycopg2
    import psycopg2.extensions
    import psycopg2.extras

    psycopg2.extensions.register_type(psycopg2.extensions.new_type(
        (17,), "BYTES", lambda value, cursor: None if value is None else bytes(psycopg2.BINARY(value, cursor))))

# What full text holds: a row for each word of each entry, `doc` its id.
WORDS = "(SELECT id AS doc, unnest(tsvector_to_array(tokens)) FROM petition_search) AS word" if IS_PG else "temp.word"

databases = {}  # the folder of a store → its database


def address(database, schema=None, user=None):
    """As the program and libpq take it."""
    parts = urllib.parse.urlsplit(SERVER)
    words = dict(urllib.parse.parse_qsl(parts.query))
    words["user"] = user or words["user"]
    if schema:
        words["options"] = f"-csearch_path={schema}"
    return f"postgresql:///{database}?" + urllib.parse.urlencode(words, quote_via=urllib.parse.quote, safe="/")


def administer(sql, database="postgres"):
    """By the server's administrator."""
    base = psycopg2.connect(address(database))
    try:
        base.autocommit = True
        base.cursor().execute(sql)
    finally:
        base.close()


def make(store, template=TEMPLATE):
    """A database for a folder; dropped when the test ends."""
    drop(store)
    name = f"store_{uuid.uuid4().hex}"
    administer(f"CREATE DATABASE {name} TEMPLATE {template}")
    databases[pathlib.Path(store)] = name


def drop(store):
    name = databases.pop(pathlib.Path(store), None)
    if name is not None:
        administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def settings(store):
    """Of the configuration: where the store of this folder lies. {} where the folder says it."""
    if not IS_PG:
        return {}
    if pathlib.Path(store) not in databases:
        make(store)
    name = databases[pathlib.Path(store)]
    return {key: address(name, f"{file}_file", f"{file}_keeper") for key, file in zip(("database", "vault"), FILES)}


def options(store):
    """The same on a command line."""
    return [word for key, value in settings(store).items() for word in ("--set", f"{key}={value}")]


# ---- reading and changing behind the program's back ----

class PgBase:
    """A schema with the few verbs of sqlite3's connection that tests use; of nobody else's kind of mistakes: what the
    database itself refuses to an administrator (a changed event, a reference to nothing) is done all the same."""

    def __init__(self, database, name, writes):
        self.base = psycopg2.connect(address(database), cursor_factory=psycopg2.extras.DictCursor)
        self.base.autocommit = True
        # Triggers stand still, those of references among them; the one of events is of the kind that does not.
        self.execute(f"SET search_path = {name}_file, words, public")
        self.execute("SET session_replication_role = replica" if writes else "SET default_transaction_read_only = on")
        self.guard(name, writes, "DISABLE TRIGGER")
        self.name, self.writes = name, writes

    def guard(self, name, writes, what):
        if writes and name == "case":
            self.execute(f"ALTER TABLE event {what} sawt_event_stays")

    def execute(self, sql, values=()):
        cursor = self.base.cursor()
        cursor.execute(sql.replace("%", "%%").replace("?", "%s") if values else sql, values or None)
        return cursor

    def close(self):
        try:
            self.guard(self.name, self.writes, "ENABLE ALWAYS TRIGGER")
        finally:
            self.base.close()


def open_store(store, name="case", writes=False):
    """The caller closes it."""
    if IS_PG:
        return PgBase(databases[pathlib.Path(store)], name, writes)
    base = sqlite3.connect(f"file:{store}/{name}.db?mode={'rw' if writes else 'ro'}", uri=True, timeout=30,
                           isolation_level=None)
    base.row_factory = sqlite3.Row
    base.create_function("words", 1, lambda tokens: tokens.hex(" ", 8))
    if name == "case":
        base.execute("CREATE VIRTUAL TABLE temp.word USING fts5vocab('main', 'petition_search', 'instance')")
    return base


def rows(store, sql, values=(), name="case"):
    base = open_store(store, name)
    try:
        return [tuple(row) for row in base.execute(sql, values).fetchall()]
    finally:
        base.close()


def tables(base):
    """Names of all tables of an open store, full text's own among them."""
    if IS_PG:
        return [row[0] for row in base.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")]
    return [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]


def exists(store):
    """Has the program opened a store in this folder?"""
    return (pathlib.Path(store) / ("owner.lock" if IS_PG else "case.db")).exists()


def change(store, statements, name="case"):
    """How many rows the last one changed."""
    base = open_store(store, name, writes=True)
    try:
        return [base.execute(sql).rowcount for sql in statements][-1]
    finally:
        base.close()


def damage(store):
    """Sentences of the engine itself about what it finds damaged, and references to nothing. PostgreSQL checks references
    when they are written."""
    if IS_PG:
        return []
    found = []
    for name in FILES:
        base = open_store(store, name)
        said = base.execute("PRAGMA integrity_check").fetchone()[0]
        if said != "ok":
            found.append(f"{name}.db: {said}")
        found += [f"{name}.db: a reference to nothing: {tuple(row)}" for row in base.execute("PRAGMA foreign_key_check")]
        base.close()
    return found


# ---- copies ----

def copy(store, to):
    """Of a store that nobody has open: the folder, and the database."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(store, to, ignore=shutil.ignore_patterns("control.sock"))
    if IS_PG:
        make(to, databases[pathlib.Path(store)])


def back_up(store, to):
    """As docs/operations.md says, while a server works on it."""
    pathlib.Path(to).mkdir()
    for name in FILES:
        if IS_PG:
            back_up_schema(store, to, f"{name}_file")
        else:
            base = open_store(store, name)
            base.execute("VACUUM INTO ?", (f"{to}/{name}.db",))
            base.close()
    if not IS_PG:  # where the content of attachments lies in the database
        shutil.copytree(pathlib.Path(store) / "files", pathlib.Path(to) / "files")
    shutil.copy(pathlib.Path(store) / "trial.key", pathlib.Path(to) / "trial.key")


def back_up_schema(store, to, schema):
    """Into a database in which an administrator has put the extension and roles."""
    settings(to)
    administer(f"DROP SCHEMA {schema}", databases[pathlib.Path(to)])
    dump = subprocess.run(["pg_dump", "--schema", schema, address(databases[pathlib.Path(store)])], check=True,
                          stdout=subprocess.PIPE)
    subprocess.run(["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", address(databases[pathlib.Path(to)])], check=True,
                   input=dump.stdout, stdout=subprocess.DEVNULL)


def files(store):
    """Of a store that lie elsewhere than in its folder, the server's log among them."""
    if not IS_PG:
        return []
    name = databases[pathlib.Path(store)]
    administer("CHECKPOINT")  # what only memory has
    base = psycopg2.connect(address(name))
    cursor = base.cursor()
    cursor.execute("""WITH ours AS (SELECT oid, reltoastrelid FROM pg_class WHERE relnamespace IN ('case_file'::regnamespace,
                      'vault_file'::regnamespace))
        SELECT current_setting('data_directory') || '/' || pg_relation_filepath(oid) FROM (SELECT oid FROM ours
        UNION SELECT reltoastrelid FROM ours UNION SELECT 'pg_statistic'::regclass) AS read
        WHERE pg_relation_filepath(oid) IS NOT NULL""")
    paths = [pathlib.Path(path) for path, in cursor.fetchall()]
    base.close()
    return [*paths, pathlib.Path(urllib.parse.parse_qs(urllib.parse.urlsplit(SERVER).query)["host"][0]).parent / "log"]


def drop_all():
    for store in list(databases):
        drop(store)


if IS_PG:
    atexit.register(drop_all)
