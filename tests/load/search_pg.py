#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two words, newest first, on PostgreSQL: RUM against GIN.

    tools/pg_server.py --directory DIR /usr/bin/python3 tests/load/search_pg.py [ROWS]

Makes ROWS entries (200,000) of the shape that requests have: a word's frequency is by Zipf, 60 % of an entry's words are of
its subject (twenty, which share no word), so that there are frequent words that never stand together. Two tables have the
same entries and the index and the function of migrations/case/0002_search.pg.sql; `gin+` is GIN with a function that is declared
stable, so that the planner sees the words. For pairs of words: the time and the
pages of each query (EXPLAIN ANALYZE), and the processor time of the server's process over all of them; the two take turns.
Then what inserting costs, in commits of 128.
"""
import bisect
import itertools
import json
import os
import random
import sys

import psycopg2

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
WORDS, OF_SUBJECT, SUBJECTS = 24, 14, 20
COMMON, OWN = 60_000, 20_000  # words of the language, words of each subject
PAIRS = int(os.environ.get("PAIRS", "60"))
INSERTS = 40  # commits of 128
KINDS = ("rum", "gin")
ASKED = (*KINDS, "gin+")
FUNCTION = {
    "rum": """WITH near AS MATERIALIZED (
                SELECT id FROM {0} WHERE tokens @@ words AND id < before ORDER BY id <=| before LIMIT 50)
            SELECT id FROM near UNION SELECT id FROM {0} WHERE (tokens @@ words) IS TRUE AND id < before
                AND id >= (SELECT min(id) FROM near) AND id < (SELECT min(id) FROM near) + 4096
            ORDER BY id DESC LIMIT 50""",
    "gin": "SELECT id FROM {0} WHERE tokens @@ words AND id < before ORDER BY id DESC LIMIT 50"}
INDEX = {"rum": "rum (tokens rum_tsvector_addon_ops, id) WITH (attach = 'id', to = 'tokens')",
         "gin": "gin (tokens) WITH (fastupdate = off)"}


def zipf(n):
    return list(itertools.accumulate(1 / (k + 2.7) for k in range(n)))


SHARES = {n: zipf(n) for n in (COMMON, OWN)}


def rank(draw, n):
    return bisect.bisect(SHARES[n], draw.random() * SHARES[n][-1])


def name(subject, word):
    """Sixteen digits that say nothing, as a keyed hash gives."""
    return f"{(subject * 1_000_003 + word + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}"


def entry(draw):
    subject = 1 + draw.randrange(SUBJECTS)
    words = {name(subject, rank(draw, OWN)) for _ in range(OF_SUBJECT)}
    return words | {name(0, rank(draw, COMMON)) for _ in range(WORDS - OF_SUBJECT)}


def entries(first, n, draw):
    """Ids as the program makes them: milliseconds, then 20 bits."""
    for i in range(n):
        yield (first + i) << 20 | draw.randrange(1 << 20), " ".join(sorted(entry(draw)))


class Rows:
    """What COPY reads."""

    def __init__(self, made):
        self.made, self.rest = made, ""

    def read(self, size):
        while len(self.rest) < size:
            row = next(self.made, None)
            if row is None:
                break
            self.rest += f"{row[0]}\t{row[1]}\n"
        part, self.rest = self.rest[:size], self.rest[size:]
        return part


class Server:
    def __init__(self):
        self.base = psycopg2.connect(os.environ["SAWT_TEST_PG"])
        self.base.autocommit = True
        self.cursor = self.base.cursor()
        self.pid = self.one("SELECT pg_backend_pid()")

    def one(self, sql, *values):
        self.cursor.execute(sql, values or None)
        return self.cursor.fetchone()[0] if self.cursor.description else None

    def cpu(self):
        """Milliseconds of this connection's process."""
        fields = open(f"/proc/{self.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 10

    def wal(self):
        return int(self.one("SELECT pg_current_wal_lsn() - '0/0'"))


def build(server):
    draw = random.Random(7)
    for kind in KINDS:
        server.one(f"CREATE TABLE search_{kind} (id BIGINT PRIMARY KEY, tokens TSVECTOR NOT NULL)")
        server.one(f"CREATE FUNCTION newest_{kind}(words TSQUERY, before BIGINT) RETURNS SETOF BIGINT LANGUAGE sql AS"
                   f" $$ {FUNCTION[kind].format('search_' + kind)} $$")
    server.one("CREATE FUNCTION \"newest_gin+\" (words TSQUERY, before BIGINT) RETURNS SETOF BIGINT STABLE LANGUAGE sql AS"
               f" $$ {FUNCTION['gin'].format('search_gin')} $$")
    server.cursor.copy_expert("COPY search_rum FROM STDIN", Rows(entries(1, ROWS, draw)))
    server.one("INSERT INTO search_gin SELECT * FROM search_rum ORDER BY id")
    for kind in KINDS:
        before = server.cpu()
        server.one(f"CREATE INDEX search_{kind}_tokens ON search_{kind} USING {INDEX[kind]}")
        built = server.cpu() - before
        server.one(f"VACUUM ANALYZE search_{kind}")
        size = server.one(f"SELECT pg_relation_size('search_{kind}_tokens')")
        print(f"{kind}: index of {size / ROWS:.0f} bytes an entry, built in {1000 * built / ROWS:.0f} µs of processor time each",
              flush=True)
    server.one("CHECKPOINT")


def pairs(draw):
    """By what the words are: (what, (word, word))."""
    often, some, rare = (0, 20), (100, 1000), (5000, 15000)

    def of(subject, ranks):
        return name(subject, draw.randrange(*ranks))
    for _ in range(PAIRS):
        subject = 1 + draw.randrange(SUBJECTS)
        yield "frequent × frequent", (of(0, often), of(0, often))
        yield "frequent × frequent of one subject", (of(0, often), of(subject, often))
        yield "frequent × frequent, never together", (of(1, often), of(2, often))
        yield "frequent × rare", (of(0, often), of(subject, rare))
        yield "middling × middling", (of(0, some), of(subject, some))
        yield "rare × rare", (of(0, rare), of(subject, rare))


def ask(server, kind, words):
    """(milliseconds, pages, rows)"""
    said = server.one("EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json)"
                      f" SELECT * FROM \"newest_{kind}\" (CAST(%s AS TSQUERY), %s)", " & ".join(words), 2**62)[0]
    plan = said["Plan"]
    return said["Execution Time"], plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], plan["Actual Rows"]


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def search(server):
    asked = {}
    for what, words in pairs(random.Random(11)):
        asked.setdefault(what, []).append(words)
    print(f"{'':38} {'rows':>5}" + "".join(f" {kind + ': p50':>10} {'p99':>8} ms {'CPU':>7} ms {'pages p50':>9} {'p99':>6}"
                                          for kind in ASKED))
    for what, list_of_words in asked.items():
        took, cpu = {kind: [] for kind in ASKED}, dict.fromkeys(ASKED, 0)
        for turn in range(3):  # the first warms
            for kind in ASKED if turn % 2 else reversed(ASKED):
                before = server.cpu()
                answers = [ask(server, kind, words) for words in list_of_words]
                if turn > 0:
                    cpu[kind] += server.cpu() - before
                    took[kind] += answers
        line = f"{what:38} {share([rows for _, _, rows in took['rum']], 0.5):5.0f}"
        for kind in ASKED:
            times, pages = [one[0] for one in took[kind]], [one[1] for one in took[kind]]
            line += (f" {share(times, 0.5):10.2f} {share(times, 0.99):8.2f}    {cpu[kind] / len(times):7.2f}    "
                     f"{share(pages, 0.5):9} {share(pages, 0.99):6}")
        print(line, flush=True)


def insert(server):
    draw, cost = random.Random(13), {kind: [0, 0] for kind in KINDS}
    for turn in range(INSERTS):
        rows = list(entries(ROWS + 1 + turn * 128, 128, draw))
        for kind in KINDS if turn % 2 else reversed(KINDS):
            cpu, wal = server.cpu(), server.wal()
            inserts = "; ".join(f"INSERT INTO search_{kind} VALUES ({id}, '{words}')" for id, words in rows)
            server.cursor.execute(f"BEGIN; {inserts}; COMMIT")
            cost[kind][0] += server.cpu() - cpu
            cost[kind][1] += server.wal() - wal
    for kind in KINDS:
        n = INSERTS * 128
        print(f"{kind}: an insert takes {1000 * cost[kind][0] / n:.0f} µs of processor time and writes {cost[kind][1] / n:.0f}"
              " bytes of the log")


def main():
    server = Server()
    print(json.dumps({"rows": ROWS, "pairs": PAIRS, "shared_buffers": server.one("SHOW shared_buffers")}), flush=True)
    build(server)
    search(server)
    insert(server)


if __name__ == "__main__":
    main()
