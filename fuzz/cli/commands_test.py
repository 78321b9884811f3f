#!/usr/bin/env python3
"""Tests of the program teasel as it is called: options, statuses, and what bad input gets."""
import contextlib
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import commands
import storage

HERE = pathlib.Path(__file__).resolve().parent
# Runs a thousand inputs each time, keeps one, and waits where it is to.
PROGRAM = r"""#!/bin/sh
[ "$1" = --list ] && { echo lines; exit 0; }
trap 'exit 72' INT TERM
for word; do
  [ "$last" != --counter ] || counter=$word
  case $word in */corpus) corpus=$word ;; esac
  last=$word
done
printf '\350\003\000\000\000\000\000\000' | dd of="$counter" conv=notrunc status=none
printf kept > "$corpus/kept"
{then}
"""


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name).resolve()
        self.tree = self.path / "tree"
        (self.tree / "teasel-scenarios").mkdir(parents=True)

    def target(self, then="", **more):
        program = self.tree / "line"
        program.write_text(PROGRAM.replace("{then}", then), encoding="utf-8")
        program.chmod(0o755)
        entry = {"version": 1, "name": "line", "program": str(program), "corpus": "", "dictionary": "", "max_len": 100, "labels": [],
                 "engine": "libfuzzer", **more}
        (self.tree / "teasel-scenarios" / "line.json").write_text(json.dumps(entry), encoding="utf-8")

    def command(self, *words):
        return [sys.executable, str(HERE / "teasel"), *map(str, words)]

    def call(self, *words):
        environment = {key: value for key, value in os.environ.items() if key != "TEASEL_BUILD"}
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False, cwd=self.path, env=environment)

    def fuzz(self, *words):
        return self.call("fuzz", "--build", self.tree, "--json", self.path / "r.json", "--sarif", self.path / "r.sarif", *words)

    def refused(self, done, line):
        """One clear line on standard error, status 2, and reports all the same."""
        self.assertEqual(done.returncode, 2, done)
        self.assertRegex(done.stderr, line)
        self.assertNotIn("Traceback", done.stderr)
        self.assertLessEqual(len(done.stderr.strip().splitlines()), 3, done.stderr)


class Campaigns(Case):
    def test_a_clean_one_ends_with_0_and_an_empty_run_of_sarif(self):
        self.target()
        done = self.fuzz("--executions", 1000, "--jobs", 1)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(json.loads((self.path / "r.sarif").read_text())["runs"][0]["results"], [])
        self.assertTrue(json.loads((self.path / "r.json").read_text())["complete"])

    def test_each_way_of_being_broken_is_one_line_with_status_2_and_reports(self):
        for more, line in (({"corpus": str(self.path / "nowhere")}, "teasel: line: the corpus .* is not there: mend it"),
                           ({"engine": "replay"}, "teasel: line: is built without libFuzzer.*-DTEASEL_FUZZ_ENGINE=libfuzzer"),
                           ({"program": "/bin/true"}, "teasel: line: /bin/true is no scenario program"),
                           ({"program": "/nowhere"}, "teasel: line: /nowhere is not there: build it")):
            with self.subTest(line=line):
                self.target(**more)
                self.refused(self.fuzz("--executions", 1000), line)
                report = json.loads((self.path / "r.sarif").read_text())["runs"][0]["invocations"][0]
                self.assertFalse(report["executionSuccessful"])

    def test_a_tree_without_manifests_is_refused_and_reports_are_written(self):
        self.refused(self.fuzz(), "teasel: .*tree has no scenario programs: .*teasel_add_scenarios")
        self.assertEqual(json.loads((self.path / "r.json").read_text())["status"], 2)
        self.refused(self.call("list"), "teasel: no build tree with scenario programs here or in ./build: say --build DIR")

    def test_a_worker_that_is_killed_again_and_again_is_one_line_and_what_it_kept_stays(self):
        self.target("kill -9 $$")
        self.refused(self.fuzz("--executions", 100000, "--jobs", 1), "teasel: line: given up, its process was killed 5 times")
        self.assertEqual((self.tree / "corpus" / "line" / "kept").read_text(), "kept")

    def test_a_place_that_cannot_be_written_to_is_one_line(self):
        self.target()
        self.refused(self.fuzz("--executions", 1000, "--corpus", "/proc/nowhere"), "teasel: .*/proc/nowhere")
        self.refused(self.fuzz("--executions", 1000, "--junit", "/proc/nowhere/r.xml"), "teasel: .*/proc/nowhere")

    def begun(self):
        """Whether the campaign in this tree has an input."""
        kept = [path for folder in (storage.MEMORY, self.tree) for path in folder.glob("teasel-fuzz-*/line/corpus/kept")]
        return any((path.parents[2] / "owner").read_text(encoding="utf-8") == str(self.tree) for path in kept)

    def begin(self, *words):
        self.target("sleep 60 & wait")
        process = subprocess.Popen(self.command("fuzz", "--build", self.tree, "--jobs", 1, *words), cwd=self.path,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + 30
        while not self.begun():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        return process

    def test_ctrl_c_ends_it_with_3_keeps_what_it_has_and_resume_goes_on(self):
        process = self.begin("--executions", 10000)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[0]
        self.assertEqual(process.returncode, 3, said)
        self.assertIn("stopped early; corpus and findings are kept, --resume goes on", said)
        self.assertEqual((self.tree / "corpus" / "line" / "kept").read_text(), "kept")
        self.target()
        done = self.fuzz("--resume", "--jobs", 1)
        self.assertEqual(done.returncode, 0, done)
        self.assertGreaterEqual(json.loads((self.path / "r.json").read_text())["targets"][0]["executions"], 10000)

    def test_what_a_campaign_that_was_killed_had_found_is_brought_home_by_the_next(self):
        process = self.begin("--executions", 10000)
        process.kill()
        process.communicate(timeout=30)
        self.target()
        done = self.fuzz("--executions", 1000, "--jobs", 1)
        self.assertIn("a campaign that was killed, or had no room, has left 1 new inputs", done.stdout)
        self.assertEqual((self.tree / "corpus" / "line" / "kept").read_text(), "kept")


class Faults(Case):
    """What happens where the program itself is wrong, or is stopped before it fuzzes."""

    def main(self, error):
        def fail(*_):
            raise error
        self.addCleanup(setattr, commands.campaign, "fuzz", commands.campaign.fuzz)
        commands.campaign.fuzz = fail
        self.stderr = io.StringIO()
        with contextlib.redirect_stderr(self.stderr), contextlib.redirect_stdout(io.StringIO()):
            return commands.main(["fuzz", "--json", str(self.path / "r.json")])

    def test_a_fault_of_its_own_does_not_look_like_a_finding(self):
        self.assertEqual(self.main(ZeroDivisionError("no")), 2)
        self.assertIn("ZeroDivisionError: no\nteasel: the lines above are a fault of teasel itself", self.stderr.getvalue())

    def test_ctrl_c_before_anything_is_fuzzed_has_status_3_and_reports(self):
        self.assertEqual(self.main(KeyboardInterrupt()), 3)
        self.assertEqual(json.loads((self.path / "r.json").read_text())["status"], 3)

    def test_an_error_of_the_system_is_one_line_with_reports(self):
        self.assertEqual(self.main(PermissionError(13, "Permission denied", "tree")), 2)
        self.assertEqual(self.stderr.getvalue(), "teasel: [Errno 13] Permission denied: 'tree'\n")
        self.assertEqual(json.loads((self.path / "r.json").read_text())["status"], 2)


class FullDisk(Case):
    """On a real one, where this machine lets us have it."""

    def setUp(self):
        super().setUp()
        self.size("size=3m")
        self.addCleanup(subprocess.run, ["umount", self.tree], check=True)
        # What did not fit, where no campaign brings it home any more.
        self.addCleanup(lambda: [shutil.rmtree(path) for path in storage.abandoned(self.tree)])
        (self.tree / "teasel-scenarios").mkdir()
        self.target("head -c 4000000 /dev/zero > $corpus/a_large")

    def size(self, options):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.tree], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.skipTest(f"no file system can be mounted: {done.stderr.strip()}")

    def test_ends_the_campaign_with_a_line_keeps_what_fits_and_the_next_brings_the_rest_home(self):
        self.refused(self.fuzz("--executions", 1000, "--jobs", 1), "teasel: the disk of .*tree.* is full: make room and run the same command "
                     "again; everything found so far is kept\nteasel: what did not fit is in .*teasel-fuzz-")
        self.assertEqual([path.name for path in (self.tree / "corpus" / "line").iterdir()], ["kept"])
        self.size("remount,size=16m")
        self.target()
        done = self.fuzz("--executions", 1000, "--jobs", 1)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual((self.tree / "corpus" / "line" / "a_large").stat().st_size, 4000000)

    def test_that_is_full_from_the_beginning_is_one_line(self):
        (self.tree / "filler").write_bytes(b"x" * 2500000)
        self.target("sleep 60 & wait")
        self.refused(self.fuzz("--executions", 100000, "--jobs", 1), "teasel: the disk of .*tree is full: make room")
        self.assertEqual(json.loads((self.path / "r.json").read_text())["status"], 2)


class Options(Case):
    def test_wrong_ones_are_refused_with_what_they_should_be(self):
        for words, line in ((["--executions", "many"], "8x-corpus"), (["--seconds", "0"], "'0' is no number above 0"),
                            (["--jobs", "-1"], "expected one argument|no number above 0")):
            done = self.call("fuzz", *words)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, line)

    def test_what_stands_behind_two_dashes_is_refused_where_there_is_no_program_for_it(self):
        self.target()
        for words in (["fuzz", "--build", self.tree], ["list", "--build", self.tree], ["doctor"]):
            done = self.call(*words, "--", "-runs=3")
            self.assertEqual(done.returncode, 2)
            self.assertIn("with replay, show and shrink only: -runs=3", done.stderr)

    def test_each_command_has_help_that_names_its_statuses(self):
        for command in ("fuzz", "replay", "show", "shrink", "list", "doctor", "init"):
            done = self.call(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, "(?i)exit\\s+status: ")

    def test_without_a_command_the_commands_are_named(self):
        done = self.call()
        self.assertEqual(done.returncode, 2)
        self.assertIn("COMMAND", done.stderr)

    def test_what_stands_behind_two_dashes_is_the_program_s(self):
        self.target()
        tape = self.path / "a.tape"
        tape.write_text("teasel tape 1\ntarget: line\nscenario: lines\n\n", encoding="utf-8")
        done = self.call("replay", tape, "--build", self.tree, "--", "--diagram", "--build", "x")
        self.assertIn("tree/line replay", done.stdout)
        self.assertIn("--diagram --build x", done.stdout)

    def test_it_leaves_no_compiled_modules_behind(self):
        self.call("list")
        self.assertEqual(list(HERE.glob("__pycache__")), [])


if __name__ == "__main__":
    unittest.main()
