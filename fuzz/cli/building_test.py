#!/usr/bin/env python3
"""Tests of building.py with a shell script in the place of ninja."""
import os
import pathlib
import signal
import tempfile
import threading
import time
import unittest

import building
from building import Build, BuildError, NinjaReader, linked_program

FAILS = ["[1/3] Building CXX object a.o", "[2/3] Building CXX object b.o", "FAILED: b.o", "g++ -c b.cpp", "b.cpp:1:1: error: no",
         "[3/3] Building CXX object c.o", "ninja: build stopped: subcommand failed."]


class Ninja(unittest.TestCase):
    def read(self, lines):
        steps, failures = [], []
        reader = NinjaReader(lambda done, total, what: steps.append((done, total, what)), failures.append)
        for line in lines:
            reader.line(line)
        reader.end()
        return steps, failures

    def test_each_finished_command_is_a_step(self):
        steps, _ = self.read(FAILS)
        self.assertEqual(steps[1], (2, 3, "Building CXX object b.o"))
        self.assertEqual(len(steps), 3)

    def test_a_failure_is_told_without_the_command(self):
        self.assertEqual(self.read(FAILS)[1], ["FAILED: b.o\nb.cpp:1:1: error: no"])

    def test_a_failure_is_told_before_the_build_ends(self):
        failures = []
        reader = NinjaReader(lambda *_: None, failures.append)
        for line in FAILS[:-1]:
            reader.line(line)
        self.assertEqual(len(failures), 1)

    def test_an_error_of_ninja_itself_is_told(self):
        self.assertEqual(self.read(["ninja: error: unknown target 'x'"])[1], ["ninja: error: unknown target 'x'"])

    def test_a_long_failure_is_cut_and_says_so(self):
        failure = self.read(FAILS[:4] + ["more"] * 1000)[1][0]
        self.assertEqual(len(failure.splitlines()), building.BLOCK_LINES + 1)
        self.assertTrue(failure.endswith("... and 801 lines more, in the log"))

    def test_only_a_linked_program_is_a_program(self):
        self.assertEqual(linked_program("Linking CXX executable fuzz/targets/line"), "fuzz/targets/line")
        self.assertIsNone(linked_program("Linking CXX static library libteasel.a"))


class Builds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.said = []

    def build(self, script):
        return Build(self.path, [], self.said.append, lambda *_: None, self.path / "log", "build/gcc", ["sh", "-c", script])

    def test_everything_that_was_said_is_in_the_log(self):
        self.build("echo '[1/1] Linking'; echo a warning").run()
        self.assertEqual((self.path / "log").read_text(encoding="utf-8"), "[1/1] Linking\na warning\n")

    def test_a_build_that_fails_is_an_error_that_names_the_log(self):
        with self.assertRaisesRegex(BuildError, f"build/gcc could not be built; everything that was said is in {self.path}/log"):
            self.build("echo 'FAILED: a'; echo command; echo why; exit 1").run()
        self.assertEqual(self.said, ["FAILED: a\nwhy"])

    def test_what_another_tool_than_ninja_said_last_is_told_when_it_fails(self):
        with self.assertRaises(BuildError):
            self.build("echo 'make: *** no rule'; exit 2").run()
        self.assertEqual(self.said, ["make: *** no rule"])

    def test_another_tool_than_ninja_cannot_tell_what_is_unfinished(self):
        self.assertIsNone(self.build("true").unfinished_programs())
        (self.path / "CMakeCache.txt").write_text("CMAKE_GENERATOR:INTERNAL=Unix Makefiles\n", encoding="utf-8")
        self.assertIsNone(self.build("true").unfinished_programs())

    def test_ninja_tells_what_it_would_link(self):
        (self.path / "CMakeCache.txt").write_text("CMAKE_GENERATOR:INTERNAL=Ninja\n", encoding="utf-8")
        self.assertEqual(self.build("echo '[1/1] Linking CXX executable fuzz/line'").unfinished_programs(), {"fuzz/line"})
        self.assertIsNone(self.build("echo '[0/1] Re-running CMake...'").unfinished_programs())

    def test_one_that_gives_way_has_a_lower_priority_with_all_that_it_starts(self):
        tree = self.build("sleep 0.2; sh -c 'cut -d\" \" -f19 /proc/$$/stat'")
        tree.give_way()
        tree.run(apart=True)
        self.assertEqual((self.path / "log").read_text(encoding="utf-8").split(), [str(building.niceness_below_ours(building.NICENESS))])

    def test_one_can_be_told_to_give_way_while_it_runs(self):
        before = str(os.getpriority(os.PRIO_PROCESS, 0))
        show = "sh -c 'cut -d\" \" -f19 /proc/$$/stat'"
        tree = self.build(f"{show}; echo '[1/2] Building'; while [ ! -e {self.path}/told ]; do sleep 0.01; done; {show}")

        def tell(*_):
            tree.give_way()
            (self.path / "told").touch()
        tree.on_step = tell
        tree.run(apart=True)
        said = (self.path / "log").read_text(encoding="utf-8").splitlines()
        self.assertEqual(said, [before, "[1/2] Building", str(building.niceness_below_ours(building.NICENESS))])

    @unittest.skipUnless(os.geteuid() == 0, "only root may make a process less nice")
    def test_one_that_gave_way_can_come_back(self):
        before = str(max(0, os.getpriority(os.PRIO_PROCESS, 0)))
        tree = self.build("sleep 0.2; sh -c 'cut -d\" \" -f19 /proc/$$/stat'")
        tree.give_way()
        threading.Timer(0.05, tree.give_way, [False]).start()
        tree.run(apart=True)
        self.assertEqual((self.path / "log").read_text(encoding="utf-8").split(), [before])

    def test_one_that_is_stopped_ends_with_all_that_it_started_and_is_no_error(self):
        tree = self.build(f"sleep 60 & echo $! >{self.path}/child; echo '[1/2] Building'; wait")
        stopper = threading.Thread(target=self.stop_when_begun, args=(tree,))
        stopper.start()
        tree.run(apart=True)
        stopper.join()
        self.assertTrue(self.ends(int((self.path / "child").read_text(encoding="utf-8"))))

    def stop_when_begun(self, tree):
        while not (self.path / "child").exists() or not (self.path / "child").read_text(encoding="utf-8"):
            time.sleep(0.01)
        tree.stop()

    def ends(self, process):
        for _ in range(500):
            try:
                os.kill(process, 0)
                state = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
            except (ProcessLookupError, FileNotFoundError):
                return True
            if state == "Z":
                return True
            time.sleep(0.01)
        os.kill(process, signal.SIGKILL)
        return False


if __name__ == "__main__":
    unittest.main()
