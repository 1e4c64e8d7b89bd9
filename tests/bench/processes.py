"""How much processor time a tree of processes has used, and how busy the machine was, read from
/proc."""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MILLISECONDS_PER_TICK = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ProcessTimes:
    """One process: its parent, and the ticks used by it and by its children that have ended."""

    parent: int
    ticks: int


def find_process_times(pid: int) -> ProcessTimes | None:
    """None once the process is gone."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The program's name stands in parentheses and may hold blanks; the numbers follow the last one.
    columns = stat.rpartition(")")[2].split()
    return ProcessTimes(parent=int(columns[1]), ticks=sum(int(column) for column in columns[11:15]))


def list_tree(root: int) -> list[int]:
    """The process and all its living descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (times := find_process_times(int(entry.name))):
            children.setdefault(times.parent, []).append(int(entry.name))
    tree = [root]
    for pid in tree:
        tree.extend(children.get(pid, ()))
    return tree


def cpu_milliseconds(root: int) -> float:
    """User and system time of the whole tree so far, ended descendants included."""
    found = (find_process_times(pid) for pid in list_tree(root))
    return sum(times.ticks for times in found if times) * MILLISECONDS_PER_TICK


def is_postgresql(pid: int) -> bool:
    try:
        return (PROC / str(pid) / "comm").read_text().strip().startswith("postgres")
    except OSError:
        return False


@dataclass(frozen=True)
class MachineTimes:
    """Ticks of all cores together since the machine started."""

    busy: int
    total: int

    def busy_share_since(self, earlier: "MachineTimes") -> float:
        return (self.busy - earlier.busy) / max(1, self.total - earlier.total)


def read_machine_times() -> MachineTimes:
    ticks = [int(column) for column in (PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return MachineTimes(busy=sum(ticks) - idle, total=sum(ticks))
