#!/usr/bin/env python3
"""Tests of reporting.py with a shell script in the place of a scenario program."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from reporting import describe, findings_of, table
from triage import Finding
from worker import Run, Target

# Shrinks to a tape when asked; a replay of it fails and says why.
PROGRAM = """#!/bin/sh
case $1 in
  shrink) echo tape >"$6" ;;
  replay) echo "FAILED line: too-long"; exit 1 ;;
esac
"""


class Reports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.program = self.path / "program"
        self.run = Run(Target("line", self.program, "lines", "", "", 100, []), self.path / "work", self.path / "findings", set())

    def finding(self, text=PROGRAM, known=False, name="oracle:too-long"):
        self.program.write_text(text, encoding="utf-8")
        self.program.chmod(0o755)
        folder = self.path / name
        folder.mkdir()
        finding = Finding("line", "lines", name, folder, self.program, known)
        finding.input.write_text("abc", encoding="utf-8")
        self.run.findings[name] = finding
        return finding

    def test_a_finding_that_shrinks_is_replayed_from_its_tape_and_reported(self):
        finding = self.finding()
        describe(finding)
        self.assertEqual(finding.command, f"{self.program} replay {finding.tape}")
        self.assertIn("  FAILED line: too-long", findings_of([self.run]))

    def test_a_program_in_the_folder_where_one_is_is_called_as_a_shell_wants_it(self):
        finding = self.finding()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.path)
        finding.program = self.path.resolve() / "program"
        describe(finding)
        self.assertTrue(finding.command.startswith("./program replay "), finding.command)

    def test_one_that_does_not_shrink_is_replayed_as_it_is(self):
        finding = self.finding('#!/bin/sh\n[ "$1" != fuzz ] || exit 1\n', name="leak:parse")
        describe(finding)
        self.assertTrue(finding.command.endswith(f"-exact_artifact_path=/dev/null {finding.input}"))

    def test_one_that_does_not_fail_again_is_said_to_have_no_replay(self):
        describe(self.finding("#!/bin/sh\n"))
        self.assertIn("  replay it did not fail again when replayed; see output.txt there", findings_of([self.run]))

    def test_a_tape_that_shows_nothing_is_no_replay_of_the_finding(self):
        finding = self.finding('#!/bin/sh\ncase $1 in\n  shrink) echo tape >"$6" ;;\n  replay) exit 3 ;;\n  fuzz) exit 77 ;;\nesac\n')
        describe(finding)
        self.assertIn(" fuzz ", finding.command)

    def test_new_findings_come_before_known_ones(self):
        self.finding(known=True, name="oracle:old")
        self.finding()
        titles = [line for line in findings_of([self.run]) if " finding in " in line]
        self.assertEqual(titles, ["NEW finding in line: oracle:too-long (1 times)", "known finding in line: oracle:old (1 times)"])

    def test_the_table_counts_new_and_known_findings_apart(self):
        self.finding(known=True, name="oracle:old")
        self.finding()
        self.run.finished, self.run.seconds = 1234, 2.0
        self.assertEqual(table([self.run]), ["target  executions  exec/s  coverage  corpus  findings",
                                             "line         1,234     617         0       0  1 (+1 known)"])
        self.run.warn("97 % of the plays ended early")
        self.assertTrue(table([self.run])[1].endswith("  1 (+1 known)  WARNING"))


    def test_a_command_that_replays_is_for_a_shell_whatever_the_paths(self):
        self.path /= "it's a folder"
        self.path.mkdir()
        self.program = self.path / "program"
        finding = self.finding()
        describe(finding)
        done = subprocess.run(finding.command, shell=True, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, "FAILED line: too-long\n"))

    def test_one_that_nothing_was_tried_with_is_not_said_to_be_quiet(self):
        finding = self.finding()
        self.assertIn(f"  replay not tried yet: teasel replay {finding.folder}", findings_of([self.run]))

if __name__ == "__main__":
    unittest.main()
