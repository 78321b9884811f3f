"""What the tests of interoperation share: programs on free ports of loopback, a terminal, a plain IRC client.

No call here waits longer than PATIENCE seconds. Whatever a test starts ends with the test.
"""
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

PATIENCE = 20
# Control sequences of a terminal: they stand between the words that a program shows.
SEQUENCES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[()][A-Z0-9]|[=>78MDE])|[\x0e\x0f\r]")


def examples():
    """The folder with the example programs of the build tree, the first argument of the test."""
    return pathlib.Path(os.environ["TEASEL_EXAMPLES_DIR"])


def main(words=None):
    """The main of a test program: FOLDER [unittest's arguments]."""
    words = sys.argv if words is None else words
    if len(words) < 2:
        print(f"usage: {words[0]} FOLDER_OF_EXAMPLES [TEST...]", file=sys.stderr)
        return 2
    os.environ["TEASEL_EXAMPLES_DIR"] = words[1]
    unittest.main(module="__main__", argv=[words[0], *words[2:]])
    return 0


def where(name):
    """The path of a program, or None. Debian keeps servers where only the path of root leads."""
    return shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what):
    """Waits until condition() is true, and returns what it gave."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE} s: {what() if callable(what) else what}")
        time.sleep(0.02)


class Case(unittest.TestCase):
    """A test that ends what it has started, and is skipped where `needs` is not installed."""
    needs = ()

    def setUp(self):
        for name in self.needs:
            if not where(name):
                self.skipTest(f"there is no {name} (ci/install --with interop)")
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def start(self, *words, **how):
        program = Program([str(word) for word in words], **how)
        self.addCleanup(program.end)
        return program

    def client(self, port, nick):
        client = Client(port, nick)
        self.addCleanup(client.close)
        return client

    def server(self, *words):
        """Teasel's IRC server. Returns it and its port."""
        program = self.start(examples() / "irc_server", "--listen", "tcp:0:interface=127.0.0.1", *words)
        return program, self.port_of(program)

    def port_of(self, program):
        """The port that a server says in its log that it listens on."""
        line = program.line()
        while line and " listening on " not in line:
            line = program.line()
        self.assertRegex(line, r" listening on 127\.0\.0\.1:\d+$")
        return int(line.rpartition(":")[2])


class Program:
    """A program whose standard output, with its standard error, the test reads."""

    def __init__(self, words, **how):
        self.name = words[0]
        self.text = ""
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how)
        os.set_blocking(self.process.stdout.fileno(), False)

    def read(self):
        with contextlib.suppress(BlockingIOError):
            self.text += (self.process.stdout.read() or b"").decode(errors="replace")
        return self.text

    def line(self):
        wait_until(lambda: "\n" in self.read() or self.process.poll() is not None, lambda: f"a line of {self.name}: {self.text!r}")
        line, _, self.text = self.text.partition("\n")
        return line

    def interrupt(self):
        """What Ctrl-C sends. Returns the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Terminal:
    """A program in a pseudo-terminal of 24 lines and 100 columns."""

    def __init__(self, words, environment):
        self.shown = ""
        self.name = words[0]
        own, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.process = subprocess.Popen(words, stdin=its, stdout=its, stderr=its, close_fds=True, start_new_session=True,
                                        env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment})
        os.close(its)
        self.descriptor = own

    def read(self):
        while select.select([self.descriptor], [], [], 0)[0]:
            try:
                piece = os.read(self.descriptor, 65536)
            except OSError:
                break  # the program has ended
            if not piece:
                break
            self.shown += piece.decode(errors="replace")
        return SEQUENCES.sub("", self.shown)

    def type(self, line):
        os.write(self.descriptor, line.encode() + b"\r")

    def sees(self, text):
        """Waits until the program has shown this text since it was asked last."""
        wait_until(lambda: text in self.read(), lambda: f"{text!r} on the terminal of {self.name}: {self.read()[-2000:]!r}")
        self.shown = ""

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.descriptor)


class Client:
    """A plain IRC client: it is registered when it is there, and answers PING."""

    def __init__(self, port, nick):
        self.lines, self.text, self.ended = [], b"", False
        self.socket = wait_until(lambda: self.connect(port), f"a connection to port {port}")
        self.send(f"NICK {nick}")
        self.send(f"USER {nick} 0 * :{nick}")
        self.sees(rf" (376|422) {nick} ")

    @staticmethod
    def connect(port):
        try:
            return socket.create_connection(("127.0.0.1", port), PATIENCE)
        except ConnectionRefusedError:
            return None

    def send(self, line):
        self.socket.sendall(line.encode() + b"\r\n")

    def read(self):
        while not self.ended and select.select([self.socket], [], [], 0)[0]:
            piece = self.socket.recv(65536)
            self.ended = not piece
            *whole, self.text = (self.text + piece).split(b"\n")
            for line in whole:
                self.lines.append(line.decode(errors="replace").rstrip("\r"))
                if self.lines[-1].startswith("PING "):
                    self.send("PONG" + self.lines[-1][4:])
        return self.lines

    def sees(self, pattern):
        """Waits for a line that has this pattern in it, forgets the lines up to it, and returns it."""
        def found():
            return next((index for index, line in enumerate(self.read()) if re.search(pattern, line)), None)
        wait_until(lambda: found() is not None, lambda: f"/{pattern}/ among {self.lines!r}")
        index = found()
        line = self.lines[index]
        del self.lines[:index + 1]
        return line

    def close(self):
        self.socket.close()
