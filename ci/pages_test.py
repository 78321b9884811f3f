#!/usr/bin/env python3
"""Tests of ci/pages."""
import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import subprocess
import tempfile
import unittest

PAGES = pathlib.Path(__file__).resolve().parent / "pages"
LOADER = importlib.machinery.SourceFileLoader("pages", str(PAGES))
pages = importlib.util.module_from_spec(importlib.util.spec_from_loader("pages", LOADER))
LOADER.exec_module(pages)

SOURCES = {
    "framework/a_test.cpp": "TEST(Queue, HandsOutInOrder) {\nTEST_P(Queue, RefusesTooMuch) {\n",
    "fakes/b.hpp": "TEASEL_CONTRACT(ContractClose, HappensOnlyOnce) {\n",
    "framework/c_refusals_test.cpp": "// refused: AwaitingAValue: only a Deferred\n",
    "docs/rows.md": "`Queue.HandsOutInOrder`\n",
    "CMakeLists.txt": "project(teasel VERSION 1.2.0 LANGUAGES CXX\n",
    "CHANGELOG.md": "# Changes\n\n## [Unreleased]\n\nThis will be version 1.2.0.\n\n## [1.1.9] - 2000-01-31\n",
}


@contextlib.contextmanager
def tree(**files):
    """A tree of SOURCES and of files, whose names are keywords: docs_page for docs/page.md."""
    with tempfile.TemporaryDirectory() as folder:
        more = {"CHANGELOG.md" if name == "CHANGELOG" else name.replace("_", "/") + ".md": text for name, text in files.items()}
        for path, text in {**SOURCES, **more}.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        yield pathlib.Path(folder)


def check(page="", **files):
    with tree(**{"docs_page": page, **files}) as root, contextlib.redirect_stdout(io.StringIO()) as said:
        status = pages.main(["--root", str(root)])
    return status, said.getvalue()


class Texts(unittest.TestCase):
    def finds(self, output_of, *expected):
        status, output = output_of
        self.assertEqual(status, 1, output)
        for part in expected:
            self.assertIn(part, output)

    def test_tests_that_exist_pass(self):
        self.assertEqual(check("`Queue.HandsOutInOrder`, `Queue/*.RefusesTooMuch`,\n`ContractClose.HappensOnlyOnce`,\n"
                               "`c_refusals_test.cpp: AwaitingAValue`\n"), (0, "5 tests named, 0 snippets, 0 findings\n"))

    def test_a_test_that_does_not_exist_is_found_with_its_line(self):
        self.finds(check("`Queue.HandsOutInOrder`\n`Queue.HandsOutAtRandom`\n"),
                   "docs/page.md:2: error: there is no test Queue: HandsOutAtRandom", "1 findings")

    def test_a_case_that_does_not_exist_is_found(self):
        self.finds(check("`c_refusals_test.cpp: AwaitingNothing`\n"), "there is no test c_refusals_test.cpp: AwaitingNothing")

    def test_pages_that_name_nothing_are_found(self):
        self.finds(check(docs_rows="nothing\n"), "no page names a test")

    def test_marks_that_say_nothing_are_found(self):
        block = "```cpp\nint a;\n```\n"
        for mark, why in (("<!-- snippet: old -->", "'old' is no mark"), ("<!-- snippet: skip -->", "write the reason"),
                          ("<!-- snippet: skip: -->", "write the reason"), ("<!-- snippet: setup -->", "write the code"),
                          ("<!-- snippet: new page -->", "takes nothing behind it, but there is 'page'")):
            with self.subTest(mark=mark):
                self.finds(check(f"words\n{mark}\n{block}"), "docs/page.md:2: error: ", why)
        self.finds(check(f"{block}<!-- snippet: new -->\n```sh\nls\n```\n"), "docs/page.md:4: error: no ```cpp and no ```cmake follows")

    def test_a_mark_in_a_block_of_text_is_none(self):
        self.assertEqual(check("so:\n\n    <!-- snippet: new -->\n\n```\n<!-- snippet: old -->\n```\n")[0], 0)

    def test_blocks_that_nobody_would_build_are_found(self):
        self.finds(check("```c++\nint a;\n```\n"), "docs/page.md:1: error: a block of 'c++' is not compiled: write ```cpp")
        self.finds(check("```cpp\nint a;\n"), "docs/page.md:1: error: the block that begins here has no end")
        self.finds(check("```cpp\n\n#include <teasel/fakes/net/detail/sim_slot.hpp>\n```\n"), "docs/page.md:3: error: ", "private")
        self.assertEqual(check("```\nc++\n```\n```sh\nls\n```\n")[0], 0)

    def test_every_page_of_the_tree_is_read_but_no_input(self):
        self.finds(check(README="```c++\n```\n"), "README.md:1: error: ")
        self.finds(check(fuzz_museum_README="```c++\n```\n"), "fuzz/museum/README.md:1: error: ")
        for name in ("build_gcc_README", "fuzz_corpus_README", "findings_README"):
            self.assertEqual(check(**{name: "```c++\n```\n"})[0], 0, name)


class Changelog(unittest.TestCase):
    def finds(self, text, expected):
        status, output = check(CHANGELOG=text)
        self.assertEqual(status, 1, output)
        self.assertIn(expected, output)

    def test_what_is_not_released_stands_first(self):
        self.finds("# Changes\n", "CHANGELOG.md:1: error: the first section must be '## [Unreleased]'")
        self.finds("# Changes\n\n## [1.1.9] - 2000-01-31\n\n## [Unreleased]\n", "CHANGELOG.md:3: error: the first section")

    def test_its_version_is_the_one_that_is_built(self):
        for said in ("", "This will be version 1.3.0.\n", "\n## [1.1.9] - 2000-01-31\nThis will be version 1.2.0.\n"):
            self.finds(f"## [Unreleased]\n{said}", "CHANGELOG.md:1: error: the section must say 'This will be version 1.2.0.'")

    def test_a_release_has_a_date_and_is_older_than_what_is_built(self):
        begin = "## [Unreleased]\nThis will be version 1.2.0.\n"
        self.finds(f"{begin}## 1.1.9\n", "CHANGELOG.md:3: error: '## 1.1.9' is no release")
        for version in ("1.2.0", "1.10.0", "2.0.0"):
            self.finds(f"{begin}## [{version}] - 2000-01-31\n", f"CHANGELOG.md:3: error: {version} is released")
        self.assertEqual(check(CHANGELOG=f"{begin}## [1.1.10] - 2000-01-31\n")[0], 0)

    def test_a_tree_without_one_is_found(self):
        with tree() as root:
            (root / "CHANGELOG.md").unlink()
            self.assertEqual(pages.check_changelog(root), ["CHANGELOG.md:1: error: there is no such file"])


def extracted(page):
    """The sources of the page docs/page.md by name, and pages.cmake."""
    with tree(docs_page=page) as root:
        folder = root / "build"
        with contextlib.redirect_stdout(io.StringIO()):
            assert pages.main(["--root", str(root), "--extract", str(folder)]) == 0
        sources = {file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.cpp")}
        calls = (folder / "pages.cmake").read_text(encoding="utf-8").replace(str(root.resolve()), "ROOT")
        return sources, calls


def compiled(source):
    """What the compiler says about a source."""
    return subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-x", "c++", "-"], input=source,
                          capture_output=True, text=True, check=False, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stderr


class Extraction(unittest.TestCase):
    def test_the_snippets_of_a_page_are_one_file_with_the_lines_of_the_page(self):
        sources, calls = extracted("words\n```cpp\nint a;\n```\nmore\n```sh\nls\n```\n```cpp\nint b = a;\n```\n")
        self.assertEqual(sources, {"docs_page": '// From a page by ci/pages.\n#line 3 "docs/page.md"\nint a;\n'
                                                '#line 10 "docs/page.md"\nint b = a;\n'})
        self.assertIn('teasel_page_depends("ROOT/docs/page.md")\nteasel_page(docs_page object "docs/page.md" "ROOT/build/docs_page.cpp")',
                      calls)

    def test_what_the_compiler_finds_is_in_the_page(self):
        source = extracted("```cpp\nint a;\n```\n\n<!-- snippet: body -->\n```cpp\n#include <cstddef>\nstd::size_t n = a;\nn = b;\n```\n")[0]
        self.assertIn("docs/page.md:9:5: error: 'b' was not declared", compiled(source["docs_page"]))

    def test_new_begins_a_file_that_knows_nothing_of_those_before(self):
        sources = extracted("```cpp\nint a;\n```\n<!-- snippet: new -->\n```cpp\nint b = a;\n```\n")[0]
        self.assertEqual(sorted(sources), ["docs_page", "docs_page_2"])
        self.assertNotIn("int a;", sources["docs_page_2"])

    def test_setup_stands_before_its_block_in_as_many_lines_as_it_has(self):
        page = "<!-- snippet: setup\nstruct A {};\nextern A a;\n-->\n<!-- snippet: body -->\n```cpp\nA& b = a;\n(void)b;\n```\n"
        self.assertEqual(compiled(extracted(page)[0]["docs_page"]), "")

    def test_the_body_of_a_function_may_begin_with_includes(self):
        page = "<!-- snippet: body -->\n```cpp\n#include <vector>\nstd::vector<int> v;\nfor (int i : v) (void)i;\n```\n"
        self.assertEqual(compiled(extracted(page)[0]["docs_page"]), "")

    def test_what_is_skipped_is_in_no_file(self):
        self.assertEqual(extracted("<!-- snippet: skip: only a shape -->\n```cpp\nint a\n```\n")[0], {})

    def test_a_block_in_a_list_loses_its_indent(self):
        self.assertIn("\nint a;\n  int b;\n", extracted("- so:\n  ```cpp\n  int a;\n    int b;\n  ```\n")[0]["docs_page"])

    def test_a_file_becomes_what_is_in_it(self):
        for code, kind in (("RC_GTEST_PROP(A, B, ()) {}\nTEST(A, C) {}", "rapidcheck"), ("TEST(A, B) {}\nTEASEL_SCENARIO(a) {}", "test"),
                           ('TEASEL_SCENARIO(a, "b") {}', "scenario"), ("int main() {}", "program"), ("int domain();", "object")):
            with self.subTest(code=code):
                self.assertIn(f"teasel_page(docs_page {kind} ", extracted(f"```cpp\n{code}\n```\n")[1])

    def test_files_that_did_not_change_are_not_written_and_old_ones_go(self):
        with tree(docs_page="```cpp\nint a;\n```\n<!-- snippet: new -->\n```cpp\nint b;\n```\n") as root:
            pages.extract(root, root / "build")
            time = (root / "build" / "docs_page.cpp").stat().st_mtime_ns
            (root / "docs" / "page.md").write_text("```cpp\nint a;\n```\n", encoding="utf-8")
            pages.extract(root, root / "build")
            self.assertEqual((root / "build" / "docs_page.cpp").stat().st_mtime_ns, time)
            self.assertFalse((root / "build" / "docs_page_2.cpp").exists())


class Configuration(unittest.TestCase):
    """With a package that only says that it was found."""

    def configure(self, page):
        with tree(docs_page=page) as root:
            build = root / "build"
            package = build / "consumer" / "prefix" / "lib" / "cmake" / "teasel"
            package.mkdir(parents=True)
            (build / "CMakeCache.txt").write_text("CMAKE_GENERATOR:INTERNAL=Ninja\nCMAKE_CXX_COMPILER:FILEPATH=g++\n", encoding="utf-8")
            (package / "teasel-config.cmake").write_text(
                "set(_teasel_built framework;fakes)\nif(TARGET Teasel::fakes)\n  message(FATAL_ERROR twice)\nendif()\n"
                "add_library(Teasel::fakes INTERFACE IMPORTED)\n",
                encoding="utf-8")
            with contextlib.redirect_stdout(io.StringIO()) as said:
                status = pages.main(["--root", str(root), "--configure", str(build)])
            return status, said.getvalue()

    def test_a_block_finds_teasel_and_the_files_that_it_names(self):
        page = ("```cmake\nadd_executable(a a.cpp src/b.cpp)\ntarget_link_libraries(a PRIVATE Teasel::fakes)\n"
                "if(NOT IS_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/corpus/a)\n  message(FATAL_ERROR no)\nendif()\nset(b CORPUS corpus/a)\n```\n")
        self.assertEqual(self.configure(page), (0, "1 projects, 0 findings\n"))

    def test_a_block_that_cannot_be_configured_is_found_with_its_line_and_what_cmake_said(self):
        status, output = self.configure("words\n```cmake\nadd_library(a ALIAS Teasel::props)\n```\n")
        self.assertEqual(status, 1)
        self.assertIn("docs/page.md:3: error: the CMake that begins here cannot be configured", output)
        self.assertIn("Teasel::props", output)

    def test_a_block_that_brings_teasel_gets_no_other(self):
        block = "```cmake\nfind_package(teasel CONFIG REQUIRED COMPONENTS fakes)\n```\n"
        self.assertEqual(self.configure(block), (0, "1 projects, 0 findings\n"))
        self.assertIn("twice", self.configure(block + block)[1])

    def test_projects_are_apart_where_a_mark_says_so(self):
        block = "```cmake\nadd_library(a INTERFACE)\n```\n"
        self.assertEqual(self.configure(block + block)[0], 1)
        self.assertEqual(self.configure(f"{block}<!-- snippet: new -->\n{block}"), (0, "2 projects, 0 findings\n"))

    def test_without_a_package_it_says_how_to_install_it(self):
        with tree() as root, self.assertRaisesRegex(SystemExit, "no Teasel is installed in .*consumer.install"):
            pages.main(["--root", str(root), "--configure", str(root / "build")])


if __name__ == "__main__":
    unittest.main()
