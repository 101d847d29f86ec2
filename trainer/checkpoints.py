"""Which checkpoints are whole. The Trainer's own aren't atomic, and its resume takes the newest even when torn."""

import json
import re
import time
from pathlib import Path
from typing import Any

from files import write_json

MANIFEST = "complete.json"
STATE = "trainer_state.json"


def mark_complete(folder: Path, job_hash: str) -> None:
    """Write the manifest that makes the checkpoint count."""
    sizes = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    write_json(folder / MANIFEST, {"jobHash": job_hash, "sizes": sizes})


def is_complete(folder: Path, job_hash: str) -> bool:
    """True when the manifest is of this job and every file in it has its size."""
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sizes: dict[str, int] = manifest["sizes"]
        return (
            manifest["jobHash"] == job_hash
            and STATE in sizes
            and all((folder / name).stat().st_size == size for name, size in sizes.items())
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def list_checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Checkpoint folders with their steps, oldest first."""
    found = []
    for path in folder.glob("checkpoint-*"):
        match = re.fullmatch(r"checkpoint-(\d+)", path.name)
        if match and path.is_dir():
            found.append((int(match[1]), path))
    return sorted(found)


def find_newest_complete(folder: Path, job_hash: str) -> tuple[int, Path] | None:
    """The newest checkpoint that can be resumed."""
    whole = [entry for entry in list_checkpoints(folder) if is_complete(entry[1], job_hash)]
    return whole[-1] if whole else None


def set_aside_incomplete(folder: Path, job_hash: str) -> int:
    """Move checkpoints that can't be resumed to `set-aside`, where neither rotation nor resume looks; how many."""
    moved = 0
    for _, path in list_checkpoints(folder):
        if not is_complete(path, job_hash):
            (folder / "set-aside").mkdir(exist_ok=True)
            path.rename(folder / "set-aside" / f"{path.name}-{time.time_ns()}")
            moved += 1
    return moved
