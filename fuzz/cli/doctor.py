"""teasel doctor: what campaigns lack here, each with its cure."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import storage
from building import cached
from manifests import HOW_TO_FUZZ, check_seeds, find_tree, listed_programs, targets_of
from replaying import sanitizers_of
from reporting import CLEAN, FAILED
from worker import MEMORY_MB, SetupError, TargetError, environment

FINE, NOTE, WRONG = "ok", "note", "WRONG"
TRY_SECONDS = 60
COUNTERS = re.compile(r"INFO: Loaded \d+ modules?\s+\((\d+) inline 8-bit counters\)")
# What a target of any use has: fewer are those of a lone scenario, without its protocol.
FEW_COUNTERS = 20

# Tool, what it is for, the cure where it is missing, whether campaigns are impossible without it.
TOOLS = (
    ("cmake", "configures and builds", "apt-get install cmake", True),
    ("ninja", "builds", "apt-get install ninja-build", False),
    ("git", "--since", "apt-get install git", False),
    ("setarch", "campaigns with the same addresses each time", "apt-get install util-linux", False),
)


def of_tool(name, use, cure, needed):
    path = shutil.which(name)
    if path:
        return FINE, f"{name}: {path}", ""
    return WRONG if needed else NOTE, f"there is no {name} ({use})", cure


def said(command, **more):
    """What a command prints, both streams; "" where it cannot be run."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=TRY_SECONDS, check=False, **more).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def of_compiler(compiler):
    """The compiler of the tree, else the one that the presets name."""
    name = compiler or "clang++-19"
    path = shutil.which(name)
    if not path:
        return WRONG, f"there is no {name}: only clang has libFuzzer", "apt-get install clang-19 libclang-rt-19-dev"
    if "clang" not in said([path, "--version"]):
        return WRONG, f"the tree is compiled by {path}, which has no libFuzzer", HOW_TO_FUZZ
    resources = said([path, "--print-resource-dir"]).strip()
    if not any(pathlib.Path(resources).glob("lib/*/libclang_rt.fuzzer_no_main*.a")):
        version = (re.findall(r"-(\d+)$", path) or ["19"])[0]
        return WRONG, f"{path} has no libFuzzer in {resources}", f"apt-get install libclang-rt-{version}-dev"
    return FINE, f"compiler: {path}, with libFuzzer", ""


def of_symbolizer():
    path = shutil.which("llvm-symbolizer-19") or shutil.which("llvm-symbolizer")
    if path:
        return FINE, f"symbolizer: {path}", ""
    return WRONG, "there is no llvm-symbolizer: crashes have no names, so all of them fall into one bucket", "apt-get install llvm-19"


def of_python(version=sys.version_info):
    if tuple(version[:2]) >= (3, 9):
        return FINE, f"python {version[0]}.{version[1]}", ""
    return WRONG, f"python {version[0]}.{version[1]} is too old: 3.9 is needed", "install a newer python3"


def of_addresses():
    """A sanitizer that does not like the addresses that it got runs itself again with fixed ones."""
    bits = read("/proc/sys/vm/mmap_rnd_bits")
    allowed = shutil.which("setarch") and subprocess.run(["setarch", "-R", "true"], capture_output=True, check=False).returncode == 0
    if allowed:
        return FINE, "programs may be run with fixed addresses", ""
    cure = "docker run --security-opt seccomp=unconfined, or (as root) sysctl vm.mmap_rnd_bits=28"
    if bits.isdecimal() and int(bits) > 28:
        return WRONG, f"fixed addresses are forbidden, and vm.mmap_rnd_bits is {bits}: AddressSanitizer may not start", cure
    return NOTE, "fixed addresses are forbidden: the same seed gives another campaign each time", cure


def of_leaks():
    """LeakSanitizer attaches to its own process as a debugger does."""
    scope = read("/proc/sys/kernel/yama/ptrace_scope")
    if scope == "3":
        return WRONG, "kernel.yama.ptrace_scope is 3: LeakSanitizer cannot work", \
            "start the machine anew with a lower ptrace_scope, or SANITIZER_OPTIONS detect_leaks=0 in teasel_add_scenarios"
    return FINE, "leaks can be looked for", ""


def of_room(tree, memory=storage.MEMORY):
    if not memory.is_dir() or not os.access(memory, os.W_OK):
        return NOTE, f"{memory} is not there or not writable: campaigns run on the disk of the build tree, a third slower", \
            f"mount -t tmpfs tmpfs {memory}"
    free = storage.free_bytes(memory)
    if free < storage.WORTH_BEGINNING:
        return NOTE, f"{memory} has {free >> 20} MiB: campaigns run on the disk of the build tree, a third slower", \
            "docker run --shm-size=1g, or remove what is in it"
    if tree and storage.free_bytes(tree) < storage.WORTH_BEGINNING:
        return WRONG, f"the disk of {tree} has {storage.free_bytes(tree) >> 20} MiB left", "make room"
    return FINE, f"{memory} has {free >> 20} MiB", ""


def of_memory(jobs=None):
    jobs = jobs or os.cpu_count() or 1
    found = re.search(r"^MemAvailable:\s+(\d+) kB", read("/proc/meminfo"), re.MULTILINE)
    free = int(found.group(1)) // 1024 if found else 0
    if free and free < jobs * 512:
        return WRONG, f"{free} MiB of memory are free for {jobs} jobs, each of which may take {MEMORY_MB} MiB", f"--jobs {max(1, free // 1024)}"
    return FINE, f"{free} MiB of memory are free", ""


def read(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def of_sight(target, entry):
    """Whether the fuzzer sees into the target's code: libFuzzer counts its counters."""
    with tempfile.TemporaryDirectory(prefix="teasel-doctor-") as work:
        output = said([str(target.program), "fuzz", "--scenario", target.scenario, "-runs=1", f"-artifact_prefix={work}/",
                       "--findings", work], env=environment(target.sanitizer_options), cwd=work)
    found = COUNTERS.search(output)
    counters = int(found.group(1)) if found else 0
    imported = [library["name"] for library in entry["libraries"] if library["imported"] and library["sources"]]
    if "libFuzzer" not in output and "INFO: Seed" not in output:
        return WRONG, f"{target.name}: `{target.program} fuzz` does not run libFuzzer:\n{output[-500:]}", HOW_TO_FUZZ
    if counters < FEW_COUNTERS:
        return WRONG, f"{target.name}: the fuzzer cannot see into it: {counters} coverage counters", \
            "name the libraries of the code under test in LIBRARIES, and build them in this tree" + (
                f" (imported are: {', '.join(imported)})" if imported else "")
    return FINE, f"{target.name}: {counters:,} coverage counters", ""


def of_error(error):
    """What a TargetError says, and its cure, which stands at its end."""
    text = str(error).splitlines()[0]
    what, _, cure = text.rpartition(": ")
    if cure.startswith(("build", "mend", "configure")):
        return WRONG, what, cure
    return WRONG, text, "run it by hand; it must be what teasel_add_scenarios makes"


def of_program(entry):
    """All that can be said of the targets of a program."""
    if entry["engine"] != "libfuzzer":
        return [(WRONG, f"{entry['name']}: is built without libFuzzer, for tests and replays", HOW_TO_FUZZ)]
    if not pathlib.Path(entry["program"]).exists():
        return [(NOTE, f"{entry['name']}: is not built", "teasel fuzz builds it")]
    rows = []
    if not sanitizers_of(entry):
        rows.append((NOTE, f"{entry['name']}: is built without sanitizers, so only checks and crashes are found",
                     'configure with -DCMAKE_CXX_FLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"'))
    try:
        targets = targets_of(entry)
        for target in targets:
            if not target.corpus and not target.museum:
                rows.append((NOTE, f"{target.name}: has no seeds: a campaign begins with nothing",
                             "put an input or two into a folder, a captured stream will do, and say CORPUS in teasel_add_scenarios"))
            try:
                check_seeds(target)
                long = [path.name for path in storage.inputs_in(target.corpus) if path.stat().st_size > target.max_len] \
                    if target.corpus else []
                if long:
                    rows.append((NOTE, f"{target.name}: {len(long)} inputs are longer than MAX_LEN {target.max_len} and are cut: {long[0]}",
                                 "raise MAX_LEN"))
            except TargetError as error:
                rows.append(of_error(error))
        rows.append(of_sight(targets[0], entry))  # all scenarios of a program are compiled alike
    except TargetError as error:
        rows.append(of_error(error))
    return rows


def examine(tree):
    """All rows: (kind, what, cure)."""
    compiler = cached(tree, "CMAKE_CXX_COMPILER") if tree else ""
    rows = [of_python(), *(of_tool(*tool) for tool in TOOLS), of_compiler(compiler), of_symbolizer(), of_addresses(), of_leaks(),
            of_room(tree), of_memory()]
    try:
        for entry in listed_programs(tree) if tree else []:
            rows += of_program(entry)
    except SetupError as error:  # a manifest that cannot be read
        rows.append(of_error(error))
    return rows


def run(options):
    tree, lost = None, ""
    try:
        tree = find_tree(options.build)
    except SetupError as error:
        if options.build:
            raise
        lost = str(error)
    rows = examine(tree)
    for kind, what, cure in rows:
        print(f"{kind:5}  {what}" + (f"\n       cure: {cure}" if cure else ""))
    if lost:
        print(f"{NOTE:5}  {lost}")
    wrong = sum(kind == WRONG for kind, _, _ in rows)
    print(f"{wrong} wrong, {sum(kind == NOTE for kind, _, _ in rows)} to note, {sum(kind == FINE for kind, _, _ in rows)} fine")
    return FAILED if wrong else CLEAN
