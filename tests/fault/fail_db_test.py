#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every call to the database fails once, in every act of a complaint's life:  fail_db_test.py SAWT [pg]

Before each act the store is put aside. From there the server runs with `--fail-db case:N` and vault:N, N = 1, 2, …
up to the last call of the act, and the act's request is sent as the browser sent it. The person must get a
page that says so, the store must be as before or as after the act, and the same request again must do it, once.
`pg`: on PostgreSQL. SAWT_FAIL_EVERY: only each n-th N (7; on PostgreSQL, where a copy costs more, 40; 1: all). Prints TAP.
"""
import collections
import concurrent.futures
import contextlib
import datetime
import os
import pathlib
import re
import shutil
import sys
import tempfile

import pg_world  # first: it says where tools are
import audit
import program
from pg_server import Server
from stores import FileStore, PgStore

EVERY = {"sqlite": "7", "pg": "40"}
SERVERS = 2
# Two commits, each whole: whoever is registered and not signed in yet is signed in by the same form.
STAGES = {"POST /sign-in/identity": {("vault", "person"), ("vault", "vault_event")}}
# The registry, which lies in the vault, could not be asked: whoever registers is accepted and verified later.
UNASKED = "POST /sign-in/identity"
READ = ("/new/check", "/receipt/", "/follow/", "/office/requests/")  # pages that are acts here, too
Act = collections.namedtuple("Act", "name browser method path body kind store")


class Recorder(program.Browser):
    """Puts the store aside before each request that does something."""

    def __init__(self, folder, store, acts, server):
        super().__init__(server.port)
        self.folder, self.store, self.acts = folder, store, acts
        self.named = None

    def copy(self, port=None):
        other = program.Browser(port or self.port, self.address, self.lang)
        other.cookies = dict(self.cookies)
        return other

    def send(self, method, path, body=None, kind=None):
        self.close()  # copies take longer than a connection is kept open for nobody
        reads = method == "GET" and (path.startswith(READ) or path.startswith("/new?"))
        if method != "POST" and not reads:
            return super().send(method, path, body, kind)
        name = f"{method} {name_of(path)}"
        if name in [other.name for other in self.acts]:
            return super().send(method, path, body, kind)
        aside = self.store.copy(self.folder / f"act{len(self.acts)}")
        act = Act(name, self.copy(), method, path, body, kind, aside)
        answer = super().send(method, path, body, kind)
        if answer.status in (200, 303):
            self.acts.append(act)
        else:
            aside.drop()
        return answer


def name_of(path):
    """Without what is drawn at random."""
    return re.sub(r"\d\d-\d{4}-\d{4}-\d|\d{6,}", "N", path)


# ---- a complaint's life ----

def submission(me, pick):
    """From nobody to the receipt."""
    way = program.Complaint(me, "انقطاع المياه", "لم تصلنا المياه منذ أسبوع.", pick, program.png())
    way.answer_all()
    program.sign_in(me, program.people()[0])
    way.send()
    program.expect(me.get(f"/follow/{way.number}"), 200)
    return way.number


def deed(officer, number, name, typed, button=None):
    path = f"/office/requests/{number}"
    page = program.expect(officer.get(path), 200)
    action = f"{path}/{button or name}"
    return officer.submit(page, action, {key: value(page.forms()[action]) if callable(value) else value
                                         for key, value in typed.items()})


def first_option(name):
    return lambda form: re.search(rf'<select[^>]*name="{name}".*?<option value="(\d+)"', form, re.S).group(1)


def set_period(officer, number):
    """The first of the next days that is a working one and allowed."""
    for ahead in range(1, 15):
        day = datetime.date.today() + datetime.timedelta(days=ahead)
        answer = deed(officer, number, "period", {"due_day-day": day.day, "due_day-month": day.month,
                                                  "due_day-year": day.year})
        if answer.status == 303:
            return
    raise program.Unexpected(f"no day is allowed: {answer}")


def office(officer, directorate, number):
    program.expect(deed(officer, number, "accept", {}), 303)
    program.expect(deed(officer, number, "consult", {"directorate": first_option("directorate"), "answer_days": "1",
                                                     "question": "ما سبب الانقطاع؟"}), 303)
    listed = program.expect(directorate.get("/office/questions"), 200)
    path = re.search(r'href="(/office/questions/\d+)"', listed.text).group(1)
    page = program.expect(directorate.get(path), 200)
    program.expect(directorate.submit(page, path, {"reply": "كسر في الخط.", "proposed_days": "2"}), 303)
    set_period(officer, number)
    page = program.expect(deed(officer, number, "close", {"outcome": "resolved", "answer": "أُصلح الخط."},
                               "close/preview"), 200)
    program.expect(officer.submit(page, f"/office/requests/{number}/close", {}), 303)


def live(folder, binary, log, store):
    """A complaint's life on a server that nothing fails on: its acts, each with the store before it."""
    acts, accounts = [], store.make(binary)
    server = store.serve(binary, log, "--fail-db", "case:0")
    me, officer, directorate = (Recorder(folder, store, acts, server) for _ in range(3))
    try:
        pick = program.picks(me, "انقطاع مياه", "شركة مياه الأردن")[0]
        number = submission(me, pick)
        program.staff_sign_in(officer, "officer", accounts["officer"])
        program.staff_sign_in(directorate, "directorate", accounts["directorate"])
        office(officer, directorate, number)
        page = program.expect(me.get(f"/follow/{number}"), 200)
        program.expect(me.submit(page, f"/follow/{number}/rate", {"solved": "yes", "stars": "5"}), 303)
    finally:
        server.stop()
    return [act for act in acts if "/staff/sign-in" not in act.name]  # its code is used up by time


# ---- one act, each call ----

class Run:
    """The act on a fresh copy of its store, with one call that fails. `problems`: sentences."""

    def __init__(self, act, folder, binary, fault):
        self.act, self.folder, self.binary, self.fault = act, folder, binary, fault
        self.problems, self.calls = [], {}

    def __enter__(self):
        self.place = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        self.store = self.act.store.copy(self.place / "store")
        self.log = open(self.place / "log", "w", encoding="utf-8")
        self.server = self.store.serve(self.binary, self.log, "--fail-db", self.fault)
        self.browser = self.act.browser.copy(self.server.port)
        return self

    def __exit__(self, *what):
        code = self.server.stop()
        if code != 0:
            self.problems.append(f"the server ended with {code}: {self.server.said()}")
        said = re.search(r'"faults.calls","case":(\d+),"vault":(\d+)', self.server.said())
        if said:
            self.calls = {"case": int(said.group(1)), "vault": int(said.group(2))}
        self.log.close()
        self.store.drop()
        shutil.rmtree(self.place)

    def send(self):
        return self.browser.send(self.act.method, self.act.path, self.act.body, self.act.kind)


def seen(answer):
    """What a person sees, without what is drawn at random."""
    text = re.sub(r'value="[^"]*"|href="[^"]*"|\S*\d\S*', "#", answer.text) if answer.status == 200 else ""
    return answer.status, name_of(answer.location or ""), text


def is_clear(answer):
    """A page of trouble in the reader's language, which says when to try again when that helps."""
    return (answer.status in (500, 503) and 'lang="ar"' in answer.text and "<h1" in answer.text and
            (answer.status == 500 or answer.headers["Retry-After"]))


class Trial:
    """One act. `counted`: what became of the failures; `calls`: how many the act makes, by file."""

    def __init__(self, act, folder, binary):
        self.act, self.folder, self.binary = act, folder, binary
        self.problems, self.counted = [], collections.Counter()
        self.before = act.store.state()
        self.after, self.unasked, self.answer, self.calls = None, None, None, {}

    def run(self, every):
        """First without a failure: that also says which N is the last to happen."""
        with Run(self.act, self.folder, self.binary, "case:0") as clean:
            self.answer = seen(clean.send())
            self.after = clean.store.state()
        if self.act.name == UNASKED:
            self.unasked = self.without_registry()
        self.calls = clean.calls
        self.problems += clean.problems
        if sum(self.calls.values()) == 0:
            self.problems.append("it makes no call at all")
        for file, calls in self.calls.items():
            for n in sorted({*range(1, calls + 1, every), calls} - {0}):
                self.fail(file, n)

    def fail(self, file, n):
        with Run(self.act, self.folder, self.binary, f"{file}:{n}") as run:
            answer = run.send()
            state = run.store.state()
            done = (self.after, self.unasked) if file == "vault" and answer.status < 500 else (self.after,)
            self.judge(run, answer, state, done)
            again = run.send() if answer.status >= 500 else answer
            state = run.store.state()
            if seen(again) != self.answer or state not in done:
                run.problems.append(f"the same again gives {again}\n{audit.differences(self.after, state)}")
        if run.calls.get(file, 0) < n:
            run.problems.append(f"nothing was made to fail: {run.calls}")
        self.counted["failures"] += 1
        self.counted["refused" if answer.status >= 500 else "done all the same"] += 1
        self.counted["unasked"] += state == self.unasked
        self.problems += [f"{self.act.name}, {file}:{n}: {problem}" for problem in run.problems]

    def without_registry(self):
        """The act done, but for the one thing that only the registry says."""
        table = "vault", "person"
        place = self.act.store.columns(*table).index
        old = collections.Counter(self.before[table])
        rows = [list(row) for row in self.after[table]]
        new = [row for row in rows if tuple(row) not in old]
        if [row[place("verification")] for row in new] != ["verified"]:
            self.problems.append(f"without a failure nobody is verified: {new}")
        for row in new:
            row[place("verification")], row[place("verified_at")] = "provisional", ""
        return {**self.after, table: sorted(map(tuple, rows))}

    def judge(self, run, answer, state, done):
        if answer.status >= 500:
            if not is_clear(answer):
                run.problems.append(f"no clear page: {answer}")
            if state not in (self.before, self.after) and not self.is_stage(state):
                run.problems.append(f"half of it is stored\n{audit.differences(self.before, state)}")
        elif seen(answer) != self.answer:
            run.problems.append(f"another answer than the right one: {answer}")
        elif state not in done:
            run.problems.append(f"said to be done, but\n{audit.differences(self.after, state)}")

    def is_stage(self, state):
        ahead = STAGES.get(self.act.name, set())
        return state == {table: (self.after if table in ahead else self.before)[table] for table in self.before}


def main():
    tap, binary, engine = program.Tap(), sys.argv[1], "pg" if "pg" in sys.argv[2:] else "sqlite"
    every = int(os.environ.get("SAWT_FAIL_EVERY", EVERY[engine]))
    with tempfile.TemporaryDirectory() as name, (Server() if engine == "pg" else contextlib.nullcontext()) as server, \
            open(pathlib.Path(name) / "log", "w", encoding="utf-8") as log:
        folder = pathlib.Path(name)
        store = PgStore(folder / "store", server) if engine == "pg" else FileStore(folder / "store")
        trials = [Trial(act, folder, binary) for act in live(folder, binary, log, store)]
        with concurrent.futures.ThreadPoolExecutor(SERVERS) as pool:
            list(pool.map(lambda trial: trial.run(every), trials))
    total = collections.Counter()
    for trial in trials:
        total += trial.counted
        tap.say(not trial.problems, f"{trial.act.name}: {trial.calls.get('case')} calls to the case,"
                f" {trial.calls.get('vault')} to the vault", "\n".join(trial.problems[:6]))
    calls = sum(sum(trial.calls.values()) for trial in trials)
    tap.say(total["failures"] > 0, f"{total['failures']} of {calls} calls in {len(trials)} acts were made to fail:"
            f" {total['refused']} were refused with a page, {total['done all the same']} were done all the same"
            f" ({total['unasked']} to be verified later)")
    return tap.end()


if "pg" in sys.argv[2:]:
    pg_world.skip_without_server()
sys.exit(main())
