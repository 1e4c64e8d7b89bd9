"""`newer.py FOLDER LOCK...`: wheels of a newer release of every package in the locks, which nobody should install.

With nothing but the standard library, since it runs before anything is installed.
"""

import re
import sys
import zipfile
from pathlib import Path

PIN = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==(\d+)", re.MULTILINE)


def main(folder: Path, locks: list[Path]) -> None:
    """Write the wheels: of the next major version, and they require what does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    pins = dict(pin for lock in locks for pin in PIN.findall(lock.read_text(encoding="utf-8")))
    for name, major in pins.items():
        package, number = name.replace("-", "_").replace(".", "_"), f"{int(major) + 1}.0"
        about = f"{package}-{number}.dist-info"
        files = {
            f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\nRequires-Dist: not-there==1\n",
            f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        files[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"])
        with zipfile.ZipFile(folder / f"{package}-{number}-py3-none-any.whl", "w") as wheel:
            for path, text in files.items():
                wheel.writestr(path, text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(lock) for lock in sys.argv[2:]])
