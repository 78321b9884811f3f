"""How far a long command is: one line, over and over on a terminal, elsewhere a line every ten
seconds."""
import shutil
import sys
import threading
import time

LINE_SECONDS = 10


class Progress:
    """Usage: `with Progress(steps=3) as progress:`, then `step` as each step begins, `update` as it
    proceeds, and `say` for what stays on the screen. Any thread may call any method."""

    def __init__(self, steps, stream=None, clock=time.monotonic):
        self.steps, self.stream, self.clock = steps, stream or sys.stdout, clock
        self.is_terminal = self.stream.isatty()
        self.number, self.name, self.detail = 0, "", ""
        self.began = self.said = clock()
        self.shown = False
        self.lock, self.over = threading.RLock(), threading.Event()
        self.ticker = threading.Thread(target=self.tick_until_over, daemon=True)

    def __enter__(self):
        self.ticker.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.ticker.join()
        with self.lock:
            self.clear()

    def step(self, name):
        """The next step begins."""
        with self.lock:
            self.number += 1
            self.name, self.detail, self.began = name, "", self.clock()
            self.show(is_due=True)

    def update(self, detail):
        """How far the step is, as 412/930."""
        with self.lock:
            self.detail = detail
            if not self.is_terminal:
                self.tick()

    def say(self, text=""):
        """A line, or several, that stays."""
        with self.lock:
            self.clear()
            print(text, file=self.stream, flush=True)

    def finish(self):
        """No step is under way any more: what is said from now on is not followed by a line."""
        with self.lock:
            self.clear()
            self.name = ""

    def tick(self):
        """Called again and again: shows the line, on a terminal always, elsewhere when ten seconds
        have passed."""
        with self.lock:
            if self.name:
                self.show(is_due=self.clock() - self.said >= LINE_SECONDS)

    def tick_until_over(self):
        while not self.over.wait(0.2):
            self.tick()

    def line(self):
        seconds = self.clock() - self.began
        detail = f" {self.detail}" if self.detail else ""
        return f"[{self.number}/{self.steps}] {self.name}{detail}" + (f", {seconds:.0f} s" if seconds >= 1 else "")

    def show(self, is_due):
        if self.is_terminal:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r\x1b[K{self.line()[:width]}")
            self.stream.flush()
            self.shown = True
        elif is_due:
            self.said = self.clock()
            print(self.line(), file=self.stream, flush=True)

    def clear(self):
        if self.shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
            self.shown = False
