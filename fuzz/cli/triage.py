"""Which finding is it: puts the output of a scenario program that ended badly into a bucket, one
per fault."""
import dataclasses
import hashlib
import json
import pathlib
import re
import shlex

import storage

# The line that the supervising process prints for a verdict.
FINDING = re.compile(r"^teasel: finding oracle=(?P<oracle>\S+) tape=(?P<tape>.+)$", re.MULTILINE)
FRAME = re.compile(r"^\s*#\d+ 0x[0-9a-f]+ (?:in )?(?P<function>.+?)(?: (?:/|\(/|\(BuildId|<null>|\S+:\d+(?::\d+)?$).*)?$")
ERROR = re.compile(r"ERROR: (?P<who>AddressSanitizer|LeakSanitizer|libFuzzer): (?P<kind>[\w-]+(?: [\w-]+)?)")
UNDEFINED = re.compile(r"(?P<place>[^\s/]+\.[ch]pp):\d+:\d+: runtime error: (?P<what>.*)")

# The type of a crash is not part of its name: one fault shows as an overflow today and as a use
# after free tomorrow.
MEMORY = re.compile(r"buffer-overflow|use-after|double-free|bad-free|underflow|SEGV|use-of|negative-size|param-overlap|BUS|ILL")
FAMILIES = {"timeout": "timeout", "out-of-memory": "memory-limit", "allocation-size-too-big": "memory-limit",
            "calloc-overflow": "memory-limit", "detected memory": "leak", "stack-overflow": "stack-overflow",
            "deadly signal": "abort", "fuzz target": "exit"}

# Frames that stand above and below every fault alike: sanitizers, libraries, the engine.
SYSTEM = re.compile(
    r"^(?:__asan|__interceptor_|__sanitizer|__ubsan|__lsan|__libc|__GI_|__pthread|_start|main$|fuzzer::|LLVMFuzzer|std::|"
    r"__gnu_cxx|__cxxabi|__cxa|operator (?:new|delete)|raise$|abort$|gsignal|mem(?:cpy|move|cmp|set|chr)|str(?:len|cmp|cpy)|"
    r"malloc|calloc|realloc|free$|pthread_|teasel::guarded|teasel::fuzz::|teasel::fakes::Scenario|teasel::detail::)")
# Frames of the world that runs the target; they matter only when the fault is the world's own.
WORLD = re.compile(r"^(?:teasel::fakes::|teasel::props::)|teaselScenario_")


def normalised(function):
    """A function's name without what differs between builds: arguments, template arguments, numbers
    of lambdas, clones."""
    name = re.sub(r"\(anonymous namespace\)", "{anonymous}", function)
    name = re.sub(r"\[(?:clone|abi:)[^\]]*\]|\.(?:cold|part|isra|constprop)\S*", "", name)
    name = re.sub(r"'lambda\d*'|\{lambda.*?#\d+\}|\$_\d+", "lambda", name)
    while True:
        shorter = re.sub(r"<[^<>]*>|\([^()]*\)", "", name)
        if shorter == name:
            break
        name = shorter
    name = re.sub(r"\b(?:const|volatile|noexcept)\b|[&]", "", name).strip()
    # What is left of a return type stands before the last space.
    return name if name.startswith("operator") else name.split(" ")[-1]


def frames(output):
    """The top three frames of the first stack: the target's, or the world's if there are no
    others."""
    target, world, inside = [], [], False
    for line in output.splitlines():
        match = FRAME.match(line)
        if not match:
            if inside and (target or world):
                break
            inside = False
            continue
        inside = True
        function = match.group("function")
        name = normalised(function)
        if not name or function.startswith(("/", "(/", "<null>")) or SYSTEM.match(function) or SYSTEM.match(name):
            continue
        (world if WORLD.search(name) else target).append(name)
    return target[:3] or world[:3]


def bucket(output):
    """The name of the fault that `output` tells of; None when it tells of none."""
    verdict = FINDING.search(output)
    if verdict:
        return f"oracle:{verdict.group('oracle')}"
    undefined, error = UNDEFINED.search(output), ERROR.search(output)
    if undefined and (not error or undefined.start() < error.start()):
        family = "undefined"
    elif error:
        kind = error.group("kind")
        family = next((name for start, name in FAMILIES.items() if kind.startswith(start)), None)
        family = family or ("memory" if MEMORY.search(kind) else kind.split(" ")[0])
    else:
        return None
    top = frames(output)
    if not top and undefined:
        top = [undefined.group("place")]
    # A limit is reached wherever the program happens to be.
    if family in ("timeout", "memory-limit"):
        top = top[-1:]
    return f"{family}:{'>'.join(top) or 'unknown'}"


def slug(name):
    """A bucket's name as a folder's."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name)[:120].strip("-")


def is_known(name, known):
    """Whether a bucket is accepted: it is on the list, or the list has its oracle."""
    return any(name == each or (each.startswith("oracle:") and name.startswith(each + ":")) for each in known)


def known_buckets(path):
    """The accepted findings of a target: one bucket per line, `#` begins a comment."""
    path = pathlib.Path(path)
    if not path.is_file():
        return set()
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return {line for line in lines if line}


@dataclasses.dataclass
class Finding:
    """One fault of one target, with the smallest input that shows it."""
    target: str
    scenario: str
    bucket: str
    folder: pathlib.Path
    program: pathlib.Path
    known: bool
    count: int = 1
    command: str = ""  # replays it; empty when nothing did
    sanitizer_options: tuple = ()  # of its target
    tried: bool = False  # replayed by this campaign

    @property
    def how(self):
        """How it is replayed, for people."""
        if self.command or not self.tried:
            return self.command or f"not tried yet: teasel replay {shlex.quote(str(self.folder))}"
        return "it did not fail again when replayed; see output.txt there"

    @property
    def tape(self):
        return self.folder / "finding.tape"

    @property
    def input(self):
        return self.folder / "finding.input"

    @property
    def fingerprint(self):
        """The same for the same fault in every campaign and every clone."""
        return hashlib.sha256(f"{self.target}\n{self.bucket}".encode()).hexdigest()

    def row(self):
        """What reports in JSON say of it."""
        return {"target": self.target, "scenario": self.scenario, "bucket": self.bucket, "known": self.known, "count": self.count,
                "folder": str(self.folder), "tape": str(self.tape) if self.tape.is_file() else "", "replay": self.command,
                "fingerprint": self.fingerprint}

    def save(self):
        """Writes what is needed to find the way back from the folder to the target."""
        storage.write_json(self.folder / "finding.json", {**self.row(), "program": str(self.program)})


def load_finding(folder, program, known, sanitizer_options=()):
    """A finding that an earlier campaign has saved. None where the folder holds none."""
    try:
        row = json.loads((folder / "finding.json").read_text(encoding="utf-8"))
        return Finding(row["target"], row["scenario"], row["bucket"], folder, program, is_known(row["bucket"], known),
                       row["count"], row["replay"], sanitizer_options)
    except (OSError, ValueError, KeyError):
        return None
