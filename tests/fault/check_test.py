#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""`sawt check` finds every way to spoil a store that is known here, and nothing in one that is whole, stopped or at
work:  check_test.py SAWT

Each row of SPOILT is done to a copy of a living office and must be told by its kind; every kind that the catalogue
has must be told by at least one. Prints TAP.
"""
import os
import pathlib
import re
import sys
import tempfile
import threading

import program
from audit import SOME_COUNT
from program import HERE, Tap, engine, make_store, serve

SAWT = sys.argv[1]
tap = Tap()
say = tap.say

FIRST = "SELECT min(id) FROM petition"
LAST = "SELECT max(id) FROM petition"
# Full text: out of it, and into it.
if engine.IS_PG:
    INDEX = "DELETE FROM petition_search WHERE id = ({0})"
    ENTRY = "INSERT INTO petition_search SELECT {0}, array_to_tsvector(string_to_array({1}, ' '))"
else:
    INDEX = "INSERT INTO petition_search (petition_search, rowid, tokens) SELECT 'delete', petition_id, words(tokens) FROM" \
            " petition_token WHERE petition_id = ({0})"
    ENTRY = "INSERT INTO petition_search (rowid, tokens) SELECT {0}, {1}"


def column(name, value, where="TRUE"):
    """A petition whose row says something else than its events."""
    return ("state", "case", [f"UPDATE petition SET {name} = {value} WHERE id = (SELECT max(id) FROM petition WHERE"
                              f" {where})"], f"({name})")


# kind, file, statements (the last one must change one row), what is said besides.
SPOILT = [
    # What the second opinion (audit.py) is tried with, too.
    ("chain", "case", ["DELETE FROM event WHERE id = (SELECT max(e.id) FROM event e JOIN event f ON f.petition_id ="
                       " e.petition_id AND f.version = e.version + 1 WHERE e.version > 1)"]),
    ("state", "case", ["DELETE FROM event WHERE id = (SELECT max(id) FROM event WHERE version > 1)"], "(version)"),
    ("key_missing", "case", [f"DELETE FROM petition_key WHERE petition_id = ({LAST})"]),
    ("tokens_missing", "case", [f"DELETE FROM petition_token WHERE petition_id = ({LAST})"]),
    column("state", "'closed'", "state = 'assigned'"),
    column("version", "version + 1"),
    ("message_missing", "case", ["DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)"]),
    ("key_orphan", "case", ["INSERT INTO petition_key SELECT 1, epoch, wrapped FROM petition_key LIMIT 1"]),
    ("tokens_orphan", "case", ["INSERT INTO petition_token VALUES (1, zeroblob(0))"]),
    ("counts", "case", [f"UPDATE aggregate SET n = n + 1 WHERE {SOME_COUNT}"]),
    ("draft", "case", ["INSERT INTO draft SELECT zeroblob(1), submit_command, zeroblob(1), 1, 0 FROM petition LIMIT 1"]),
    ("file_orphan", "case", ["INSERT INTO attachment SELECT 1, zeroblob(1), NULL, NULL, zeroblob(1), 1, zeroblob(1),"
                             " 'gone', 1, 1"]),
    # The rest of the record.
    ("reference", "case", [f"UPDATE petition SET place_id = 12345 WHERE id = ({LAST})"], "petition"),
    ("leaf", "case", ["UPDATE event SET on_behalf = 'x' WHERE id = (SELECT max(id) FROM event)"]),
    ("leaf", "case", ["UPDATE event SET salt = zeroblob(16) WHERE id = (SELECT min(id) FROM event)"]),
    ("leaf", "case", ["UPDATE event SET payload = substr(payload, 1, length(payload) - 1) WHERE id ="
                      " (SELECT max(id) FROM event WHERE payload IS NOT NULL)"]),
    ("payload", "case", ["UPDATE event SET payload = zeroblob(200) WHERE id ="
                         " (SELECT max(id) FROM event WHERE payload IS NOT NULL)"]),
    ("act", "case", ["UPDATE event SET kind = 'whim' WHERE id = (SELECT max(id) FROM event WHERE version > 1)"]),
    ("act", "case", ["UPDATE event SET kind = 'submit' WHERE id = (SELECT max(id) FROM event WHERE version > 1)"]),
    ("submission", "case", [f"UPDATE event SET kind = 'note' WHERE version = 1 AND petition_id = ({LAST})"]),
    ("submission", "case", [f"DELETE FROM event WHERE petition_id = ({LAST})"]),
    ("orphan", "case", [f"DELETE FROM petition WHERE id = ({LAST})"]),
    column("holder", "'panel'"),
    column("due_at", "due_at + 1", "due_at IS NOT NULL"),
    column("next_climb_at", "next_climb_at + 1", "next_climb_at IS NOT NULL"),
    column("next_climb_at", "NULL", "next_climb_at IS NOT NULL"),
    column("next_climb_level", "2"),
    column("remaining", "5"),
    column("period_set", "NOT period_set"),
    column("returns", "returns + 1"),
    column("outcome", "'moot'", "outcome IS NOT NULL AND outcome <> 'moot'"),
    column("closed_at", "closed_at - 1", "closed_at IS NOT NULL"),
    column("assigned_at", "NULL", "assigned_at IS NOT NULL"),
    column("accepted_at", "accepted_at + 1", "accepted_at IS NOT NULL"),
    column("lodged_at", "lodged_at + 1"),
    column("entered_at", "entered_at + 1"),
    column("solved", "'maybe'", "solved IS NOT NULL"),
    column("solved", "'yes'", "solved IS NULL AND state = 'closed'"),
    column("stars", "6 - stars", "stars IS NOT NULL AND stars <> 3"),
    column("entity_id", "(SELECT id FROM entity WHERE id IS DISTINCT FROM entity_id LIMIT 1)", "service_id IS NULL"),
    column("restricted", "NOT restricted"),
    column("frozen", "NOT frozen"),
    column("identity_at", "5"),
    ("number", "case", [f"UPDATE petition SET number = number + 1 WHERE id = ({LAST})"]),
    ("service", "case", ["UPDATE petition SET service_id = (SELECT id FROM service s WHERE s.entity_id <>"
                         " petition.entity_id LIMIT 1) WHERE id = (SELECT max(id) FROM petition WHERE service_id > 0)"]),
    ("key_closed", "case", [f"UPDATE petition_key SET wrapped = zeroblob(94) WHERE petition_id = ({LAST})"]),
    ("key_closed", "case", [f"UPDATE petition_key SET wrapped = (SELECT wrapped FROM petition_key WHERE petition_id ="
                            f" ({FIRST})) WHERE petition_id = ({LAST})"]),
    ("brief", "case", [f"UPDATE petition SET brief = zeroblob(90) WHERE id = ({LAST})"]),
    ("question", "case", ["UPDATE consultation SET directorate_id = (SELECT id FROM directorate d WHERE d.id <>"
                          " consultation.directorate_id LIMIT 1) WHERE id = (SELECT max(id) FROM consultation)"]),
    ("question", "case", ["UPDATE consultation SET answered_event = asked_event WHERE id = (SELECT max(id) FROM"
                          " consultation WHERE answered_event IS NULL)"]),
    ("message_other", "case", ["UPDATE outbox SET event_id = (SELECT min(id) FROM event WHERE kind = 'submit') WHERE"
                               " id = (SELECT max(id) FROM outbox)"]),
    # Full text: no entry, an entry of other words, other words than the entry's.
    ("tokens_index", "case", [INDEX.format(LAST)]),
    ("tokens_index", "case", [INDEX.format(LAST), ENTRY.format("petition_id", "words(tokens) || ' 0123456789abcdef'") +
                              f" FROM petition_token WHERE petition_id = ({LAST})"]),
    ("tokens_index", "case", [ENTRY.format("7", "'0123456789abcdef'")]),
    ("tokens_index", "case", [f"UPDATE petition_token SET tokens = substr(tokens, 9) WHERE petition_id = ({LAST})"]),
    ("tokens_index", "case", [f"UPDATE petition_token SET tokens = randomblob(5) WHERE petition_id = ({LAST})"]),
    # Counts: moved from one key to another of the same day; a day without acts; one that is none.
    ("counts", "case", [f"UPDATE aggregate SET kind = 'whim' WHERE {SOME_COUNT}"]),
    ("counts", "case", [f"UPDATE aggregate SET day = day + 4000 WHERE {SOME_COUNT}"]),
    ("counts", "case", [f"UPDATE aggregate SET day = 999999999 WHERE {SOME_COUNT}"]),
    ("counts", "case", [f"DELETE FROM aggregate WHERE {SOME_COUNT}"]),
    # People.
    ("link", "case", [f"UPDATE petition SET person = zeroblob(70) WHERE id = ({LAST})"]),
    ("link", "case", [f"UPDATE petition SET person = (SELECT person FROM petition WHERE id = ({FIRST}))"
                      f" WHERE id = ({LAST})"]),
    ("handle", "case", [f"UPDATE petition SET handle = randomblob(16) WHERE id = ({LAST})"]),
    ("handle", "vault", ["DELETE FROM person WHERE id = (SELECT max(person_id) FROM person_hint)"]),
    ("hint", "vault", ["UPDATE person_hint SET n = n + 1 WHERE person_id = (SELECT max(person_id) FROM person_hint)"]),
    ("person_key", "vault", ["UPDATE person SET wrapped = zeroblob(94) WHERE id = (SELECT max(id) FROM person)"]),
    ("person_sealed", "vault", ["UPDATE person SET contact = zeroblob(90) WHERE id = (SELECT max(id) FROM person)"]),
    ("person_sealed", "vault", ["UPDATE person SET identity = zeroblob(90) WHERE id = (SELECT max(id) FROM person)"]),
    ("person_index", "vault", ["UPDATE person SET phone_index = phone_index + 1 WHERE id = (SELECT max(id) FROM"
                               " person)"]),
    ("person_index", "vault", ["UPDATE person SET document_index = randomblob(32) WHERE id = (SELECT max(id) FROM"
                               " person WHERE document_index IS NOT NULL)"]),
    ("person_erased", "vault", ["UPDATE person SET erased_at = 1 WHERE id = (SELECT max(id) FROM person)"]),
    ("person_erased", "vault", ["UPDATE person SET wrapped = NULL, erased_at = 1 WHERE id = (SELECT max(id) FROM"
                                " person)"]),
    # Attachments.
    ("file_key", "case", ["UPDATE attachment SET meta = zeroblob(90) WHERE id = (SELECT max(id) FROM attachment)"]),
    ("file_key", "case", ["UPDATE attachment SET wrapped = zeroblob(94) WHERE id = (SELECT max(id) FROM attachment)"]),
    ("file_size", "case", ["UPDATE attachment SET size = size + 1 WHERE id = (SELECT max(id) FROM attachment)"]),
    ("file_orphan", "case", ["UPDATE attachment SET petition_id = 7 WHERE id = (SELECT max(id) FROM attachment)"]),
]


def some_file(store):
    """Of an attachment; on PostgreSQL its content is rows."""
    return next(path for path in (store / "files").rglob("*") if path.is_file())


def cut_file(store):
    if engine.IS_PG:
        engine.change(store, ["UPDATE attachment_part SET data = substr(data, 1, 10) WHERE part = 0 AND file = (SELECT min(file)"
                              " FROM attachment_part)"])
    else:
        os.truncate(some_file(store), 10)


def remove_file(store):
    if engine.IS_PG:
        engine.change(store, ["DELETE FROM attachment_part WHERE file = (SELECT min(file) FROM attachment_part)"])
    else:
        some_file(store).unlink()


def damage_index(store):
    """The entries of an index on disk are no longer those of its table; PostgreSQL: an index that is left unfinished."""
    if engine.IS_PG:
        engine.change(store, ["UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'petition_inbox'::regclass"])
        return
    base = engine.open_store(store, writes=True)
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = base.execute("PRAGMA page_size").fetchone()[0]
    page = base.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'petition_inbox'").fetchone()[0]
    base.close()
    with open(store / "case.db", "r+b") as file:
        file.seek(page * size - 60)
        file.write(b"\xff" * 60)


HURT = [("file_missing", remove_file), ("file_size", cut_file), ("damage", damage_index)]


def catalogue(lang="en"):
    """What is said of each kind."""
    text = (HERE / f"locale/check.{lang}.po").read_text(encoding="utf-8")
    return dict(re.findall(r'^msgid "check\.(.+)"\nmsgstr "(.*)"$', text, re.M))


def check(store, lang="en"):
    return program.run(SAWT, store, "check", "--lang", lang)


# Found while a server works on the store, too: what is looked at again there must not be overlooked.
AT_WORK = [
    column("stars", "6 - stars", "stars IS NOT NULL AND stars <> 3"),
    ("counts", "case", [f"UPDATE aggregate SET n = n + 1 WHERE {SOME_COUNT}"]),
    ("tokens_index", "case", [INDEX.format(LAST)]),
    ("handle", "case", [f"UPDATE petition SET handle = randomblob(16) WHERE id = ({FIRST})"]),
    ("reference", "case", [f"UPDATE petition SET place_id = 12345 WHERE id = ({LAST})"]),
    ("hint", "vault", ["UPDATE person_hint SET n = n + 1 WHERE person_id = (SELECT max(person_id) FROM person_hint)"]),
]
LOOKS = 4  # while people lodge


def copy_of(store):
    copy = store.parent / "spoilt"
    engine.copy(store, copy)
    return copy


def spoil(store, file, statements):
    """How many rows the last statement changed."""
    return engine.change(store, statements, file)


def overlooked(store, kind, words, said):
    """Why this finding is none; None when it is one."""
    code, text = check(store)
    if code == 1 and said[f"found.{kind}"] + " (" in text and words in text:
        return None
    return f"{kind} {words}: exit {code}\n{text}"


# Statements that may change several rows, or say so: PostgreSQL keeps several of one key for a count.
SEVERAL = ("petition_search", "event WHERE", *(("aggregate",) if engine.IS_PG else ()))


def try_spoilt(store, said):
    missed, told = [], set()
    for kind, file, statements, *words in SPOILT:
        copy = copy_of(store)
        changed = spoil(copy, file, statements)
        problem = overlooked(copy, kind, words[0] if words else "", said)
        if problem or changed != 1 and not any(words in statements[-1] for words in SEVERAL):
            missed.append(f"{changed} rows by {statements[-1]}: {problem}")
        told.add(kind)
    for kind, hurt in HURT:
        copy = copy_of(store)
        hurt(copy)
        missed += filter(None, [overlooked(copy, kind, "", said)])
        told.add(kind)
    say(not missed, f"each of {len(SPOILT) + len(HURT)} ways to spoil a store is found", "\n".join(missed))
    kinds = {key.removeprefix("found.") for key in said if key.startswith("found.")}
    say(kinds == told, f"and each of {len(kinds)} kinds of fault is tried", kinds ^ told)


def complain(port, people, at, picture=None, on=lambda: False):
    """A person signs in and lodges; again while `on` says so, as often as the limits let one person."""
    browser = program.Browser(port, f"127.4.0.{at + 1}")
    program.sign_in(browser, people[at])
    for n in range(8):
        way = program.Complaint(browser, f"انقطاع المياه {n}", "لم تصلنا المياه منذ أسبوع.", picture=picture)
        way.answer_all()
        way.send()
        if not on():
            break


def try_whole(store, said):
    code, text = check(store)
    say(code == 0 and said["sound"] in text, "nothing is wrong with a living office", text)
    code, text = check(store, "ar")
    say(code == 0 and catalogue("ar")["sound"] in text, "and it is said in Arabic, too", text)


def try_at_work(store, log, said):
    """People lodge while it looks, so that what is read in several snapshots does not fit at first."""
    server, people = serve(SAWT, store, log), program.people()
    try:
        complain(server.port, people, 0, program.png())
        answers = []
        lodging = [threading.Thread(target=complain, args=(server.port, people, at, None, lambda: len(answers) < LOOKS))
                   for at in range(1, 7)]
        for thread in lodging:
            thread.start()
        copy = store.parent / "copy"
        engine.back_up(store, copy)
        code, text = check(copy)
        say(code == 0 and said["sound"] in text, "a copy that was made meanwhile is whole", text)
        while not answers or any(thread.is_alive() for thread in lodging):
            answers.append(check(store))
        wrong = [text for code, text in answers if code != 0 or said["sound"] not in text]
        say(answers and not wrong, f"nothing is wrong while six people lodge ({len(answers)} looks)",
            "\n".join(wrong[:1]))
    finally:
        say(server.stop() == 0, "the server ends cleanly", server.said())


def try_rotated(store, said):
    """Keys of both epochs open."""
    copy, failed = copy_of(store), []
    for purpose in ("person", "petition", "attachment", "brief", "link", "content"):
        code, text = program.run(SAWT, copy, "rotate", purpose)
        failed += [text] if code != 0 else []
    code, text = check(copy)
    say(not failed and code == 0 and said["sound"] in text, "nothing is wrong after the keys were rotated",
        "\n".join([*failed, text]))


def try_spoilt_at_work(store, log, said):
    copy = copy_of(store)
    server, missed = serve(SAWT, copy, log), []
    try:
        for kind, file, statements, *words in AT_WORK:
            changed = spoil(copy, file, statements)
            problem = overlooked(copy, kind, words[0] if words else "", said)
            if problem or changed < 1:
                missed.append(f"{changed} rows: {problem}")
        say(not missed, f"beside a running server each of {len(AT_WORK)} is found as well", "\n".join(missed))
    finally:
        server.stop()


def main():
    said = catalogue()
    with tempfile.TemporaryDirectory() as folder, \
            open(pathlib.Path(folder) / "log", "w", encoding="utf-8") as log:
        store = pathlib.Path(folder) / "store"
        make_store(SAWT, store)
        code, out = program.run(SAWT, store, "replay", "data/demo/requests.csv", "demo")
        say(code == 0 and ": 60\n" in out, "a living office is replayed", out)
        try_at_work(store, log, said)
        try_whole(store, said)
        try_rotated(store, said)
        try_spoilt(store, said)
        try_spoilt_at_work(store, log, said)
    return tap.end()


os.chdir(HERE)
sys.exit(main())
