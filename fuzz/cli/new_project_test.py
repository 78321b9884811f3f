#!/usr/bin/env python3
"""Tests of new_project.py: what teasel init makes. That it builds, and that its planted fault is found, is
tested by cmake/consumer_test.py."""
import contextlib
import io
import json
import os
import pathlib
import re
import tempfile
import types
import unittest

import new_project
from worker import SetupError


class Init(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name).resolve()

    def init(self, name="shop", teasel=None):
        """The folder, and what was said."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(new_project.run(types.SimpleNamespace(folder=self.path / name, teasel=teasel)), 0)
        return self.path / name, out.getvalue()

    def installed(self, source=None, prefix=None):
        """From now on the program does not lie in Teasel's source."""
        for name, value in (("SOURCE", source), ("PREFIX", prefix)):
            self.addCleanup(setattr, new_project, name, getattr(new_project, name))
            setattr(new_project, name, value)

    def variables(self, folder):
        presets = json.loads((folder / "CMakePresets.json").read_text(encoding="utf-8"))
        return presets["configurePresets"][0]["cacheVariables"]

    def test_has_everything_and_no_word_of_the_template_is_left(self):
        folder, said = self.init()
        for name in ("CMakeLists.txt", "README.md", "parcels.cpp", "parcels_test.cpp", "parcels_scenarios.cpp", "corpus/echo", "parcels.dict", ".gitignore",
                     ".github/workflows/teasel-nightly.yml", ".github/workflows/teasel-pull-request.yml"):
            self.assertTrue((folder / name).is_file(), name)
        for path in folder.rglob("*"):
            if path.is_file():
                self.assertNotRegex(path.read_text(encoding="utf-8"), r"@[A-Z_]+@", path)
        self.assertIn("has two commands", said)

    def test_takes_teasel_from_the_source_that_it_lies_in_or_from_where_it_is_told(self):
        self.assertEqual(self.variables(self.init("a")[0])["TEASEL_SOURCE_DIR"], str(new_project.SOURCE))
        variables = self.variables(self.init("b", "https://example.org/teasel.git")[0])
        self.assertEqual((variables["TEASEL_SOURCE_DIR"], variables["TEASEL_REPOSITORY"]), ("", "https://example.org/teasel.git"))
        self.assertEqual(self.variables(self.init("c", str(new_project.SOURCE))[0])["TEASEL_SOURCE_DIR"], str(new_project.SOURCE))

    def test_one_that_is_installed_names_its_prefix_for_tests_and_the_source_there_for_campaigns(self):
        prefix = self.path / "a \"prefix\""
        self.installed(prefix / "share" / "teasel" / "source", prefix)
        variables = self.variables(self.init()[0])
        self.assertEqual(variables, {"TEASEL_PREFIX": str(prefix), "TEASEL_SOURCE_DIR": str(prefix / "share" / "teasel" / "source"),
                                     "TEASEL_REPOSITORY": ""})
        self.assertEqual(self.variables(self.init("other", "https://example.org/teasel.git")[0])["TEASEL_PREFIX"], "")

    def test_the_prefix_is_the_folder_above_that_has_the_package(self):
        package = self.path / "usr" / "lib" / "x86_64-linux-gnu" / "cmake" / "teasel"
        package.mkdir(parents=True)
        self.assertIsNone(new_project.prefix_above(self.path / "usr" / "share" / "teasel" / "cli"))
        (package / "teasel-config.cmake").touch()
        self.assertEqual(new_project.prefix_above(self.path / "usr" / "share" / "teasel" / "cli"), self.path / "usr")

    def test_the_readme_calls_this_program_and_no_other_of_its_name(self):
        other = self.path / "bin" / "teasel"
        other.parent.mkdir()
        other.symlink_to("/bin/true")
        self.addCleanup(os.environ.__setitem__, "PATH", os.environ["PATH"])
        os.environ["PATH"] = str(other.parent)
        self.assertEqual(new_project.program(), str(new_project.HERE / "teasel"))
        other.unlink()
        other.symlink_to(new_project.HERE / "teasel")
        self.assertEqual(new_project.program(), "teasel")

    def test_one_that_is_installed_without_the_source_says_that_it_must_be_told(self):
        self.installed()
        folder, said = self.init()
        self.assertEqual(self.variables(folder), {"TEASEL_PREFIX": "", "TEASEL_SOURCE_DIR": "", "TEASEL_REPOSITORY": ""})
        self.assertIn("set TEASEL_SOURCE_DIR or TEASEL_REPOSITORY in its CMakePresets.json", said)

    def test_a_folder_that_is_in_use_or_a_source_that_is_none_is_refused(self):
        folder, _ = self.init()
        with self.assertRaisesRegex(SetupError, "shop is there and not empty: name a new folder"):
            self.init()
        with self.assertRaisesRegex(SetupError, "corpus is no source of Teasel"):
            self.init("other", str(folder / "corpus"))
        self.assertFalse((self.path / "other").exists())

    def test_a_name_that_cmake_could_not_take_is_made_one(self):
        for name, project in (("my shop-2", "my_shop_2"), ("teasel", "teasel_project")):
            text = (self.init(name)[0] / "CMakeLists.txt").read_text(encoding="utf-8")
            self.assertIn(f"project({project} LANGUAGES CXX)", text)

    def test_the_readme_names_files_that_are_there_and_a_preset_that_is_there(self):
        folder, _ = self.init()
        readme = (folder / "README.md").read_text(encoding="utf-8")
        for name in re.findall(r"`([\w./]+\.\w+|\w+/)`", readme):
            self.assertTrue((folder / name).exists(), name)
        presets = json.loads((folder / "CMakePresets.json").read_text(encoding="utf-8"))
        self.assertIn("--workflow --preset " + presets["workflowPresets"][0]["name"], readme)
        self.assertIn("fuzz --preset fuzz", readme)
        self.assertIn("fuzz", [preset["name"] for preset in presets["configurePresets"]])


if __name__ == "__main__":
    unittest.main()
