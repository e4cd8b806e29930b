#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A made-up store, tried from outside:  generate_test.py SAWT

2,000 requests (GENERATE_REQUESTS) whose store passes the audit of tests/fault and `sawt check`, with every act
that exists; a run that is killed in the middle and called again ends as one that was never stopped; a second one adds
nothing; the same seed makes the same store but for what is random, another one another. Prints TAP.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HERE / "tests/fault"))
import audit  # noqa: E402
import engine  # noqa: E402

SAWT = os.path.abspath(sys.argv[1])
REQUESTS = int(os.environ.get("GENERATE_REQUESTS", "1500" if engine.IS_PG else "2000"))
DEADLINE = 60
results = []
ACTS = {"submit", "route", "accept", "consult", "consult_answer", "set_period", "return", "update", "note", "close",
        "rate", "withdraw", "add_information"}

# What two stores must agree on: everything but random numbers, keys, and when it was recorded.
LIVES = """
    SELECT hex(p.submit_command), p.type, p.state, p.holder, p.channel, p.about, t.code, s.code, p.outcome, p.solved,
           p.version, p.lodged_at, p.due_at, p.closed_at,
           (SELECT group_concat(e.kind || ':' || e.version || ':' || coalesce(e.outcome, '') || ':' || e.at, ' ')
            FROM (SELECT * FROM event e WHERE e.petition_id = p.id ORDER BY e.version) e)
    FROM petition p LEFT JOIN entity t ON t.id = p.entity_id LEFT JOIN service s ON s.id = p.service_id ORDER BY 1"""


def say(good, name, detail=""):
    results.append(good)
    print(("ok" if good else "not ok"), len(results), "-", name, flush=True)
    if not good and detail:
        print("# " + str(detail).strip().replace("\n", "\n# ")[-2000:])


def command(store, *words, trial=True):
    return [SAWT, *words, "--dir", str(store), *(["--trial"] if trial else []), *engine.options(store)]


def sawt(store, *words, lang="en", trial=True):
    done = subprocess.run(command(store, *words, trial=trial), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=600, cwd=HERE, env=dict(os.environ, LC_ALL=f"{lang}_JO.UTF-8"))
    return done.returncode, done.stdout


def generate(store, seed=5, lang="en", requests=REQUESTS):
    return sawt(store, "generate", "--requests", str(requests), "--seed", str(seed), lang=lang)


def new_store(folder, name):
    store = pathlib.Path(folder) / name
    code, out = sawt(store, "import", "data")
    if code != 0:
        raise SystemExit(out)
    return store


rows = engine.rows


def count(store, table="petition", name="case"):
    return rows(store, f"SELECT count(*) FROM {table}", name=name)[0][0]


def check_store(folder):
    store = new_store(folder, "whole")
    code, out = generate(store)
    say(code == 0 and "Refused: 0" in out, "no act that was drawn is refused", out)
    say(count(store) == REQUESTS, "as many requests as were asked for")
    wrong = audit.contradictions(store, told=False)
    say(not wrong, "the store passes the audit", "\n".join(wrong[:5]))
    code, out = sawt(store, "check", "--lines")
    say(code == 0, "sawt check calls it whole", out)
    kinds = {row[0] for row in rows(store, "SELECT DISTINCT kind FROM event")}
    say(ACTS <= kinds, "every act is there", ACTS - kinds)
    channels = rows(store, "SELECT channel, actor_role FROM event e JOIN petition p ON p.id = e.petition_id"
                           " WHERE e.kind = 'submit' GROUP BY 1, 2")
    say(len({row[0] for row in channels}) == 7 and ("call", "agent") in channels and ("paper", "counter") in channels,
        "every channel, each by who works it", channels)
    say(count(store, "outbox") == 0, "nobody is told")
    by_entity = [row[0] for row in rows(store, "SELECT count(*) FROM petition WHERE entity_id > 0 GROUP BY entity_id"
                                               " ORDER BY 1 DESC")]
    say(by_entity[0] > 4 * by_entity[len(by_entity) // 4], "few entities have most of the requests", by_entity[:9])
    persons = count(store, "person", "vault")
    say(REQUESTS / 8 < persons < REQUESTS / 2, "persons come several times", persons)
    return store


def check_again(store):
    before = rows(store, LIVES)
    code, out = generate(store, lang="ar")
    say(code == 0 and re.search(r"المرفوض: 0$", out, re.M) is not None, "a second run, reported in Arabic", out)
    say(rows(store, LIVES) == before, "a second run adds nothing")
    persons = count(store, "person", "vault")
    generate(store, seed=6, requests=300)
    say(count(store) == REQUESTS + 300 and count(store, "person", "vault") <= persons + 300,
        "another seed adds its own")
    wrong = audit.contradictions(store, told=False)
    say(not wrong, "the store still passes the audit", "\n".join(wrong[:5]))


def kill_at(store, least):
    """Start a run and kill it once it has so many requests; how many there are."""
    process = subprocess.Popen(command(store, "generate", "--requests", str(REQUESTS), "--seed", "5"), cwd=HERE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE
    while process.poll() is None and time.monotonic() < deadline and count(store) < least:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return count(store)


def check_stopped(store):
    """What is not on the disk yet is lost with the machine: its number is another after the next start."""
    mark = store / "unsynced"
    say(mark.is_file(), "a mark says that not everything is on the disk")
    started = mark.read_text(encoding="utf-8")
    mark.write_text(started.translate(str.maketrans("0123456789abcdef", "123456789abcdef0")), encoding="utf-8")
    said = [sawt(store, *words) for words in (("check",), ("generate", "--requests", str(REQUESTS), "--seed", "5"))]
    say(all(code != 0 and "make it again" in out for code, out in said) and mark.is_file(),
        "after the machine has stopped such a store is refused", said)
    mark.write_text(started, encoding="utf-8")


def check_killed(folder, whole_lives):
    store = new_store(folder, "killed")
    left = [kill_at(store, least) for least in (1, REQUESTS // 3, REQUESTS * 9 // 10)]
    say(0 < left[0] < REQUESTS, "it was killed in the middle", left)
    if not engine.IS_PG:  # whose server syncs, or does not start
        check_stopped(store)
    code, out = generate(store)
    say(code == 0 and "Refused: 0" in out, "a run that was killed is continued", out)
    say(not (store / "unsynced").exists(), "at its end everything is on the disk")
    say(rows(store, LIVES) == whole_lives, "and ends as one that was never stopped")
    wrong = audit.contradictions(store, told=False)
    say(not wrong, "its store passes the audit", "\n".join(wrong[:5]))


def check_refused(folder, store):
    code, out = sawt(store, "generate", "--requests", "0")
    say(code == 2, "no number of requests: the words are explained", out)
    code, out = sawt(pathlib.Path(folder) / "empty", "generate", "--requests", "5")
    say(code == 1 and "import the reference data" in out, "a store without reference data is refused", out)
    code, out = sawt(store, "generate", "--requests", "5", "--texts", "/nowhere")
    say(code == 1, "a folder without texts is refused", out)
    server = subprocess.Popen(command(store, "serve", "--port", "0"), cwd=HERE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    try:
        server.stdout.readline()
        server.stdout.readline()
        before = count(store)
        code, out = generate(store, seed=9, requests=5)
        say(code == 1 and count(store) == before, "a server's store is refused", out)
    finally:
        server.terminate()
        server.wait(timeout=DEADLINE)


def main():
    with tempfile.TemporaryDirectory() as folder:
        store = check_store(folder)
        lives = rows(store, LIVES)
        check_again(store)
        check_killed(folder, lives)
        check_refused(folder, store)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
