#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Histories played into a store, tried from outside:  replay_test.py SAWT

A history that is killed in the middle (nine times, without and through a running server) and played again
ends as one that was never stopped; a second run adds nothing. The report counts, in both languages. Larger
sets beside the project are played in part (REPLAY_ROWS rows each; 0: all of them). Prints TAP.
"""
import csv
import gzip
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import engine  # noqa: E402

SAWT = os.path.abspath(sys.argv[1])
HERE = pathlib.Path(__file__).resolve().parents[2]
SETS = HERE.parent / "shared/data"
ROWS = int(os.environ.get("REPLAY_ROWS", "100" if engine.IS_PG else "400"))
HISTORY = 1000 if engine.IS_PG else 3000  # requests of the one that is killed; a second engine needs no second measure
DEADLINE = 60
results = []

LARGER = [  # the set, and what at least must come out of it
    ("sr-nyc-queens/requests.2020-01_2021-06.shared.csv.gz", "nyc", 0.95),
    ("sr-boston-animals/cases.2013_2019.shared.csv.gz", "boston", 0.95),
    ("sr-boston-sample/cases.csv", "boston-sample", 0.8),
    ("sr-baltimore/requests.2014-08_2014-12.shared.csv.gz", "baltimore", 0.9),
    ("sr-vancouver-feedback/cases.csv", "vancouver", 0.95),
    ("ar-reviews-tourism/reviews.csv", "reviews", 0.9),
    ("ar-reviews-jeeran/reviews.shared.csv.gz", "places", 0.8),
    ("ar-aspects-hotels/sentences.shared.csv", "hotels", 0.95),
    ("ar-jordan-tweets-ajgt/tweets.csv", "tweets", 0.9),
]

# What two stores must agree on: everything but random numbers, keys and when it was recorded.
LIVES = """
    SELECT hex(p.submit_command), p.type, p.state, p.holder, p.channel, t.code, s.code, p.outcome, p.solved, p.version,
           {times}
           (SELECT group_concat(e.kind || ':' || e.version || ':' || coalesce(e.outcome, '') || ':' || {at}, ' ')
            FROM (SELECT * FROM event e WHERE e.petition_id = p.id ORDER BY e.version) e)
    FROM petition p LEFT JOIN entity t ON t.id = p.entity_id LEFT JOIN service s ON s.id = p.service_id ORDER BY 1"""
IN_ORDER = ("SELECT count(*) FROM (SELECT at, lag(at) OVER (ORDER BY id) AS before FROM event"
            " WHERE kind <> 'import')"
            " AS acts WHERE at < before")


def say(good, name, detail=""):
    results.append(good)
    print(("ok" if good else "not ok"), len(results), "-", name, flush=True)
    if not good and detail:
        print("# " + str(detail).strip().replace("\n", "\n# ")[-2000:])


def skip(name):
    results.append(True)
    print(f"ok {len(results)} - {name} # SKIP not found beside the project", flush=True)


def command(store, *words):
    return [SAWT, *words, "--dir", str(store), "--trial", *engine.options(store)]


def environment(lang):
    return dict(os.environ, LC_ALL=f"{lang}_JO.UTF-8")


def sawt(store, *words, lang="en", cwd=HERE):
    done = subprocess.run(command(store, *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=600, cwd=cwd, env=environment(lang))
    return done.returncode, done.stdout


def new_store(folder, name):
    store = pathlib.Path(folder) / name
    code, out = sawt(store, "import", "data")
    if code != 0:
        raise SystemExit(out)
    return store


rows = engine.rows


def lives(store, with_times):
    return rows(store, LIVES.format(times="p.lodged_at, p.due_at, p.closed_at," if with_times else "",
                                    at="e.at" if with_times else "''"))


def numbers(out):
    """Requests, acts, known, refused of an English report."""
    found = [re.search(rf"^{name}: ([\d,]+)$", out, re.M) for name in
             ("Requests added", "Acts added", "Requests and acts that were there already", "Refused")]
    return [int(match[1].replace(",", "")) if match else 0 for match in found]


def events(store):
    return rows(store, "SELECT count(*) FROM event")[0][0]


def until(condition):
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.003)
    return False


# ---- servers ----

class Server:
    def __init__(self, store):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.process = subprocess.Popen(command(store, "serve", "--port", str(port), "--address",
                                                f"http://localhost:{port}"),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not until(lambda: self.answers(port)):
                raise SystemExit("the server did not start")
        except BaseException:
            self.kill()
            raise

    @staticmethod
    def answers(port):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(timeout=DEADLINE)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.kill()


# ---- demo ----

def try_twice(folder):
    store = new_store(folder, "twice")
    code, out = sawt(store, "replay", "data/demo/requests.csv")
    say(code == 0 and numbers(out)[0] == 60 and numbers(out)[3] == 0 and numbers(out)[1] > 80,
        "the demonstration is played whole, nothing refused", out)
    whole, added = lives(store, True), numbers(out)
    code, out = sawt(store, "replay", "data/demo/requests.csv")
    say(code == 0 and numbers(out) == [0, 0, added[0] + added[1], 0] and lives(store, True) == whole,
        "a second run adds nothing and changes nothing", out)
    return store


def try_killed(folder, reference):
    """Stopped at any moment, and once more, it ends as the one that was never stopped."""
    store = new_store(folder, "killed")
    stops = 0
    for stop in (1, 3, 10, 20, 35, 50, 80, 110):
        replay = subprocess.Popen(command(store, "replay", "data/demo/requests.csv"), cwd=HERE,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: replay.poll() is not None or events(store) >= stop)
        replay.kill()
        stops += replay.wait() == -signal.SIGKILL
    code, out = sawt(store, "replay", "data/demo/requests.csv")
    say(code == 0 and numbers(out)[3] == 0 and lives(store, False) == lives(reference, False),
        f"killed {stops} times and played again, it is as if never stopped",
        out + "\n".join(str(life) for life in set(lives(store, False)) ^ set(lives(reference, False))))
    say(stops > 0, "at least one kill came in the middle")


def history_rows(n):
    """More of the excerpt's kind: its rows again with keys of their own."""
    with open(HERE / "data/replay/nyc.csv", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    for i in range(n):
        row = dict(lines[i % len(lines)])
        row["id"] = f"{row['id']}-{i // len(lines)}"
        yield row


def write_history(path, n):
    made = list(history_rows(n))
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, made[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(reversed(made))  # the file is in no order of time


def try_server(folder):
    """Through the server: killed with it, stopped with it, left by the caller; then played whole."""
    path = pathlib.Path(folder) / "history.csv.gz"
    write_history(path, HISTORY)
    store = new_store(folder, "served")
    ends = []
    for how in (signal.SIGKILL, signal.SIGTERM, None):
        with Server(store) as server:
            before = events(store)
            replay = subprocess.Popen(command(store, "replay", path.name), cwd=folder, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, env=environment("en"))
            until(lambda: replay.poll() is not None or events(store) > before + 300)
            if how is None:
                replay.kill()
            ends.append(server.stop(how or signal.SIGTERM))
            out = replay.communicate()[0]
        if how == signal.SIGKILL:
            say(replay.returncode == 1 and "ended before" in out, "the caller is told that the server is gone", out)
    say(ends[1] == 0 and ends[2] == 0, "a server stops while a history is played, and when its caller left", ends)

    with Server(store) as server:
        code, out = sawt(store, "replay", path.name, cwd=folder)
        server.stop()
    code_check, out_check = sawt(store, "check")
    say(code_check == 0, "a store whose server was killed while it played is whole", out_check)
    alone = new_store(folder, "alone")
    code_alone, out_alone = sawt(alone, "replay", str(path))
    say(code == 0 and code_alone == 0 and numbers(out)[2] > 0 and lives(store, True) == lives(alone, True),
        f"continued through a server it equals one run ({numbers(out)[2]} steps were there)", out + out_alone)
    say(rows(alone, IN_ORDER) == [(0,)], "all acts of all requests stand in order of time")
    say(rows(alone, "SELECT count(*) FROM outbox") == [(0,)], "nobody is told of a history")


def try_hostile(folder):
    path = pathlib.Path(folder) / "hostile.csv"
    good = "1,2020-01-02T08:28:00,,DOT,Noise,Loud,A STREET,B,\n"
    path.write_bytes(("\ufeffid,created,closed,agency,complaint_type,descriptor,address,city,resolution\r\n"
                      + good + "2,2020-01-02\n" + "3,2020-13-01,,DOT,Noise,,,,\n").encode() +
                     b"4,2020-01-02,,DOT,Noise,\xff\xfe,,,\n" + b"5,2020-01-02,,DOT,Noise,\0,,,\n" +
                     b"6,2020-01-02,,DOT,Noise," + b"x" * 1048576 + b",,,\n" + b'7,2020-01-02,"' + b"y\n" * 100)
    store = new_store(folder, "hostile")
    code, out = sawt(store, "replay", str(path))
    say(code == 0 and numbers(out) == [1, 0, 0, 6] and "2 × The row is no valid UTF-8 text. (first on line 5)" in out,
        "hostile rows are counted by reason, and none stops it", out)
    code, out = sawt(store, "replay", str(path), lang="ar")
    say(code == 0 and "المرفوض: 6" in out and "الصف أطول من أي طلب" in out, "the report is Arabic where LANG is", out)
    code, out = sawt(store, "replay", str(pathlib.Path(folder) / "none.csv"))
    say(code == 1 and "No such file" in out, "a file that is not there is said to be", out)


def try_terminal(folder):
    """A bar on a terminal."""
    store = new_store(folder, "terminal")
    parent, child = pty.openpty()
    replay = subprocess.Popen(command(store, "replay", "history.csv.gz"), cwd=folder, stdout=child, stderr=child,
                              env=environment("en"))
    os.close(child)
    out = b""
    while True:
        try:
            got = os.read(parent, 65536)
        except OSError:
            break
        if not got:
            break
        out += got
    os.close(parent)
    said = out.decode()
    say(replay.wait() == 0 and "█" in said and "░" in said and re.search(r"\r\x1b\[K█*░* +[\d,]+ of [\d,]+", said)
        and numbers(said.replace("\r", ""))[0] > HISTORY * 0.9, "a bar is drawn again and again on a terminal", said[-600:])


def try_larger(folder):
    store = new_store(folder, "larger")
    for path, form, least in LARGER:
        if not (SETS / path).exists():
            skip(f"{form}: {path}")
            continue
        words = ["--rows", str(ROWS)] if ROWS > 0 else []
        code, out = sawt(store, "replay", str(SETS / path), *words)
        total = re.search(r"^Rows of the file: ([\d,]+)$", out, re.M)
        total = int(total[1].replace(",", "")) if total else 0
        say(code == 0 and total > 0 and numbers(out)[0] >= least * total, f"{form}: {numbers(out)[0]} of {total} rows", out)
    code, out = sawt(store, "check")
    say(code == 0, "a store with all of them is whole", out)


def main():
    with tempfile.TemporaryDirectory() as folder:
        reference = try_twice(folder)
        try_killed(folder, reference)
        try_server(folder)
        try_hostile(folder)
        try_terminal(folder)
        try_larger(folder)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


os.chdir(HERE)
sys.exit(main())
