"""clang-tidy over sources, in parallel, with the results kept for as long as nothing that they depend on changes."""
import concurrent.futures
import copy
import functools
import hashlib
import itertools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

CLANG_TIDY, COMPILER = "clang-tidy-19", "clang++-19"
# Raise it when what is kept, or how, changes.
CACHE_FORMAT = 2
# Results of several branches find room; the oldest go first.
CACHE_ENTRIES = 4000
PROGRESS_SECONDS = 15
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
FINDING = re.compile(r"^(.+?):(\d+):(\d+): (?:warning|error): (.*) \[([\w.,-]+)\]$")

# What to do, where a check's own text does not say it. The rest is in .clang-tidy.
ADVICE = {
    "bugprone-dangling-handle": "keep the owner in a variable, or own the bytes as std::string",
    "bugprone-empty-catch": "handle it, or say in a comment there why nothing is to be done",
    "bugprone-use-after-move": "use it before the move, or give it a new value (std::exchange)",
    "clang-diagnostic-error": "make it compile with clang++-19 first (ci/test --sanitize shows all)",
    "cppcoreguidelines-avoid-capturing-lambda-coroutines": "pass what it needs as parameters by value: the closure dies at the "
                                                           "first suspension",
    "cppcoreguidelines-avoid-reference-coroutine-parameters": "take it by value, or a std::shared_ptr",
    "misc-coroutine-hostile-raii": "end its scope before the co_await",
    "misc-definitions-in-headers": "write inline, or move it to the .cpp",
    "misc-use-internal-linkage": "put it into the unnamed namespace, or declare it in a header",
    "misc-unused-parameters": "leave its name out",
    "performance-enum-size": "write : std::uint8_t (or : bool)",
    "performance-unnecessary-value-param": "take it by const&, or move it to where it is kept",
    "readability-function-size": "split it at what its steps do; 70 lines are the limit",
    "readability-identifier-naming": "types TitleCase, functions and variables camelCase, private members trailing_, constants "
                                     "and enumerators kName, macros UPPER_CASE, namespaces lower_case",
}
# A check with nothing above has a page of its own.
PAGE = "https://releases.llvm.org/19.1.0/tools/clang/tools/extra/docs/clang-tidy/checks"


class SetupError(Exception):
    """Nothing can be checked; the message says why."""


class Includes:
    """What a source sees. Reads #include lines without a preprocessor: rather too many than too few. Of headers that are not the
    project's only those count that the project's own files name: a package's files change together."""

    def __init__(self, root):
        self.root = root
        self.system = system_folders()
        self.headers = {}
        self.digests = {}
        self.resolved = {}

    def read(self, path):
        if path not in self.headers:
            content = path.read_bytes()
            self.digests[path] = hashlib.sha256(content).hexdigest()
            self.headers[path] = INCLUDE.findall(content.decode("utf-8", "replace")) if self.is_ours(path) else []
        return self.headers[path]

    def is_ours(self, path):
        return path.is_relative_to(self.root)

    def resolve(self, header, beside, folders):
        key = (header, beside, folders)
        if key not in self.resolved:
            places = (os.path.normpath(folder / header) for folder in (*beside, *folders, *self.system))
            self.resolved[key] = next((pathlib.Path(place) for place in places if os.path.isfile(place)), None)
        return self.resolved[key]

    def closure(self, source, folders):
        """The source and every file that it includes, directly or not."""
        folders, seen, todo = tuple(folders), {source}, [source]
        while todo:
            path = todo.pop()
            for bracket, header in self.read(path):
                found = self.resolve(header, (path.parent,) if bracket == '"' else (), folders)
                if found is not None and found not in seen:
                    seen.add(found)
                    todo.append(found)
        return seen


class Database:
    """compile_commands.json."""

    def __init__(self, build):
        self.build = build
        path = build / "compile_commands.json"
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            self.commands = {pathlib.Path(os.path.normpath(pathlib.Path(entry["directory"]) / entry["file"])): self.words(entry)
                             for entry in entries}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SetupError(f"{path} cannot be read as a compile database: {error}") from error
        if not self.commands:
            raise SetupError(f"{path} has no entries")

    @staticmethod
    def words(entry):
        return entry["arguments"] if "arguments" in entry else shlex.split(entry["command"])

    def command(self, source):
        """How the source is compiled. One that this configuration does not compile (the stand-in for a library that is here)
        is looked at as its nearest neighbour is: clang-tidy guesses likewise."""
        if source in self.commands:
            return self.commands[source]
        nearest = max(sorted(self.commands), key=lambda path: len(os.path.commonprefix([path.parts, source.parts])))
        return [str(source) if word == str(nearest) else word for word in self.commands[nearest]]

    def add(self, source, example):
        """The source is compiled as the example is."""
        self.commands[source] = [str(source) if word == str(example) else word for word in self.command(example)]

    def folders(self, source):
        """Where the source's includes are looked for."""
        words, found = self.command(source), []
        for word, following in zip(words, [*words[1:], ""]):
            for flag in ("-I", "-isystem"):
                if word == flag:
                    found.append(following)
                elif word.startswith(flag):
                    found.append(word[len(flag):])
        return [pathlib.Path(os.path.normpath(self.build / folder)) for folder in found]


class Cache:
    """Findings by a hash of all that they depend on, a file for each."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, key):
        path = self.folder / key
        try:
            findings = json.loads(path.read_text(encoding="utf-8"))
            os.utime(path)
        except (OSError, ValueError):
            return None
        return findings

    def put(self, key, findings):
        # Whole or not at all: the run may be interrupted, or another one may do the same.
        scratch = self.folder / f".{key}.{os.getpid()}"
        scratch.write_text(json.dumps(findings), encoding="utf-8")
        scratch.replace(self.folder / key)

    def prune(self):
        entries = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in entries[CACHE_ENTRIES:]:
            path.unlink(missing_ok=True)


class Tidy:
    def __init__(self, root, build):
        self.root = root
        self.database = Database(build)
        self.common = hashlib.sha256(repr((CACHE_FORMAT, version())).encode())
        self.includes = Includes(root)
        self.cache = Cache(root / "build" / "lint-cache")
        if not (root / ".clang-tidy").is_file():
            raise SetupError(f"there is no .clang-tidy in {root}")

    def closure(self, source):
        return self.includes.closure(source, self.database.folders(source))

    def key(self, source):
        state = self.common.copy()
        # Without where the tree lies, so that kept results serve another clone.
        state.update("\0".join(self.database.command(source)).replace(str(self.root), "").encode())
        closure = self.closure(source)
        for path in sorted(closure):
            state.update(f"\0{self.shown(path)}\0{self.includes.digests[path]}".encode())
        # clang-tidy asks the nearest, for each file.
        folders = {folder for path in closure for folder in path.parents if self.includes.is_ours(folder)}
        for path in sorted(folder / ".clang-tidy" for folder in folders):
            if path.is_file():
                state.update(f"\0{self.shown(path)}\0{COMMENT.sub('', path.read_text(encoding='utf-8'))}".encode())
        return state.hexdigest()

    def find(self, source, key):
        """What clang-tidy finds; kept, unless somebody changed something meanwhile."""
        findings = self.run(source)
        unread = copy.copy(self)
        unread.includes = Includes(self.root)
        try:
            unchanged = unread.key(source) == key
        except OSError:
            unchanged = False
        if unchanged:
            self.cache.put(key, findings)
        return findings

    def run(self, source):
        """What clang-tidy finds in the source and the headers of ours that it includes: [path, line, column, text, checks]."""
        command = [CLANG_TIDY, "--quiet", str(source), "--", *self.flags(source)]
        done = subprocess.run(command, cwd=self.database.build, capture_output=True, text=True, errors="replace", check=False)
        findings = []
        for line in done.stdout.splitlines():
            match = FINDING.match(line)
            if match:
                path, number, column, text, check = match.groups()
                findings.append([self.shown(path), int(number), int(column), text, check])
        if done.returncode != 0 and not findings:
            raise SetupError(f"{CLANG_TIDY} {source}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return findings

    def flags(self, source):
        """The compiler's flags without compiler, launcher, output and input, and without warnings, which ci/test judges."""
        words = self.database.command(source)
        first = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
        flags, skip = [], False
        for word in words[first:]:
            if skip or word in ("-c", str(source)):
                skip = False
            elif word in ("-o", "-MF", "-MT", "-MQ"):
                skip = True
            elif not re.match(r"-W(?![alp],)|-M[MDP]|-fsanitize", word):
                flags.append(word)
        return flags

    def shown(self, path):
        path = pathlib.Path(os.path.normpath(self.database.build / path))
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


def ask(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
    except OSError as error:
        raise SetupError(f"{command[0]} cannot be run ({error.strerror}); ci/install installs it") from error
    return done.stdout


@functools.cache
def version():
    return ask([CLANG_TIDY, "--version"])


@functools.cache
def system_folders():
    """Where the compiler looks for headers by itself."""
    said = ask([COMPILER, "-E", "-v", "-x", "c++", "-"])
    listed = re.search(r"^#include <\.\.\.> .*\n((?: .*\n)*)", said, re.MULTILINE)
    return tuple(pathlib.Path(line.strip()) for line in listed.group(1).splitlines()) if listed else ()


def configure(root):
    """A tree of its own, only configured: the flags of clang++-19, with benchmarks."""
    log = root / "build" / "lint.log"
    log.parent.mkdir(exist_ok=True)
    try:
        done = subprocess.run(["cmake", "--preset", "lint"], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
    except OSError as error:
        raise SetupError(f"cmake cannot be run ({error.strerror}); ci/install installs it") from error
    log.write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        raise SetupError(f"build/lint could not be configured\n{done.stdout}")
    return root / "build" / "lint"


def stand_ins(tidy, production, tests, headers):
    """Sources that only include headers: for each folder those of its headers that no production source includes (what tests
    share, templates that only users instantiate). Compiled as the test that includes most of them is; those that it does not
    include may need folders of another test, so they come into a source of their own."""
    seen = set().union(*map(tidy.closure, production))
    bare = [header for header in headers if header not in seen]
    closures = {test: tidy.closure(test) for test in tests} if bare else {}
    sources = []
    for folder in sorted({header.parent for header in bare}):
        left = [header for header in bare if header.parent == folder]
        for number in itertools.count(1):
            example = max([left[0], *tests], key=lambda source: len(closures.get(source, set()).intersection(left)))
            # Those that no test includes have no example, and come last.
            mine = [header for header in left if header in closures.get(example, ())] or left
            name = "headers.cpp" if number == 1 else f"headers_{number}.cpp"
            sources.append(stand_in(tidy, tidy.root / "build" / "lint-headers" / folder.relative_to(tidy.root) / name, mine, example))
            left = [header for header in left if header not in mine]
            if not left:
                break
    return sources


def stand_in(tidy, source, headers, example):
    text = "".join(f'#include "{os.path.relpath(header, source.parent)}"\n' for header in headers)
    source.parent.mkdir(parents=True, exist_ok=True)
    if not source.exists() or source.read_text(encoding="utf-8") != text:
        source.write_text(text, encoding="utf-8")
    tidy.database.add(source, example)
    return source


def touched_by(tidy, sources, changed):
    """The sources to look at when these files changed: the changed ones, and for each changed header the source of its name,
    else the first that includes it."""
    chosen = [source for source in sources if source in changed]
    headers = {path for path in changed if path.suffix == ".hpp"}
    closures = {source: tidy.closure(source) for source in sources} if headers else {}
    for header in sorted(headers):
        if any(header in closures[source] for source in chosen):
            continue
        including = [source for source in sources if header in closures[source]]
        chosen += [source for source in including if source.stem == header.stem][:1] or including[:1]
    return chosen


def check(root, scope, build, jobs):
    """How many sources were looked at, and the findings as lines."""
    tidy = Tidy(root, build.resolve() if build else configure(root))
    sources = scope.production + stand_ins(tidy, scope.production, scope.tests, scope.headers)
    if scope.changed is not None:
        sources = touched_by(tidy, sources, scope.changed)
    keys = {source: tidy.key(source) for source in sources}
    kept = {source: tidy.cache.get(key) for source, key in keys.items()}
    results = [findings for findings in kept.values() if findings is not None]
    fresh = [source for source in sources if kept[source] is None]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(tidy.find, source, keys[source]) for source in fresh]
        said = time.monotonic()
        try:
            for done, future in enumerate(concurrent.futures.as_completed(running), 1):
                results.append(future.result())
                if time.monotonic() - said > PROGRESS_SECONDS:
                    said = time.monotonic()
                    print(f"tidy: {done} of {len(fresh)} files", file=sys.stderr, flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    tidy.cache.prune()
    # A header's findings turn up once for each source that includes it.
    unique = sorted({tuple(finding) for findings in results for finding in findings})
    return len(sources), [shown(finding) for finding in unique]


def shown(finding):
    path, line, _, text, names = finding
    name = next((name for name in names.split(",") if name in ADVICE), names.split(",")[0])
    advice = ADVICE.get(name) or f"see {PAGE}/{name.replace('-', '/', 1)}.html, or NOLINT({name}): the reason"
    return f"{path}:{line}: error: {text} [{name}]; {advice}"
