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


# What a world may not ask, by what to use instead.
BANNED = {
    "draw from Choices (<teasel/fakes/play/choices.hpp>)": (
        "#include <random>", "int a = rand();", "auto a = std::rand();", "auto a = rand_r(&seed);", "auto a = drand48();",
        "auto a = ::random();", "auto n = getrandom(p, 4, 0);", "std::random_device r;", "std::mt19937_64 g;", "std::minstd_rand g;",
        "std::default_random_engine g;", "std::uniform_int_distribution<int> d(0, 1);", "std::shuffle(a, b, g);",
        "std::ranges::sample(a, b, 2, g);"),
    "use std::map": ("#include <unordered_map>", "std::unordered_map<int, int> m;", "std::pmr::unordered_multiset<int> m;"),
    "use std::set": ("#include <unordered_set>",),
    "key by an id or a name": (
        "std::map<Node*, int> m;", "std::set<const Host *> hosts;", "std::map<std::shared_ptr<Host>, int> m;",
        "std::map<struct Host*, int> m;", "std::set<unsigned char*> s;", "std::multiset<std::uintptr_t> s;",
        "std::map<const void*, int> m;", "std::set<std::pair<Host*, int>> s;", "std::priority_queue<Node*> q;",
        "auto h = std::hash<Node*>{}(p);", "std::less<Node*> less;", "std::map<int, int, std::owner_less<>> m;"),
    "use an enum or an id": ("auto h = typeid(a).hash_code();", "std::map<std::type_index, int> m;"),
    "use integers or a Ratio": ("double d = 0;", "float f = 0;"),
    "leave it out: it differs": ("auto d = __DATE__;", "auto d = __TIME__;"),
    "ask the Clock (<teasel/core/clock.hpp>)": (
        "auto t = std::chrono::steady_clock::now();", "using C = std::chrono::system_clock;", "auto t = file_clock::now();",
        "auto t = std::chrono::high_resolution_clock::now();", "auto t = time(nullptr);", "auto t = ::time(&t);",
        "auto t = std::time(nullptr);", "auto t = std::clock();", "clock_gettime(CLOCK_MONOTONIC, &t);", "gettimeofday(&t, nullptr);",
        "auto t = std::localtime(&a);", "sleep(1);", "usleep(1000);", "std::this_thread::sleep_for(1s);"),
    "take it as an argument": ('auto e = std::getenv("A");', 'auto e = secure_getenv("A");'),
    "count, or take a name": ("auto id = ::getpid();", "auto id = pthread_self();"),
    "leave it out: the world has one thread": ("#include <mutex>", "std::mutex m;", "std::scoped_lock l(m);"),
    "wait with callLater or a Deferred": ("#include <condition_variable>", "std::condition_variable c;", "std::latch l(2);"),
    "use a Deferred": ("#include <future>",),
    "use callLater, or the reactor's callInThread": (
        "#include <thread>", "std::jthread t(f);", "std::async(f);", "std::this_thread::yield();"),
    "leave the policy out": ("#include <execution>", "std::for_each(std::execution::par, a, b, f);"),
}


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
        text = "#include <teasel/fakes/world/world.hpp>\n"
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
        for use, codes in BANNED.items():
            for code in codes:
                with self.subTest(code=code):
                    self.refuses("fakes/teasel/fakes/a.cpp", f"\n{code}\n", "a.cpp:2: error: ", f"in what runs in a world; {use}")
                    self.accepts("framework/teasel/drivers/a.cpp", code + "\n")
                    self.accepts("framework/teasel/core/a_test.cpp", code + "\n")

    def test_names_that_look_alike_are_not_banned(self):
        for code in ("auto t = clock.time(0);", "Clock& clock() noexcept;", "co_await sleep(clock, 5s);", "auto r = my::rand(2);",
                     "int random;", "int operand(int);", "auto t = lifetime(0);", "std::map<int, Node*> m;", "int doubled = 2;",
                     "std::map<std::string, std::shared_ptr<Node>> n;", "std::set<int> order; Node* node;", "bool is_sorted;",
                     "for (auto& e : fs::directory_iterator(p)) l.push_back(e);\n  std::sort(l.begin(), l.end());\n}"):
            with self.subTest(code=code):
                self.accepts("fakes/teasel/fakes/a.cpp", code + "\n")

    def test_the_entries_of_a_folder_are_sorted_in_the_same_function(self):
        code = "void f() {\n  for (auto& e : fs::directory_iterator(p)) use(e);\n}\nvoid g() {\n  std::sort(a, b);\n}\n"
        self.refuses("fakes/teasel/fakes/a.cpp", code, "a.cpp:2: error: the entries of a folder", "std::sort them")

    def test_a_macro_hides_no_chance_and_a_line_break_no_address(self):
        self.refuses("fakes/teasel/fakes/a.cpp", "#define NOW std::chrono::steady_clock::now()\n", "a.cpp:1: error: 'steady_clock'")
        self.refuses("fakes/teasel/fakes/a.cpp", "\nstd::map<\n    Node*, int> m;\n", "a.cpp:2: error: 'std::map< Node*,'")

    def test_who_runs_in_real_time_beside_a_world_draws_nothing(self):
        for path in ("fakes/teasel/fakes/serve.cpp", "fakes/teasel/fakes/watchdog.cpp", "fakes/teasel/fakes/scenario_main.cpp"):
            self.accepts(path, "#include <thread>\nauto t = std::chrono::steady_clock::now();\nauto e = std::getenv(name);\n")
            for code in ("#include <random>", "int a = rand();", "std::unordered_set<int> s;", "std::set<Host*> hosts;"):
                with self.subTest(path=path, code=code):
                    self.refuses(path, code + "\n", f"{path}:1: error: ")

    def test_findings_of_a_file_come_in_the_order_of_its_lines(self):
        output = lint("fakes/teasel/fakes/a.cpp", "double a;\nint b = rand();\n#include <random>\n// NO" "LINT\n")[1]
        self.assertEqual([line.split(":")[1] for line in output.splitlines()[:-1]], ["1", "2", "3", "4"])

    def test_whatever_runs_in_a_world_is_as_deterministic(self):
        for path in ("framework/teasel/core/a.hpp", "framework/teasel/transport/a.cpp", "framework/teasel/protocols/a.cpp",
                     "fuzz/museum/a.hpp", "props/teasel/props/a.cpp"):
            with self.subTest(path=path):
                self.refuses(path, "\nstd::unordered_map<int, int> m;\n", f"{path}:2: error:", "use std::map")

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
