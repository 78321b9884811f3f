#!/usr/bin/env python3
"""Tests of ci/layers: each rule is shown one file that breaks it and one that keeps it."""
import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

LAYERS = pathlib.Path(__file__).resolve().parent / "layers"
LOADER = importlib.machinery.SourceFileLoader("layers", str(LAYERS))
layers = importlib.util.module_from_spec(importlib.util.spec_from_loader("layers", LOADER))
LOADER.exec_module(layers)


def lint(path, text, *options):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            status = layers.main(["--root", folder, *options])
        return status, said.getvalue()


class Layers(unittest.TestCase):
    def refuses(self, path, text, *expected):
        status, output = lint(path, text)
        self.assertEqual(status, 1, output)
        for part in expected:
            self.assertIn(part, output)

    def accepts(self, path, text):
        status, output = lint(path, text)
        self.assertEqual(status, 0, output)

    def test_a_lower_room_may_not_include_a_higher_one(self):
        self.refuses("framework/teasel/core/a.hpp", "\n#include <teasel/reactor/reactor.hpp>\n",
                     "framework/teasel/core/a.hpp:2: error:", "teasel/reactor", "may include only core")
        self.accepts("framework/teasel/reactor/a.hpp", "#include <teasel/core/clock.hpp>\n")

    def test_framework_may_not_include_fakes_but_its_tests_may(self):
        text = "#include <teasel/fakes/world.hpp>\n"
        self.refuses("framework/teasel/protocols/a.cpp", text, "teasel/fakes")
        self.accepts("framework/teasel/protocols/a_test.cpp", text)

    def test_fakes_and_fuzz_never_see_drivers(self):
        text = "#include <teasel/drivers/epoll_driver.hpp>\n"
        self.refuses("fakes/teasel/fakes/a.cpp", text, "teasel/drivers")
        self.refuses("fuzz/targets/a.cpp", text, "teasel/drivers")

    def test_a_driver_sees_the_interfaces_and_not_the_reactor(self):
        self.refuses("framework/teasel/drivers/a.hpp", "#include <teasel/reactor/reactor.hpp>\n", "driver.hpp")
        self.accepts("framework/teasel/drivers/a.hpp", "#include <teasel/reactor/driver.hpp>\n#include <sys/epoll.h>\n")

    def test_system_headers_stay_in_drivers(self):
        self.refuses("framework/teasel/transport/a.cpp", "#include <sys/socket.h>\n", "<sys/socket.h>")
        self.refuses("fakes/teasel/fakes/world.cpp", "#include <unistd.h>\n", "<unistd.h>")
        self.accepts("fakes/teasel/fakes/serve.cpp", "#include <unistd.h>\n")

    def test_fuzz_binaries_contain_no_test_framework(self):
        self.refuses("fuzz/targets/a.cpp", "#include <gtest/gtest.h>\n", "GoogleTest in fuzz")
        self.refuses("props/teasel/props/a.hpp", "#include <rapidcheck.h>\n", "RapidCheck in props")
        self.accepts("props/rapidcheck/a.hpp", "#include <rapidcheck.h>\n")

    def test_chance_time_and_addresses_are_banned_from_the_world(self):
        for code in ("#include <random>", "int a = rand();", "auto t = std::chrono::steady_clock::now();", "double d = 0;",
                     "std::map<Node*, int> m;", "std::unordered_map<int, int> m;", 'auto e = std::getenv("A");',
                     "auto t = time(nullptr);", "std::set<const Host *> hosts;", "std::map<std::shared_ptr<Host>, int> m;",
                     "std::set<std::pair<Host*, int>> s;", "std::shuffle(a, b, g);", "std::mutex m;", "#include <future>"):
            with self.subTest(code=code):
                self.refuses("fakes/teasel/fakes/a.cpp", code + "\n", "a.cpp:1: error:")
                self.accepts("framework/teasel/drivers/a.cpp", code + "\n")
                self.accepts("framework/teasel/core/a_test.cpp", code + "\n")

    def test_whatever_runs_in_a_world_is_as_deterministic(self):
        for path in ("framework/teasel/core/a.hpp", "framework/teasel/transport/a.cpp", "framework/teasel/protocols/a.cpp",
                     "fuzz/museum/a.hpp", "props/teasel/props/a.cpp"):
            with self.subTest(path=path):
                self.refuses(path, "\nstd::unordered_map<int, int> m;\n", f"{path}:2: error:", "use std::map")
        self.accepts("framework/teasel/core/a.cpp", "std::map<int, Node*> m;\nstd::map<std::string, std::shared_ptr<Node>> n;\n")

    def test_the_reactor_may_speak_to_threads_but_not_ask_the_time(self):
        self.accepts("framework/teasel/reactor/a.cpp", "#include <mutex>\nstd::mutex m;\n")
        self.refuses("framework/teasel/reactor/a.cpp", "auto t = std::chrono::steady_clock::now();\n", "ask the Clock")
        self.refuses("framework/teasel/transport/a.cpp", "#include <mutex>\n", "<mutex> in what runs in a world")

    def test_comments_and_strings_are_no_code(self):
        self.accepts("fakes/teasel/fakes/a.cpp", '// rand() and double\n/* steady_clock\n float */ auto s = "rand()";\n')

    def test_digit_separators_hide_no_code(self):
        self.refuses("fakes/teasel/fakes/a.cpp", "int a = 1'000'000;\nfloat b = 2'000;\n", "a.cpp:2: error:")

    def test_two_draws_in_one_expression_are_refused(self):
        self.refuses("fakes/teasel/fakes/a.cpp", "int a = 0;\nf(c.below(2, k),\n  c.below(3, k));\n", "a.cpp:2: error: two draws")
        self.accepts("fakes/teasel/fakes/a.cpp", "int a = c.below(2, k);\nint b = c.below(3, k);\n")

    def test_shape(self):
        self.assertIn("131 columns", lint("bench/a.cpp", "x" * 131 + "\n", "--columns")[1])
        self.assertEqual(lint("bench/a.cpp", "x" * 130 + "\n", "--columns")[0], 0)
        self.refuses("bench/a.cpp", "\n" * 601, "601 lines")
        self.refuses("framework/teasel/core/a.cpp", '#include "../b.hpp"\n', "relative path")
        self.refuses("framework/teasel/core/a.cpp", '#include "teasel/core/b.hpp"\n', "in quotes")
        self.refuses("bench/a.cpp", "// TO" "DO: more\n", "later")

    def test_shape_of_texts_and_scripts(self):
        self.assertIn("b.hpp:1: error: 131 columns", lint("bench/b.hpp", "x" * 131 + "\n", "--columns")[1])
        for text in ("ci/b.py", "docs/CMakeLists.txt", "docs/a.md"):
            self.assertNotIn("error", lint(text, "x" * 131 + "\n", "--columns")[1])
        self.assertIn("ci/run:2: error: a note", lint("ci/run", "#!/bin/sh\n# FIX" "ME\n")[1])

    def test_inputs_of_protocols_are_no_texts(self):
        for path in ("fuzz/corpus/a/b.txt", "fuzz/dict/a.txt", "build/a.md", "ci/notes"):
            with self.subTest(path=path), contextlib.redirect_stderr(io.StringIO()):
                self.assertEqual(lint(path, "TO" "DO\n"), (2, ""), "there is nothing else to look at")

    def test_texts_speak_of_no_machine_and_no_list_of_issues(self):
        for text in ("see /home" "/me/teasel/a.md", "log in /work" "/main", "`/tmp" "/mine/out`", "closes issue" " #12",
                     "Issue" " 3"):
            with self.subTest(text=text):
                status, output = lint("docs/a.md", f"\n{text}\n")
                self.assertIn("docs/a.md:2: error:", output)
        for text in ("https://example.org/home/page", "framework/work/a", "$root/work/x", "/tmp/a.tape", "an issue of 3 lines"):
            with self.subTest(text=text):
                self.assertNotIn("error", lint("docs/a.md", text + "\n")[1])

    def test_who_silences_a_check_says_which_and_why(self):
        for text in ("int a;  // NO" "LINT", "int a;  // NO" "LINT(misc-x)", "// NO" "LINTBEGIN"):
            self.refuses("bench/a.cpp", text + "\n", "a.cpp:1: error: a check is silenced")
        self.accepts("bench/a.cpp", "int a;  // NOLINT(misc-x, misc-y): the reason\n// NOLINTEND(misc-x)\n")

    def test_signs_are_notes_and_no_findings(self):
        status, output = lint("bench/a.hpp", "\n" * 151, "--signs")
        self.assertEqual(status, 0)
        self.assertIn("bench/a.hpp:151: note: 151 lines, most are below 150", output)
        self.assertNotIn("note", lint("bench/a.hpp", "\n" * 150, "--signs")[1])
        self.assertNotIn("note", lint("bench/a.hpp", "\n" * 151)[1])

    def test_a_tree_without_sources_is_a_usage_error(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, LAYERS, "--root", folder], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
