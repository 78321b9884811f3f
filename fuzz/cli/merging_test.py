#!/usr/bin/env python3
"""Tests of merging.py with a shell script in the place of a scenario program."""
import io
import pathlib
import tempfile
import unittest

import merging
from campaign import Places
from manifests import DEFAULTS
from merging import hash_of, merge, merge_all
from progress import Progress
from worker import Target, TargetError

# Takes into the corpus, by their hashes as libFuzzer does, all inputs that have `good` in them.
PROGRAM = r"""#!/bin/sh
[ "$1" = --list ] && { echo lines; exit 0; }
for word; do
  case $word in
    */out) out=$word ;;
    /*) [ -d "$word" ] && folders="$folders $word" ;;
  esac
done
for folder in $folders; do
  for file in $folder/*; do
    grep -q good "$file" && cp "$file" "$out/$(sha1sum <"$file" | cut -d' ' -f1)"
  done
done
echo "MERGE-OUTER: 3 new files with 7 new features added; 3 new coverage edges" >&2
"""


class Merging(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name).resolve()
        self.kept = self.path / "corpus" / "line"
        self.kept.mkdir(parents=True)
        for name, text in (("a", "good a"), ("b", "fails"), ("c", "good shipped")):
            (self.kept / name).write_text(text, encoding="utf-8")
        self.shipped = self.path / "shipped"
        self.shipped.mkdir()
        (self.shipped / "one").write_text("good shipped", encoding="utf-8")

    def target(self, text=PROGRAM):
        program = self.path / "program"
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        return Target("line", program, "lines", str(self.shipped), "", 100, [])

    def names(self):
        return sorted(path.name for path in self.kept.iterdir())

    def test_inputs_that_fail_add_nothing_or_ship_with_the_target_go(self):
        self.assertEqual(merge(self.target(), self.kept), (3, 1))
        self.assertEqual(self.names(), ["a"])

    def test_a_merge_that_does_not_come_to_its_end_changes_nothing_whatever_its_status(self):
        for ending in ("exit 0", "exit 77"):
            with self.assertRaisesRegex(TargetError, "line: the merge ended with status .*; its corpus is as it was"):
                merge(self.target(f"#!/bin/sh\n{ending}\n"), self.kept)
            self.assertEqual(self.names(), ["a", "b", "c"])

    def test_one_that_takes_too_long_changes_nothing(self):
        self.addCleanup(setattr, merging, "MERGE_SECONDS", merging.MERGE_SECONDS)
        merging.MERGE_SECONDS = 0.2
        with self.assertRaisesRegex(TargetError, "has not ended in 0.2 s; its corpus is as it was"):
            merge(self.target("#!/bin/sh\nexec sleep 60\n"), self.kept)
        self.assertEqual(self.names(), ["a", "b", "c"])

    def test_an_empty_corpus_needs_none(self):
        self.assertEqual(merge(self.target("#!/bin/sh\nexit 1\n"), self.path / "nowhere"), (0, 0))

    def test_an_input_has_the_name_that_libfuzzer_gives_it(self):
        (self.kept / "x").write_bytes(b"abc")
        self.assertEqual(hash_of(self.kept / "x"), "a9993e364706816aba3e25717850c26c9cd0d89d")

    def test_all_targets_are_merged_and_told_also_behind_one_that_cannot_be(self):
        program = str(self.target().program)
        entry = {**DEFAULTS, "name": "line", "program": program, "corpus": "", "dictionary": "", "max_len": 100, "labels": []}
        stream = io.StringIO()
        places = Places(self.path, self.path / "corpus", self.path / "findings")
        errors = merge_all([{**entry, "name": "other", "program": "/nowhere"}, entry], [], places, Progress(1, stream))
        self.assertEqual(stream.getvalue(), "merged the corpus of line: 2 of 3 inputs stay\n")
        self.assertEqual(errors, ["other: /nowhere is not there: build it"])


if __name__ == "__main__":
    unittest.main()
