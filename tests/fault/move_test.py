#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A store on SQLite is moved to PostgreSQL, tried from outside:  move_test.py SAWT

An office at work (sessions, a draft, attachments, a frozen request, a played history, made-up requests) is moved while
the mover is killed SAWT_KILLS times (5) by kill -9, and the database server once: the result is the same as of one that was
never stopped, its schema that of the migrations, no table is forgotten, and people go on where they were. What is
planted at the target is found and named; a wrong target, a changed source and a running server are refused. Prints TAP.
"""
import hashlib
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import program
from program import HERE, Tap, make_store, serve

sys.path.insert(0, str(HERE / "tools"))
import pg_server  # noqa: E402

SAWT = os.path.abspath(sys.argv[1])
KILLS = max(5, int(os.environ.get("SAWT_KILLS", "5")))
REQUESTS = os.environ.get("SAWT_MOVE_REQUESTS", "1500")
WAIT = 60
SUBJECT, TEXT = "انقطاع متكرر في شارع البيادر", "لم تصلنا المياه منذ أسبوع، وهذا نص لا يكتبه غيرنا."
MOVE_TABLES = ("schema_move", "schema_move_range", "schema_move_object")
tap = Tap()
say = tap.say


# ---- the target ----

class Psql:
    """One session of psql, kept open: what is asked between two steps of a move must be quick."""

    def __init__(self, server):
        self.server, self.process = server, None

    def open(self):
        self.process = subprocess.Popen(["psql", "-X", "-A", "-t", "-q", "-F", "\t", self.server.address],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def close(self):
        if self.process is not None:
            self.process.communicate()
        self.process = None

    def ask(self, sql):
        """Rows as lists of texts; None when the session is gone."""
        found = []
        try:
            self.process.stdin.write(f"{sql};\n\\echo END\n")
            self.process.stdin.flush()
        except OSError:
            return None
        while (line := self.process.stdout.readline()) not in ("END\n", ""):
            found.append(line.rstrip("\n").split("\t"))
        return found if line else None

    def rows(self, sql):
        """None as well while a table is not there or the server is gone."""
        for _ in range(2):
            if self.process is None:
                self.open()
            found = self.ask(sql)
            if found is not None:
                return found
            self.process.kill()
            self.process.communicate()
            self.process = None
        return []

    def one(self, sql):
        found = self.rows(sql)
        return found[0][0] if found else ""

    def do(self, sql):
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", self.server.address, "-c", sql], check=True,
                       stdout=subprocess.DEVNULL)


class Target:
    """Two schemas: of the case and of the vault."""

    def __init__(self, psql, name):
        self.psql, self.case, self.vault = psql, f"{name}_case", f"{name}_vault"
        for schema in (self.case, self.vault):
            psql.do(f"CREATE SCHEMA {schema}")

    def address(self, schema):
        return f"{self.psql.server.address}&options=-csearch_path%3D{schema},public"

    def settings(self):
        return ["--set", f"database={self.address(self.case)}", "--set", f"vault={self.address(self.vault)}"]

    def done(self):
        """How many ranges and objects of the case are done, and how many there are."""
        found = self.psql.rows(f"SELECT count(*) FILTER (WHERE done), count(*) FROM {self.case}.schema_move_range"
                               f" UNION ALL SELECT count(*) FILTER (WHERE done), count(*) FROM {self.case}.schema_move_object")
        return [int(n) for row in found for n in row] if len(found) == 2 else [0, 0, 0, 0]

    def tables(self):
        return {table: schema for schema, table in self.psql.rows(
            f"SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN"
            f" ('{self.case}', '{self.vault}') AND table_type = 'BASE TABLE'")}

    def content(self):
        """Every row of every table as one hash each; but for when the migrations ran, and which node has which number."""
        return {table: self.psql.one(f"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '~' ORDER BY t::text)), '')"
                                     f" FROM {schema}.{table} t")
                for table, schema in self.tables().items() if table not in ("schema_migration", "schema_node")}

    def schema(self):
        """What pg_dump writes to make it again."""
        text = ""
        for schema in (self.case, self.vault):
            done = subprocess.run(["pg_dump", "-s", "-n", schema, self.psql.server.address], stdout=subprocess.PIPE,
                                  text=True, check=True)
            text += re.sub(r"^(--.*|\\.*)$", "", done.stdout.replace(schema, "HOME"), flags=re.M)
        return sorted(part.strip() for part in text.split(";\n") if part.strip())


# ---- the mover ----

def words_of(store, target, *more):
    return [SAWT, "migrate-store", "--dir", str(store), "--trial", "--lang", "en", "--lines", *target.settings(), *more]


def migrate(store, target, *more):
    done = subprocess.run(words_of(store, target, *more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300, cwd=HERE)
    return done.returncode, done.stdout


def until(condition, process):
    """True when the condition came; False when the process ended before."""
    deadline = time.monotonic() + WAIT
    while not condition():
        if process.poll() is not None:
            return False
        if time.monotonic() > deadline:
            raise SystemExit("a move did not come to where it was waited for")
        time.sleep(0.005)
    return True


def kill_at(store, target, condition, *more):
    """Begin or go on, and kill -9 when the condition is there. Was it killed?"""
    with subprocess.Popen(words_of(store, target, *more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          cwd=HERE) as process:
        try:
            until(condition, process)
        finally:
            process.kill()
            process.communicate()
    return process.returncode == -signal.SIGKILL


def tables_said(said):
    """What the report says of each table."""
    return sorted(line for line in said.splitlines() if ", hash " in line or "made anew" in line)


def serve_refused(store, log, *options):
    server = program.Server(SAWT, store, log, *options)
    try:
        return server.said() if not server.wait() else ""
    finally:
        server.kill()


def copy_of(store, name):
    copy = store.parent / name
    shutil.copytree(store, copy, ignore=shutil.ignore_patterns("control.sock"))
    return copy


# ---- an office at work ----

class Office:
    def __init__(self, folder, log):
        self.store, self.log = folder / "store", log
        self.accounts = make_store(SAWT, self.store)
        for words in (["replay", "data/demo/requests.csv", "demo"], ["generate", "--requests", REQUESTS]):
            code, said = program.run(SAWT, self.store, *words)
            if code != 0:
                raise SystemExit(said)
        server = serve(SAWT, self.store, log)
        try:
            self.work(server)
        finally:
            server.stop()
        self.freeze()

    def work(self, server):
        people = program.people()
        self.citizen = program.Browser(server.port, "127.5.0.1")
        program.sign_in(self.citizen, people[0])
        self.complaint = program.Complaint(self.citizen, SUBJECT, TEXT, picture=program.png())
        self.complaint.answer_all()
        self.complaint.send()
        self.drafting = program.Browser(server.port, "127.5.0.2")
        program.sign_in(self.drafting, people[1])
        draft = program.Complaint(self.drafting, "مسودة", "نص مسودة لم ترسل بعد.", picture=program.png())
        draft.answer_all()
        self.unit = program.Browser(server.port, "127.5.0.3")
        program.staff_sign_in(self.unit, "unit", self.accounts["unit"])
        self.refused_beside = migrate(self.store, self.target_of_nobody())

    @staticmethod
    def target_of_nobody():
        class Nobody:
            @staticmethod
            def settings():
                return ["--set", "database=postgresql:///nobody", "--set", "vault=postgresql:///nobody2"]
        return Nobody

    def freeze(self):
        """A request whose person's data do not match: the registry cannot be made to say so here at once."""
        base = sqlite3.connect(self.store / "case.db")
        with base:
            base.execute("UPDATE petition SET frozen = 1, identity_at = 1 WHERE id = (SELECT min(id) FROM petition)")
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.close()

    def goes_on(self, server):
        """What does not go on as before; none: nobody was signed out and nothing is gone."""
        wrong = []

        def see(browser, path, *words):
            page = browser.copy(server.port).get(path)
            if page.status != 200 or not all(word in page.text for word in words):
                wrong.append(f"{path}: {page}")
            return page

        see(self.citizen, "/mine", self.complaint.number)
        see(self.drafting, "/new/check", "نص مسودة لم ترسل بعد.")
        see(self.unit, "/office/triage", "/office/requests/")
        see(self.unit, "/office/search?q=" + program.urllib.parse.quote("البيادر"), self.complaint.number)
        page = program.read_by_code(program.Browser(server.port, "127.5.0.4"), self.complaint.number, self.complaint.code)
        if page.status != 200 or SUBJECT not in page.text:
            wrong.append(f"by number and code: {page}")
        page = see(self.citizen, f"/follow/{self.complaint.number}", "/files/")
        found = re.search(r'href="(/files/\d+[^"]*)"', page.text)
        if found is None or self.citizen.copy(server.port).get(found.group(1)).status != 200:
            wrong.append("the attachment does not open")
        program.sign_in(later := program.Browser(server.port, "127.5.0.5"), program.people()[2])
        complaint = program.Complaint(later, "بعد النقل", "أُرسل بعد نقل المخزن.")
        complaint.answer_all()
        complaint.send()
        return wrong


def hashes(store):
    return {name: hashlib.sha256((store / f"{name}.db").read_bytes()).hexdigest() for name in ("case", "vault")}


# ---- what is tried ----

def try_kills(office, target):
    """Killed at the beginning, between ranges, between indexes, and while both sides are compared."""
    step = ("--step", "40")
    killed = [kill_at(office.store, target, lambda: target.psql.one(f"SELECT to_regclass('{target.case}.petition')") != "",
                      *step)]
    for at in range(1, KILLS - 2):
        killed.append(kill_at(office.store, target,
                              lambda at=at: target.done()[1] > 0 and target.done()[0] > at * target.done()[1] // KILLS, *step))
    begun = target.done()
    say(0 < begun[0] < begun[1], f"a move that was killed {len(killed)} times is in its middle", (killed, begun))
    refused = serve_refused(office.store, office.log, *target.settings())
    say("migrate-store" in refused and "has not ended" in refused, "what is there is not served", refused)
    killed.append(kill_at(office.store, target, lambda: target.done()[2] > 2, *step))
    killed.append(kill_at(office.store, target, lambda: 0 < target.done()[3] == target.done()[2], *step))
    say(sum(killed) >= 5, f"the mover was killed {sum(killed)} times", killed)
    return begun


def try_server_killed(store, target):
    with subprocess.Popen(words_of(store, target, "--step", "40"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, cwd=HERE) as process:
        there = until(lambda: target.done()[0] > 5, process)
        target.psql.server.kill()
        target.psql.server.start()
        said, _ = process.communicate(timeout=120)
    say(there and process.returncode == 0, "the database server is killed, and the mover goes on by itself", said)
    return said


def try_wrong(office, target):
    """A target of another store; a source that was written to."""
    other = office.store.parent / "other"
    program.run(SAWT, other, "import", "data")
    code, said = migrate(other, target)
    say(code == 1 and "another store's move" in said, "another store is not moved into it", said)
    changed = copy_of(office.store, "changed")
    base = sqlite3.connect(changed / "case.db")
    with base:
        base.execute("UPDATE petition SET lang = 'en' WHERE id = (SELECT max(id) FROM petition)")
    base.close()
    code, said = migrate(changed, target)
    say(code == 1 and "written to since" in said, "nor this store after it was written to", said)
    code, said = program.run(SAWT, other, "migrate-store")
    say(code == 1 and "postgresql://" in said, "without an address nothing is moved", said)


PLANTED = [  # table, statement that gives the key, what is done, what is said
    ("event", "SELECT id FROM {0}.event WHERE payload IS NOT NULL ORDER BY id LIMIT 1",
     "ALTER TABLE {0}.event DISABLE TRIGGER sawt_event_stays; UPDATE {0}.event SET payload = set_byte(payload, 7,"
     " get_byte(payload, 7) # 1) WHERE id = {1}; ALTER TABLE {0}.event ENABLE ALWAYS TRIGGER sawt_event_stays",
     "event: the row with the key i{1} is another one"),
    ("petition_key", "SELECT min(petition_id) FROM {0}.petition_key", "DELETE FROM {0}.petition_key WHERE petition_id = {1}",
     "petition_key: the row with the key i{1} is not at the target"),
    ("holiday", "SELECT min(day) + 1 FROM {0}.holiday a WHERE NOT EXISTS (SELECT 1 FROM {0}.holiday b WHERE b.day = a.day"
     " + 1)", "INSERT INTO {0}.holiday VALUES ({1}, true)", "holiday: the row with the key i{1} is at the target only"),
    ("petition_search", "SELECT min(id) FROM {0}.petition_search", "DELETE FROM {0}.petition_search WHERE id = {1}",
     "petition_search: what was made"),
]


def try_planted(store, target, log):
    """Each in a range that is done, at a target whose move goes on afterwards."""
    there = f"SELECT count(*) FROM {target.case}.schema_move_range WHERE done AND relation = 'petition_token'"
    kill_at(store, target, lambda: target.psql.one(there) not in ("", "0"), "--step", "40")
    expected = []
    for table, key_sql, change, said in PLANTED:
        key = target.psql.one(key_sql.format(target.case))
        target.psql.do(change.format(target.case, key))
        expected.append(said.format(target.case, key))
    code, said = migrate(store, target)
    missed = [one for one in expected if one not in said]
    say(code == 1 and not missed and said.count(" key ") == len(expected),
        f"{len(expected)} differences that were planted are found and named", f"{code} {missed}\n{said}")
    say("has not ended" in serve_refused(store, log, *target.settings()), "and such a target is not served")
    say(not (store / "moved").exists(), "nor is the source called moved")


def try_forgotten(store, target):
    """Every table of both files has as many rows there; the tables are asked for, not listed."""
    there, wrong, n = target.tables(), [], 0
    for name in ("case", "vault"):
        base = sqlite3.connect(f"file:{store}/{name}.db?mode=ro", uri=True)
        tables = base.execute("SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table',"
                              " 'virtual') AND name NOT LIKE 'sqlite%' AND name <> 'schema_migration'").fetchall()
        for table, kind in tables:
            # Full text does not say how many entries it has; each request's kept words are one.
            counted = "petition_token" if kind == "virtual" else table
            rows, n = base.execute(f"SELECT count(*) FROM {counted}").fetchone()[0], n + 1
            found = target.psql.one(f"SELECT count(*) FROM {there[table]}.{table}") if table in there else "no table"
            if table == "attachment_part":
                rows = base.execute("SELECT count(*) FROM attachment").fetchone()[0]  # small pictures: a piece each
            if str(rows) != found:
                wrong.append(f"{table}: {rows}, {found}")
        base.close()
    say(n > 25 and not wrong, f"none of {n} tables is forgotten", wrong)
    say(not set(MOVE_TABLES) & set(there), "nothing is left of the move itself")
    say(target.psql.one(f"SELECT count(*) FROM {target.case}.petition WHERE frozen") == "1", "a frozen request is frozen")


def try_schema(folder, target, fresh):
    code, said = program.run(SAWT, folder / "fresh", "import", "data", *fresh.settings())
    made, moved = fresh.schema(), target.schema()
    say(code == 0 and made == moved, "the schema is that of the migrations",
        "\n".join([said, *(f"< {one}" for one in made if one not in moved), *(f"> {one}" for one in moved if one not in made)]))


def try_moved(office, target):
    said = serve_refused(office.store, office.log)
    say("was moved to PostgreSQL" in said, "the source is not served any more", said)
    code, said = migrate(office.store, target)
    say(code == 0 and "nothing to do" in said, "moved once more, it says that it was", said)
    node = office.store.parent / "node"
    node.mkdir(mode=0o700)
    shutil.copy(office.store / "trial.key", node)
    server = serve(SAWT, node, office.log, *target.settings())
    try:
        wrong = office.goes_on(server)
    finally:
        stopped = server.stop()
    say(not wrong, "people go on: sessions, a draft, the inbox, search, number and code, an attachment", "\n".join(wrong))
    say(stopped == 0, "the server ends cleanly", server.said())
    code, said = migrate(copy_without_mark(office.store), target)
    say(code == 1 and "holds something already" in said, "nothing is moved into a store that is served", said)
    (office.store / "moved").unlink()
    server = serve(SAWT, office.store, office.log)
    say(server.stop() == 0, "the way back: without the mark the source is served")


def copy_without_mark(store):
    copy = copy_of(store, "again")
    (copy / "moved").unlink()
    return copy


def run(folder, log, psql):
    office = Office(folder, log)
    code, said = office.refused_beside
    say(code == 1 and "running process" in said, "a store that a server has is not moved", said)
    before = hashes(office.store)
    copies = [copy_of(office.store, name) for name in ("once", "planted", "patient")]
    one_go, planted, patient, target = (Target(psql, name) for name in ("once", "planted", "patient", "killed"))
    code, said = migrate(copies[0], one_go)
    say(code == 0 and "Moved." in said, "a store is moved in one go", said)
    said_once = tables_said(said)
    try_kills(office, target)
    try_wrong(office, target)
    code, said = migrate(office.store, target)
    say(code == 0 and tables_said(said)[-3:] == said_once[-3:], "and in the end it is moved", said)
    say(one_go.content() == target.content() and len(target.content()) > 25, "the result is that of one go")
    said = try_server_killed(copies[2], patient)
    say(tables_said(said) == said_once and one_go.content() == patient.content(), "and so is this one's", said)
    try_planted(copies[1], planted, log)
    say(hashes(office.store) == before, "the source is as it was, byte by byte")
    try_forgotten(office.store, target)
    try_schema(folder, target, Target(psql, "fresh"))
    try_moved(office, target)


def main():
    with tempfile.TemporaryDirectory() as folder, pg_server.Server() as server, \
            open(pathlib.Path(folder) / "log", "w", encoding="utf-8") as log:
        psql = Psql(server)
        try:
            run(pathlib.Path(folder), log, psql)
        finally:
            psql.close()
    return tap.end()


os.chdir(HERE)
if pg_server.binaries() is None:
    print("ok 1 - PostgreSQL # SKIP it is not installed\n1..1")
else:
    sys.exit(main())
