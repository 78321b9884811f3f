#!/usr/bin/env python3
"""Tests of doctor.py: each thing that is wrong comes with its cure."""
import contextlib
import io
import json
import os
import pathlib
import tempfile
import types
import unittest

import doctor
import storage
from doctor import FINE, NOTE, WRONG, of_compiler, of_memory, of_program, of_python, of_room, of_tool
from manifests import DEFAULTS
from worker import SetupError

PROGRAM = """#!/bin/sh
[ "$1" = --list ] && { echo framing; exit 0; }
{says}
"""
SEES = 'echo "INFO: Seed: 1" >&2; echo "INFO: Loaded 1 modules   ({counters} inline 8-bit counters): 7 [0x1, 0x2)," >&2'


class Doctor(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name).resolve()
        self.corpus = self.path / "corpus"
        self.corpus.mkdir()
        (self.corpus / "one").write_text("1", encoding="utf-8")

    def entry(self, says=SEES.replace("{counters}", "1234"), **more):
        program = self.path / "line"
        program.write_text(PROGRAM.replace("{says}", says), encoding="utf-8")
        program.chmod(0o755)
        return {**DEFAULTS, "name": "line", "program": str(program), "corpus": str(self.corpus), "dictionary": "", "max_len": 100,
                "labels": [], "sanitizer_flags": ["-fsanitize=address"], **more}

    def told(self, kind, what, rows):
        """There is a row of this kind that says so, and has a cure if it is not fine."""
        found = [row for row in rows if row[0] == kind and what in row[1]]
        self.assertTrue(found, rows)
        self.assertEqual(bool(found[0][2]), kind != FINE, rows)
        return found[0]

    def test_a_target_that_has_all_it_needs_is_fine(self):
        self.assertEqual([row[0] for row in of_program(self.entry())], [FINE])

    def test_one_that_the_fuzzer_cannot_see_into_is_wrong_and_imported_libraries_are_named(self):
        says = SEES.replace("{counters}", "7")
        rows = of_program(self.entry(says, libraries=[{"name": "theirs", "imported": True, "sources": ["a.cpp"]}]))
        row = self.told(WRONG, "line: the fuzzer cannot see into it: 7 coverage counters", rows)
        self.assertIn("imported are: theirs", row[2])

    def test_one_that_is_no_fuzzer_at_all_is_wrong(self):
        self.told(WRONG, "does not run libFuzzer", of_program(self.entry("echo no such command")))
        self.told(WRONG, "is built without libFuzzer", of_program(self.entry(engine="replay")))
        row = self.told(WRONG, "is no scenario program", of_program(self.entry(program="/bin/true")))
        self.assertIn("run it by hand", row[2])

    def test_one_without_seeds_or_with_bad_ones_is_told(self):
        self.told(NOTE, "line: has no seeds", of_program(self.entry(corpus="")))
        row = self.told(WRONG, "nowhere is not there", of_program(self.entry(corpus=str(self.path / "nowhere"))))
        self.assertRegex(row[2], "^mend it")
        (self.corpus / "long").write_text("x" * 101, encoding="utf-8")
        self.told(NOTE, "1 inputs are longer than MAX_LEN 100", of_program(self.entry()))

    def test_one_without_sanitizers_or_that_is_not_built_is_told(self):
        self.told(NOTE, "is built without sanitizers", of_program(self.entry(sanitizer_flags=["-fsanitize=fuzzer-no-link"])))
        self.told(NOTE, "is not built", of_program(self.entry(program=str(self.path / "nowhere"))))

    def test_a_tool_that_is_missing_is_wrong_where_it_is_needed_and_has_a_cure(self):
        self.told(WRONG, "there is no no-such-tool", [of_tool("no-such-tool", "x", "apt-get install x", True)])
        self.told(NOTE, "there is no no-such-tool", [of_tool("no-such-tool", "x", "apt-get install x", False)])
        self.told(FINE, "sh: ", [of_tool("sh", "x", "apt-get install x", True)])
        self.told(WRONG, "python 3.8 is too old", [of_python((3, 8))])

    def test_a_compiler_that_has_no_libfuzzer_is_wrong(self):
        compiler = self.path / "cxx"
        for says, what in (("echo g++", "has no libFuzzer"), (f'case $1 in --version) echo clang ;; *) echo {self.path} ;; esac', "has no libFuzzer in")):
            compiler.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
            compiler.chmod(0o755)
            self.told(WRONG, what, [of_compiler(str(compiler))])

    def test_too_little_room_and_memory_are_told(self):
        self.addCleanup(setattr, storage, "free_bytes", storage.free_bytes)
        storage.free_bytes = lambda path: 5 << 20
        self.told(NOTE, "has 5 MiB", [of_room(self.path, self.path)])
        storage.free_bytes = lambda path: 5 << 20 if path == self.path else 1 << 40
        self.told(WRONG, "has 5 MiB left", [of_room(self.path, self.corpus)])
        self.told(NOTE, "is not there", [of_room(self.path, self.path / "nowhere")])
        self.told(WRONG, "MiB of memory are free for 1000000 jobs", [of_memory(1000000)])

    def run_doctor(self, build):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = doctor.run(types.SimpleNamespace(build=build))
        return status, out.getvalue()

    def test_without_a_tree_it_looks_at_the_machine_and_with_one_at_its_targets(self):
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.path)
        self.assertIn("no build tree with scenario programs here", self.run_doctor(None)[1])
        with self.assertRaises(SetupError):
            self.run_doctor(str(self.path))
        (self.path / "teasel-scenarios").mkdir()
        (self.path / "teasel-scenarios" / "line.json").write_text(json.dumps(self.entry(engine="replay")), encoding="utf-8")
        status, text = self.run_doctor(str(self.path))
        self.assertEqual(status, 2)
        self.assertRegex(text, r"WRONG  line: is built without libFuzzer.*\n +cure: configure a tree with")
        (self.path / "teasel-scenarios" / "line.json").write_text("{", encoding="utf-8")
        status, text = self.run_doctor(str(self.path))
        self.assertEqual(status, 2)
        self.assertRegex(text, r"(?s)ok +python.*WRONG  .*line.json cannot be read .*\n +cure: configure the tree again")


if __name__ == "__main__":
    unittest.main()
