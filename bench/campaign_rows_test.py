#!/usr/bin/env python3
"""Tests of campaign_rows.py, with programs that only pretend to be campaigns."""
import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import campaign_rows

# Burns some CPU for each execution, counts, and "finds" where its name is told to.
PROGRAM = """#!/usr/bin/env python3
import struct, sys
if sys.argv[1:] == ["--list"]:
    print("lost_twice  loses\\nlost_twice_fixed  does not")
    sys.exit(0)
value = dict(zip(sys.argv[1:], sys.argv[2:]))
runs = next(int(word[6:]) for word in sys.argv if word.startswith("-runs="))
for _ in range({work}):
    pass
open(value["--counter"], "wb").write(struct.pack("<Q", runs))
open("{log}", "a").write(" ".join(word for word in sys.argv if word.startswith(("-dict=", "-max_len="))) + "\\n")
sys.exit({status})
"""


class Trees(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.root / "fuzz" / "museum").mkdir(parents=True)
        (self.root / "fuzz" / "museum" / "runs").write_text("# exhibits\nlost_twice 700 oracle:lifecycle\ncanary 5 abort\n")
        (self.root / "fuzz" / "corpus" / "line").mkdir(parents=True)

    def enterContext(self, manager):  # Python 3.11 has it by itself
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        return stack.enter_context(manager)

    def tree(self, name, work=1, status=0):
        tree = self.root / name
        for program in ("targets/line", "museum/museum"):
            path = tree / "fuzz" / program
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(PROGRAM.format(work=work, status=status, log=self.root / "flags"))
            path.chmod(0o755)
        return tree

    def compare(self, ours, theirs, pattern):
        compared, only_one, missed, self.broken = campaign_rows.compare(self.root, ours, theirs, pattern, 2, lambda text: None)
        return {entry["name"]: entry for entry in compared}, only_one, missed

    def test_a_tree_that_works_more_for_each_execution_makes_fewer_of_them_in_a_cpu_second(self):
        compared, only_one, _ = self.compare(self.tree("a"), self.tree("b", work=3_000_000), "^campaign/")
        self.assertEqual(list(compared), ["campaign/line"])
        self.assertGreater(compared["campaign/line"]["change"], 1.2)
        self.assertEqual(only_one, [])

    def test_what_is_not_found_is_counted_and_the_canary_is_not_looked_for(self):
        compared, _, missed = self.compare(self.tree("a", status=77), self.tree("b"), "^find/")
        self.assertEqual(list(compared), ["find/lost_twice"])
        self.assertEqual(missed, {"find/lost_twice": [0, 2]})
        with contextlib.redirect_stdout(io.StringIO()) as out:
            campaign_rows.print_missed(missed, 2)
        self.assertIn("by this tree in 0, by the other in 2 of 2 seeds", out.getvalue())

    def test_a_target_that_breaks_is_left_out_and_the_other_rows_stay(self):
        compared, _, _ = self.compare(self.tree("a", status=77), self.tree("b"), "")
        self.assertEqual(list(compared), ["find/lost_twice"])
        self.assertEqual(list(self.broken), ["campaign/line"])
        self.assertIn("line ended with status 77", self.broken["campaign/line"])

    def test_campaigns_have_the_dictionary_and_the_longest_input_of_their_tree(self):
        trees = [self.tree(name) for name in ("a", "b")]
        for tree in trees:
            (tree / "teasel-scenarios").mkdir()
            for name in ("museum", "line"):
                (tree / "teasel-scenarios" / f"{name}.json").write_text(json.dumps({"dictionary": f"/{tree.name}/{name}.dict", "max_len": 512}))
        self.compare(*trees, "")
        flags = set((self.root / "flags").read_text().splitlines())
        self.assertEqual(flags, {f"-dict=/{tree}/{name}.dict -max_len={most}" for tree in "ab" for name, most in (("museum", 512), ("line", 256))})

    def test_the_sum_is_that_of_all_exhibits_of_a_seed(self):
        rows = [{"name": "find/a", "value": 2}, {"name": "campaign/line", "value": 9}, {"name": "find/b", "value": 3}]
        self.assertEqual(campaign_rows.with_sum(rows)[-1]["value"], 5)

    def test_a_tree_without_programs_has_no_rows(self):
        self.assertEqual(campaign_rows.chosen(self.root, (self.tree("a"), self.root / "nothing"), ""), {})


if __name__ == "__main__":
    unittest.main()
