# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads a store with no server on it, by SQL, and says what contradicts itself. Shares no code with the program."""
import collections
import datetime
import pathlib
import sys
import zoneinfo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import engine  # noqa: E402

# Kinds of event of which the requester is told.
TOLD = ("submit", "route", "accept", "set_period", "update", "close")
ZONE = zoneinfo.ZoneInfo("Asia/Amman")

UNTOLD = "an event that had to be told, and no message"
# Each row that one of these gives is a contradiction.
CONTRADICTIONS = {
    "a petition without as many events as its version":
        "SELECT p.id FROM petition p LEFT JOIN event e ON e.petition_id = p.id GROUP BY p.id, p.version"
        " HAVING count(e.id) <> p.version OR min(e.version) <> 1 OR max(e.version) <> p.version",
    "a petition whose state is not its last event's":
        "SELECT p.id FROM petition p JOIN event e ON e.petition_id = p.id AND e.version = p.version"
        " WHERE e.state IS NOT NULL AND e.state <> p.state OR e.holder IS NOT NULL AND e.holder <> p.holder",
    "a submission without its petition":
        "SELECT e.id FROM event e LEFT JOIN petition p ON p.id = e.petition_id WHERE e.kind = 'submit' AND p.id IS NULL",
    "a petition not begun by a submission":
        "SELECT p.id FROM petition p LEFT JOIN event e ON e.petition_id = p.id AND e.version = 1 AND e.kind = 'submit'"
        " WHERE e.id IS NULL",
    "a petition without a key": "SELECT id FROM petition WHERE id NOT IN (SELECT petition_id FROM petition_key)",
    "a key without a petition": "SELECT petition_id FROM petition_key WHERE petition_id NOT IN (SELECT id FROM petition)",
    "a petition without tokens": "SELECT id FROM petition WHERE id NOT IN (SELECT petition_id FROM petition_token)",
    "tokens without a petition":
        "SELECT petition_id FROM petition_token WHERE petition_id NOT IN (SELECT id FROM petition)",
    "tokens without their entry in the index":
        f"SELECT petition_id FROM petition_token WHERE petition_id NOT IN (SELECT doc FROM {engine.WORDS})",
    "an entry of the index without tokens":
        f"SELECT doc FROM {engine.WORDS} WHERE doc NOT IN (SELECT petition_id FROM petition_token)",
    UNTOLD:
        f"SELECT e.id FROM event e LEFT JOIN outbox o ON o.event_id = e.id AND o.message = e.kind"
        f" WHERE e.petition_id IN (SELECT id FROM petition) AND e.kind IN {TOLD} GROUP BY e.id HAVING count(o.id) <> 1",
    "a message of an event of another petition":
        "SELECT o.id FROM outbox o LEFT JOIN event e ON e.id = o.event_id AND e.petition_id = o.petition_id"
        " WHERE o.event_id IS NOT NULL AND e.id IS NULL",
    "a draft of what was sent":
        "SELECT p.id FROM draft d JOIN petition p ON p.submit_command = d.command_id",
    "an attachment of a draft that is gone":
        "SELECT id FROM attachment WHERE petition_id IS NULL AND draft_hash NOT IN (SELECT id_hash FROM draft)",
    "an attachment of no petition":
        "SELECT id FROM attachment WHERE petition_id IS NOT NULL AND petition_id NOT IN (SELECT id FROM petition)",
    "a number twice": "SELECT number FROM petition GROUP BY number HAVING count(*) > 1",
    "a handle twice": "SELECT handle FROM petition GROUP BY handle HAVING count(*) > 1",
    "a command twice": "SELECT submit_command FROM petition GROUP BY submit_command HAVING count(*) > 1",
}


# A row of counts, by its key: the table has no other.
COUNT_KEY = "day, entity_id, service_id, type, channel, place_id, kind"
SOME_COUNT = f"({COUNT_KEY}) = (SELECT {COUNT_KEY} FROM aggregate ORDER BY {COUNT_KEY} DESC LIMIT 1)"


def open_store(store, name="case"):
    """Read only; the caller closes it. What the index of words holds is in engine.WORDS."""
    return engine.open_store(store, name)


def numbers(store):
    """As they are printed."""
    base = open_store(store)
    rows = base.execute("SELECT number FROM petition").fetchall()
    base.close()
    return [print_number(row[0]) for row in rows]


def print_number(number):
    digits = f"{number:011}"
    return f"{digits[:2]}-{digits[2:6]}-{digits[6:10]}-{digits[10:]}"


def counted(base):
    """What the aggregates must be: events, by day and what the figures are cut by. Not by service: which one it
    was at the time of an act is not in clear once a petition was routed on."""
    above = dict(base.execute("SELECT id, parent_id FROM place"))

    def governorate(place):
        while place and above.get(place):
            place = above[place]
        return place or 0

    counts = collections.Counter()
    for at, to, sender, kind, channel, place, what in base.execute(
            "SELECT e.at, e.entity_to, e.entity_from, p.type, p.channel, p.place_id, e.kind"
            " FROM event e JOIN petition p ON p.id = e.petition_id"):
        day = (datetime.datetime.fromtimestamp(at // 1000000, ZONE).date() - datetime.date(1970, 1, 1)).days
        counts[day, to or sender or 0, kind, channel, governorate(place), what] += 1
    return counts


def kept(base):
    """What the aggregates are."""
    counts = collections.Counter()
    for *key, n in base.execute("SELECT day, entity_id, type, channel, place_id, kind, n FROM aggregate"):
        counts[tuple(key)] += n
    return counts


# Whose content is not in the database: on SQLite it is a file.
WITHOUT_PARTS = ("SELECT file FROM attachment a WHERE NOT EXISTS"
                 " (SELECT 1 FROM attachment_part t WHERE t.file = a.file AND t.part = 0)")


def contradictions(store, files=True, told=True):
    """Sentences; none when the store is whole. `told`: false of histories, of which nobody is told."""
    found = engine.damage(store)
    base = open_store(store)
    for sentence, sql in CONTRADICTIONS.items():
        if sentence == UNTOLD and not told:
            continue
        rows = base.execute(sql).fetchall()
        if rows:
            found.append(f"{sentence}: {len(rows)} times, the first {tuple(rows[0])}")
    said, there = counted(base), kept(base)
    found += [f"{key} is counted {there[key]} times, events say {said[key]}"
              for key in said.keys() | there.keys() if said[key] != there[key]]
    if files:
        for name, in base.execute(WITHOUT_PARTS):
            if not (store / "files" / name[:2] / name).is_file():
                found.append(f"the attachment {name} has no file")
    base.close()
    return found


# ---- two stores that are the same ----

# Full text's own tables hold the index's form, not its content; how many words each entry has is looked at. A try counts for
# a limit (`rate`) whatever becomes of it.
UNREAD = ("petition_search", "petition_search_data", "petition_search_idx", "petition_search_config", "schema_migration",
          "schema_node", "rate")
# Chosen at random or by the clock, whatever happened: there or not is compared.
DRAWN = ("id", "number", "petition_id", "event_id", "asked_event", "answered_event", "person_id", "step", "dedupe",
         "at", "day", "due_at", "phone_index", "email_index", "code", "file",
         "payload")  # made smaller before it is sealed: an id in it changes its length


def state(store):
    """Every row of every table; of what is drawn or encrypted only whether and how much it is."""
    rows = {}
    for name in ("case", "vault"):
        base = open_store(store, name)
        for table in engine.tables(base):
            if table in UNREAD:
                continue
            read = base.execute(f"SELECT * FROM {table}")
            fields = [field[0] for field in read.description]
            rows[name, table] = sorted(tuple(plain(field, value) for field, value in zip(fields, row)) for row in read)
        if name == "case":
            rows[name, "word"] = sorted(tuple(row) for row in base.execute(
                f"SELECT count(*) FROM {engine.WORDS} GROUP BY doc"))
        base.close()
    rows["files"] = sorted(path.stat().st_size for path in (store / "files").rglob("*") if path.is_file())
    return rows


def columns(store, name, table):
    """What the fields of a table's rows are."""
    base = open_store(store, name)
    names = [field[0] for field in base.execute(f"SELECT * FROM {table}").description]
    base.close()
    return names


def plain(column, value):
    if value is None:
        return ""
    if isinstance(value, bytes) and column not in DRAWN:
        return f"{len(value)} bytes"
    if column in DRAWN or column.endswith(("_at", "_id", "_until")):
        return "drawn"
    return str(value)


def differences(one, other):
    """What two states do not share, for people."""
    found = []
    for table in one.keys() | other.keys():
        a, b = collections.Counter(one.get(table, [])), collections.Counter(other.get(table, []))
        if a != b:
            found.append(f"{table}: gone {list((a - b).elements())[:3]}, new {list((b - a).elements())[:3]}")
    return "\n".join(found)
