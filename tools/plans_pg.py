# SPDX-License-Identifier: AGPL-3.0-or-later
"""How PostgreSQL runs a statement on a store of ten million requests, without one.

The planner looks at four things, and all of them are what they would be: what ANALYZE wrote down (of a made-up store of
some thousand requests, `sawt generate`: shares, frequent values and the order of rows do not depend on how many there
are), the counts in pg_class (raised), and the sizes of the files, which are made longer without being filled (holes).
Statements are planned, never run, after that. Two things are set, so that two runs tell the same: rows lie in the order of a
column or in none (in which order four threads wrote is chance), and one process runs a statement. No other setting is touched. Each is planned with values from the
middle of the store, as a connection does the first five times, and once more after those, when the server may have settled
for a plan that serves all values; both are told where they differ.
"""
import math
import os
import pathlib
import re
import sys

import pg_server

HERE = pathlib.Path(__file__).resolve().parent.parent
SEGMENT = 1 << 30  # PostgreSQL cuts its files
PAGE = 8192
MADE, LARGE = 2000, 10_000_000
GROWS = 20000    # rows: a smaller table may be read from end to end
LONG = 1000      # rows: more are not sorted for a page
MANY = 100_000   # rows: more are not read at once
# As many rows as there are of them at one time, whatever the number of requests; of all others as many more as there are
# more requests.
AT_A_TIME = {"session": 5000, "draft": 50_000, "code": 20_000, "code_send": 100_000, "requester_session": 300_000,
             "account": 8000, "account_step": 8000, "setup_link": 50, "registry_entry": 0,
             "rate": 200_000}
FIXED = {"entity", "service", "service_field", "directorate", "place", "holiday", "calendar_rule", "label", "job", "ring",
         "schema_migration", "schema_node", *AT_A_TIME}

# What a made-up store has none of, in the shape that it has in a living one.
FILL = {"case": """
    INSERT INTO outbox (id, petition_id, event_id, recipient, channel, message, lang, dedupe, fate, tries, next_at, created_at,
                        done_at)
        SELECT e.id + 1, e.petition_id, e.id, 'requester', CASE WHEN e.id % 10 = 0 THEN 'email' ELSE 'sms' END, e.kind, 'ar',
               'e' || e.id, CASE WHEN e.id % 500 = 0 THEN 'waiting' ELSE 'sent' END, 1,
               CASE WHEN e.id % 500 = 0 THEN e.at END, e.at, e.at
        FROM event e WHERE e.kind IN ('submit', 'route', 'accept', 'set_period', 'update', 'close');
    INSERT INTO attachment (id, draft_hash, petition_id, event_id, wrapped, epoch, meta, file, size, created_at)
        SELECT p.id + 2, NULL, p.id, NULL, zeroblob(94), 1, zeroblob(150), 'f' || p.id, 300000, p.lodged_at
        FROM petition p WHERE p.id % 3 = 0;
    INSERT INTO attachment_part (file, part, created_at, data)
        SELECT a.file, n, a.created_at, zeroblob(200) FROM attachment a, generate_series(0, 1) n;
    DELETE FROM aggregate WHERE ctid NOT IN (SELECT min(ctid) FROM aggregate
        GROUP BY day, entity_id, service_id, type, channel, place_id, kind);
    UPDATE aggregate SET folded = TRUE;
    CLUSTER aggregate USING aggregate_by_day;
    INSERT INTO rate SELECT n, {now} + n, {now} + n FROM generate_series(1, 500) n;
    INSERT INTO draft SELECT randomblob(32), randomblob(16), zeroblob(900), 1, {now} + n * 3600000000
        FROM generate_series(1, 500) n;
    INSERT INTO account (id, login, role, name, version)
        SELECT n, 'made' || n, 'liaison', 'made', 1 FROM generate_series(1, 500) n;
    UPDATE account SET entity_id = (SELECT id FROM entity ORDER BY id OFFSET account.id % 60 LIMIT 1) WHERE id <= 500;
    INSERT INTO session SELECT randomblob(32), n, {now}, {now} + n, {now} + n * 3600000000 FROM generate_series(1, 500) n;
    INSERT INTO account_step SELECT n, n FROM generate_series(1, 500) n;
    """, "vault": """
    INSERT INTO requester_session SELECT randomblob(32), id, {now}, {now}, {now} + row_number() OVER () * 3600000000 FROM person;
    INSERT INTO code SELECT randomblob(32), 'sign_in', randomblob(16), zeroblob(90), 0, {now} + n * 3600000000
        FROM generate_series(1, 200) n;
    INSERT INTO code_send SELECT randomblob(16), 1, zeroblob(16), {now} + n * 3600000000 FROM generate_series(1, 200) n;
    """}
# Of which ANALYZE takes a share of a small store for one of a large one.
DISTINCT = {"aggregate": {"day": 1826, "service_id": 1500, "entity_id": 150, "place_id": 13},
            "petition": {"service_id": 1500, "entity_id": 150, "place_id": 60}, "event": {"entity_from": 150, "entity_to": 150}}


# ---- the store ----

def now(base):
    return base.execute("SELECT CAST(extract(epoch FROM now()) * 1000000 AS BIGINT)").fetchone()[0]


def fill(engine, binary, folder, sawt):
    """Made up, filled and measured."""
    store = folder / "store"
    words = engine.options(store)
    sawt(binary, store, "import", "data", "--registry", *words)
    sawt(binary, store, "accounts", *words)
    sawt(binary, store, "generate", "--requests", str(MADE), "--lines", *words)
    for name in engine.FILES:
        base = engine.open_store(store, name, writes=True)
        base.execute(FILL[name].format(now=now(base)))
        base.execute("VACUUM ANALYZE")
        base.close()
    return store


def lengthen(path, pages):
    """A file of so many pages; what is not there is a hole."""
    size = pages * PAGE
    for number in range(math.ceil(size / SEGMENT)):
        part = pathlib.Path(f"{path}.{number}" if number else path)
        part.touch()
        os.truncate(part, max(part.stat().st_size, min(SEGMENT, size - number * SEGMENT)))


def enlarge(base, owner):
    """All tables of a schema and their indexes, in what the planner looks at."""
    tables = base.execute(
        "SELECT c.oid, relname, reltuples, relpages, pg_relation_filepath(c.oid) FROM pg_class c"
        " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND reltuples > 0").fetchall()
    base.execute("CHECKPOINT")
    straighten(base)
    for oid, name, rows, pages, path in tables:
        wanted = AT_A_TIME.get(name, rows if name in FIXED else rows * LARGE / MADE)
        factor = max(wanted / rows, 1)
        resize(base, owner, oid, path, math.ceil(pages * factor), rows * factor)
        for column, distinct in DISTINCT.get(name, {}).items():
            base.execute("UPDATE pg_statistic SET stadistinct = ? WHERE starelid = ? AND staattnum = (SELECT attnum FROM"
                         " pg_attribute WHERE attrelid = ? AND attname = ?)", (distinct, oid, oid, column))
        for index, entries, leaves, file in base.execute(
                "SELECT c.oid, reltuples, relpages, pg_relation_filepath(c.oid) FROM pg_index JOIN pg_class c ON"
                " c.oid = indexrelid WHERE indrelid = ?", (oid,)).fetchall():
            resize(base, owner, index, file, 1 + math.ceil(max(leaves - 1, 1) * factor), entries * factor)


def straighten(base):
    """Of all columns: does the order of their values go with that of the rows?"""
    for slot in range(1, 6):
        base.execute(f"UPDATE pg_statistic SET stanumbers{slot} = ARRAY[CAST(round(stanumbers{slot}[1]) AS REAL)]"
                     f" WHERE stakind{slot} = 3 AND starelid IN (SELECT oid FROM pg_class WHERE relnamespace ="
                     " current_schema()::regnamespace)")


def resize(base, owner, oid, path, pages, rows):
    lengthen(owner / path, pages)
    base.execute("UPDATE pg_class SET relpages = ?, reltuples = ?, relallvisible = CASE WHEN relkind = 'r' THEN ? ELSE 0 END"
                 " WHERE oid = ?", (pages, rows, int(pages * 0.95), oid))


# ---- values ----

COMPARED = re.compile(r"(?:(\w+)\.)?(\w+)\s*(<>|<=|>=|=|<|>|@@)\s*(?:CAST\()?\$(\d+)\b")
LISTED = re.compile(r"(?:(\w+)\.)?(\w+) IN \(((?:\$\d+(?:, )?)+)\)")
USED = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+(?:AS\s+)?(?!ON\b|WHERE\b|SET\b|JOIN\b|LEFT\b|ORDER\b|GROUP\b)(\w+))?")
BY_TYPE = {"bigint": "50", "integer": "1", "boolean": "true", "text": "", "bytea": "\\x00", "double precision": "1"}
CLOCK = ("at", "next_at", "until")


class Values:
    """A value from the middle of the store for each parameter."""

    def __init__(self, base):
        self.base, self.known = base, {}
        self.columns = {}
        for table, column, kind in base.execute("SELECT table_name, column_name, data_type FROM information_schema.columns"
                                                " WHERE table_schema = current_schema()").fetchall():
            self.columns.setdefault(table, {})[column] = kind
        self.now = now(base)

    def at(self, table, column, share):
        """The value that so large a part of the rows is below."""
        key = table, column, share
        if key not in self.known:
            row = self.base.execute(
                f"SELECT CAST({column} AS TEXT) FROM {table} WHERE {column} IS NOT NULL ORDER BY {column} OFFSET (SELECT"
                f" CAST(count({column}) * {share} AS BIGINT) FROM {table}) LIMIT 1").fetchone()
            self.known[key] = row[0] if row else None
        return self.known[key]

    def choose(self, table, column, compared, other_end):
        if column.endswith("_at") or column in CLOCK:
            return str(self.now)
        if column == "epoch" and compared == "<":
            return "2"  # a key was rotated just now: all are older
        if compared in ("<", ">=") and not other_end:
            return self.at(table, column, 0.999)  # the newest page, what is new
        value = self.at(table, column, 0.5)
        if other_end and compared[0] == "<" and value and value.isdigit():  # a thousand requests
            value = str(int(value) + max((int(self.at(table, column, 0.502)) - int(value)) * MADE // LARGE // 4 * 1000, 1))
        return value

    def of(self, sql, types):
        """All of a statement's."""
        used = {}
        for table, alias in USED.findall(sql):
            used.setdefault(alias or table, table)
            used.setdefault(table, table)
        found = [None] * len(types)
        pieces = [(prefix, column, how, number) for prefix, column, how, number in COMPARED.findall(sql)]
        pieces += [(prefix, column, "=", number) for prefix, column, names in LISTED.findall(sql)
                   for number in re.findall(r"\d+", names)]
        for prefix, column, how, number in pieces:
            tables = [used[prefix]] if prefix in used else list(used.values())
            table = next((table for table in tables if column in self.columns.get(table, {})), None)
            if table and found[int(number) - 1] is None:
                other_end = sum(piece[:2] == (prefix, column) for piece in pieces) > 1
                found[int(number) - 1] = self.choose(table, column, how, other_end)
        return [BY_TYPE[kind] if value is None else value for value, kind in zip(found, types)]


# ---- plans ----

def plan_of(base, execute):
    text = [row[0] for row in base.execute("EXPLAIN (COSTS off) " + execute).fetchall()]
    tree = base.execute("EXPLAIN (FORMAT json) " + execute).fetchone()[0][0]["Plan"]
    return text, tree


def normal(lines, values):
    """With parameters where their values stand."""
    text = "\n".join(lines)
    for value in sorted(set(values), key=len, reverse=True):
        quoted = re.escape(value)
        text = re.sub(rf"'{quoted}'::[a-z]+(?: precision)?", "$", text)
        text = re.sub(rf'"\\*{quoted}"', "$", text)
        if value:
            text = re.sub(rf"(?<=[=<>] ){quoted}(?=[)\s])", "$", text)
    text = re.sub(r"\$\d+", "$", text)
    text = re.sub(r"'\{[$,]+\}'::\w+\[\]|ARRAY\[[$, ]+\]", "ARRAY[$, …]", text)
    return text.split("\n")


def nodes(tree, limited=False):
    limited = limited or tree["Node Type"] == "Limit"
    yield tree, limited
    for child in tree.get("Plans", ()):
        # A sort, a hash and a sum take all rows of what is below them, whatever limit stands above.
        yield from nodes(child, limited and tree["Node Type"] not in ("Sort", "Hash", "Aggregate", "Bitmap Heap Scan"))


def fault_of(tree, rows):
    for node, limited in nodes(tree):
        kind = node["Node Type"]
        if kind == "Seq Scan" and rows.get(node["Relation Name"], 0) > GROWS:
            return "a table that grows is walked from end to end"
        if kind.startswith("Index") and "Index Cond" not in node and "Order By" not in node and not limited and \
                node["Plan Rows"] > GROWS:
            return "an index is walked from end to end"
        if kind == "Sort" and node["Plans"][0]["Plan Rows"] > LONG:
            return "more rows are sorted than a page has"
        if "Relation Name" in node and node["Plan Rows"] > MANY and not limited:
            return "very many rows are read"
    return None


def is_small(tree, rows):
    found = {node["Relation Name"] for node, _ in nodes(tree) if "Relation Name" in node}
    return bool(found) and all(rows.get(name, 0) <= GROWS for name in found)


def explain(base, values, name, sql, rows):
    """(lines, fault) of one statement."""
    base.execute(f"PREPARE one AS {sql}")
    try:
        types = base.execute("SELECT CAST(parameter_types AS TEXT[]) FROM pg_prepared_statements").fetchone()[0]
        given = values.of(sql, types)
        literals = ", ".join(f"CAST('{value}' AS {kind})" for value, kind in zip(given, types))
        execute = f"EXECUTE one ({literals})" if types else "EXECUTE one"
        first, tree = plan_of(base, execute)
        for _ in range(5):
            later, last = plan_of(base, execute)
    finally:
        base.execute("DEALLOCATE one")
    lines, settled = normal(first, given), normal(later, given)
    if is_small(tree, rows):
        return ["small tables only"], None  # which way they are read is a matter of chance, and of no consequence
    fault = fault_of(tree, rows) or fault_of(last, rows)
    return lines + (["after five times:", *settled] if settled != lines else []), fault


def search_body(base):
    """What stands inside the function that searches, for frequent and for rare words."""
    body = base.execute("SELECT prosrc FROM pg_proc WHERE proname = 'petition_search_newest'").fetchone()[0]
    lexemes = base.execute("SELECT word FROM ts_stat('SELECT tokens FROM petition_search') ORDER BY ndoc DESC, word"
                           ).fetchall()
    often, rare = [row[0] for row in lexemes[:2]], [row[0] for row in lexemes[-2:]]
    for name, words in (("two frequent words", often), ("a frequent and a rare word", [often[0], rare[0]]),
                        ("two rare words", rare)):
        sql = re.sub(r"\bbefore\b", "9223372036854775807", " ".join(body.split()))
        sql = re.sub(r"\bwords\b", f"CAST('{' & '.join(words)}' AS tsquery)", sql)
        yield f"case token.find_newest, inside: {name}", sql


def read_search(base, search, rows):
    for name, sql in search:
        text, tree = plan_of(base, sql)
        lines = [re.sub(r"'''?[0-9a-f]{16}.*?'::tsquery", "words", line) for line in text]
        lines = [line.replace("'9223372036854775807'::bigint", "before") for line in lines]
        yield name, "(petition_search_newest)", lines, fault_of(tree, rows)


def read_plans(binary, folder, sawt, listed):
    """[(name, SQL, lines, fault)] of all statements. `listed`: (name, SQL) of each schema."""
    with pg_server.Server() as server:
        os.environ.update(SAWT_ENGINE="pg", SAWT_TEST_PG=server.address)
        sys.path.insert(0, str(HERE / "tests"))
        import engine  # pylint: disable=import-outside-toplevel
        try:
            store = fill(engine, binary, folder, sawt)
            said = sawt(binary, store, "sql", *engine.options(store))
            for schema in engine.FILES:
                base = engine.open_store(store, schema, writes=True)
                values = Values(base)
                for table, columns in values.columns.items():  # while they are as small as they are
                    for column in columns:
                        for share in (0.5, 0.502, 0.999):
                            values.at(table, column, share)
                search = list(search_body(base)) if schema == "case" else []
                enlarge(base, server.data)
                rows = dict(base.execute("SELECT relname, reltuples FROM pg_class").fetchall())
                base.close()
                base = values.base = engine.open_store(store, schema)
                base.execute("SET max_parallel_workers_per_gather = 0")
                for name, sql in listed(said, schema):
                    yield (name, sql, *explain(base, values, name, sql, rows))
                if search:
                    yield from read_search(base, search, rows)
                base.close()
        finally:
            engine.drop_all()
