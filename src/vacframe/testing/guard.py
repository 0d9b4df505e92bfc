"""Notice input and output: what a product's `run` may not do."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_PROCESS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty")
_NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "urllib.Request")
_CHANGE = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink")
_SYSTEM = ("/proc/", "/sys/", "/dev/", "/etc/")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class _Watch:
    """One audit hook for the life of the process (Python cannot remove one), which listens when told to."""

    def __init__(self) -> None:
        self.installed = False
        self.found: list[str] | None = None
        self.readable: tuple[str, ...] | None = ()

    def hook(self, event: str, args: tuple[object, ...]) -> None:
        if self.found is None or not event.startswith(("open", "os.", "socket.", "subprocess.", "urllib.")):
            return
        problem = self._problem(event, args)
        if problem and not _importing(sys._getframe(1)):
            self.found.append(problem)

    def _problem(self, event: str, args: tuple[object, ...]) -> str:
        if event == "open":
            return self._opened(*args)
        if event in _PROCESS:
            return f"starts a process ({event}: {args[0]})"
        if event in _NETWORK:
            return f"uses the network ({event}: {args[1] if event.startswith('socket') else args[0]})"
        if event in _CHANGE:
            path = _path(args[0])
            return "" if _is_cache(path) else f"changes files ({event}: {path})"
        return ""

    def _opened(self, path: object, mode: object, flags: object) -> str:
        name = _path(path)
        if not name or name == os.devnull:
            return ""
        writes = bool(int(flags) & _WRITING) if isinstance(flags, int) else set(str(mode)) & set("wax+")
        if writes:
            return "" if _is_cache(name) else f"writes {name}"
        allowed = self.readable is None or name.startswith(self.readable) or name.endswith((".py", ".pyc"))
        return "" if allowed or _is_cache(name) else f"reads {name}"


_watch = _Watch()
_lock = threading.Lock()


@contextmanager
def watch(packages: Sequence[Path], *, reading: bool = False) -> Iterator[list[str]]:
    """Collect what is read, written, started and connected to inside the block.

    Reading the system, the installed libraries, source code and `packages`, importing, and the caches of
    compiled code are no input and output.

    Parameters
    ----------
    packages : sequence of Path
        Folders of the plugin's own data.
    reading : bool
        Whether any file may be read.

    Yields
    ------
    list of str
        One short sentence for each event.
    """
    with _lock:
        if not _watch.installed:
            sys.addaudithook(_watch.hook)
            _watch.installed = True
        _watch.readable = None if reading else (*_SYSTEM, *_libraries(), *(_folder(p) for p in packages))
        found: list[str] = []
        _watch.found = found
        try:
            yield found
        finally:
            _watch.found = None


def _libraries() -> Iterator[str]:
    paths = {*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()}
    for path in (*paths, sys.prefix, sys.base_prefix):
        yield _folder(Path(path))


def _folder(path: Path) -> str:
    return f"{os.path.abspath(path)}{os.sep}"


def _path(value: object) -> str:
    """Return an absolute path, nothing for a file descriptor."""
    if isinstance(value, bytes):
        value = os.fsdecode(value)
    return os.path.abspath(value) if isinstance(value, str | os.PathLike) else ""


def _is_cache(path: str) -> bool:
    own = os.environ.get("NUMBA_CACHE_DIR")
    return f"{os.sep}__pycache__" in path or (bool(own) and path.startswith(_folder(Path(str(own)))))


def _importing(frame: FrameType | None) -> bool:
    """Whether something that `run` calls is importing a module."""
    while frame is not None and frame.f_globals.get("__name__") != "vacframe.core.tasks.plugin_call":
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
