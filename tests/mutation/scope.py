"""What is mutated, and which tests should notice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

API = [
    "tests/api/test_adding.py",
    "tests/api/test_archiving.py",
    "tests/api/test_changes.py",
    "tests/api/test_documents.py",
    "tests/api/test_errors.py",
    "tests/api/test_isolation.py",
    "tests/api/test_preconditions.py",
    "tests/api/test_requests.py",
    "tests/api/test_retrieve.py",
]
WRITING = [
    "tests/services/writing",
    "tests/services/operations",
    "tests/services/storage",
    "tests/services/merging",
    "tests/services/undoing",
    "tests/services/files/test_attachments.py",
    "tests/services/jobs/test_bulk_jobs.py",
    "tests/api/workspace/test_cancelled_records.py",
    "tests/api/workspace/test_matched_upserts.py",
    "tests/mcp/test_manage_record.py",
    "tests/mcp/test_record_states.py",
    *API,
]
ACCESS = [
    "tests/services/access",
    "tests/services/operations",
    "tests/services/reading",
    "tests/services/writing",
    "tests/permissions",
    "tests/api/workspace/test_authority.py",
    *API,
]
STORAGE = [
    "tests/services/storage",
    "tests/services/writing",
    "tests/services/reading",
    "tests/services/search",
    *API,
]
JOBS = ["tests/services/jobs", "tests/api/bulk/test_actions.py"]
KEYS = [
    "tests/services/writing/test_idempotency.py",
    "tests/services/retention/test_sweeping.py",
    "tests/services/external/test_external_records.py",
    "tests/api/test_idempotency.py",
    "tests/api/test_documented_refusals.py",
    "tests/api/workspace/test_records.py",
]

# A file or folder of the code, and the tests of which each mutant gets those that reach it. The
# first of the entries that a module is in counts.
SCOPE: dict[str, list[str]] = {
    "records/services/writing/idempotency.py": KEYS,
    "records/api/idempotency.py": KEYS,
    "records/services/jobs/steps.py": JOBS,
    "records/services/jobs/job_runs.py": JOBS,
    "records/services/catalogue/naming.py": [
        "tests/services/catalogue",
        "tests/services/writing",
        "tests/services/shaping/test_changes.py",
    ],
    "records/services/access": ACCESS,
    "records/services/writing": WRITING,
    "records/services/storage/ledger.py": STORAGE,
    "records/services/storage/index.py": STORAGE,
    "records/services/storage/unique_values.py": STORAGE,
    "records/services/storage/unique_lookups.py": STORAGE,
    "records/services/storage/batches.py": STORAGE,
}
# Of the tests that reach a mutant it gets this many at most, those that mirror its module first.
AT_MOST = 100


def modules(only: list[str]) -> dict[str, list[str]]:
    """The modules to mutate with their tests, in a fixed order; of a folder all that are in it."""
    found: dict[str, list[str]] = {}
    for entry, tests in SCOPE.items():
        for path in _python_files(ROOT / entry):
            module = str(path.relative_to(ROOT))
            if not only or any(module == one or module.startswith(f"{one}/") for one in only):
                found.setdefault(module, tests)
    return found


def _python_files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from (file for file in sorted(path.glob("*.py")) if file.name != "__init__.py")


def nearness(module: str, test: str) -> tuple[int, int]:
    """How near a test is to a module: 0 in the file that mirrors it, 1 in the folder, 2 elsewhere.
    There the cases of one test come after each other's first ones."""
    path = Path(module)
    folder = Path("tests", *path.parent.parts[1:])
    file = Path(test.split("::", maxsplit=1)[0])
    if file == folder / f"test_{path.name}":
        return 0, 0
    return (1, 0) if file.is_relative_to(folder) else (2, "[" in test)
