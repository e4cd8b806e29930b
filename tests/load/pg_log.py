# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a program sends to PostgreSQL, from the server's log, and pgbench scripts of it.

The log is that of connections with log_statement=all and log_error_verbosity=default. A transaction is the list of
its statements as (SQL, parameters), each parameter as the server writes it, NULL as None.
"""
import re

HEAD = re.compile(r"^\S+ \S+ \S+ \[(\d+)\] (LOG|DETAIL):  (.*)$", re.S)
EXECUTE = re.compile(r"^execute [^:]*: (.*)$", re.S)
PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")


def entries(text):
    """(process, kind, message) of each entry; an entry may have several lines."""
    entry = []
    for line in text.split("\n"):
        if re.match(r"^\d{4}-\d\d-\d\d ", line):
            if entry:
                yield "\n".join(entry)
            entry = [line]
        elif entry:
            entry.append(line)
    if entry:
        yield "\n".join(entry)


def transactions(text):
    """Each finished transaction, in the order of their ends."""
    running = {}
    for entry in entries(text):
        match = HEAD.match(entry)
        if not match:
            continue
        process, kind, message = match.groups()
        statements = running.setdefault(process, [])
        if kind == "DETAIL" and message.startswith("parameters: ") and statements:
            sql, _ = statements[-1]
            values = {int(n): None if value == "NULL" else value[1:-1].replace("''", "'")
                      for n, value in PARAMETER.findall(message)}
            statements[-1] = (sql, [values[n] for n in sorted(values)])
        match = EXECUTE.match(message)
        if kind != "LOG" or not match:
            continue
        sql = match.group(1).strip()
        if sql.lower().startswith("begin"):
            running[process] = []
        elif sql.lower().startswith("commit"):
            if statements:
                yield statements
            running[process] = []
        else:
            statements.append((sql, []))


def literal(value):
    """As a constant in a pgbench script, where a colon would be a variable."""
    if value is None:
        return "NULL"
    if re.fullmatch(r"-?\d+", value):
        return value
    if re.fullmatch(r"\\x[0-9a-f]*", value):
        return f"'{value}'"
    return "E'" + value.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a") + "'"


def script(statements, expression):
    """The statements as lines of a pgbench script. `expression(value)` is what stands for a value, None: the value."""
    lines = []
    for sql, parameters in statements:
        def put(match, parameters=parameters):
            value = parameters[int(match.group(1)) - 1]
            return (None if value is None else expression(value)) or literal(value)
        lines.append(re.sub(r"\$(\d+)", put, sql).replace("\n", " ") + ";")
    return lines


def page_script(statements):
    """The reads of one page, in one pipeline."""
    return "\n".join(["\\startpipeline", *script(statements, lambda value: None), "\\endpipeline"]) + "\n"


# ---- a submission ----

def column(statement, name):
    """The value of a column in INSERT INTO table (columns) VALUES ($1, …)."""
    sql, parameters = statement
    names = [part.strip() for part in sql[sql.index("(") + 1:sql.index(")")].split(",")]
    return parameters[names.index(name)]


def insert_into(statements, table):
    return next((statement for statement in statements if statement[0].startswith(f"INSERT INTO {table} (")), None)


def submissions(text):
    return [statements for statements in transactions(text) if insert_into(statements, "petition")]


SETTINGS = r"""
\set n :n + 1
\set k :n * 64 + :client_id
\set p {base} + :k * 4096
\set e :p + 1
\set o :p + 2
\set number 990000000000 + permute(:k, 1000000000, 7)
\set c1 115000000000000000 + :k * 65536
\set c2 hash_murmur2(:k, 1)
\set h1 hash_murmur2(:k, 2)
\set h2 hash_murmur2(:k, 3)
\set word hash_murmur2(:k, 4)
"""
TOKEN = "lpad(to_hex(CAST(:word AS bigint)), 16, '0')"


def rare_tokens(all_submissions):
    """Those that one text alone has: each new text has one of its own, too."""
    seen = {}
    for statements in all_submissions:
        for token in set(column(insert_into(statements, "petition_search"), "tokens").split()):
            seen[token] = seen.get(token, 0) + 1
    return {token for token, n in seen.items() if n == 1}


def submission_script(statements, rare, base, pipeline):
    """The same rows for another request each time: ids, number, handle, command, draft and one word are new. The
    draft that it deletes has the id draft_id(k)."""
    petition, event = insert_into(statements, "petition"), insert_into(statements, "event")
    outbox, tokens = insert_into(statements, "outbox"), insert_into(statements, "petition_search")
    draft = next(parameters[0] for sql, parameters in statements if sql.startswith("DELETE FROM draft"))
    words = column(tokens, "tokens").split()
    own = next((word for word in words if word in rare), words[0])
    known = {
        column(petition, "id"): ":p", column(event, "id"): ":e", column(petition, "number"): ":number",
        column(petition, "submit_command"): "(int8send(:c1) || int8send(:c2))",
        column(petition, "handle"): "(int8send(:h1) || int8send(:h2))",
        draft: "sha256(int8send(:k))",
        column(tokens, "tokens"): "(" + " || ' ' || ".join(
            f"'{word}'" if word != own else TOKEN for word in [" ".join(words[:words.index(own)]), own,
                                                               " ".join(words[words.index(own) + 1:])] if word) + ")",
    }
    if outbox:
        known[column(outbox, "id")] = ":o"
        rest = column(outbox, "dedupe").replace(column(event, "id"), "\0")
        before, _, after = rest.partition("\0")
        known[column(outbox, "dedupe")] = f"({literal(before)} || CAST(:e AS text) || {literal(after)})"
    lines = script(statements, known.get)
    whole = ["BEGIN;", *lines, "COMMIT;"]
    if pipeline:
        whole = ["\\startpipeline", *whole, "\\endpipeline"]
    return SETTINGS.format(base=base) + "\n".join(whole) + "\n"
