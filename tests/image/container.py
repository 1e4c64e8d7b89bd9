"""A process in a root folder of its own, as a container runtime would start it. Needs root, on
Linux.

Run as a module it is the first process of the container: it makes the mounts, gives up its rights
and becomes the command.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

HOST_ETC = ("resolv.conf", "hosts", "nsswitch.conf", "ssl/certs", "ld.so.conf",
            "ld.so.conf.d", "alternatives", "login.defs", "localtime")  # fmt: skip
DEVICES = ("null", "zero", "full", "random", "urandom")
LOOPBACK_UP = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
SIOCSIFFLAGS = 0x8914
LEFT_OVER = 70


@dataclass(frozen=True)
class Container:
    """What to run: in which root, with which Python below /usr/local, where, as whom, with what in
    its environment.

    `mounts` are folders of this machine and where they are in the container. `sealed` is the way
    that a careful operator runs the image: a read-only root, and no network but its own loopback.
    With `init` the command is not process 1, but the child of one that passes SIGTERM on and fails
    when other processes outlive the command.
    """

    root: str
    python: str
    folder: str = "/"
    user: tuple[int, int] = (0, 0)
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[tuple[str, str], ...] = ()
    sealed: bool = False
    init: bool = False

    def command(self, arguments: Sequence[str]) -> list[str]:
        spaces = ["--mount", "--pid", "--fork", "--kill-child", *(["--net"] if self.sealed else [])]
        inside = [
            sys.executable,
            "-m",
            "tests.image.container",
            json.dumps(asdict(self)),
            *arguments,
        ]
        return ["unshare", *spaces, "--", *inside]

    def run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, and return its status with what it printed, errors included."""
        return subprocess.run(
            self.command(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def make_root(root: Path) -> None:
    """Make what a slim Debian has besides /usr, which is this machine's: empty folders, the users
    of a new system."""
    for name in (
        "etc",
        "usr",
        "proc",
        "dev",
        "root",
        "run",
        "tmp",
        "var/tmp",
        "opt",
        "var/lib",
        "home",
    ):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (root / name).chmod(0o1777)
    for link in Path("/").iterdir():
        if link.is_symlink() and str(link.readlink()).startswith("usr/"):
            (root / link.name).symlink_to(link.readlink())
    for name in HOST_ETC:
        given = Path("/etc", name)
        if given.is_dir():
            shutil.copytree(given, root / "etc" / name, symlinks=True)
        elif given.exists():
            shutil.copy(given, root / "etc" / name)
    for name in ("passwd", "group"):
        shutil.copy(f"/usr/share/base-passwd/{name}.master", root / "etc" / name)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def bind(source: str, target: str, *, writable: bool = False) -> None:
    mount("--bind", source, target)
    if not writable:
        mount("--options", "remount,bind,ro", target)


def make_mounts(given: Container) -> None:
    """Build the root: this machine's /usr, the chosen Python as /usr/local, devices, and what the
    caller mounts."""
    root = given.root
    mount("--bind", root, root)
    bind("/usr", f"{root}/usr")
    bind(given.python, f"{root}/usr/local")
    mount("-t", "proc", "proc", f"{root}/proc")
    mount("-t", "tmpfs", "tmpfs", f"{root}/dev")
    for name in DEVICES:
        Path(root, "dev", name).touch()
        mount("--bind", f"/dev/{name}", f"{root}/dev/{name}")
    Path(root, "dev/fd").symlink_to("/proc/self/fd")
    Path(root, "dev/shm").mkdir(mode=0o1777)
    if given.sealed:
        mount("-t", "tmpfs", "tmpfs", f"{root}/tmp")
    for source, target in given.mounts:
        Path(f"{root}{target}").mkdir(parents=True, exist_ok=True)
        bind(source, f"{root}{target}", writable=True)
    if given.sealed:
        mount("--options", "remount,bind,ro", root)


def main() -> None:
    """Become the command of the container."""
    given = Container(**json.loads(sys.argv[1]))
    make_mounts(given)
    if given.sealed:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, LOOPBACK_UP)
    os.chroot(given.root)
    os.chdir(given.folder)
    if given.init and (child := os.fork()):
        sys.exit(tend(child))
    become(given, sys.argv[2:])


def become(given: Container, command: list[str]) -> None:
    """Give up all rights but the user's, and run the command in place of this process."""
    os.setgroups([])
    os.setgid(given.user[1])
    os.setuid(given.user[0])
    os.umask(0o022)
    os.environ["PATH"] = given.environment["PATH"]
    try:
        os.execvpe(command[0], command, given.environment)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


def tend(child: int) -> int:
    """Be the first process until the command ends; return its status, or LEFT_OVER if it left
    others behind."""
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    ended, status = 0, 0
    while ended != child:
        ended, status = os.wait()
    left = [
        path.name for path in Path("/proc").iterdir() if path.name.isdigit() and path.name != "1"
    ]
    running = [
        name for name in left if "\nState:\tZ" not in Path("/proc", name, "status").read_text()
    ]
    for name in running:
        sys.stderr.write(f"still running: {Path('/proc', name, 'cmdline').read_text()}\n")
    return LEFT_OVER if running else os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
