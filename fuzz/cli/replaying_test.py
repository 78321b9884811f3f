#!/usr/bin/env python3
"""Tests of replaying.py: files find their way to the program that they are for."""
import contextlib
import io
import json
import pathlib
import tempfile
import types
import unittest

from manifests import DEFAULTS
from replaying import list_targets, run
from worker import SetupError

# Says how it was called, and what options the sanitizer has.
PROGRAM = """#!/bin/sh
if [ "$1" = --list ]; then
  {list}
  exit 0
fi
echo "$@" >"{log}"
echo "$ASAN_OPTIONS" >>"{log}"
exit 3
"""


class Replaying(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name).resolve()
        self.log = self.tree / "log"
        for name, scenarios in (("line", "echo framing  lines and their ends"), ("museum", "echo a  one; echo b  two")):
            program = self.tree / name
            program.write_text(PROGRAM.replace("{log}", str(self.log)).replace("{list}", scenarios), encoding="utf-8")
            program.chmod(0o755)
            self.manifest(name, sanitizer_options=["detect_leaks=0"])

    def manifest(self, name, **more):
        entry = {**DEFAULTS, "name": name, "program": str(self.tree / name), "corpus": "", "dictionary": "", "max_len": 100, "labels": [],
                 **more}
        (self.tree / "teasel-scenarios").mkdir(exist_ok=True)
        (self.tree / "teasel-scenarios" / f"{name}.json").write_text(json.dumps(entry), encoding="utf-8")

    def file(self, name, text):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def call(self, path, command="replay", target=None, passed=(), output=None):
        """The status, and the arguments that the program got."""
        options = types.SimpleNamespace(file=path, build=str(self.tree), command=command, target=target, passed=list(passed), output=output)
        with contextlib.redirect_stdout(io.StringIO()):
            status = run(options)
        return status, self.log.read_text(encoding="utf-8").splitlines()[0]

    def test_a_tape_says_which_target_it_is_for(self):
        tape = self.file("a.tape", "teasel tape 1\ntarget: line\nscenario: framing\n\nconnect 0\n")
        self.assertEqual(self.call(tape), (3, f"replay {tape}"))
        self.assertEqual(self.call(tape, passed=["--diagram"]), (3, f"replay {tape} --diagram"))

    def test_the_folder_of_a_finding_is_its_tape_or_its_input(self):
        self.file("found/finding.json", json.dumps({"target": "museum/b", "scenario": "b"}))
        put = self.file("found/finding.input", "abc")
        self.assertEqual(self.call(put.parent)[1], f"replay {put} --scenario b")
        self.assertEqual(self.call(put)[1], f"replay {put} --scenario b")
        tape = self.file("found/finding.tape", "teasel tape 1\ntarget: museum\nscenario: b\n\n")
        self.assertEqual(self.call(put.parent)[1], f"replay {tape}")

    def test_an_input_needs_to_be_told_its_target(self):
        put = self.file("raw", "abc")
        self.assertEqual(self.call(put, target="museum/a")[1], f"replay {put} --scenario a")
        with self.assertRaisesRegex(SetupError, "raw does not say which target it is for: say --target. There are:\n  line\n  museum"):
            self.call(put)
        with self.assertRaisesRegex(SetupError, "which scenario it is for: say --target. There are:\n  museum/a\n  museum/b"):
            self.call(put, target="museum")
        with self.assertRaisesRegex(SetupError, "there is no target 'lime' in "):
            self.call(put, target="lime")

    def test_show_and_shrink_are_the_program_s_own(self):
        put = self.file("raw", "abc")
        self.assertEqual(self.call(put, "show", "line")[1], f"show {put} --scenario framing")
        self.assertEqual(self.call(put, "shrink", "line")[1], f"shrink {put} -o {put}.small.tape --scenario framing")
        self.assertEqual(self.call(put, "shrink", "line", output="x")[1], f"shrink {put} -o x --scenario framing")

    def test_options_of_sanitizers_reach_the_program(self):
        self.call(self.file("raw", "abc"), target="line")
        self.assertIn(":detect_leaks=0", self.log.read_text(encoding="utf-8").splitlines()[1])

    def test_a_file_that_is_not_there_or_a_folder_of_something_else_is_named(self):
        with self.assertRaisesRegex(SetupError, "there is no file .*nowhere"):
            self.call(self.tree / "nowhere")
        with self.assertRaisesRegex(SetupError, "is a folder, and none of a finding"):
            self.call(self.tree)

    def listed(self, json_wanted=False):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = list_targets(types.SimpleNamespace(build=str(self.tree), json=json_wanted))
        return status, out.getvalue()

    def test_a_list_has_each_target_with_what_it_is_and_has(self):
        self.file("corpus/line/one", "1")
        self.file("findings/line/oracle-a/finding.json", "{}")
        self.manifest("line", sanitizer_flags=["-fsanitize=address,undefined", "-fsanitize=fuzzer-no-link"])
        status, text = self.listed()
        self.assertEqual(status, 0)
        self.assertIn("line      lines and their ends\n          libfuzzer with address, undefined; 0 inputs, 1 more kept, 1 findings\n", text)
        self.assertIn("museum/b  two\n", text)
        rows = json.loads(self.listed(True)[1])["targets"]
        self.assertEqual([row["target"] for row in rows], ["line", "museum/a", "museum/b"])
        self.assertEqual([row["corpus"] for row in rows], ["", "", ""])

    def test_a_list_counts_the_inputs_of_each_scenario_where_they_have_folders_of_their_own(self):
        for name in ("a/one", "a/two", "b/three"):
            self.file(f"seeds/{name}", "1")
        self.manifest("museum", corpus=str(self.tree / "seeds"))
        rows = {row["target"]: row for row in json.loads(self.listed(True)[1])["targets"]}
        self.assertEqual([rows[name]["inputs"] for name in ("museum/a", "museum/b")], [2, 1])
        self.assertEqual(rows["museum/b"]["corpus"], str(self.tree / "seeds" / "b"))

    def test_a_program_that_is_not_built_is_told_and_one_that_is_none_is_an_error(self):
        self.manifest("unbuilt")
        status, text = self.listed()
        self.assertEqual(status, 0)
        self.assertIn("unbuilt: ", text)
        self.manifest("none", program="/bin/true")
        status, text = self.listed()
        self.assertEqual(status, 2)
        self.assertIn("none: /bin/true is no scenario program", text)


if __name__ == "__main__":
    unittest.main()
