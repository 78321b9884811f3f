#!/usr/bin/env python3
"""Tests of since.py in a repository of git that they make."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import since
from since import reached, touched
from worker import SetupError

WHO = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example",
       "GIT_CONFIG_GLOBAL": "/dev/null"}


class Since(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name).resolve()
        since.includes_of.cache_clear()
        self.git("init", "-q", "-b", "main")
        self.write("include/frame.hpp", '#include "size.hpp"\n')
        self.write("include/size.hpp", "")
        self.write("frame.cpp", "#include <frame.hpp>\n#include <vector>\n")
        self.write("line.cpp", '#  include "line.hpp"\n')
        self.write("line.hpp", "#include <frame.hpp>\n")
        self.write("chat.cpp", "")
        self.write("corpus/chat/one", "1")
        self.write("README.md", "")
        self.commit()

    def write(self, name, text):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def git(self, *words):
        subprocess.run(["git", "-C", str(self.path), *words], check=True, capture_output=True, env={**os.environ, **WHO})

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a")

    def entry(self, name, *libraries):
        return {"name": name, "project": str(self.path), "sources": [str(self.path / f"{name}.cpp")], "dictionary": "", "known": "",
                "corpus": str(self.path / "corpus" / name), "include_directories": [str(self.path / "include")],
                "libraries": [{"name": each, "imported": False, "sources": [str(self.path / f"{each}.cpp")]} for each in libraries]}

    def touched(self, revision="HEAD"):
        entries = [self.entry("line", "frame"), self.entry("chat")]
        return [entry["name"] for entry in touched(entries, revision)]

    def test_nothing_is_touched_where_nothing_or_only_prose_changed(self):
        self.assertEqual(self.touched(), [])
        self.write("README.md", "more")
        self.assertEqual(self.touched(), [])

    def test_a_source_of_the_program_or_of_its_libraries_touches_it(self):
        self.write("frame.cpp", "//")
        self.assertEqual(self.touched(), ["line"])
        self.write("chat.cpp", "//")
        self.assertEqual(self.touched(), ["line", "chat"])

    def test_a_header_touches_the_programs_that_reach_it_through_others(self):
        self.write("include/size.hpp", "//")
        self.assertEqual(self.touched(), ["line"])

    def test_an_input_of_the_corpus_touches_its_program_also_before_git_knows_it(self):
        self.write("corpus/chat/two", "2")
        self.assertEqual(self.touched(), ["chat"])

    def test_a_file_of_the_build_touches_all(self):
        for name in ("CMakeLists.txt", "cmake/Flags.cmake", "CMakePresets.json"):
            with self.subTest(name=name):
                self.write(name, "")
                self.assertEqual(self.touched(), ["line", "chat"])
                (self.path / name).unlink()

    def test_a_header_that_is_gone_touches_all(self):
        (self.path / "include" / "size.hpp").unlink()
        self.assertEqual(self.touched(), ["line", "chat"])

    def test_an_include_that_a_macro_names_may_be_anything(self):
        self.write("chat.cpp", "#include CONFIGURATION\n")
        self.commit()
        self.write("README.md", "more")
        self.assertEqual(self.touched(), ["chat"])
        self.assertIsNone(reached([str(self.path / "chat.cpp")], []))

    def test_changes_of_the_other_line_of_history_do_not_count(self):
        self.git("checkout", "-q", "-b", "mine")
        self.write("chat.cpp", "//")
        self.commit()
        self.git("checkout", "-q", "main")
        self.write("frame.cpp", "//")
        self.commit()
        self.git("checkout", "-q", "mine")
        self.assertEqual(self.touched("main"), ["chat"])

    def test_what_git_does_not_know_is_a_set_up_error_that_says_so(self):
        with self.assertRaisesRegex(SetupError, "--since: git merge-base nowhere HEAD: .*nowhere"):
            self.touched("nowhere")
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(SetupError, "--since: git .*not a git repository"):
            touched([{**self.entry("line"), "project": folder}], "HEAD")
        with self.assertRaisesRegex(SetupError, "configured by an older Teasel"):
            touched([{**self.entry("line"), "project": ""}], "HEAD")

    def test_a_shallow_clone_is_refused_with_what_to_do(self):
        self.commit_again()
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{self.path}", folder], check=True, capture_output=True)
            with self.assertRaisesRegex(SetupError, "this clone is shallow.*fetch-depth: 0"):
                touched([{**self.entry("line"), "project": folder}], "HEAD")

    def commit_again(self):
        self.write("README.md", "again")
        self.commit()


if __name__ == "__main__":
    unittest.main()
