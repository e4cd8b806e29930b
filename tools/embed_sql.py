#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Turn migrations/NAME/NNNN_name.sql into a C table of DbMigration.

    embed_sql.py NAME DIRECTORY OUT.c OUT.h [DEPFILE]

A migration is one file, or a pair NNNN_name.sqlite.sql and NNNN_name.pg.sql where one text cannot
serve both engines, or one of the two where the other engine needs nothing. Numbers run from 0001 without gaps. A file named otherwise is an error, so that
none is forgotten.
"""
import pathlib
import re
import sys

FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)(?:\.(sqlite|pg))?\.sql")


class Mistake(Exception):
    """Something in the directory that must be put right."""


def read_directory(directory):
    """{version: {"name": name, "": text or "sqlite": text, "pg": text}}, checked."""
    migrations = {}
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or path.suffix != ".sql":
            continue
        match = FILE_NAME.fullmatch(path.name)
        if match is None:
            raise Mistake(f"{path}: the name is not NNNN_name.sql, .sqlite.sql or .pg.sql")
        version, name, engine = int(match[1]), match[2], match[3] or ""
        entry = migrations.setdefault(version, {"name": name})
        if entry["name"] != name:
            raise Mistake(f"{path}: number {match[1]} is also {entry['name']}")
        text = path.read_text(encoding="utf-8")
        if "\0" in text:
            raise Mistake(f"{path}: a NUL byte")
        entry[engine] = text

    for place, version in enumerate(sorted(migrations), start=1):
        entry = migrations[version]
        if version != place:
            raise Mistake(f"{directory}: number {place:04d} is missing")
        if "" in entry and len(entry) > 2:
            raise Mistake(f"{directory}: {version:04d} must be one file or a pair")
    return migrations


def c_string(text):
    """A C literal, one line of it for each line of the text. ASCII only: octal for the rest."""
    lines = []
    for line in text.splitlines(keepends=True) or [""]:
        escaped = []
        for byte in line.encode("utf-8"):
            if byte == 0x0A:
                escaped.append("\\n")
            elif byte in (0x22, 0x5C):
                escaped.append("\\" + chr(byte))
            elif byte == 0x3F or byte < 0x20 or byte > 0x7E:  # ? too: trigraphs
                escaped.append(f"\\{byte:03o}")
            else:
                escaped.append(chr(byte))
        lines.append('        "' + "".join(escaped) + '"')
    return "\n".join(lines)


def c_source(name, header, migrations):
    out = ["/* SPDX-License-Identifier: AGPL-3.0-or-later */",
           f"/* Made by tools/embed_sql.py from migrations/{name}. */",
           f'#include "{header}"', "",
           f"const DbMigration migrations_{name}[] = {{"]
    for version, entry in sorted(migrations.items()):
        out += ["    {", f"        .version = {version},", f'        .name = "{entry["name"]}",',
                "        .sql =", c_string(entry.get("", entry.get("sqlite", ""))) + ","]
        if "" not in entry:
            out += ["        .sql_pg =", c_string(entry.get("pg", "")) + ","]
        out.append("    },")
    if not migrations:
        out.append("    { .version = 0 },")
    out += ["};", "", f"const size_t migrations_{name}_n = {len(migrations)};", ""]
    return "\n".join(out)


def c_header(name, migrations):
    return "\n".join([
        "/* SPDX-License-Identifier: AGPL-3.0-or-later */",
        f"/* Made by tools/embed_sql.py from migrations/{name}. */",
        "#pragma once", "", '#include "db/db.h"', "",
        f"extern const DbMigration migrations_{name}[];",
        f"extern const size_t      migrations_{name}_n;",
        f"#define MIGRATIONS_{name.upper()}_N {len(migrations)} /* the same, for constant tables */", ""])


def main(arguments):
    if len(arguments) not in (4, 5):
        print(__doc__, file=sys.stderr)
        return 2
    name, directory = arguments[0], pathlib.Path(arguments[1])
    source, header = pathlib.Path(arguments[2]), pathlib.Path(arguments[3])
    try:
        migrations = read_directory(directory)
    except Mistake as mistake:
        print(f"embed_sql: {mistake}", file=sys.stderr)
        return 1

    source.write_text(c_source(name, header.name, migrations), encoding="ascii")
    header.write_text(c_header(name, migrations), encoding="ascii")
    if len(arguments) == 5:  # the directory too: a new file must be seen
        inputs = [directory] + sorted(p for p in directory.iterdir() if p.suffix == ".sql")
        text = f"{source}: " + " ".join(str(p).replace(" ", "\\ ") for p in inputs) + "\n"
        pathlib.Path(arguments[4]).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
