"""A program that runs commands, given as JSON, each in a process of its own, and prints how each
ended.

Starting Python and Django anew for each would take most of the time, so each process is a fork of
this one: from there on it is what `manage.py` is.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

LONGEST = 60  # seconds a command may take


def prepare() -> None:
    """Load what every command loads, without a connection to anything."""
    import django
    from django.core.management import get_commands, load_command_class

    os.environ["DJANGO_SETTINGS_MODULE"] = "records_project.settings"
    try:
        django.setup()
    except Exception:  # noqa: BLE001 - whatever it is
        return  # each command is to say so itself
    for name, app in get_commands().items():
        if app == "records":
            load_command_class(app, name)


def run(arguments: list[str], folder: Path) -> dict[str, object]:
    """Run one command in a fork; its output goes to `folder`."""
    out, err = folder / "out", folder / "err"
    child = os.fork()
    if child == 0:
        become(arguments, out, err)
    _, status = os.waitpid(child, 0)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "out": out.read_text(),
        "err": err.read_text(),
    }


def become(arguments: list[str], out: Path, err: Path) -> None:
    """Be the command, and end as Python ends."""
    signal.alarm(LONGEST)
    for path, number in ((Path(os.devnull), 0), (out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), number)
    status = 0
    try:
        from records_project.cli import main

        main(["manage.py", *arguments])
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
        if isinstance(ending.code, str):
            sys.stderr.write(f"{ending.code}\n")
    except BaseException:  # noqa: BLE001 - as Python itself does
        import traceback

        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    commands = json.load(sys.stdin)
    prepare()
    with tempfile.TemporaryDirectory() as name:
        json.dump([run(arguments, Path(name)) for arguments in commands], sys.stdout)
