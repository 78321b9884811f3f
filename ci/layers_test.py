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
        self.refuses("fakes/teasel/fakes/world/world.cpp", "#include <unistd.h>\n", "<unistd.h>")
        self.refuses("fakes/teasel/fakes/program/report.cpp", "#include <unistd.h>\n", "<unistd.h>")
        self.accepts("fakes/teasel/fakes/program/detail/serve.cpp", "#include <unistd.h>\n")

    def test_a_room_of_fakes_includes_itself_and_those_before_it(self):
        rooms = ["play", "trace", "net", "world", "program"]
        for place, room in enumerate(rooms):
            for other_place, other in enumerate(rooms):
                for kind in ("hpp", "cpp"):
                    path, text = f"fakes/teasel/fakes/{room}/a.{kind}", f"\n#include <teasel/fakes/{other}/b.hpp>\n"
                    with self.subTest(path=path, other=other):
                        if other_place <= place:
                            self.accepts(path, text)
                        else:
                            self.refuses(path, text, f"{path}:2: error: fakes/{room} includes <teasel/fakes/{other}/b.hpp>",
                                         "stands above it; it may include only play")
        self.accepts("fakes/teasel/fakes/net/a_test.cpp", "#include <teasel/fakes/world/world.hpp>\n")

    def test_what_is_private_in_a_room_of_fakes_stands_as_high_as_the_room(self):
        self.refuses("fakes/teasel/fakes/net/detail/a.cpp", "#include <teasel/fakes/world/world.hpp>\n", "stands above it")
        self.refuses("fakes/teasel/fakes/net/a.cpp", "#include <teasel/fakes/program/detail/serve.hpp>\n", "stands above it")

    def test_no_room_of_fakes_includes_the_door_and_the_door_no_programs(self):
        self.refuses("fakes/teasel/fakes/program/a.cpp", "#include <teasel/fakes/string_transport.hpp>\n", "of the door")
        self.accepts("fakes/teasel/fakes/string_transport.hpp", "#include <teasel/fakes/world/world.hpp>\n")
        self.accepts("fakes/teasel/fakes/string_transport.cpp", "#include <teasel/fakes/string_transport.hpp>\n")
        self.refuses("fakes/teasel/fakes/fake_clock.cpp", "#include <teasel/fakes/program/report.hpp>\n", "stands above it")

    def test_quotes_hide_no_include_of_a_higher_room(self):
        self.refuses("fakes/teasel/fakes/fake_clock.cpp", '#include "program/report.hpp"\n', "of program, which stands above it")
        self.accepts("fakes/teasel/fakes/program/a.cpp", '#include "report.hpp"\n')

    def test_a_room_of_fakes_that_nobody_placed_is_refused(self):
        self.refuses("fakes/teasel/fakes/attic/a.cpp", "#include <teasel/fakes/play/play.hpp>\n", "say in FAKES_ROOMS")
        self.refuses("fakes/teasel/fakes/program/a.cpp", "#include <teasel/fakes/attic/a.hpp>\n", "of attic")

    def test_who_stands_on_fakes_may_include_every_room_of_it(self):
        for path in ("fakes/gtest/teasel/gtest/a.hpp", "props/teasel/props/a.hpp", "fuzz/targets/line/a.cpp"):
            self.accepts(path, "#include <teasel/fakes/program/report.hpp>\n#include <teasel/fakes/string_transport.hpp>\n")

    def test_private_headers_are_for_their_room_and_for_sources(self):
        hidden = "#include <teasel/fakes/net/detail/sim_slot.hpp>\n"
        for path in ("fakes/gtest/teasel/gtest/a.hpp", "props/teasel/props/a.hpp", "fuzz/teasel/fuzz/a.hpp", "bench/a.hpp",
                     "fakes/teasel/fakes/world/a.hpp"):
            with self.subTest(path=path):
                self.refuses(path, hidden, f"{path}:1: error: a header includes", "private to teasel/fakes/net", "move it out of detail/")
        for path in ("fakes/teasel/fakes/net/a.cpp", "fakes/teasel/fakes/net/detail/a.hpp", "props/teasel/props/a.cpp"):
            with self.subTest(path=path):
                self.accepts(path, hidden)

    def test_a_public_header_of_fakes_needs_nothing_that_is_not_installed(self):
        self.refuses("fakes/teasel/fakes/net/a.hpp", "#include <teasel/fakes/net/detail/sim_slot.hpp>\n", "not installed")
        # Templates need theirs: those of framework are installed.
        self.accepts("framework/teasel/deferred/a.hpp", "#include <teasel/deferred/detail/links.hpp>\n")
        self.accepts("framework/teasel/deferred/detail/chain.hpp", "#include <teasel/core/detail/pool.hpp>\n")
        self.refuses("fakes/teasel/fakes/world/a.hpp", "#include <teasel/core/detail/pool.hpp>\n", "private to teasel/core")

    def test_a_program_to_copy_from_uses_what_its_reader_has(self):
        self.refuses("framework/examples/a.cpp", "#include <teasel/protocols/detail/framing.hpp>\n", "a program that users copy")

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
        for path in ("fakes/teasel/fakes/program/detail/serve.cpp", "fakes/teasel/fakes/program/detail/watchdog.cpp"):
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
        for path in ("bench/a.cpp", "bench/a.hpp", "bench/a_test.cpp", "ci/a.py", "ci/a.sh"):
            self.assertIn(f"{path}:501: error: 501 lines, the limit is 500", lint(path, "\n" * 501)[1])
            self.assertEqual(lint(path, "\n" * 500)[0], 0)
        self.assertIn("501 lines", lint("ci/run", "#!/bin/sh" + "\n" * 501)[1])
        self.assertEqual(lint("docs/a.md", "\n" * 501)[0], 0)
        self.refuses("framework/teasel/core/a.cpp", '#include "../b.hpp"\n', "relative path")
        self.refuses("framework/teasel/core/a.cpp", '#include "teasel/core/b.hpp"\n', "in quotes")
        self.refuses("bench/a.cpp", "// TO" "DO: more\n", "later")

    def test_a_line_with_a_comment_has_100_columns(self):
        wide = "w" * 97
        for text, line in ((f"// {wide}x\n", 1), (f"int a;\n/// {wide}\n", 2), (f"/* {wide}x */\n", 1), (f"/*\n   {wide}x\n*/\n", 2),
                           (f"int a;  // {wide}\n", 1), ("int " + "a" * 95 + ";  // b\n", 1), (f"f(/*{wide}*/);\n", 1),
                           ("auto a = \"//\";  // " + "b" * 90 + "\n", 1)):
            for path in ("bench/a.cpp", "bench/a.hpp", "bench/a_test.cpp"):
                with self.subTest(text=text, path=path):
                    output = lint(path, text, "--columns")[1]
                    self.assertIn(f"{path}:{line}: error: a comment in a line of 1", output)
                    self.assertIn("1 findings", output)
        for text in (f"// {wide}\n", "int " + "a" * 125 + ";\n", "auto a = \"// " + "b" * 110 + "\";\n", "// b\n" + "a" * 130 + "\n",
                     "/* b */\n" + "a" * 130 + "\n", "auto a = R\"(\n// " + "b" * 110 + "\n)\";\n"):
            with self.subTest(text=text):
                self.assertEqual(lint("bench/a.cpp", text, "--columns")[0], 0)
        self.assertEqual(lint("bench/a.cpp", f"// {wide}x\n")[0], 0, "columns were not asked for")

    def test_an_address_that_cannot_be_broken_may_be_longer(self):
        address = "https://example.org/" + "a" * 90
        self.assertEqual(lint("bench/a.cpp", f"// {address}\n", "--columns")[0], 0)
        self.assertIn("a comment in", lint("bench/a.cpp", f"// see {address}\n", "--columns")[1])

    def test_a_line_that_is_too_long_for_code_is_found_once(self):
        output = lint("bench/a.cpp", "// " + "w" * 130 + "\n", "--columns")[1]
        self.assertIn("133 columns, the limit is 130", output)
        self.assertIn("1 findings", output)

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
