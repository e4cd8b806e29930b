#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""How an engine runs every statement, on a store that is filled and measured (ANALYZE).

  plans.py SAWT ENGINE            compare with tests/plans/ENGINE.txt, look for faults; prints TAP
  plans.py SAWT ENGINE --update   write that file anew (script/plans)
  plans.py SAWT sqlite --store DIR   compare with the plans on a trial's store of any size, as it is

ENGINE is sqlite or postgresql (plans_pg.py). A plan that changed is a decision: the new one is looked at and kept, or the
statement or an index is mended. A plan that walks a table from end to end, or sorts, is a fault; those that may are in
tests/plans/ENGINE-allowed.txt, each with its reason. Names are those of the lists of statements in the code
(NAME_queries), in their order.
"""
import csv
import difflib
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

import plans_pg

HERE = pathlib.Path(__file__).resolve().parent.parent
KEPT = HERE / "tests" / "plans"
TIMES = 40  # each request of data/demo, with another subject and day
# Which file's schema names which lists.
SCHEMAS = (("case", "src/app/features.c"), ("vault", "src/core/vault.c"))
HEAD = """\
# The plan of every statement, on {store}.
# Written by script/plans; `plans` of the tests compares. Name, SQL, plan as the engine tells it.
"""
STORES = {"sqlite": f"a store that was filled (data/demo, {TIMES} times) and measured (ANALYZE)",
          "postgresql": "a store of ten million requests, as far as the planner can see (tools/plans_pg.py); $: a value"}


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


def names(only=None):
    """Of all statements, in the order in which `sawt sql` prints them; or of one schema."""
    known = lists()
    for schema, path in SCHEMAS:
        if only not in (None, schema):
            continue
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


def text_of(engine, plans):
    """The file's text, and {name: fault}."""
    text, faults = HEAD.format(store=STORES[engine]), {}
    for name, sql, plan, fault in plans:
        text += "\n".join(["", name, "    " + sql, *("  → " + line for line in plan), ""])
        if fault is not None:
            faults[name] = fault
    return text, faults


def read_sqlite(binary, store):
    called, found = list(names()), list(statements(sawt(binary, store, "sql", "--plans")))
    if len(called) != len(found):
        raise SystemExit(f"{len(called)} statements stand in the lists, {len(found)} were printed")
    for name, (sql, plan, fault) in zip(called, found):
        yield name, sql, [line.strip() for line in plan], fault


def of_schema(said, schema):
    """(name, SQL for PostgreSQL) of what `sawt sql` prints."""
    blocks = said.strip("\n").split("\n\n")
    first = 0 if schema == SCHEMAS[0][0] else len(list(names(SCHEMAS[0][0])))
    for name, block in zip(names(schema), blocks[first:]):
        sql = [line.strip() for line in block.split("\n") if line.startswith("    ")]
        yield name, sql[-1].removeprefix("PostgreSQL: ")


def read_plans(engine, binary, folder, store=None):
    if engine != "sqlite":
        return plans_pg.read_plans(binary, folder, sawt, of_schema)
    return read_sqlite(binary, store or fill(binary, folder))


def allowed(engine):
    """{name: reason}."""
    lines = (KEPT / f"{engine}-allowed.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.rsplit(": ", 1) for line in lines if line and not line.startswith("#"))


def compare(engine, text, faults):
    """TAP; the exit code."""
    results, may, path = [], allowed(engine), KEPT / f"{engine}.txt"

    def say(good, name, detail=""):
        results.append(good)
        print("ok" if good else "not ok", len(results), "-", name)
        for line in detail.splitlines() if not good else ():
            print("#", line)

    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    say(text == kept, "every statement runs as before (script/plans keeps the new plans)",
        "\n".join(difflib.unified_diff(kept.splitlines(), text.splitlines(), "kept", "now", lineterm="")))
    wrong = [f"{name}: {fault}" for name, fault in faults.items() if name not in may]
    say(not wrong, "none walks a table that grows from end to end, and none sorts more than a page", "\n".join(wrong))
    stale = sorted(may.keys() - faults.keys())
    say(not stale, f"the {len(may)} that may are those that do", "\n".join(stale))
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


def main(binary, engine, *more):
    with tempfile.TemporaryDirectory() as folder:
        text, faults = text_of(engine, read_plans(engine, binary, pathlib.Path(folder), *more[1:]))
    if "--update" not in more:
        return compare(engine, text, faults)
    (KEPT / f"{engine}.txt").write_text(text, encoding="utf-8")
    for name in sorted(faults.keys() - allowed(engine).keys()):
        print(f"a fault that tests/plans/{engine}-allowed.txt does not allow: {name}: {faults[name]}")
    return 0


sys.exit(main(*sys.argv[1:]))
