#!/usr/bin/env python3
"""Tests of the command `bench` of a scenario program: scenario_bench_test.py PROGRAM CORPUS"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, CORPUS = (pathlib.Path(sys.argv.pop(1)).resolve(), pathlib.Path(sys.argv.pop(1)).resolve()) if len(sys.argv) > 2 else (None, None)


class Bench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)

    def bench(self, *words):
        return subprocess.run([str(PROGRAM), "bench", "--min-time=0.01", *map(str, words)], capture_output=True, text=True, check=False)

    def refused(self, done, line):
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(line, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_measures_each_size_of_pieces_and_writes_what_it_prints(self):
        done = self.bench(CORPUS, "--json", self.path / "rows.json")
        self.assertEqual(done.returncode, 0, done)
        rows = json.loads((self.path / "rows.json").read_text(encoding="utf-8"))["rows"]
        self.assertEqual([row["name"].split("/")[1] for row in rows], ["whole", "1460", "64", "1"])
        for row in rows:
            self.assertGreater(row["messages_per_second"], 0)
            self.assertGreater(row["ns_per_byte"], 0)
            self.assertIn(row["name"], done.stdout)

    def test_compares_with_what_was_saved(self):
        self.bench(CORPUS, "--json", self.path / "rows.json")
        done = self.bench(CORPUS, "--against", self.path / "rows.json")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("ns/byte against", done.stdout)
        self.assertRegex(done.stdout, r"[+-]\d+ %\n")

    def test_single_bytes_cost_more_than_whole_sends(self):
        (self.path / "long").write_bytes(b"x" * 60 + b"\r\n")
        self.bench(self.path / "long", "--json", self.path / "rows.json")
        rows = {row["name"].split("/")[1]: row for row in json.loads((self.path / "rows.json").read_text(encoding="utf-8"))["rows"]}
        self.assertGreater(rows["1"]["ns_per_byte"], rows["whole"]["ns_per_byte"])

    def test_what_cannot_be_measured_is_refused_in_one_line(self):
        self.refused(self.bench(), "bench: an input is missing")
        self.refused(self.bench(self.path / "nowhere"), "nowhere")
        (self.path / "empty").write_bytes(b"")
        self.refused(self.bench(self.path / "empty"), "send nothing")
        self.refused(self.bench(CORPUS, "--against", self.path / "empty"), "is no file that `bench --json` has written")
        self.refused(self.bench(CORPUS, "--json", "/proc/nowhere"), "/proc/nowhere cannot be written")
        self.refused(self.bench(CORPUS, "--min-time=0"), "--min-time")
        self.refused(self.bench(CORPUS, "--bogus=1"), "--bogus")


if __name__ == "__main__":
    if not PROGRAM:
        sys.exit(__doc__)
    unittest.main()
