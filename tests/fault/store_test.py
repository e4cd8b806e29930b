#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the whole program promises about its store, tried from outside:  store_test.py SAWT

A second server is refused, subcommands reach the running one, a trial key is refused in production, and
nothing that people wrote or are called stands in clear in any file (of PostgreSQL, too, and in its log). The search must first find a row that
was planted in clear. Prints TAP.
"""
import base64
import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import audit
from program import HERE, Tap, check, engine, free_port, make_store, run, serve

SAWT = sys.argv[1]
tap = Tap()
say = tap.say


def sawt(store, *words):
    return run(SAWT, store, *words)


def spellings(text):
    """The ways in which a text may lie in a file."""
    utf8 = text.encode()
    arabic = text.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")).encode()
    persian = text.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")).encode()
    yield from (utf8, arabic, persian, text.encode("utf-16-le"), text.encode("utf-16-be"))
    yield utf8.hex().encode()
    yield utf8.hex().upper().encode()
    for shift in range(3):  # base64 at each of the three alignments, without its unsure ends
        coded = base64.b64encode(b"x" * shift + utf8)
        yield coded[4 if shift else 0:len(coded) - 4]


def hits(store, needles):
    found = []
    for path in [*store.rglob("*"), *engine.files(store)]:
        if not path.is_file():
            continue
        content = path.read_bytes()
        for needle in needles:
            for form in spellings(needle):
                if len(form) > 5 and form in content:
                    found.append(f"{needle} in {path.name}")
                    break
    return found


def secrets():
    """Words of the demo's requests that no reference data has, and who sent them."""
    needles = ["96279000", "079000", "9000000001", "9871234567", "العبادي"]
    public = "".join(path.read_text(encoding="utf-8") for path in (HERE / "data").glob("*.csv") if path.name != "registry.csv")
    with open(HERE / "data/demo/requests.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            words = [word for word in row["text"].split() if len(word) > 6 and word not in public]
            needles += words[:4]
            needles.append(row["subject"])
    return [needle for needle in needles if needle and needle not in public]


def try_dump(store):
    needles = secrets()
    base = engine.open_store(store, writes=True)
    base.execute("CREATE TABLE plain (words TEXT, number TEXT)")
    base.execute("INSERT INTO plain VALUES (?, ?)", (needles[-1], needles[0]))
    found = hits(store, needles)
    say(len(found) >= 2 and any(needles[-1] in hit for hit in found), f"the search finds a planted row ({len(needles)} needles)",
        "\n".join(found))
    base.execute("DROP TABLE plain")
    base.execute("VACUUM")
    if not engine.IS_PG:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    found = hits(store, needles)
    say(found == [], "nothing that people wrote or are called stands in clear", "\n".join(found))


def try_second(store):
    code, out = sawt(store, "serve", "--port", str(free_port()))
    say(code != 0 and ("another" in out.lower() or "process" in out.lower()), "a second server on the same store is refused", out)
    code, out = sawt(store, "import", "data", "--registry")
    say(code == 0 and "entities.csv" in out and " 0 added, 0 changed" in out,
        "a subcommand reaches the running server; a second import changes nothing", out)


def try_production(store):
    done = subprocess.run([SAWT, "serve", "--dir", str(store), "--port", str(free_port()), "--set",
                           f"root_key_file={store}/trial.key", "--set", "https=yes", "--set", "address=https://localhost",
                           *engine.options(store)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    say(done.returncode != 0 and "trial key" in done.stdout, "production refuses a trial key", done.stdout)


def more_requests(path):
    """The demonstration's requests again and again, each with a subject of its own."""
    with open(HERE / "data/demo/requests.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for i in range(20):
            writer.writerows({**row, "subject": f"{row['subject']} {i}"} for row in rows)


def count_petitions(store):
    return engine.rows(store, "SELECT count(*) FROM petition")[0][0]


def try_kill(store, log):
    """What was taken is there after kill -9, and the store opens again by itself."""
    path = store.parent / "requests.csv"
    more_requests(path)
    with serve(SAWT, store, log) as server:
        before = count_petitions(store)
        with subprocess.Popen([SAWT, "replay", str(path), "--dir", str(store), "--trial", *engine.options(store)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as replay:
            try:
                while count_petitions(store) < before + 100 and replay.poll() is None:
                    time.sleep(0.005)  # until some are committed
            finally:
                server.kill()  # with it ends who waits for its answer
    with serve(SAWT, store, log) as server:
        say(server.stop() == 0, "SIGTERM ends the server cleanly")
    n, wrong = len(audit.numbers(store)), audit.contradictions(store) + check(SAWT, store)
    say(n >= before + 100 and not wrong, f"after kill -9 the store is whole ({n} petitions)", "\n".join(wrong))


# What the audit must not overlook, each alone.
SPOILT = (
    "DELETE FROM event WHERE id = (SELECT max(id) FROM event WHERE version > 1)",
    "DELETE FROM petition_key WHERE petition_id = (SELECT max(id) FROM petition)",
    "DELETE FROM petition_token WHERE petition_id = (SELECT max(id) FROM petition)",
    "UPDATE petition SET state = 'closed', holder = 'none' WHERE id = (SELECT max(id) FROM petition WHERE state = 'assigned')",
    "UPDATE petition SET version = version + 1 WHERE id = (SELECT max(id) FROM petition)",
    "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)",
    "INSERT INTO petition_key SELECT 1, epoch, wrapped FROM petition_key LIMIT 1",
    "INSERT INTO petition_token VALUES (1, zeroblob(0))",
    f"UPDATE aggregate SET n = n + 1 WHERE {audit.SOME_COUNT}",
    "INSERT INTO draft SELECT zeroblob(1), submit_command, zeroblob(1), 1, 0 FROM petition LIMIT 1",
    "INSERT INTO attachment SELECT 1, zeroblob(1), NULL, NULL, zeroblob(1), 1, zeroblob(1), 'gone', 1, 1",
)


def try_audit(store):
    """The audit itself: it finds nothing wrong, and everything that is spoilt."""
    overlooked, copy = [], store.parent / "spoilt"
    for sql in SPOILT:
        engine.copy(store, copy)
        changed = engine.change(copy, [sql])
        if changed < 1 or changed > 1 and "aggregate" not in sql or not audit.contradictions(copy):
            overlooked.append(f"{changed} rows: {sql}")
    say(not overlooked, f"the audit finds each of {len(SPOILT)} ways to spoil a store", "\n".join(overlooked))


def main():
    with tempfile.TemporaryDirectory() as folder:
        store = pathlib.Path(folder) / "store"
        with open(pathlib.Path(folder) / "log", "w", encoding="utf-8") as log:
            make_store(SAWT, store)
            code, out = sawt(store, "replay", "data/demo/requests.csv", "demo")
            say(code == 0 and ": 60\n" in out and ": 0\n" in out, "a living office is replayed", out)
            with serve(SAWT, store, log) as server:
                try_second(store)
                try_dump(store)
                server.stop()
            try_production(store)
            try_kill(store, log)
            try_audit(store)
    return tap.end()


os.chdir(HERE)
sys.exit(main())
