#!/usr/bin/env python3
"""Tests of ci/lint on small trees with planted violations; a stand-in for clang-tidy where only when it runs is of interest."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CI = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(CI / "linting"))
import tidy  # noqa: E402 (found through the line above)

CLEAN = "namespace teasel {\nstruct Answer {\n  int value = 42;\n};\n}  // namespace teasel\n"
# Leaves its name and its arguments in a log, and finds something in line 1 of the file it is shown.
STAND_IN = """#!/bin/sh
[ "$1" = --version ] && { echo version 19; exit 0; }
for word; do case $word in *.cpp) file=$word ;; esac; done
echo "$file" >>"%s"
%s
"""
HERE = shutil.which("clang-format-19") and shutil.which("clang-tidy-19")


class Tree(unittest.TestCase):
    """A tree of its own for each test: the house's configuration, one clean source, and a compile database."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve() / "tree"
        self.tools = pathlib.Path(folder.name).resolve() / "tools"
        self.tools.mkdir()
        self.root.mkdir()
        for name in (".clang-format", ".clang-tidy"):
            shutil.copyfile(CI.parent / name, self.root / name)
        self.write("framework/teasel/core/clean.cpp", CLEAN)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def database(self, more=""):
        """Of all the sources that there are now."""
        entries = [{"directory": str(self.root), "file": str(path),
                    "command": f"ccache clang++-19 -I{self.root}/framework {more} -std=c++20 -Werror -o a.o -c {path}"}
                   for path in sorted(self.root.rglob("*.cpp"))]
        self.write("build/tree/compile_commands.json", json.dumps(entries))

    def stand_in(self, what="exit 0"):
        path = self.tools / "clang-tidy-19"
        path.write_text(STAND_IN % (self.tools / "log", what), encoding="utf-8")
        path.chmod(0o755)
        compiler = self.tools / "clang++-19"
        compiler.write_text("#!/bin/sh\n", encoding="utf-8")
        compiler.chmod(0o755)

    def looked_at(self):
        """What the stand-in was shown since the last question."""
        log = self.tools / "log"
        names = [pathlib.Path(line).name for line in log.read_text(encoding="utf-8").split()] if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(names)

    def lint(self, *options, path=None):
        environment = dict(os.environ, TEASEL_NO_INSTALL="1", PATH=path or f"{self.tools}{os.pathsep}{os.environ['PATH']}")
        command = [str(CI / "lint"), "--root", str(self.root), "--build", str(self.root / "build" / "tree"), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        self.said = done.stdout + done.stderr
        return done.returncode

    def finds(self, options, *expected):
        self.assertEqual(self.lint(*options), 1, self.said)
        for part in expected:
            self.assertIn(part, self.said)

    def git(self, *words):
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *who, *words], cwd=self.root, check=True, capture_output=True)


@unittest.skipUnless(HERE, "clang-format-19 and clang-tidy-19 are not here")
class Findings(Tree):
    def test_a_clean_tree_passes(self):
        self.database()
        self.assertEqual(self.lint(), 0, self.said)
        for part in ("format: 1 files, 0 findings", "layers: ", "tidy: 1 files, 0 findings"):
            self.assertIn(part, self.said)

    def test_a_wrong_format_is_a_finding_of_its_file_with_a_cure(self):
        self.write("framework/teasel/core/a.hpp", "#pragma once\n\nstruct  A {\n    int b;\n};\n")
        self.finds(["--only", "format"], "framework/teasel/core/a.hpp:3: error: not in the house's format here and in 1 other",
                   "ci/lint --fix")
        self.assertNotIn("clean.cpp", self.said)

    def test_fix_rewrites_what_format_complains_of_and_nothing_else(self):
        file = self.write("framework/teasel/core/a.hpp", "#pragma once\n\nstruct  A {\n    int b;\n};\n")
        self.assertEqual(self.lint("--fix", "--only", "format"), 0, self.said)
        self.assertIn("rewritten: framework/teasel/core/a.hpp\n", self.said)
        self.assertNotIn("clean.cpp", self.said)
        self.assertEqual(file.read_text(encoding="utf-8"), "#pragma once\n\nstruct A {\n  int b;\n};\n")

    def test_a_banned_include_is_a_finding(self):
        self.write("fakes/teasel/fakes/a.hpp", "#pragma once\n#include <random>\n")
        self.finds(["--only", "layers"], "fakes/teasel/fakes/a.hpp:2: error: <random>", "draw from Choices")

    def test_each_kind_of_fault_is_told_with_its_line_and_what_to_use_instead(self):
        planted = {
            "#include <random>": "draw from Choices",
            "#include <teasel/drivers/epoll_driver.hpp>": "declare an interface",
            "#include <sys/socket.h>": "only framework/teasel/drivers sees the system",
            "#include <gtest/gtest.h>": "move it to a test",
            "auto t = std::chrono::steady_clock::now();": "ask the Clock",
            "int a = std::rand();": "draw from Choices",
            "std::unordered_map<int, int> m;": "use std::map",
            "std::map<Node*, int> n;": "key by an id",
            "auto f = std::filesystem::directory_iterator(p);": "std::sort them",
            "double d = 0;": "use integers or a Ratio",
            "std::mutex m;": "leave it out",
            "int a = f(c.below(2, k), c.below(3, k));": "give each a statement",
            "// TO" "DO: more": "do it, or say what holds now",
            "// see /home" "/me/notes": "write it relative to the repository",
            "int b;  // NO" "LINT": "write NOLINT(check-name): the reason",
        }
        self.write("fakes/teasel/fakes/a.cpp", "\n".join(planted) + "\n")
        self.write("fakes/teasel/fakes/long.cpp", "\n" * 501)
        self.finds(["--only", "layers"], "long.cpp:501: error: 501 lines, the limit is 500; split it")
        findings = [line for line in self.said.splitlines() if "a.cpp:" in line]
        self.assertEqual(len(findings), len(planted), self.said)
        for number, (finding, use) in enumerate(zip(findings, planted.values()), 1):
            self.assertRegex(finding, rf"^fakes/teasel/fakes/a\.cpp:{number}: error: .+; .*{re.escape(use)}")

    def test_a_long_line_is_a_finding(self):
        self.write("bench/a.hpp", "#pragma once\n// " + "y" * 128 + "\n")
        self.finds(["--only", "layers"], "bench/a.hpp:2: error: 131 columns")

    def test_what_clang_tidy_finds_comes_with_the_houses_advice(self):
        self.write("framework/teasel/core/a.cpp", CLEAN.replace("Answer", "answer_all"))
        self.database()
        self.finds(["--only", "tidy"], "framework/teasel/core/a.cpp:2: error: invalid case style",
                   "[readability-identifier-naming]; types TitleCase, functions and variables camelCase")

    def test_what_does_not_compile_is_a_finding(self):
        self.write("framework/teasel/core/a.cpp", "\nint answer() { return missing; }\n")
        self.database()
        self.finds(["--only", "tidy"], "framework/teasel/core/a.cpp:2: error: use of undeclared identifier 'missing'",
                   "[clang-diagnostic-error]; make it compile")

    def test_a_headers_finding_is_told_once_however_many_include_it(self):
        self.write("framework/teasel/core/a.hpp", "#pragma once\ninline int Bad_One() { return 1; }\n")
        for name in ("a", "b"):
            text = f"#include <teasel/core/a.hpp>\nnamespace {{\nint {name} = Bad_One();\n}}\n"
            self.write(f"framework/teasel/core/{name}.cpp", text)
        self.database()
        self.finds(["--only", "tidy"], "tidy: 3 files, 1 findings")
        self.assertEqual(self.said.count("framework/teasel/core/a.hpp:2: error:"), 1, self.said)

    def test_a_header_that_only_tests_include_is_looked_at_and_the_test_is_not(self):
        self.write("framework/teasel/core/a.hpp", "#pragma once\ninline int Bad_One() { return 1; }\n")
        self.write("framework/teasel/core/b.hpp", "#pragma once\ninline int Bad_Two() { return FROM_FLAGS; }\n")
        self.write("framework/teasel/core/a_test.cpp", "#include <teasel/core/a.hpp>\nint Bad_Three();\n")
        self.write("framework/teasel/core/all_test.cpp", "#include <teasel/core/a.hpp>\n#include <teasel/core/b.hpp>\n")
        self.database("-DFROM_FLAGS=2")
        self.finds(["--only", "tidy"], "framework/teasel/core/a.hpp:2: error: invalid case style for function 'Bad_One'",
                   "framework/teasel/core/b.hpp:2: error: invalid case style for function 'Bad_Two'", "2 findings")

    def test_each_header_of_a_folder_is_compiled_as_a_test_that_includes_it(self):
        self.write("elsewhere/only_here.hpp", "#pragma once\n")
        for name in ("a", "b", "z"):
            self.write(f"framework/teasel/core/{name}.hpp", "#pragma once\n")
        self.write("framework/teasel/core/z.hpp", "#pragma once\n#include <only_here.hpp>\nstruct bad_one {};\n")
        self.write("framework/teasel/core/most_test.cpp", "#include <teasel/core/a.hpp>\n#include <teasel/core/b.hpp>\n")
        test = self.write("framework/teasel/core/z_test.cpp", "#include <teasel/core/z.hpp>\n")
        self.database()
        path = self.root / "build" / "tree" / "compile_commands.json"
        entries = json.loads(path.read_text(encoding="utf-8"))
        for entry in entries:
            if entry["file"] == str(test):
                entry["command"] = entry["command"].replace("-std", f"-I{self.root}/elsewhere -std")
        path.write_text(json.dumps(entries), encoding="utf-8")
        self.finds(["--only", "tidy"], "framework/teasel/core/z.hpp:3: error: invalid case style for struct 'bad_one'", "1 findings")

    def test_a_header_that_nothing_includes_is_looked_at_as_its_neighbours_are(self):
        self.write("framework/teasel/core/a.hpp", "#pragma once\n#include <teasel/core/b.hpp>\nstruct bad_one {};\n")
        self.write("framework/teasel/core/b.hpp", "#pragma once\n")
        self.database()
        self.finds(["--only", "tidy"], "framework/teasel/core/a.hpp:3: error: invalid case style for struct 'bad_one'", "1 findings")

    def test_a_reason_in_the_line_silences_a_check(self):
        self.write("framework/teasel/core/a.cpp", "struct bad {};  // NOLINT(readability-identifier-naming): others call it so\n")
        self.database()
        self.assertEqual(self.lint("--only", "tidy"), 0, self.said)

    def test_names_that_the_language_looks_for_and_reasoned_empty_catches_are_no_findings(self):
        self.write("framework/teasel/core/a.hpp", """#pragma once
struct Waiter {
  using promise_type = int;
  using value_type = int;
  bool await_ready();
  void return_void();
};
inline void quiet() {
  try {
    quiet();
  } catch (...) {
    // There is nobody to tell.
  }
}
""")
        self.write("framework/teasel/core/a.cpp", "#include <teasel/core/a.hpp>\n")
        self.database()
        self.assertEqual(self.lint("--only", "tidy"), 0, self.said)
        self.write("framework/teasel/core/a.hpp", "#pragma once\nstruct Waiter {\n  bool is_ready();\n};\n")
        self.finds(["--only", "tidy"], "framework/teasel/core/a.hpp:3: error: invalid case style for method 'is_ready'")

    def test_each_advice_belongs_to_a_check_that_is_asked_for(self):
        command = ["clang-tidy-19", "--list-checks"]
        asked = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(sorted(set(tidy.ADVICE) - set(asked)), ["clang-diagnostic-error"])


class Runs(Tree):
    """When clang-tidy runs, and on what."""

    def setUp(self):
        super().setUp()
        self.stand_in()
        self.header = self.write("framework/teasel/core/a.hpp", "#pragma once\n")
        self.write("framework/teasel/core/between.hpp", "#pragma once\n#include <teasel/core/a.hpp>\n")
        self.write("framework/teasel/core/b.cpp", "#include <teasel/core/between.hpp>\n")
        self.write("framework/teasel/core/b_test.cpp", "#include <teasel/core/between.hpp>\n")
        self.database()

    def tidy(self, *options):
        return self.lint("--only", "tidy", *options)

    def test_tests_are_left_out(self):
        self.assertEqual(self.tidy(), 0, self.said)
        self.assertEqual(self.looked_at(), ["b.cpp", "clean.cpp"])

    def test_what_was_found_is_kept_while_nothing_changes(self):
        self.stand_in('echo "$file:1:1: warning: it is wrong [misc-x]"')
        self.assertEqual(self.tidy(), 1)
        self.looked_at()
        self.assertEqual(self.tidy(), 1)
        self.assertIn("framework/teasel/core/b.cpp:1: error: it is wrong [misc-x]", self.said)
        self.assertEqual(self.looked_at(), [])

    def test_a_changed_header_calls_for_those_that_include_it(self):
        self.tidy()
        self.looked_at()
        self.header.write_text("#pragma once\nint a;\n", encoding="utf-8")
        self.tidy()
        self.assertEqual(self.looked_at(), ["b.cpp"])

    def test_headers_from_elsewhere_count_where_a_source_names_them(self):
        elsewhere = self.write("../elsewhere/one.hpp", "#pragma once\n")
        self.write("framework/teasel/core/b.cpp", "#include <one.hpp>\n")
        self.database(f"-isystem {elsewhere.parent}")
        self.tidy()
        self.looked_at()
        elsewhere.write_text("#pragma once\nint a;\n", encoding="utf-8")
        self.tidy()
        self.assertEqual(self.looked_at(), ["b.cpp"])

    def test_headers_of_one_name_are_told_apart_by_who_includes_them(self):
        for room in ("core", "reactor"):
            self.write(f"framework/teasel/{room}/own.hpp", "#pragma once\n")
            self.write(f"framework/teasel/{room}/{room}.cpp", '#include "own.hpp"\n')
        self.database()
        self.tidy()
        self.looked_at()
        self.write("framework/teasel/reactor/own.hpp", "#pragma once\nint a;\n")
        self.tidy()
        self.assertEqual(self.looked_at(), ["reactor.cpp"])

    def test_a_header_that_appears_before_another_of_its_name_calls_for_those_that_include_it(self):
        self.write("framework/teasel/core/b.cpp", '#include "teasel/core/a.hpp"\n')
        self.tidy()
        self.looked_at()
        self.write("framework/teasel/core/teasel/core/a.hpp", "#pragma once\n")
        self.tidy()
        self.assertIn("b.cpp", self.looked_at())

    def test_what_was_found_in_what_somebody_changed_meanwhile_is_not_kept(self):
        self.stand_in(f'case $file in */b.cpp) echo "int a;" >>{self.header} ;; esac')
        self.tidy()
        self.looked_at()
        self.stand_in()
        self.header.write_text("#pragma once\n", encoding="utf-8")
        self.tidy()
        self.assertEqual(self.looked_at(), ["b.cpp"])
        self.tidy()
        self.assertEqual(self.looked_at(), [])

    def test_a_source_that_goes_away_meanwhile_stops_nobody(self):
        self.stand_in('case $file in */b.cpp) rm "$file" ;; esac')
        self.assertEqual(self.tidy(), 0, self.said)
        self.assertEqual(self.looked_at(), ["b.cpp", "clean.cpp"])

    def test_the_checks_of_a_folder_count_for_what_includes_its_files(self):
        self.write("framework/teasel/reactor/r.hpp", "#pragma once\n")
        self.write("framework/teasel/core/b.cpp", "#include <teasel/reactor/r.hpp>\n")
        self.tidy()
        self.looked_at()
        self.write("framework/teasel/reactor/.clang-tidy", "Checks: -*,misc-*\n")
        self.tidy()
        self.assertEqual(self.looked_at(), ["b.cpp"])

    def test_changed_checks_or_flags_call_for_everything(self):
        self.tidy()
        self.looked_at()
        self.write(".clang-tidy", "# A comment.\n" + (self.root / ".clang-tidy").read_text(encoding="utf-8"))
        self.tidy()
        self.assertEqual(self.looked_at(), [])
        self.write(".clang-tidy", "Checks: -*,misc-*\n")
        self.tidy()
        self.assertEqual(self.looked_at(), ["b.cpp", "clean.cpp"])
        commands = self.root / "build" / "tree" / "compile_commands.json"
        commands.write_text(commands.read_text(encoding="utf-8").replace("-std=c++20", "-std=c++23"), encoding="utf-8")
        self.tidy()
        self.assertEqual(self.looked_at(), ["b.cpp", "clean.cpp"])

    def test_a_source_that_is_not_compiled_here_is_looked_at_as_its_neighbour(self):
        self.write("framework/teasel/core/other.cpp", "\n")
        self.assertEqual(self.tidy(), 0, self.said)
        self.assertIn("other.cpp", self.looked_at())

    def test_a_clang_tidy_that_dies_is_a_set_up_error_and_asked_again(self):
        self.stand_in("echo it crashed >&2; exit 139")
        self.assertEqual(self.tidy("--jobs", "1"), 2)
        self.assertIn("status 139", self.said)
        self.assertIn("it crashed", self.said)
        self.stand_in()
        self.looked_at()
        self.assertEqual(self.tidy(), 0)
        self.assertEqual(self.looked_at(), ["b.cpp", "clean.cpp"])

    def test_changed_looks_at_what_differs_and_what_is_new(self):
        self.git("init", "-q", "-b", "main")
        self.write(".gitignore", "/build/\n")
        self.git("add", ".")
        self.git("commit", "-qm", "all")
        self.assertEqual(self.tidy("--changed"), 0, self.said)
        self.assertEqual(self.looked_at(), [])
        self.write("framework/teasel/core/new.cpp", "\n")
        self.header.write_text("#pragma once\nint a;\n", encoding="utf-8")
        self.assertEqual(self.tidy("--changed"), 0, self.said)
        self.assertEqual(self.looked_at(), ["b.cpp", "new.cpp"])
        self.assertEqual(self.lint("--changed", "--only", "layers"), 0, self.said)
        self.assertIn("layers: 2 files", self.said)
        self.write("framework/teasel/core/alone.hpp", "#pragma once\n")
        self.assertEqual(self.tidy("--changed"), 0, self.said)
        self.assertEqual(self.looked_at(), ["headers.cpp"])

    def test_changed_against_a_revision_leaves_out_what_others_did_there(self):
        self.git("init", "-q", "-b", "main")
        self.git("add", ".")
        self.git("commit", "-qm", "all")
        self.git("checkout", "-qb", "mine")
        self.write("framework/teasel/core/mine.cpp", "\n")
        self.git("add", ".")
        self.git("commit", "-qm", "mine")
        self.git("checkout", "-q", "main")
        self.write("framework/teasel/core/clean.cpp", "\n")
        self.git("commit", "-qam", "theirs")
        self.git("checkout", "-q", "mine")
        self.assertEqual(self.tidy("--changed", "main"), 0, self.said)
        self.assertEqual(self.looked_at(), ["mine.cpp"])

    def test_kept_results_do_not_grow_without_bound(self):
        cache = tidy.Cache(self.root / "cache")
        self.addCleanup(setattr, tidy, "CACHE_ENTRIES", tidy.CACHE_ENTRIES)
        tidy.CACHE_ENTRIES = 2
        for age, key in enumerate("abc"):
            cache.put(key, [])
            os.utime(cache.folder / key, (1000 + age, 1000 + age))
        cache.get("a")
        cache.prune()
        self.assertEqual(sorted(path.name for path in cache.folder.iterdir()), ["a", "c"])

    def test_a_damaged_result_is_made_anew(self):
        self.tidy()
        self.looked_at()
        for path in (self.root / "build" / "lint-cache").iterdir():
            path.write_text("[", encoding="utf-8")
        self.assertEqual(self.tidy(), 0, self.said)
        self.assertEqual(self.looked_at(), ["b.cpp", "clean.cpp"])


class SetUp(Tree):
    def refuses(self, options, *expected, **more):
        self.assertEqual(self.lint(*options, **more), 2, self.said)
        for part in expected:
            self.assertIn(part, self.said)
        self.assertNotIn("Traceback", self.said)

    def test_help_names_the_parts_and_the_status(self):
        self.assertEqual(self.lint("--help"), 0)
        for part in ("format ", "layers ", "tidy ", "--fix", "--changed", "0 clean, 1 findings, 2 set-up error"):
            self.assertIn(part, self.said)

    def test_wrong_options_are_refused(self):
        self.refuses(["--onyl", "tidy"], "--onyl")
        self.refuses(["--only", "style"], "style")
        self.refuses(["--jobs", "0"], "'0' is no number above 0")
        self.refuses(["--no-tidy", "--only", "tidy"], "nothing to do")

    def test_a_revision_that_is_not_there_is_refused(self):
        self.git("init", "-q")
        self.refuses(["--changed", "nowhere"], "git cannot compare with 'nowhere'")

    def test_a_tree_without_a_compile_database_is_refused(self):
        self.stand_in()
        self.refuses(["--only", "tidy"], "compile_commands.json cannot be read")
        self.write("build/tree/compile_commands.json", '[{"file": 1}]')
        self.refuses(["--only", "tidy"], "compile_commands.json cannot be read")

    def test_missing_tools_are_named_with_what_brings_them(self):
        for tool in ("bash", "python3", "dirname", "env"):
            (self.tools / tool).symlink_to(sys.executable if tool == "python3" else shutil.which(tool))
        self.database()
        self.refuses(["--only", "format"], "clang-format-19 cannot be run", "ci/install", path=str(self.tools))
        self.refuses(["--only", "tidy"], "clang-tidy-19 cannot be run", "ci/install", path=str(self.tools))

    def test_a_tree_without_sources_is_refused(self):
        shutil.rmtree(self.root / "framework")
        self.refuses(["--only", "layers"], "no sources under")


if __name__ == "__main__":
    unittest.main()
