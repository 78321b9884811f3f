#!/usr/bin/env python3
"""Tests of build.py: how it is called. The build itself is tested in fuzz/cli/building_test.py."""
import pathlib
import subprocess
import sys
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent / "build.py"


class Calls(unittest.TestCase):
    def call(self, *words):
        return subprocess.run([sys.executable, "-B", str(SCRIPT), *words], capture_output=True, text=True, check=False)

    def test_without_a_preset_it_says_how_it_is_called(self):
        done = self.call()
        self.assertEqual(done.returncode, 1)
        self.assertIn("usage: build.py PRESET [TARGET...]", done.stderr)

    def test_a_preset_that_is_not_there_is_an_error_with_what_cmake_said(self):
        done = self.call("no-such-preset")
        log = SCRIPT.parents[2] / "build" / "no-such-preset.log"
        self.addCleanup(log.unlink, missing_ok=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn('No such preset', done.stdout)
        self.assertIn("the preset no-such-preset could not be configured", done.stderr)


if __name__ == "__main__":
    unittest.main()
