"""ci/test: builds a tree, runs its tests through CTest, and says what matters."""
import difflib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "building"))
from build import ROOT, BuildError, Progress, build  # noqa: E402 (found through the line above)

from results import CTestReader, listed_tests, skip_reasons, summary  # noqa: E402

USAGE = """usage: ci/test [--sanitize | --sanitize=gcc | --tsan] [--verbose] [arguments of ctest]
Builds with g++ in build/gcc and runs every test. Prints the output of tests that fail, a table by label, why tests were
skipped, and CTest's own summary. All that CTest said is kept in build/gcc-test.log.
  --sanitize       clang++-19 with AddressSanitizer and UndefinedBehaviorSanitizer, in build/asan
  --sanitize=gcc   g++ with both, in build/asan-gcc; only the tests of Deferreds, coroutines, tasks and threads (label deferred),
                   which g++ compiles in its own way, are built and run
  --tsan           clang++-19 with ThreadSanitizer, in build/tsan
  --verbose        prints all that CTest says and all that tests print
Everything else goes to ctest:
  ci/test -L contract          tests with a label: unit contract props museum examples fuzz consumer determinism deferred soak
  ci/test -R LineReceiver      tests by name (regular expression)
Exit status: 0 all passed, 2 set-up or build error, else ctest's."""
# Options with which ctest runs no test: what it says then is the answer.
LISTING = ("-N", "--show-only", "--print-labels", "--version")
OWN = ("--sanitize", "--sanitize=gcc", "--tsan")
# Options that mean nothing without a word after them.
WITH_VALUE = ("-R", "--tests-regex", "-E", "--exclude-regex", "-L", "--label-regex", "-LE", "--label-exclude", "--timeout")
VERBOSE = ("--verbose", "-V", "-VV", "--extra-verbose")
# How much of a skipped test's output CTest keeps: the reason is in it.
OUTPUT_BYTES = 20000


def tree_of(words):
    """The preset, the targets to build, and the arguments of ctest that are left."""
    for word, following in zip(words, [*words[1:], ""]):
        if word in WITH_VALUE and (not following or following in (*OWN, *WITH_VALUE)):
            raise BuildError(f"ci/test: {word} needs a value")
    first, rest = (words[0], words[1:]) if words else ("", [])
    if first == "--sanitize":
        return "asan", [], rest
    if first == "--sanitize=gcc":
        return "asan-gcc", ["teasel_deferred"], ["-L", "deferred", *rest]
    if first == "--tsan":
        return "tsan", [], rest
    if first.startswith("--sanitize="):
        raise BuildError(f"ci/test: {first}: --sanitize or --sanitize=gcc")
    for word in words:
        meant = difflib.get_close_matches(word, (*OWN, *VERBOSE), n=1, cutoff=0.8) if word.startswith("--") else []
        if meant and word not in VERBOSE:
            raise BuildError(f"ci/test: {word}: " + ("it must be the first word" if word in OWN else f"did you mean {meant[0]}?"))
    return "gcc", [], words


def environment():
    """How sanitized tests report."""
    symbolizer = shutil.which("llvm-symbolizer-19")
    symbolizers = {"ASAN_SYMBOLIZER_PATH": symbolizer, "TSAN_SYMBOLIZER_PATH": symbolizer} if symbolizer else {}
    # A scenario program that crashes says in the handler what it was doing, as it dies anyway.
    suppressions = pathlib.Path(__file__).resolve().with_name("tsan.supp")
    tsan = f"report_signal_unsafe=0:suppressions='{suppressions}'"
    return {**os.environ, **symbolizers, "UBSAN_OPTIONS": "print_stacktrace=1", "TSAN_OPTIONS": tsan}


class Tests:
    """One run of CTest in a tree that is built."""

    def __init__(self, tree, arguments, log, progress, ctest="ctest"):
        self.tree, self.log, self.progress = tree, log, progress
        self.is_verbose = any(word in VERBOSE for word in arguments)
        self.arguments = [word for word in arguments if word != "--verbose"]
        self.command = [ctest, "--test-dir", str(tree), "--output-on-failure", "--no-tests=error", "-j2", "--timeout", "300"]

    def labels(self):
        """The labels of the chosen tests by name. Empty where CTest refuses: it will say why when
        it is to run them."""
        arguments = [word for word in self.arguments if word not in VERBOSE]
        done = subprocess.run([*self.command, *arguments, "--show-only=json-v1"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, errors="replace", env=environment(), check=False)
        try:
            return listed_tests(done.stdout[done.stdout.index("{"):])
        except (ValueError, KeyError, TypeError):
            return {}

    def run(self):
        """CTest's exit status. Says what failed at once, then the summary; CTest's closing lines
        are the last."""
        labels = self.labels()
        reader = CTestReader(labels, (lambda text: None) if self.is_verbose else self.progress.say)
        with tempfile.TemporaryDirectory() as folder:
            junit = pathlib.Path(folder) / "junit.xml"
            own = ["--output-junit", str(junit), "--test-output-size-passed", str(OUTPUT_BYTES)]
            verbose = ["--verbose"] if self.is_verbose else []
            status, said = self.follow([*self.command, *own, *verbose, *self.arguments], reader, len(labels))
            reasons = skip_reasons(junit)
        self.progress.finish()
        if not reader.closing:
            # It ran nothing: what it said is the answer.
            self.progress.say("\n".join(said))
            return status
        for line in ["", *summary(labels, reader.outcomes, reasons), "", self.where()]:
            self.progress.say(line)
        self.progress.say("\n".join(["", *reader.closing]).rstrip())
        return status

    def follow(self, command, reader, total):
        """Runs CTest, keeps what it says in the log. Gives its status and its first lines."""
        said = []
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace", env=environment())
        with process, open(self.log, "w", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(line)
                line = line.rstrip("\n")
                if len(said) < 100:
                    said.append(line)
                reader.line(line)
                if self.is_verbose and not reader.closing:
                    self.progress.say(line)
                failed = reader.count("failed")
                self.progress.update(f"{len(reader.outcomes)}/{total}" + (f" ({failed} failed)" if failed else ""))
        reader.end()
        return process.returncode, said

    def where(self):
        last = self.tree / "Testing" / "Temporary" / "LastTest.log"
        return f"all that CTest said: {self.log}\nall that each test printed: {last}"


def main(words):
    if words[:1] in (["--help"], ["-h"]):
        print(USAGE)
        return 0
    try:
        preset, targets, arguments = tree_of(words)
        log = ROOT / "build" / f"{preset}-test.log"
        log.unlink(missing_ok=True)
        with Progress(steps=3) as progress:
            build(preset, targets, progress)
            tree = ROOT / "build" / preset
            if any(word.split("=")[0] in LISTING for word in arguments):
                listing = ["ctest", "--test-dir", str(tree), *arguments]
            else:
                progress.step("testing")
                return Tests(tree, arguments, log, progress).run()
        return subprocess.run(listing, env=environment(), check=False).returncode
    except (BuildError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ci/test: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
