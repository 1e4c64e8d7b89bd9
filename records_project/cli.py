"""The command line of Records: `manage.py` and the console script `records` both call `main`."""

# Imports nothing but the standard library at the top: a Python without Django gets a sentence too.
from __future__ import annotations

import ast
import gc
import os
import sys
import tomllib
from importlib import metadata
from pathlib import Path

OLDEST = (3, 11)
CANNOT_RUN = 2  # exit status, where 1 means that a command ran and found something wrong
AS_SERVED = ("serve", "demo", "doctor")
HELP = ("", "help", "-h", "--help")
VERSION = ("version", "--version")
ROOT = Path(__file__).parent.parent


def main(argv: list[str] | None = None) -> None:
    """Run the command that `argv` (by default `sys.argv`) names; what is wrong around it is said in
    a sentence."""
    arguments = sys.argv if argv is None else argv
    command = arguments[1] if len(arguments) > 1 else ""
    if sys.version_info < OLDEST:
        stop(
            f"Records needs Python {'.'.join(map(str, OLDEST))} or newer; this is "
            f"{sys.version.split()[0]}."
        )
    set_defaults(command)
    try:
        from records_project.faults import explain
    except ModuleNotFoundError as error:
        stop(not_installed(error))
    try:
        run(arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Nobody reads on, as in `… | head`: there is nobody to tell, and no output to flush at the
        # end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        said = explain(error)
        if said is None or "--traceback" in arguments:
            raise
        stop(said)


def set_defaults(command: str) -> None:
    """Complete the environment by what a command implies; what is set there counts more."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    if command == "demo" and not os.environ.get("RECORDS_ENV"):
        os.environ["RECORDS_ENV"] = "demo"
    if command in AS_SERVED and not os.environ.get("STATEMENT_SECONDS"):
        os.environ["STATEMENT_SECONDS"] = "5"


def usage(program: str) -> str:
    """List the commands, each with what its module says of it; needs no settings."""
    lines = [f"Usage: {program} COMMAND [options]", ""]
    for path in sorted((ROOT / "records" / "management" / "commands").glob("[a-z]*.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        summary = " ".join(said.partition("\n\n")[0].split()).partition("`: ")[2]
        lines.append(f"  {path.stem:<20} {summary[:1].upper()}{summary[1:]}")
    lines += ["", f"`{program} COMMAND --help` lists the options of a command.", ""]
    return "\n".join(lines)


def version() -> str:
    """Return the version of Records: of the installed package, or of this checkout."""
    try:
        return metadata.version("records")
    except metadata.PackageNotFoundError:
        declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        return str(declared["project"]["version"])


def run(arguments: list[str]) -> None:
    """Run a command, and see that all of its output could be written."""
    from django.core.management import execute_from_command_line

    # To start is to load thousands of lasting objects: at the usual 700 the collector would look
    # through all of them again and again, for a tenth of the time.
    gc.set_threshold(50_000, 20, 50)
    command = arguments[1] if len(arguments) > 1 else ""
    if command in HELP and len(arguments) < 3:
        sys.stdout.write(usage(Path(arguments[0]).name if arguments else "records"))
    elif command in VERSION:
        sys.stdout.write(f"Records {version()}\n")
    else:
        execute_from_command_line(arguments)
    sys.stdout.flush()


def not_installed(error: ModuleNotFoundError) -> str:
    """Say what to do about a package that is missing; ours are never missing without a mistake of
    ours."""
    package = (error.name or "").partition(".")[0]
    if package in ("records", "records_project"):
        raise error
    return (
        f"The Python package {package!r} is not installed for {sys.executable}. Run `make "
        "install` and use "
        ".venv/bin/python, or activate the virtual environment that Records is installed in."
    )


def stop(said: str) -> None:
    """End with a sentence."""
    sys.stderr.write(f"{said}\n")
    sys.exit(CANNOT_RUN)
