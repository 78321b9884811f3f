#!/usr/bin/env python3
"""Tests of what scripts and tests call: every configuration with CMake says its generator, and
every program comes with a package of ci/install."""
import ast
import functools
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = (".ci", "bench", "ci", "cmake", "fakes", "framework", "fuzz", "props")
# The words of a shell that are no programs.
SHELL = set("""
! ( ) [ [[ ]] { } : . break builtin case cd command continue declare do done echo elif else esac eval exec exit export fi
for function getopts if in kill let local mapfile printf pwd read readarray return set shift source test then time trap
type ulimit umask unset until wait while
""".split())
# Where a program stands in a script: at the start of a command.
COMMAND = re.compile(r"(?:^|[;&|({])[ \t]*(?P<word>[a-z][\w+.-]*)(?=[ \t\n;)]|$)", re.MULTILINE)
# Words behind which a command begins.
BEFORE_COMMAND = re.compile(r"(?<![^\s;&|({])(?:if|then|else|elif|do|while|until|exec|!)(?=\s)")
# Called only where they are there: sudo by who is not root; debootstrap by ci/bare, which says how
# to get it; a symbolizer of another version on other systems.
OPTIONAL = {"sudo", "debootstrap", "llvm-symbolizer"}


def sources(*suffixes):
    """The files with these suffixes; a script without a suffix counts as what its first line
    says."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and (path.suffix or kind(path)) in suffixes and "__pycache__" not in path.parts:
                yield path


def kind(path):
    with open(path, "rb") as file:
        first = file.readline(100)
    return ".py" if first.startswith(b"#!") and b"python" in first else ".sh" if first.startswith(b"#!") else ""


# A command of CMake with the option that only a configuration has.
CONFIGURES = re.compile(r'(?:(?:^|[\s;&|(])cmake|\$\{CMAKE_COMMAND\}"?)\s[^#]*?-[SB]\b')


def strings(node):
    """The constant strings directly in a call, or in the lists and tuples in it."""
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value


def configures(words):
    """Whether these words call CMake to configure a tree."""
    return "cmake" in words and any(word in ("-S", "-B") or word.startswith(("-S", "-B")) for word in words)


def says_generator(words):
    return any(word.startswith(("-G", "--preset")) for word in words)


def python_without_generator(text):
    """The lines of Python calls that configure a tree and leave the generator to CMake."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    words = [(call.lineno, list(strings(call))) for call in calls]
    return [line for line, each in words if configures(each) and not says_generator(each)]


def script_without_generator(text):
    """The same for shell and CMake: commands, each on one line."""
    joined = text.replace("\\\n", "  ")
    return [number for number, line in enumerate(joined.splitlines(), 1)
            if not line.lstrip().startswith("#") and CONFIGURES.search(line)
            and not re.search(r"\s(?:-G|--preset)\b", line)]


def python_commands(text):
    """The programs that Python code calls by name: the first word of what subprocess gets, and what
    shutil.which looks for."""
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        first = node.args[0]
        if isinstance(first, (ast.List, ast.Tuple)) and first.elts:
            first = first.elts[0]
        is_text = isinstance(first, ast.Constant) and isinstance(first.value, str)
        if is_text and node.func.attr in ("run", "Popen", "check_output", "which", "succeed"):
            yield first.value


def bare_code(text):
    """A shell script without its comments, texts in quotes and arithmetic; what stands in $( )
    within a text is kept."""
    kept, inside, at = [], ["code"], 0
    while at < len(text):
        here, two = text[at], text[at:at + 2]
        if inside[-1] == "code" and here == "'":
            at = text.index("'", at + 1)
            kept.append('""')
        elif inside[-1] == "code" and here == "#" and (at == 0 or text[at - 1] in " \t\n;"):
            at = text.find("\n", at) - 1 if "\n" in text[at:] else len(text)
        elif here == "\\":
            kept.append("x" if inside[-1] == "code" and text[at + 1:at + 2] != "\n" else " ")
            at += 1
        elif text.startswith("$((", at):
            at = text.index("))", at) + 1
            kept.append("0")
        elif two == "$(":
            inside.append("code")
            kept.append("$(")
            at += 1
        elif here == '"':
            if inside[-1] == "text":
                inside.pop()
            else:
                inside.append("text")
                kept.append('""')
        elif inside[-1] == "code":
            kept.append(here)
            if here == "(":
                inside.append("code")
            elif here == ")" and len(inside) > 1:
                inside.pop()
        at += 1
    return "".join(kept)


def shell_commands(text):
    """The programs that a shell script calls by name, and not what it defines itself."""
    text = re.sub(r"<<-?'?(\w+)'?(.*?)\n.*?^\s*\1$", r"\2", text, flags=re.MULTILINE | re.DOTALL)
    defined = set(re.findall(r"^\s*(\w+)\(\)", text, re.MULTILINE))
    text = bare_code(text)
    text = re.sub(r"^[ \t]*[^\s()$]+(?: \| [^\s()]+)*\)", "", text, flags=re.MULTILINE)  # a pattern of `case`
    text = re.sub(r"\w+=\([^)]*\)", "", text)  # a list
    text = re.sub(r"\(\([^)]*\)\)", "", text)  # arithmetic
    text = re.sub(r"(?<!\S)\w+=(?:(?!\$\()[^\s;)])*", "", BEFORE_COMMAND.sub(";", text))
    for found in COMMAND.finditer(text):
        if found.group("word") not in SHELL | defined:
            yield found.group("word")


@functools.cache
def provided():
    """The packages of ci/install, its parts included, and all that they need, as far as they are
    here, with what every Debian has."""
    listed = subprocess.run([ROOT / "ci" / "install", "--list", "--with", "bench", "--with", "instructions", "--with", "pages"],
                            capture_output=True, text=True, check=True).stdout.split()
    fields = "${Package}\t${Essential}\t${Priority}\t${Pre-Depends}, ${Depends}\t${Provides}\n"
    said = subprocess.run(["dpkg-query", "-W", "-f", fields], capture_output=True, text=True, check=True).stdout
    needs, wanted, givers = {}, list(listed), {}
    for line in said.splitlines():
        package, essential, priority, depends, provides = line.split("\t")
        needs[package] = re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)", depends)
        for name in re.findall(r"(?:^|,)\s*([a-z0-9][a-z0-9+.-]+)", provides):
            givers.setdefault(name, []).append(package)
        if essential == "yes" or priority == "required":
            wanted.append(package)
    closure = set()
    while wanted:
        package = wanted.pop()
        if package not in closure:
            closure.add(package)
            wanted += needs.get(package, [])
            wanted += givers.get(package, []) if package not in needs else []
    return closure


def package_of(program):
    """The package that a program on this machine comes from; "" when from none."""
    path = shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if not path:
        return ""
    # /bin is a link to /usr/bin, and c++ is one that /etc/alternatives has chosen.
    for candidate in dict.fromkeys([path, path.removeprefix("/usr"), str(pathlib.Path(path).resolve())]):
        done = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    return ""


def all_commands():
    """(program, the file that calls it)."""
    for path in sources(".py"):
        for program in python_commands(path.read_text(encoding="utf-8")):
            yield program, path.relative_to(ROOT)
    for path in sources(".sh"):
        for program in shell_commands(path.read_text(encoding="utf-8")):
            yield program, path.relative_to(ROOT)


class Generators(unittest.TestCase):
    def test_every_configuration_says_its_generator(self):
        for path in sources(".py", ".sh", ".cmake", ".txt"):
            text = path.read_text(encoding="utf-8")
            is_python = (path.suffix or kind(path)) == ".py"
            lines = python_without_generator(text) if is_python else script_without_generator(text)
            self.assertEqual(lines, [], f"{path.relative_to(ROOT)}: no generator, so CMake takes make: say -G Ninja or --preset")

    def test_one_that_does_not_is_seen(self):
        self.assertEqual(python_without_generator('run(\n"cmake", "-S", a, "-B", b)\n'), [1])
        self.assertEqual(python_without_generator('subprocess.run(["cmake", "-S", a, "-B", b], check=True)'), [1])
        good = 'run("cmake", "-S", a, "-B", b, "-G", "Ninja")\nrun("cmake", "--build", b)\n'
        self.assertEqual(python_without_generator(good), [])
        self.assertEqual(script_without_generator('execute_process(COMMAND "${CMAKE_COMMAND}" -S "${a}" -B b)\n'), [1])
        good = "# cmake -S a -B b\ncmake -G Ninja -S a -B b\ncmake --preset gcc -B b\n"
        self.assertEqual(script_without_generator(good + "cmake -S a \\\n  -B b\n"), [4])


class Programs(unittest.TestCase):
    @unittest.skipUnless(shutil.which("dpkg-query"), "packages are known on Debian only")
    def test_every_program_that_is_called_comes_with_what_ci_install_installs(self):
        callers = {}
        for program, path in all_commands():
            callers.setdefault(program, path)
        self.assertGreater(len(callers), 20, callers)
        for program in callers.keys() - OPTIONAL:
            if shutil.which(program):
                package = package_of(program)
                self.assertTrue(package in provided(), f"{callers[program]} calls {program} of the package '{package}', which "
                                "ci/install does not bring")

    def test_programs_that_python_calls_are_seen(self):
        text = ('subprocess.run(["make", "-j"], check=True)\nshutil.which("strace")\nself.succeed("ctest", tree)\n'
                'subprocess.run([str(program)])\n')
        self.assertEqual(list(python_commands(text)), ["make", "strace", "ctest"])

    def test_programs_that_a_shell_script_calls_are_seen(self):
        text = ('helper() { sed -n 1p; }\nif make -j2 >log; then helper; fi\nx=$(nproc | sort)\n# wget it\n'
                'cat <<TEXT\ncurl it\nTEXT\ncase $1 in\n  gcc) exec strace "$@" ;;\nesac\necho "find it, $(date)"\nlist=(\n  perl\n)\n')
        self.assertEqual(sorted(set(shell_commands(text))), ["cat", "date", "make", "nproc", "sed", "sort", "strace"])

    @unittest.skipUnless(shutil.which("dpkg-query"), "packages are known on Debian only")
    def test_a_program_of_another_package_is_not_provided(self):
        self.assertIn("coreutils", provided())
        self.assertIn("cmake", provided())
        self.assertNotIn("make", provided())


if __name__ == "__main__":
    unittest.main()
