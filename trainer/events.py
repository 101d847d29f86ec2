"""Progress as JSON lines, from the Trainer's callbacks."""

import json
import math
import os
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from checkpoints import mark_complete
from job import Job


class EventLog:
    """Appends whole lines to `events.jsonl`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, event: dict[str, Any]) -> None:
        data = (json.dumps(event) + "\n").encode()
        with self._path.open("ab+") as file:
            # A trainer that was killed may have left half a line.
            if file.seek(0, os.SEEK_END) > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    data = b"\n" + data
            file.write(data)


class StopRequest:
    """Set by SIGTERM, read at the end of a step."""

    def __init__(self) -> None:
        self.requested = False
        #: While false, a SIGTERM has nothing to save and ends the process at once.
        self.training = False


class ProgressCallback(TrainerCallback):  # type: ignore[misc]
    """Writes start, step and checkpoint events, marks checkpoints complete and stops after a step when asked."""

    def __init__(
        self, log: EventLog, stop: StopRequest, job: Job, counts: dict[str, int], metrics: dict[str, str]
    ) -> None:
        self._log = log
        self._stop = stop
        self._job = job
        self._counts = counts
        self._metrics = metrics
        self._last_step_at = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._last_step_at = time.monotonic()
        if state.is_world_process_zero:
            self._log.append(
                {
                    "event": "start",
                    "pid": os.getpid(),
                    "totalSteps": state.max_steps,
                    **self._counts,
                    "resumedFromStep": state.global_step,
                }
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._stop.requested:
            control.should_save = True
            control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        if logs is None or "loss" not in logs or not state.is_world_process_zero:
            return
        if not math.isfinite(logs["loss"]):
            raise FloatingPointError(f"The loss of step {state.global_step} is {logs['loss']}; lower learningRate.")
        now = time.monotonic()
        seconds, self._last_step_at = now - self._last_step_at, now
        self._log.append(
            {
                "event": "step",
                "step": state.global_step,
                "totalSteps": state.max_steps,
                "loss": logs["loss"],
                **{name: logs[key] for name, key in self._metrics.items()},
                "learningRate": logs["learning_rate"],
                "rate": round(self._job.hyperparameters.batch_size * args.world_size / max(seconds, 1e-9), 4),
            }
        )

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            mark_complete(folder, self._job.job_hash)
            self._log.append({"event": "checkpoint", "step": state.global_step, "path": str(folder)})
