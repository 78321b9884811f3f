"""What ci/lint runs: clang-format, ci/layers and clang-tidy over the tree, or over what changed."""
import argparse
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import time

import tidy
from tidy import SetupError

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CLANG_FORMAT = "clang-format-19"
PARTS = ("format", "layers", "tidy")
EPILOG = """Three parts; --only runs one of them:
  format   clang-format-19 on every C++ file: --fix rewrites what it complains of
  layers   who includes whom, sources of nondeterminism, lines, files and texts (ci/layers)
  tidy     clang-tidy-19 on every source that is no test and on every header, with .clang-tidy; results are kept in
           build/lint-cache, so that only what changed since then, or includes what changed, is looked at again
Each finding is one line: file:line: error: what is wrong; what to use instead.
Exit status: 0 clean, 1 findings, 2 set-up error."""
VIOLATION = re.compile(r"^(.+?):(\d+):\d+: (?:warning|error): code should be clang-formatted")


def load_layers():
    """ci/layers, a script without a suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader("layers", str(ROOT / "ci" / "layers"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("layers", loader))
    loader.exec_module(module)
    return module


layers = load_layers()


def parse_arguments():
    parser = argparse.ArgumentParser(prog="ci/lint", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description="Checks the format, who includes whom, and what clang-tidy sees.")
    parser.add_argument("--fix", action="store_true", help="rewrite C++ files in the house's format first")
    parser.add_argument("--changed", nargs="?", const="HEAD", metavar="REV",
                        help="only files that differ from REV (or from where this branch left it), uncommitted and new ones "
                             "included; default HEAD. Of a header that changed, tidy looks at one source that includes it")
    parser.add_argument("--only", choices=PARTS, help="only this part")
    parser.add_argument("--no-tidy", action="store_true", help="without clang-tidy, the slow part")
    parser.add_argument("--jobs", type=positive, default=len(os.sched_getaffinity(0)), metavar="N",
                        help="clang-tidy processes at once (default: one per core)")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, metavar="DIR", help="the tree to look at (default: this one)")
    parser.add_argument("--build", type=pathlib.Path, metavar="DIR",
                        help="a build tree with compile_commands.json, instead of configuring build/lint")
    arguments = parser.parse_args()
    if arguments.no_tidy and arguments.only == "tidy":
        parser.error("--no-tidy and --only tidy leave nothing to do")
    return arguments


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return int(text)


def run(command, root):
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise SetupError(f"{command[0]} cannot be run ({error.strerror}); ci/install installs it") from error


def changed_files(root, revision):
    """What differs from where this branch left `revision`, as paths; deleted files are left out."""
    differing = run(["git", "diff", "--name-only", "--no-renames", "-z", "--relative", "--merge-base", revision, "--"], root)
    if differing.returncode != 0:
        raise SetupError(f"git cannot compare with '{revision}': {differing.stderr.strip()}")
    untracked = run(["git", "ls-files", "--others", "--exclude-standard", "-z"], root)
    names = (differing.stdout + untracked.stdout).split("\0")
    return {root / name for name in names if name and (root / name).is_file()}


def format_findings(root, files):
    """One finding for each file that clang-format would rewrite: at the first place, with their number."""
    places = {}
    done = clang_format(root, ["--dry-run"], files)
    for line in done.stderr.splitlines():
        match = VIOLATION.match(line)
        if match:
            places.setdefault(match.group(1), []).append(int(match.group(2)))
    findings = []
    for path, lines in sorted(places.items()):
        others = f" here and in {len(lines) - 1} other places" if len(lines) > 1 else ""
        findings.append(f"{path}:{lines[0]}: error: not in the house's format{others}; ci/lint --fix rewrites it")
    return findings


def clang_format(root, options, files):
    if not (root / ".clang-format").is_file():
        raise SetupError(f"there is no .clang-format in {root}")
    done = run([CLANG_FORMAT, "--style=file", *options, *(str(path.relative_to(root)) for path in files)], root)
    if done.returncode != 0:
        raise SetupError(f"{CLANG_FORMAT}: status {done.returncode}\n{done.stderr}")
    return done


def fix_format(root, files):
    before = {path: path.read_bytes() for path in files}
    clang_format(root, ["-i"], files)
    rewritten = [path for path in files if path.read_bytes() != before[path]]
    for path in rewritten:
        print(f"rewritten: {path.relative_to(root)}")


def layer_findings(root, files):
    lint = layers.Lint(columns=True)
    for path in files:
        lint.check(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8", errors="replace"))
    return lint.findings


class Scope:
    """The files that each part looks at."""

    def __init__(self, root, changed):
        self.root = root
        self.sources = list(layers.sources(root))
        self.texts = list(layers.texts(root))
        if not self.sources:
            raise SetupError(f"no sources under {root}")
        self.headers = [path for path in self.sources if path.suffix == ".hpp"]
        self.production = [path for path in self.sources if path.suffix == ".cpp" and not self.is_test(path)]
        self.tests = [path for path in self.sources if path.suffix == ".cpp" and self.is_test(path)]
        self.changed = changed
        if changed is not None:
            self.sources = [path for path in self.sources if path in changed]
            self.texts = [path for path in self.texts if path in changed]

    def is_test(self, path):
        return layers.TESTS.search(path.relative_to(self.root).as_posix()) is not None


def report(part, count, findings, began):
    for line in findings:
        print(line)
    print(f"{part}: {count} files, {len(findings)} findings, {time.monotonic() - began:.1f} s", flush=True)
    return len(findings)


def lint(arguments):
    root = arguments.root.resolve()
    changed = None if arguments.changed is None else changed_files(root, arguments.changed)
    scope = Scope(root, changed)
    wanted = [part for part in PARTS if arguments.only in (None, part) and not (part == "tidy" and arguments.no_tidy)]
    count = 0
    if arguments.fix and scope.sources:
        fix_format(root, scope.sources)
    if "format" in wanted:
        began = time.monotonic()
        count += report("format", len(scope.sources), format_findings(root, scope.sources) if scope.sources else [], began)
    if "layers" in wanted:
        began = time.monotonic()
        files = scope.sources + scope.texts
        count += report("layers", len(files), layer_findings(root, files), began)
    if "tidy" in wanted:
        began = time.monotonic()
        looked_at, findings = tidy.check(root, scope, arguments.build, arguments.jobs)
        count += report("tidy", looked_at, findings, began)
    return 1 if count else 0


def main():
    try:
        return lint(parse_arguments())
    except SetupError as error:
        print(f"ci/lint: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 2


if __name__ == "__main__":
    sys.exit(main())
