"""teasel fuzz --since REV: which programs a change touches."""
import functools
import os
import pathlib
import re
import subprocess

from worker import SetupError

INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include(?:_next)?[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|(\S+))', re.MULTILINE)
# A change of how the project is built may touch everything.
BUILD_FILES = re.compile(r"(^|/)(CMakeLists\.txt|CMake(User)?Presets\.json|[^/]+\.cmake(\.in)?)$")
HEADER = re.compile(r"\.(h|hh|hpp|hxx|inc|ipp|tpp)$")


def git(folder, *words):
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise SetupError("--since needs git, which is not installed") from None
    if done.returncode != 0:
        raise SetupError(f"--since: git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def changed_files(project, revision):
    """The files that differ from where this line of history left `revision`, committed or not, as
    absolute paths."""
    root = pathlib.Path(git(project, "rev-parse", "--show-toplevel").strip())
    if git(project, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise SetupError("--since: this clone is shallow, its history is not there: fetch it (actions/checkout: fetch-depth: 0)")
    base = git(project, "merge-base", revision, "HEAD").strip()
    names = git(project, "diff", "--name-only", "-z", "--no-renames", base).split("\0")
    names += git(root, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    return {str(root / name) for name in names if name}


@functools.lru_cache(maxsize=None)
def includes_of(path):
    """What a file includes: (name, whether in quotes). None where a name comes from a macro, which
    nobody knows here."""
    try:
        data = pathlib.Path(path).read_bytes()
    except OSError:
        return ()
    found = []
    for quoted, angled, other in INCLUDE.findall(data):
        if other:
            return None
        found.append(((quoted or angled).decode("utf-8", "replace"), bool(quoted)))
    return tuple(found)


def reached(sources, folders):
    """All files that these sources include, themselves too. None where that cannot be known. Files
    behind a false #if count as well."""
    seen, queue = set(), [os.path.realpath(path) for path in sources]
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.add(path)
        names = includes_of(path)
        if names is None:
            return None
        for name, quoted in names:
            for folder in ([os.path.dirname(path)] if quoted else []) + folders:
                candidate = os.path.join(folder, name)
                if os.path.isfile(candidate):
                    queue.append(os.path.realpath(candidate))
                    break
    return seen


def is_touched(entry, changed):
    """Whether a change of these files may change what a campaign over this program finds."""
    data = [os.path.realpath(entry[key]) for key in ("corpus", "dictionary", "known") if entry[key]]
    if any(path == each or path.startswith(each + os.sep) for path in changed for each in data):
        return True
    sources = [*entry["sources"], *(source for library in entry["libraries"] for source in library["sources"])]
    files = reached(sources, entry["include_directories"])
    return files is None or bool(files & changed)


def touched(entries, revision):
    """Those of the programs that a change since `revision` touches. A change of a file of the build
    touches all."""
    projects = {entry["project"] for entry in entries}
    if "" in projects:
        raise SetupError("--since: this tree was configured by an older Teasel: configure it again")
    changed = set()
    for project in sorted(projects):
        changed |= {os.path.realpath(path) for path in changed_files(project, revision)}
    # Without a header that is gone, its name may mean another file.
    if any(BUILD_FILES.search(path) or (HEADER.search(path) and not os.path.exists(path)) for path in changed):
        return entries
    return [entry for entry in entries if is_touched(entry, changed)]
