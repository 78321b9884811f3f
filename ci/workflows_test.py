#!/usr/bin/env python3
"""Tests of .github/workflows: what they run are scripts of ci/, with options that these have."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def lines(pattern):
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        yield from re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)


class Workflows(unittest.TestCase):
    def test_run_nothing_but_the_commands_of_their_matrix(self):
        self.assertEqual(set(lines(r"^\s*(?:- )?run:\s*(.*)$")), {"${{ matrix.command }}"})

    def test_every_command_is_a_script_that_knows_its_options(self):
        commands = list(lines(r"^\s*- (ci/.*)$"))
        self.assertIn("ci/test", commands)
        for command in commands:
            script, *options = command.split()
            done = subprocess.run([ROOT / script, "--help"], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, command)
            for option in options:
                if option.startswith("--"):
                    self.assertIn(option, done.stdout, command)


if __name__ == "__main__":
    unittest.main()
