#!/usr/bin/env python3
"""Tests of ci/install with stand-ins for dpkg-query, apt-get, id and sudo."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

INSTALL = pathlib.Path(__file__).resolve().parent / "install"
TOOLS = ("bash", "cat", "comm", "env", "grep", "install", "ln", "mkdir", "mktemp", "mv", "rm", "sed", "sleep", "sort", "tail")


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
        # A tool of this machine may stand there as a link: what it leads to must not be written to.
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def dpkg_lacks(self, *missing):
        packages = [name for name in self.run_install("--list").stdout.split() if name not in missing]
        self.stand_in("dpkg-query", f"printf '{''.join(f'ii {name} ' for name in packages)}'")
        self.stand_in("apt-get", f'echo "$@" >>"{self.path}/log"')

    def installs(self, *files):
        """From now on dpkg knows the package `new`, with these files, when apt-get has installed
        something."""
        listed = "\\n".join(files)
        self.stand_in("apt-get", f'echo "$@" >>"{self.path}/log"; [ "$4" != install ] || touch "{self.path}/new"')
        (self.path / "touch").symlink_to(shutil.which("touch"))
        self.stand_in("dpkg-query", f"""case "$*" in
  *-L*) printf '{listed}\\n' ;;
  *binary:Package*) printf 'ii old\\n'; [ ! -e "{self.path}/new" ] || printf 'ii new\\n' ;;
esac""")
        for tool in ("deb-systemd-helper", "update-rc.d"):
            self.stand_in(tool, f'echo {tool} "$@" >>"{self.path}/log"')

    def run_install(self, *arguments):
        return subprocess.run([str(self.path / "bash"), str(INSTALL), *arguments], capture_output=True, text=True, check=False,
                              env={"PATH": str(self.path), "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
                                   "TEASEL_POLICY": str(self.path / "policy-rc.d"), "TEASEL_UNITS": str(self.path / "units")})

    def asked(self):
        log = self.path / "log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    def test_says_and_does_nothing_when_nothing_is_missing(self):
        self.dpkg_lacks()
        done = self.run_install()
        self.assertEqual((done.returncode, done.stdout, done.stderr, self.asked()), (0, "", "", ""))

    def test_installs_just_what_is_missing(self):
        self.dpkg_lacks("cmake", "ninja-build")
        done = self.run_install()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(self.asked(), r"install -y --no-install-recommends cmake ninja-build\n")

    def test_installs_a_part_only_when_it_is_asked_for(self):
        self.assertNotIn("libev-dev", self.run_install("--list").stdout.split())
        for words in (["--with", "bench"], ["--with=bench"]):
            (self.path / "log").unlink(missing_ok=True)
            self.dpkg_lacks()
            self.assertEqual(self.run_install(*words).returncode, 0)
            self.assertRegex(self.asked(), r"recommends libasio-dev libev-dev libevent-dev libuv1-dev\n")

    def test_lists_the_packages_of_each_part_that_is_asked_for(self):
        base = self.run_install("--list").stdout.split()
        more = self.run_install("--list", "--with", "bench", "--with", "pages").stdout.split()
        self.assertEqual(more[:len(base)], base)
        self.assertEqual(more[len(base):], ["libasio-dev", "libev-dev", "libevent-dev", "libuv1-dev", "doxygen"])

    def test_refuses_an_unknown_part_with_the_list_of_the_known_ones(self):
        for words in (["--with", "peas"], ["--with=peas"], ["--with"], ["--with="], ["--with", "bench pages"]):
            done = self.run_install(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("The parts are: bench browser instructions interop pages peers\n", done.stderr)

    def test_forbids_services_to_start_while_apt_get_works_and_only_then(self):
        self.dpkg_lacks("cmake")
        self.stand_in("apt-get", f'"{self.path}/policy-rc.d" ssh start; echo $? >>"{self.path}/log"')
        self.assertEqual(self.run_install().returncode, 0)
        self.assertEqual(self.asked(), "101\n101\n")
        self.assertFalse((self.path / "policy-rc.d").exists())

    def test_puts_the_machine_s_own_policy_back_also_after_a_failure(self):
        self.dpkg_lacks("cmake")
        self.stand_in("apt-get", f'"{self.path}/policy-rc.d" ssh start; echo $? >>"{self.path}/log"; exit 100')
        self.stand_in("policy-rc.d", "exit 104")
        self.assertEqual(self.run_install().returncode, 2)
        self.assertEqual(self.asked(), "101\n101\n")
        self.assertIn("exit 104", (self.path / "policy-rc.d").read_text(encoding="utf-8"))

    def test_disables_the_services_that_new_packages_bring(self):
        self.installs("/lib/systemd/system/proxy.service", "/lib/systemd/system/proxy@.service", "/etc/init.d/proxy", "/usr/bin/proxy")
        self.assertEqual(self.run_install().returncode, 0)
        self.assertEqual(self.asked().splitlines()[2:],
                         ["deb-systemd-helper disable proxy.service", "update-rc.d proxy disable"])

    def test_masks_a_service_before_its_package_is_unpacked(self):
        self.dpkg_lacks("ngircd")
        self.stand_in("apt-get", f'[ -L "{self.path}/units/ngircd.service" ] && echo masked >>"{self.path}/log"')
        self.assertEqual(self.run_install("--with", "interop").returncode, 0)
        self.assertEqual(self.asked(), "masked\nmasked\n")
        self.assertEqual(os.readlink(self.path / "units/ngircd.service"), "/dev/null")

    def test_leaves_the_unit_of_a_machine_s_own_service_alone(self):
        (self.path / "units").mkdir()
        (self.path / "units/ngircd.service").write_text("mine", encoding="utf-8")
        self.dpkg_lacks("ngircd")
        self.assertEqual(self.run_install("--with", "interop").returncode, 0)
        self.assertEqual((self.path / "units/ngircd.service").read_text(encoding="utf-8"), "mine")

    def test_masks_nothing_for_packages_without_a_service(self):
        self.dpkg_lacks("cmake")
        self.assertEqual(self.run_install().returncode, 0)
        self.assertFalse((self.path / "units").exists())

    def test_says_every_ten_seconds_how_far_apt_get_is(self):
        self.dpkg_lacks("cmake")
        self.stand_in("apt-get", '[ "$4" = install ] || exit 0; echo "0 upgraded, 3 newly installed, 0 to remove"; echo "Get:1 a"; exec sleep 11')
        said = self.run_install().stdout.splitlines()
        self.assertIn("ci/install: fetching, 1 of 3 packages, 10 s", said)

    def test_a_package_does_not_stand_for_one_with_a_longer_name(self):
        self.dpkg_lacks("g++")
        self.run_install()
        self.assertRegex(self.asked(), r"recommends g\+\+\n")

    def test_goes_through_sudo_when_not_root(self):
        self.dpkg_lacks("cmake")
        self.stand_in("id", "echo 1000")
        self.stand_in("sudo", f'[ "$1" != -v ] || exit 0; echo sudo >>"{self.path}/log"; exec "$@"')
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
