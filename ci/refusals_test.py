#!/usr/bin/env python3
"""Tests of ci/refusals: each finding is shown a file that has it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

REFUSALS = pathlib.Path(__file__).resolve().parent / "refusals"
COMPILER = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "g++"
PRELUDE = 'template <class T> struct Small { static_assert(sizeof(T) < 4, "must be small"); T* held; };\n'


def check(text):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "cases_refusals_test.cpp")
        file.write_text(PRELUDE + text, encoding="utf-8")
        done = subprocess.run([sys.executable, "-B", str(REFUSALS), "--compiler", COMPILER, str(file)],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class Refusals(unittest.TestCase):
    def finds(self, text, *expected):
        status, output = check(text)
        self.assertEqual(status, 1, output)
        for part in expected:
            self.assertIn(part, output)

    def test_a_refusal_with_the_right_words_passes(self):
        status, output = check("// refused: Large: must be small\nSmall<int> large;\n// compiles: Tiny\nSmall<char> tiny;\n")
        self.assertEqual(status, 0, output)
        self.assertEqual(output, "2 cases\n")

    def test_code_that_compiles_is_no_refusal(self):
        self.finds("// refused: Tiny: must be small\nSmall<char> tiny;\n", ":2: error: Tiny must be refused", "said: nothing")

    def test_a_refusal_in_other_words_is_found(self):
        self.finds("// refused: Large: must be large\nSmall<int> large;\n", "Large must be refused with 'must be large'", "must be small")

    def test_the_words_may_go_on_in_the_next_comment_line(self):
        status, output = check("// refused: Large: must\n// be small\nSmall<int> large;\n")
        self.assertEqual(status, 0, output)
        self.finds("// refused: Large: must\n// be large\nSmall<int> large;\n", "Large must be refused with 'must be large'")

    def test_a_dropped_result_that_must_be_used_is_refused(self):
        status, output = check("// refused: Dropped: ignoring return value\n[[nodiscard]] int made();\nvoid drops() { made(); }\n"
                               "// compiles: Used\nint uses() { return made(); }\n")
        self.assertEqual(status, 0, output)

    def test_an_error_counts_for_its_own_case_only(self):
        self.finds("// refused: One: must be small\nSmall<int> large;\n// refused: Two: must be small\nSmall<short> tiny;\n",
                   ":4: error: Two must be refused")

    def test_code_that_must_compile_and_does_not_is_found(self):
        self.finds("// compiles: Large\nSmall<int> large;\n", "Large must compile; the compiler said: ", "must be small")

    def test_a_second_error_without_a_place_belongs_to_the_first(self):
        status, output = check("// refused: Reference: must be small\nSmall<long&> reference;\n// compiles: Tiny\nSmall<char> tiny;\n")
        self.assertEqual(status, 0, output)

    def test_an_error_before_the_first_case_is_found(self):
        self.finds("Small<int> large;\n// compiles: Tiny\nSmall<char> tiny;\n", "belongs to no case: ")

    def test_a_file_without_cases_is_refused(self):
        self.finds("int nothing;\n", "has no case")

    def test_a_refusal_without_words_is_refused(self):
        self.finds("// refused: Large\nSmall<int> large;\n", ":2: error: write '// refused: NAME: TEXT'")


if __name__ == "__main__":
    unittest.main()
