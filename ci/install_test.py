#!/usr/bin/env python3
"""Tests of ci/install with stand-ins for dpkg-query, apt-get, id and sudo."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

INSTALL = pathlib.Path(__file__).resolve().parent / "install"
TOOLS = ("bash", "mktemp", "rm", "tail", "cat", "env")


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        for tool in TOOLS:
            (self.path / tool).symlink_to(shutil.which(tool))
        self.stand_in("id", "echo 0")

    def stand_in(self, name, script):
        path = self.path / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def dpkg_lacks(self, *missing):
        packages = [name for name in self.run_install("--list").stdout.split() if name not in missing]
        self.stand_in("dpkg-query", f"printf '{''.join(f'ii {name} ' for name in packages)}'")
        self.stand_in("apt-get", f'echo "$@" >>"{self.path}/log"')

    def run_install(self, *arguments):
        return subprocess.run([str(self.path / "bash"), str(INSTALL), *arguments], capture_output=True, text=True, check=False,
                              env={"PATH": str(self.path), "TMPDIR": os.environ.get("TMPDIR", "/tmp")})

    def asked(self):
        log = self.path / "log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    def test_says_and_does_nothing_when_nothing_is_missing(self):
        self.dpkg_lacks()
        done = self.run_install()
        self.assertEqual((done.returncode, done.stdout, done.stderr, self.asked()), (0, "", "", ""))

    def test_installs_just_what_is_missing(self):
        self.dpkg_lacks("cmake", "libev-dev")
        done = self.run_install()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(self.asked(), r"install -y --no-install-recommends cmake libev-dev\n")

    def test_a_package_does_not_stand_for_one_with_a_longer_name(self):
        self.dpkg_lacks("g++")
        self.run_install()
        self.assertRegex(self.asked(), r"recommends g\+\+\n")

    def test_goes_through_sudo_when_not_root(self):
        self.dpkg_lacks("cmake")
        self.stand_in("id", "echo 1000")
        self.stand_in("sudo", f'echo sudo >>"{self.path}/log"; exec "$@"')
        self.assertEqual(self.run_install().returncode, 0)
        self.assertIn("sudo\n", self.asked())

    def test_neither_root_nor_sudo_ends_with_2_and_says_what_to_ask_for(self):
        self.dpkg_lacks("cmake")
        self.stand_in("id", "echo 1000")
        done = self.run_install()
        self.assertEqual(done.returncode, 2)
        self.assertIn("apt-get install cmake", done.stderr)

    def test_a_failing_apt_get_ends_with_2_and_its_own_words(self):
        self.dpkg_lacks("cmake")
        self.stand_in("apt-get", "echo E: Unable to locate package; exit 100")
        done = self.run_install()
        self.assertEqual(done.returncode, 2)
        self.assertIn("Unable to locate", done.stderr)
        self.assertIn("could not install: cmake", done.stderr)

    def test_other_systems_are_told_what_to_bring(self):
        done = self.run_install()
        self.assertEqual(done.returncode, 2)
        self.assertIn("TEASEL_NO_INSTALL=1", done.stderr)

    def test_an_unknown_option_is_refused(self):
        self.assertEqual(self.run_install("--lst").returncode, 2)


if __name__ == "__main__":
    unittest.main()
