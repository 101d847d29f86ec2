"""Files that are either whole or absent, and a lock that one trainer holds."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any


def write_json(path: Path, value: Any) -> None:
    """Write JSON by rename, so that a reader never sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def take_lock(path: Path) -> IO[str] | None:
    """Hold the lock for as long as the returned file is open; None when another process has it."""
    file = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
