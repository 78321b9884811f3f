#!/usr/bin/env python3
"""Tests of ci/bare with stand-ins for debootstrap, mount, umount, chroot and git."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BARE = pathlib.Path(__file__).resolve().parent / "bare"
TOOLS = ("bash", "cat", "dirname", "env", "head", "ln", "mkdir", "rm", "sed", "sh")


class Bare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.tools, self.system = self.path / "tools", self.path / "system"
        self.tools.mkdir()
        for tool in TOOLS:
            (self.tools / tool).symlink_to(shutil.which(tool))
        self.stand_in("id", "echo 0")
        self.stand_in("cp", "")
        self.stand_in("debootstrap", self.logs("debootstrap") + '\nshift 2; mkdir -p "$1/usr/bin" "$1/etc/apt/sources.list.d"; '
                      ': >"$1/usr/bin/apt-get"; chmod +x "$1/usr/bin/apt-get"')
        (self.tools / "chmod").symlink_to(shutil.which("chmod"))
        for tool in ("mount", "umount", "git"):
            self.stand_in(tool, self.logs(tool))
        self.chroot("")

    def stand_in(self, name, script):
        path = self.tools / name
        # A tool of this machine may stand there as a link: what it leads to must not be written to.
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def logs(self, name):
        return f'echo {name} "$@" >>"{self.path}/log"'

    def chroot(self, script):
        self.stand_in("chroot", self.logs("chroot") + f'\ncase "$*" in\n{script}\n*) ;;\nesac')

    def run_bare(self, *arguments):
        return subprocess.run([str(self.tools / "bash"), str(BARE), *arguments], capture_output=True, text=True, check=False,
                              env={"PATH": str(self.tools), "http_proxy": "http://proxy:1", "SECRET": "mine"})

    def log(self, word):
        path = self.path / "log"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [line for line in lines if line.split()[0] == word]

    def test_makes_a_debian_adds_git_and_runs_both_commands_in_a_clone(self):
        done = self.run_bare(str(self.system))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(self.log("debootstrap")[0], rf"--variant=minbase bookworm {self.system} http")
        ran = self.log("chroot")
        self.assertRegex(ran[1], r"apt-get -q install -y --no-install-recommends git$")
        self.assertTrue(ran[2].endswith(" /teasel ci/fuzz"), ran[2])
        self.assertTrue(ran[3].endswith(" /teasel ci/test"), ran[3])

    def test_a_debian_that_is_there_is_used_again(self):
        self.run_bare(str(self.system), "true")
        self.run_bare(str(self.system), "true")
        self.assertEqual(len(self.log("debootstrap")), 1)

    def test_commands_see_nothing_of_the_machine_s_environment_but_its_proxies(self):
        self.run_bare(str(self.system), "true")
        self.assertIn("http_proxy=http://proxy:1", self.log("chroot")[-1])
        self.assertNotIn("SECRET", self.log("chroot")[-1])

    def test_both_commands_run_and_the_first_failure_is_the_status(self):
        self.chroot("*ci/fuzz) exit 3 ;;\n*ci/test) exit 8 ;;")
        done = self.run_bare(str(self.system))
        self.assertEqual(done.returncode, 3)
        self.assertIn("ci/bare: ci/test: status 8\n", done.stdout)

    def test_all_that_was_mounted_is_unmounted_in_reverse_also_after_a_failure(self):
        self.chroot("*ci/fuzz) exit 3 ;;")
        self.run_bare(str(self.system), "ci/fuzz")
        mounted = [line.split()[-1] for line in self.log("mount")]
        self.assertEqual(mounted[0], f"{self.system}/proc")
        self.assertIn(f"{self.system}/dev/shm", mounted)
        self.assertEqual([line.split()[-1] for line in self.log("umount")], mounted[::-1])

    def test_who_is_not_root_is_refused(self):
        self.stand_in("id", "echo 1000")
        done = self.run_bare(str(self.system))
        self.assertEqual((done.returncode, self.log("debootstrap")), (2, []))
        self.assertIn("only root", done.stderr)

    def test_a_missing_debootstrap_is_named(self):
        (self.tools / "debootstrap").unlink()
        done = self.run_bare(str(self.system))
        self.assertEqual(done.returncode, 2)
        self.assertIn("apt-get install debootstrap", done.stderr)

    def test_a_debootstrap_that_fails_is_told_with_its_log(self):
        self.stand_in("debootstrap", "exit 1")
        done = self.run_bare(str(self.system))
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{self.system}.log", done.stderr)


if __name__ == "__main__":
    unittest.main()
