#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests of embed_sql.py: what it makes compiles to the same bytes, and no file is overlooked."""
import contextlib
import io
import pathlib
import subprocess
import tempfile
import unittest

import embed_sql

ODD_TEXT = "-- إنارة \"الشارع\" \\n ??/ \t%s\n\nCREATE TABLE a (b TEXT DEFAULT '7\\77');\n"


class EmbedSql(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)
        self.directory = self.root / "case"
        self.directory.mkdir()

    def write(self, files):
        for name, text in files.items():
            (self.directory / name).write_text(text, encoding="utf-8")

    def run_tool(self):
        said = io.StringIO()
        arguments = ["case", str(self.directory)]
        arguments += [str(self.root / name) for name in ("out.c", "out.h", "out.d")]
        with contextlib.redirect_stderr(said):
            code = embed_sql.main(arguments)
        return code, said.getvalue()

    def test_bytes_survive(self):
        self.write({"0001_start.sql": ODD_TEXT, "0002_empty.sql": ""})
        self.assertEqual(self.run_tool(), (0, ""))
        source = (self.root / "out.c").read_text(encoding="ascii")
        (self.root / "db").mkdir()
        (self.root / "db" / "db.h").write_text(
            "#include <stddef.h>\ntypedef struct { int version; const char *name, *sql, *sql_pg; }"
            " DbMigration;\n", encoding="ascii")
        (self.root / "main.c").write_text(
            '#include <stdio.h>\n#include "out.h"\nint main(void) {\n'
            "    for (size_t i = 0; i < migrations_case_n; i++) fputs(migrations_case[i].sql, stdout);\n"
            "}\n", encoding="ascii")
        program = self.root / "program"
        subprocess.run(["cc", "-Wall", "-Werror", "-Wtrigraphs", "-I", str(self.root),
                        str(self.root / "main.c"), str(self.root / "out.c"), "-o", str(program)],
                       check=True)
        printed = subprocess.run([str(program)], check=True, stdout=subprocess.PIPE).stdout
        self.assertEqual(printed.decode("utf-8"), ODD_TEXT)
        self.assertIn('.name = "empty"', source)

    def test_engines(self):
        self.write({"0001_start.sql": "A", "0002_find.sqlite.sql": "B", "0002_find.pg.sql": "C",
                    "0003_only.sqlite.sql": "D", "0004_other.pg.sql": "E"})
        migrations = embed_sql.read_directory(self.directory)
        self.assertEqual([sorted(migrations[n]) for n in (1, 2, 3, 4)],
                         [["", "name"], ["name", "pg", "sqlite"], ["name", "sqlite"],
                          ["name", "pg"]])
        self.assertEqual(self.run_tool(), (0, ""))
        source = (self.root / "out.c").read_text(encoding="ascii")
        self.assertEqual(source.count(".sql ="), 4)
        self.assertEqual(source.count(".sql_pg ="), 3)

    def test_dependencies(self):
        self.write({"0001_start.sql": "A"})
        self.run_tool()
        listed = (self.root / "out.d").read_text(encoding="utf-8")
        self.assertIn(f"{self.directory} {self.directory / '0001_start.sql'}", listed)

    def test_empty_directory(self):
        self.assertEqual(self.run_tool(), (0, ""))
        self.assertIn("migrations_case_n = 0;", (self.root / "out.c").read_text(encoding="ascii"))

    def test_mistakes(self):
        for files, said in [
                ({"1_start.sql": "A"}, "the name is not"),
                ({"0001_Start.sql": "A"}, "the name is not"),
                ({"0001_start.mysql.sql": "A"}, "the name is not"),
                ({"0002_start.sql": "A"}, "0001 is missing"),
                ({"0001_a.sql": "A", "0003_b.sql": "A"}, "0002 is missing"),
                ({"0001_a.sql": "A", "0001_b.sql": "A"}, "is also a"),
                ({"0001_a.sql": "A", "0001_a.pg.sql": "A"}, "one file or a pair"),
                ({"0001_a.sql": "A\0"}, "NUL")]:
            with self.subTest(files=files):
                for path in self.directory.iterdir():
                    path.unlink()
                self.write(files)
                code, text = self.run_tool()
                self.assertEqual(code, 1)
                self.assertIn(said, text)


if __name__ == "__main__":
    unittest.main()
