#!/usr/bin/env python3
"""Tests of ci/pages."""
import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
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
}


def check(page):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in {**SOURCES, "docs/page.md": page}.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            status = pages.main(["--root", folder])
        return status, said.getvalue()


class Pages(unittest.TestCase):
    def test_tests_that_exist_pass(self):
        status, output = check("`Queue.HandsOutInOrder`, `Queue/*.RefusesTooMuch`,\n`ContractClose.HappensOnlyOnce`,\n"
                               "`c_refusals_test.cpp: AwaitingAValue`\n")
        self.assertEqual((status, output), (0, "4 tests named, 0 findings\n"))

    def test_a_test_that_does_not_exist_is_found_with_its_line(self):
        status, output = check("`Queue.HandsOutInOrder`\n`Queue.HandsOutAtRandom`\n")
        self.assertEqual(status, 1)
        self.assertIn("docs/page.md:2: error: there is no test Queue: HandsOutAtRandom", output)

    def test_a_case_that_does_not_exist_is_found(self):
        status, output = check("`c_refusals_test.cpp: AwaitingNothing`\n")
        self.assertEqual(status, 1, output)

    def test_pages_that_name_nothing_are_found(self):
        self.assertEqual(check("nothing\n")[0], 1)


if __name__ == "__main__":
    unittest.main()
