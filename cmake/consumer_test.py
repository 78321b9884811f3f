#!/usr/bin/env python3
"""Configures, builds, tests and fuzzes the foreign project in consumer/, in each way in which a
project can have Teasel.

usage: consumer_test.py BUILD [arguments of unittest]

BUILD is a build tree of Teasel whose libraries are built; nothing in it is rebuilt. What is made
here goes to BUILD/consumer.
"""
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = ROOT / "cmake" / "consumer"
FUZZER = "clang++-19"
BENCHMARK = "benchmarks.telegram_bench"
BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else "").resolve()
WORK = BUILD / "consumer"
PREFIX = WORK / "prefix"


def cached(name):
    """A variable of the build tree's cache; "" when there is none of that name or it is false."""
    text = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}:\w+=(.*)$", text, re.MULTILINE)
    return "" if not found or found.group(1).endswith("NOTFOUND") else found.group(1)


def run(*command):
    """Runs a command; its status and what it said."""
    # Trees of one depth share what the compiler cache has, wherever the clone is.
    environment = {**os.environ, "CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=environment, check=False)
    return done.returncode, f"{' '.join(map(str, command))}\n{done.stdout}"


def place_in_text(place):
    """A pattern that finds a path. Where a clone is in /teasel, ${prefix}/lib/teasel, bin/teasel,
    <build>/teasel and /teasel-scenarios are other places."""
    return rf"(?<![\w.>}}]){re.escape(str(place))}(?![\w.-])"


def cpu_seconds():
    """What the commands so far have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Case(unittest.TestCase):
    maxDiff = None

    def succeed(self, *command):
        status, said = run(*command)
        self.assertEqual(status, 0, said)
        return said

    def configure(self, source, tree, *options, compiler=None):
        """Configures from nothing; the status, and what CMake said on one line."""
        shutil.rmtree(tree, ignore_errors=True)
        launcher = cached("TEASEL_CCACHE") or cached("CMAKE_CXX_COMPILER_LAUNCHER")
        status, said = run("cmake", "-S", source, "-B", tree, "-G", cached("CMAKE_GENERATOR"),
                           f"-DCMAKE_CXX_COMPILER={compiler or cached('CMAKE_CXX_COMPILER')}",
                           f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *options)
        return status, " ".join(said.split())


class Consumer(Case):
    """The project is built and passes its tests in each of the three ways."""

    def configured(self, name, *options, **more):
        status, said = self.configure(PROJECT, WORK / name, *options, **more)
        self.assertEqual(status, 0, said)
        return WORK / name

    def built_and_tested(self, tree, *more):
        self.succeed("cmake", "--build", tree, "--parallel", os.cpu_count() or 1)
        said = self.succeed("ctest", "--test-dir", tree, "--output-on-failure", "--no-tests=error")
        for test in ("telegram_test", "scenarios.telegram_scenarios", *more):
            self.assertRegex(said, rf"{re.escape(test)} \.* +Passed")
        return tree

    def nothing_leaked(self, tree):
        """Teasel as a part of a tree brings no flags to the project's own sources, and neither its
        programs nor its tests."""
        commands = json.loads((tree / "compile_commands.json").read_text(encoding="utf-8"))
        own = [entry["command"] for entry in commands if entry["file"].startswith(f"{PROJECT}/")]
        self.assertEqual(len(own), len(list(PROJECT.glob("*.cpp"))), own)
        for command in own:
            self.assertNotRegex(command, r" -(W|f|O|g)")
        programs = [path.name for path in tree.rglob("*")
                    if path.is_file() and os.access(path, os.X_OK) and not {"CMakeFiles", "teasel-scenarios"} & set(path.parts)]
        self.assertEqual(sorted(programs), ["telegram_bench", "telegram_scenarios", "telegram_test"])
        self.assertIn("Total Tests: 3\n", self.succeed("ctest", "--test-dir", tree, "-N"))

    def measured(self, tree):
        """The benchmark measures the project's protocol on the drivers of an installed Teasel. No figure is judged."""
        status, said = run(tree / "telegram_bench", "--rounds", "1", "--connections", "2", "--filter", "^cpu/sum", "--json", tree / "sum.json")
        self.assertEqual(status, 0, said)
        report = json.loads((tree / "sum.json").read_text(encoding="utf-8"))
        self.assertLessEqual({"epoll", "poll", "select", "plain-echo"}, {row["backend"] for row in report["rows"]})
        status, said = run(tree / "telegram_bench", "--filter", "telegramm")
        self.assertEqual(status, 2, said)
        self.assertIn("no row matches 'telegramm'. The rows are:\ncpu/echo/1/epoll\n", said)

    def test_find_package(self):
        tree = self.configured("find_package", "-DTEASEL_BY=find_package", f"-DCMAKE_PREFIX_PATH={PREFIX}")
        self.measured(self.built_and_tested(tree, BENCHMARK))

    def test_add_subdirectory(self):
        tree = self.configured("add_subdirectory", "-DTEASEL_BY=add_subdirectory", f"-DTEASEL_SOURCE_DIR={ROOT}")
        self.nothing_leaked(self.built_and_tested(tree, BENCHMARK))

    def test_fetch_content(self):
        tree = self.configured("fetch_content", "-DTEASEL_BY=fetch_content", f"-DFETCHCONTENT_SOURCE_DIR_TEASEL={ROOT}")
        self.nothing_leaked(self.built_and_tested(tree, BENCHMARK))

    def test_fuzz(self):
        if not shutil.which(FUZZER):
            self.skipTest(f"there is no {FUZZER} (ci/install)")
        tree = self.configured("fuzz", "-DTEASEL_BY=fetch_content", f"-DFETCHCONTENT_SOURCE_DIR_TEASEL={ROOT}",
                               "-DTEASEL_FUZZ_ENGINE=libfuzzer", "-DCMAKE_CXX_FLAGS=-O1", compiler=FUZZER)
        program = self.built_and_tested(tree) / "telegram_scenarios"
        (tree / "kept").mkdir()
        said = self.succeed(program, "fuzz", "--findings", tree / "found" / "here", "-runs=5000", "-seed=1", tree / "kept",
                            PROJECT / "corpus")
        self.assertEqual(list((tree / "found" / "here").iterdir()), [])
        self.assertIn("Done 5000 runs", said)
        # libFuzzer sees the project's own code: it finds more of it than the corpus shows.
        coverage = [int(figure) for figure in re.findall(r" cov: (\d+)", said)]
        self.assertGreater(coverage[-1], coverage[0], said)
        status, said = run(program, "fuzz", "--findings", program, "-runs=1")
        self.assertEqual(status, 2, said)
        self.assertIn(f"--findings {program}: ", said)
        status, said = run(program, "fuzz", "--scenario", "telegramm")
        self.assertEqual(status, 2, said)
        self.assertIn("there is no scenario 'telegramm'; there are: telegram\n", said)


class Begun(Case):
    """The project that teasel init makes, by the two commands of its README, from a folder of its own."""

    def begin(self, name, program):
        folder = WORK / name
        shutil.rmtree(folder, ignore_errors=True)
        self.succeed(program, "init", folder)
        return folder

    def call(self, folder, *command, **environment):
        """Status and output of a command that is typed in that folder."""
        done = subprocess.run([str(part) for part in command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**os.environ, "CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1", **environment}, check=False)
        return done.returncode, done.stdout

    def test_its_tests_pass_with_an_installed_teasel(self):
        folder = self.begin("begun", PREFIX / "bin" / "teasel")
        status, said = self.call(folder, "cmake", "--workflow", "--preset", "test", CXX=cached("CMAKE_CXX_COMPILER"))
        self.assertEqual(status, 0, said)
        for test in ("parcels_test", "scenarios.parcels_scenarios"):
            self.assertRegex(said, rf"{re.escape(test)} \.* +Passed")
        status, said = self.call(folder, "build/test/teasel-scenarios/teasel", "list")
        self.assertEqual(status, 0, said)
        self.assertIn("replay; 2 inputs, 0 more kept, 0 findings", said)
        status, said = self.call(folder, PREFIX / "bin" / "teasel", "fuzz", "--build", "build/test")
        self.assertEqual(status, 2, said)
        self.assertIn("is built without libFuzzer, for tests and replays: configure a tree with", said)
        self.with_the_source_that_is_installed(folder)

    def with_the_source_that_is_installed(self, folder):
        """A campaign compiles it; that it can is shown by one of its files, and CMake looks for the others."""
        if not shutil.which(FUZZER):
            return
        status, said = self.call(folder, "cmake", "--preset", "fuzz")
        self.assertEqual(status, 0, said)
        self.assertIn(f"TEASEL_SOURCE_DIR:PATH={PREFIX}/share/teasel/source\n", (folder / "build/fuzz/CMakeCache.txt").read_text(encoding="utf-8"))
        self.succeed("cmake", "--build", folder / "build" / "fuzz", "--target", "teasel_props")

    def test_a_campaign_finds_its_planted_fault_and_nothing_once_it_is_mended(self):
        if not shutil.which(FUZZER):
            self.skipTest(f"there is no {FUZZER} (ci/install)")
        folder = self.begin("begun_fuzz", ROOT / "fuzz" / "cli" / "teasel")
        tree, installed = folder / "build" / "fuzz", PREFIX / "bin" / "teasel"
        command = [ROOT / "fuzz" / "cli" / "teasel", "fuzz", "--preset", "fuzz", "--executions", "20000", "--sarif", "out.sarif"]
        launcher = {"CMAKE_CXX_COMPILER_LAUNCHER": cached("TEASEL_CCACHE")} if cached("TEASEL_CCACHE") else {}
        before = cpu_seconds()
        status, said = self.call(folder, *command, **launcher)
        print(f"from init to the end of the campaign: {cpu_seconds() - before:.0f} CPU seconds", flush=True)
        self.assertEqual(status, 1, said)
        self.assertIn("NEW finding in parcels_scenarios: oracle:chunk-invariance", said)
        # Teasel is compiled as a few large files.
        self.assertLess(len(list(tree.glob("teasel/**/*.o"))), 30)
        # The fault is planted once and shows in several ways.
        found = list((tree / "findings").glob("parcels_scenarios/oracle-chunk-invariance-*/finding.tape"))
        self.assertGreaterEqual(len(found), 1, said)
        log = json.loads((folder / "out.sarif").read_text(encoding="utf-8"))
        place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        self.assertEqual(place, "parcels_scenarios.cpp")
        self.by_the_installed_program(installed, folder, found[0].parent)
        self.by_the_program_alone(folder, next(path for path in tree.rglob("parcels_scenarios") if path.is_file()), found[0].parent)

        source = folder / "parcels.cpp"
        text = source.read_text(encoding="utf-8")
        mended = re.search(r"Say `(.*)` and it is mended", " ".join(text.replace("//", "").split())).group(1)
        source.write_text(text.replace("pending_.size() >= 2) {", f"{mended}) {{"), encoding="utf-8")
        status, said = self.call(folder, *command, **launcher)
        self.assertEqual(status, 0, said)
        self.assertEqual(self.call(folder, installed, "replay", found[0].parent)[0], 3)
        status, said = self.call(folder, installed, "fuzz", "--executions", "2000")
        self.assertEqual(status, 0, said)

    def by_the_program_alone(self, folder, program, finding):
        """As services call it that know libFuzzer only. The report of a verdict stands alone, and its input is kept."""
        (folder / "seeds").mkdir()
        shutil.copy(finding / "finding.input", folder / "seeds")
        status, said = self.call(folder, program, "-runs=10", "-error_exitcode=33", "-artifact_prefix=alone-", folder / "seeds")
        self.assertEqual(status, 33, said)
        self.assertIn("teasel: finding oracle=chunk-invariance", said)
        self.assertNotIn("ERROR: libFuzzer", said)
        kept, = folder.glob("alone-crash-*")
        self.assertIn(f"Test unit written to {kept.name}\n", said)
        status, said = self.call(folder, program, "fuzz", kept)
        self.assertEqual(status, 77, said)
        self.assertIn("ERROR: libFuzzer: deadly signal", said)

    def by_the_installed_program(self, program, folder, finding):
        """It finds the tree of the project that it is called in, and can do all that the other can."""
        status, said = self.call(folder, program, "list")
        self.assertEqual(status, 0, said)
        self.assertIn("libfuzzer with address, undefined; 2 inputs, ", said)
        self.assertIn("parcels_scenarios", self.call(folder, program, "doctor")[1])
        self.assertEqual(self.call(folder, program, "replay", finding)[0], 1)
        self.assertIn("scenario: parcels\n", self.call(folder, program, "show", finding)[1])
        status, said = self.call(folder, program, "shrink", finding, "-o", "small.tape")
        self.assertEqual(status, 1, said)
        self.assertTrue((folder / "small.tape").read_text(encoding="utf-8").startswith("teasel tape "))


class Guide(Case):
    def test_shows_what_is_tested_here(self):
        guide = (ROOT / "docs" / "using.md").read_text(encoding="utf-8")
        project = [path.read_text(encoding="utf-8") for path in (*PROJECT.glob("*.cmake"), PROJECT / "CMakeLists.txt")]
        shown = re.findall(r"^```cmake\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
        self.assertGreaterEqual(len(shown), 4)
        for snippet in shown:
            self.assertTrue(any(snippet in text for text in project), snippet)


class Install(Case):
    """Before all that finds the installed package."""

    def test_from_the_build_tree_as_it_is(self):
        shutil.rmtree(PREFIX, ignore_errors=True)
        self.assertIn("teasel-config.cmake", self.succeed("cmake", "--install", BUILD, "--prefix", PREFIX))


class Package(Case):
    """What was installed."""

    def test_headers_include_only_what_is_installed(self):
        headers = list((PREFIX / "include").rglob("*.hpp"))
        self.assertGreater(len(headers), 50)
        missing = [f"{header.relative_to(PREFIX)} includes {included}" for header in headers
                   for included in re.findall(r"#\s*include\s*<(teasel/[^>]+)>", header.read_text(encoding="utf-8"))
                   if not (PREFIX / "include" / included).exists()]
        self.assertEqual(missing, [])

    def test_every_component_that_was_built_can_be_linked(self):
        config = (PREFIX / "lib" / "cmake" / "teasel" / "teasel-config.cmake").read_text(encoding="utf-8")
        built = re.search(r"set\(_teasel_built (.*)\)", config).group(1).split(";")
        self.assertIn("contract", built)
        source = WORK / "everything"
        source.mkdir(parents=True, exist_ok=True)
        (source / "main.cpp").write_text("int main() {}\n", encoding="utf-8")
        (source / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.24)\nproject(everything CXX)\n"
            f"find_package(teasel CONFIG REQUIRED COMPONENTS {' '.join(built)})\nadd_executable(everything main.cpp)\n"
            f"target_link_libraries(everything PRIVATE {' '.join('Teasel::' + component for component in built)})\n", encoding="utf-8")
        status, said = self.configure(source, source / "build", f"-DCMAKE_PREFIX_PATH={PREFIX}")
        self.assertEqual(status, 0, said)
        self.succeed("cmake", "--build", source / "build")

    def test_neither_headers_nor_targets_know_cli11_and_toml11(self):
        for header in (PREFIX / "include").rglob("*.hpp"):
            self.assertNotRegex(header.read_text(encoding="utf-8"), r"#\s*include\s*<(CLI/|toml)", header)
        targets = list((PREFIX / "lib" / "cmake" / "teasel").glob("*-targets*.cmake"))
        self.assertGreater(len(targets), 5)
        for path in targets:
            self.assertNotRegex(path.read_text(encoding="utf-8"), "(?i)cli11|toml11", path)

    def test_a_program_around_a_service_needs_neither_of_them(self):
        if not (PREFIX / "include" / "teasel" / "application" / "run.hpp").exists():
            self.skipTest("built without Teasel::application (ci/install)")
        source = WORK / "program"
        source.mkdir(parents=True, exist_ok=True)
        (source / "main.cpp").write_text(
            "#include <teasel/application/run.hpp>\n"
            "int main(int argc, char** argv) { return teasel::run(std::make_shared<teasel::Service>(), argc, argv); }\n",
            encoding="utf-8")
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.24)\nproject(program CXX)\n"
            "find_package(teasel CONFIG REQUIRED COMPONENTS application)\nadd_executable(program main.cpp)\n"
            "target_link_libraries(program PRIVATE Teasel::application)\n", encoding="utf-8")
        status, said = self.configure(source, source / "build", f"-DCMAKE_PREFIX_PATH={PREFIX}",
                                      "-DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON", "-DCMAKE_DISABLE_FIND_PACKAGE_toml11=ON")
        self.assertEqual(status, 0, said)
        self.succeed("cmake", "--build", source / "build")
        self.assertIn("program (Teasel ", self.succeed(source / "build" / "program", "--version"))

    def test_has_the_program_teasel_which_finds_all_that_it_needs(self):
        program = PREFIX / "bin" / "teasel"
        self.assertIn("usage: teasel", self.succeed(program, "--help"))
        self.assertNotRegex(program.read_text(encoding="utf-8"), place_in_text(ROOT))
        modules = {path.name for path in (ROOT / "fuzz" / "cli").glob("*.py") if not path.name.endswith("_test.py")}
        self.assertEqual({path.name for path in (PREFIX / "share" / "teasel" / "cli").glob("*.py")}, modules)

    def test_nothing_in_it_says_where_it_was_built(self):
        for path in (PREFIX / "lib" / "cmake").rglob("*.cmake"):
            text = path.read_text(encoding="utf-8")
            for place in (ROOT, BUILD):
                self.assertNotRegex(text, place_in_text(place), path)


class Mistakes(Case):
    """Each is answered with what there is."""

    def find(self, call, *options):
        """Configures a project that is only this."""
        source = WORK / "mistaken"
        source.mkdir(parents=True, exist_ok=True)
        (source / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.24)\nproject(mistaken CXX)\n{call}\n",
                                               encoding="utf-8")
        return self.configure(source, source / "build", f"-DCMAKE_PREFIX_PATH={PREFIX}", *options)

    def refused(self, call, *expected, options=()):
        status, said = self.find(call, *options)
        self.assertNotEqual(status, 0, said)
        for part in expected:
            self.assertIn(part, said)

    def test_a_misspelt_component(self):
        self.refused("find_package(teasel CONFIG REQUIRED COMPONENTS fakes prosp)",
                     "there is no component 'prosp' "
                     "(there are: framework, application, fakes, fakes_gtest, contract, props, props_rapidcheck, scenario_bench, benchmarks, fuzz)")

    def test_a_component_that_was_not_built(self):
        partial = WORK / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(PREFIX / "lib" / "cmake" / "teasel", partial / "lib" / "cmake" / "teasel")
        config = partial / "lib" / "cmake" / "teasel" / "teasel-config.cmake"
        config.write_text(config.read_text(encoding="utf-8").replace(";contract;", ";", 1), encoding="utf-8")
        self.refused("find_package(teasel CONFIG REQUIRED COMPONENTS contract)",
                     "component 'contract' was not built into this installation, which has: framework, ", ", fakes, fakes_gtest, props",
                     options=[f"-DCMAKE_PREFIX_PATH={partial}"])

    def test_a_misspelt_component_that_may_be_missing(self):
        status, said = self.find("find_package(teasel CONFIG REQUIRED COMPONENTS fakes OPTIONAL_COMPONENTS prosp)\n"
                                 "if(teasel_prosp_FOUND OR NOT teasel_fakes_FOUND OR NOT TARGET Teasel::fakes)\n"
                                 "  message(FATAL_ERROR no)\nendif()")
        self.assertEqual(status, 0, said)

    def test_a_component_whose_package_is_missing(self):
        self.refused("find_package(teasel CONFIG REQUIRED COMPONENTS fakes_gtest)",
                     "component 'fakes_gtest' needs GTest, which was not found",
                     options=["-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON"])

    def test_without_components_third_parties_are_not_asked_for(self):
        status, said = self.find("find_package(teasel CONFIG REQUIRED)\nif(NOT TARGET Teasel::fuzz OR NOT TARGET Teasel::benchmark_main OR TARGET Teasel::contract)\n"
                                 "  message(FATAL_ERROR no)\nendif()", "-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON")
        self.assertEqual(status, 0, said)

    def test_a_version_that_is_too_new(self):
        major, minor, _ = cached("CMAKE_PROJECT_VERSION").split(".")
        for version in (f"{major}.{int(minor) + 1}", f"{int(major) + 1}.0"):
            self.refused(f"find_package(teasel {version} CONFIG REQUIRED)", f'compatible with requested version "{version}"',
                         f"teasel-config.cmake, version: {cached('CMAKE_PROJECT_VERSION')}")

    def test_a_corpus_that_is_not_there(self):
        shutil.rmtree(WORK / "misspelt", ignore_errors=True)
        shutil.copytree(PROJECT, WORK / "misspelt")
        text = (PROJECT / "CMakeLists.txt").read_text(encoding="utf-8")
        (WORK / "misspelt" / "CMakeLists.txt").write_text(text.replace("CORPUS corpus", "CORPUS corpse"), encoding="utf-8")
        status, said = self.configure(WORK / "misspelt", WORK / "misspelt" / "build", f"-DCMAKE_PREFIX_PATH={PREFIX}")
        self.assertNotEqual(status, 0, said)
        self.assertIn("corpse' is no directory; the folders in", said)
        self.assertIn("are: build, corpus. It is called as: teasel_add_scenarios(name SOURCES", said)

    def test_fuzzing_what_was_installed_for_replay(self):
        self.refused("find_package(teasel CONFIG REQUIRED COMPONENTS fuzz)\nteasel_add_scenarios(a SOURCES CMakeLists.txt)",
                     "the Teasel that was found is installed, without libFuzzer: to fuzz, have it built in this tree, by "
                     "add_subdirectory or FetchContent", options=["-DTEASEL_FUZZ_ENGINE=libfuzzer"])

    def test_sanitizers_for_a_part_of_a_tree(self):
        self.refused(f"add_subdirectory({ROOT} teasel)",
                     "sanitizers must be the same in all of yours: -DCMAKE_CXX_FLAGS=-fsanitize=", options=["-DTEASEL_SANITIZE=address"])

    def test_a_driver_that_was_asked_for_and_cannot_be_built(self):
        status, said = self.configure(ROOT, WORK / "no_uring", "-DTEASEL_IO_URING=ON",
                                      "-DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON")
        self.assertNotEqual(status, 0, said)
        self.assertIn("TEASEL_IO_URING is ON, but no liburing 2.3 or later was found (Debian: liburing-dev pkg-config)", said)

    def test_what_the_application_is_built_with_is_missing(self):
        without = ("-DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON", "-DCMAKE_DISABLE_FIND_PACKAGE_toml11=ON")
        status, said = self.configure(ROOT, WORK / "no_application", *without)
        self.assertEqual(status, 0, said)
        self.assertIn("built without Teasel::application: CLI11 2.1 (Debian: libcli11-dev) and toml11 3.7 (Debian: libtoml11-dev)", said)
        self.assertIn("built without the examples chat_server, ", said)
        status, said = self.configure(ROOT, WORK / "no_application", "-DTEASEL_APPLICATION=yes")
        self.assertNotEqual(status, 0, said)
        self.assertIn("TEASEL_APPLICATION is 'yes': AUTO, ON or OFF", said)


if __name__ == "__main__":
    if not (BUILD / "CMakeCache.txt").exists():
        sys.exit(f"{BUILD} is no build tree: consumer_test.py BUILD [arguments of unittest]")
    unittest.main()
