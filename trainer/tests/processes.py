"""Starts a script on a job and reads what it left."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1]


def start(job: Path) -> subprocess.Popen[str]:
    """Start the script of the job's method."""
    script = FOLDER / f"{json.loads(job.read_text())['method']}.py"
    return subprocess.Popen([sys.executable, script, "--job", job], stderr=subprocess.PIPE, text=True)


def finish(job: Path) -> dict[str, Any]:
    """Run the job to its end; returns its result."""
    process = start(job)
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    result: dict[str, Any] = json.loads((job.parent / "out" / "result.json").read_text())
    return result


def refuse(job: Path) -> str:
    """Run a job that is refused; returns what it said."""
    process = start(job)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 2, stderr
    return stderr


def interrupt(job: Path, how: signal.Signals) -> None:
    """Start the job, stop it after its first checkpoint, and leave a torn one, as a kill in a save would."""
    process = start(job)
    while not read_events(job.parent, "checkpoint"):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.005)
    process.send_signal(how)
    process.communicate(timeout=120)
    assert process.returncode == (143 if how == signal.SIGTERM else -signal.SIGKILL)
    torn = job.parent / "out" / "checkpoints" / "checkpoint-99"
    torn.mkdir()
    (torn / "trainer_state.json").write_text("{}")


def read_events(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Whole events of a kind."""
    path = folder / "out" / "events.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    events = [json.loads(line) for line in lines if line.endswith("}")]
    return [event for event in events if event["event"] == kind]


def read_losses(folder: Path) -> dict[int, float]:
    """Loss of each step, as it was last run."""
    return {event["step"]: event["loss"] for event in read_events(folder, "step")}


def read_folder(folder: Path) -> dict[str, bytes]:
    """Bytes of the files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
