#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the engine runs every statement, on a store that is filled and measured (ANALYZE).

  plans.py SAWT            compare with tests/plans/sqlite.txt, look for faults; prints TAP
  plans.py SAWT --update   write that file anew (script/plans)
  plans.py SAWT --store DIR   compare with the plans on a trial's store of any size, as it is

A plan that changed is a decision: the new one is looked at and kept, or the statement or an index is mended. A
plan that walks a table from end to end, or sorts, is a fault; those that may are in tests/plans/allowed.txt, each
with its reason. Names are those of the lists of statements in the code (NAME_queries), in their order.
"""
import csv
import difflib
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent
KEPT = HERE / "tests" / "plans" / "sqlite.txt"
ALLOWED = HERE / "tests" / "plans" / "allowed.txt"
TIMES = 40  # each request of data/demo, with another subject and day
# Which file's schema names which lists.
SCHEMAS = (("case", "src/app/features.c"), ("vault", "src/core/vault.c"))
HEAD = """\
# The plan of every statement, on a store that was filled (data/demo, {times} times) and measured (ANALYZE).
# Written by script/plans; `plans` of the tests compares. Name, SQL, plan as the engine tells it.
"""


def sawt(binary, store, *words):
    done = subprocess.run([binary, *words, "--dir", str(store), "--trial"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, cwd=HERE, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"sawt {words[0]}: {done.stdout}")
    return done.stdout


def write_requests(path):
    with open(HERE / "data/demo/requests.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0].keys())
        out.writeheader()
        for turn in range(TIMES):
            for row in rows:
                out.writerow(dict(row, subject=f"{row['subject']} {turn}", days_ago=int(row["days_ago"]) + turn * 7))


def fill(binary, folder):
    """A store with some thousand requests in every state, and the engine's measure of it."""
    store, requests = folder / "store", folder / "requests.csv"
    write_requests(requests)
    sawt(binary, store, "import", "data", "--registry")
    sawt(binary, store, "accounts")
    sawt(binary, store, "replay", str(requests), "demo")
    for name, _ in SCHEMAS:
        base = sqlite3.connect(store / f"{name}.db", isolation_level=None)
        base.execute("ANALYZE")
        base.close()
    return store


# ---- names ----

def expand(body, text):
    """With the file's own macros of one argument put in."""
    for macro, argument, meaning in re.findall(r"^#define (\w+)\((\w+)\)((?:.*\\\n)*.*)$", text, re.M):
        body = re.sub(rf"\b{macro}\((\w+)\)", lambda use: re.sub(rf"\b{argument}\b", use.group(1), meaning), body)
    return body


def lists():
    """NAME_queries → the names in it."""
    found = {}
    for path in sorted((HERE / "src").rglob("*.c")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        for name, body in re.findall(r"^const DbQuery \*const (\w+_queries)\[\]\s*=\s*\{(.*?)\};", text, re.M | re.S):
            found[name] = re.findall(r"&(\w+(?:\[\w+\])?)", expand(body, text))
    return found


def names():
    """Of all statements, in the order in which `sawt sql` prints them."""
    known = lists()
    for schema, path in SCHEMAS:
        text = (HERE / path).read_text(encoding="utf-8")
        body = re.search(r"query_lists\[\]\s*=\s*\{(.*?)\};", text, re.S).group(1)
        for name in re.findall(r"\b(\w+_queries)\b", body):
            for query in known[name]:
                yield f"{schema} {name.removesuffix('_queries')}.{query}"


# ---- plans ----

def statements(said):
    """(SQL, lines of the plan, fault or None) of what `sawt sql --plans` prints."""
    for block in said.strip("\n").split("\n\n"):
        lines = block.split("\n")
        sql = next(line.strip() for line in lines if line.startswith("    "))
        plan = [line for line in lines[2:] if not line.startswith(("    PostgreSQL: ", "  fault: "))]
        faults = [line.removeprefix("  fault: ") for line in lines if line.startswith("  fault: ")]
        yield sql, plan, faults[0] if faults else None


def read_plans(binary, store):
    """The file's text, and {name: fault}."""
    called, found = list(names()), list(statements(sawt(binary, store, "sql", "--plans")))
    if len(called) != len(found):
        raise SystemExit(f"{len(called)} statements stand in the lists, {len(found)} were printed")
    text, faults = HEAD.format(times=TIMES), {}
    for name, (sql, plan, fault) in zip(called, found):
        text += "\n".join(["", name, "    " + sql, *("  → " + line.strip() for line in plan), ""])
        if fault is not None:
            faults[name] = fault
    return text, faults


def allowed():
    """{name: reason}."""
    lines = [line for line in ALLOWED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def compare(text, faults):
    """TAP; the exit code."""
    results, may = [], allowed()

    def say(good, name, detail=""):
        results.append(good)
        print("ok" if good else "not ok", len(results), "-", name)
        for line in detail.splitlines() if not good else ():
            print("#", line)

    kept = KEPT.read_text(encoding="utf-8") if KEPT.exists() else ""
    say(text == kept, "every statement runs as before (script/plans keeps the new plans)",
        "\n".join(difflib.unified_diff(kept.splitlines(), text.splitlines(), "kept", "now", lineterm="")))
    wrong = [f"{name}: {fault}" for name, fault in faults.items() if name not in may]
    say(not wrong, "none walks a table that grows from end to end, and none sorts more than a page", "\n".join(wrong))
    stale = sorted(may.keys() - faults.keys())
    say(not stale, f"the {len(may)} that may are those that do", "\n".join(stale))
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


def main():
    with tempfile.TemporaryDirectory() as folder:
        store = sys.argv[3] if "--store" in sys.argv else fill(sys.argv[1], pathlib.Path(folder))
        text, faults = read_plans(sys.argv[1], store)
    if "--update" not in sys.argv:
        return compare(text, faults)
    KEPT.write_text(text, encoding="utf-8")
    for name in sorted(faults.keys() - allowed().keys()):
        print(f"a fault that tests/plans/allowed.txt does not allow: {name}: {faults[name]}")
    return 0


sys.exit(main())
