"""
What the scripts dpo.py, sft.py and grpo.py share, so that each says only what is its own.

Reads a job (job.schema.json), appends progress to `events.jsonl`, resumes from its newest complete checkpoint and
writes `adapter/` or `weights/` and, last, `result.json`. Exit codes: 0 done, 2 the job is wrong, 75 another trainer
has the job, 143 stopped by SIGTERM after saving.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false", TQDM_DISABLE="1")

from files import take_lock, write_json
from job import BadJobError, Job, read_job

EXIT_BAD_JOB = 2
EXIT_LOCKED = 75
EXIT_STOPPED = 143


@dataclass(frozen=True)
class Plan:
    """What a method brings to the loop."""

    trainer: Any
    tokenizer: Any
    #: Counts of what is trained on and what was left out, for the start event and the result.
    counts: dict[str, int]
    #: Field of a step event -> key of the Trainer's log.
    metrics: dict[str, str]
    #: Field of the result -> key of the Trainer's last log.
    final: dict[str, str] = field(default_factory=dict)
    #: Further fields of the result, from the trained model.
    measure: Callable[[Any], dict[str, Any]] = lambda _: {}


def run_method(method: str, make_plan: Callable[[Any], Plan]) -> int:
    """Run the job named on the command line; `make_plan` gets a job of this method."""
    parser = argparse.ArgumentParser(description=f"Train by {method}.")
    parser.add_argument("--job", type=Path, required=True, help="job file, see job.schema.json")
    try:
        job = read_job(parser.parse_args().job, method)
        job.output_dir.mkdir(parents=True, exist_ok=True)
        # Under a launcher with several processes only the first one owns the folder.
        if not is_main_process():
            return train(job, make_plan)
        lock = take_lock(job.output_dir / "lock")
        if lock is None:
            print(f"Another trainer holds {job.output_dir / 'lock'}; wait for it or end it.", file=sys.stderr)
            return EXIT_LOCKED
        with lock:
            return train(job, make_plan)
    except BadJobError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_JOB


def is_main_process() -> bool:
    """True unless a launcher says that this is a helper process."""
    return os.environ.get("RANK", "0") == "0"


def train(job: Job, make_plan: Callable[[Any], Plan]) -> int:
    """Train to the end, or until SIGTERM."""
    # Here and not at the top: these take seconds, and a bad job should be told at once.
    from events import EventLog, ProgressCallback, StopRequest

    stop = StopRequest()

    def on_term(*_: object) -> None:
        if not stop.training:
            sys.exit(EXIT_STOPPED)
        stop.requested = True

    signal.signal(signal.SIGTERM, on_term)

    from checkpoints import find_newest_complete, set_aside_incomplete
    from optimizer import KeptOptimizer

    plan = make_plan(job)
    trainer = plan.trainer
    checkpoints = job.output_dir / "checkpoints"
    if is_main_process():
        set_aside_incomplete(checkpoints, job.job_hash)
    resume = find_newest_complete(checkpoints, job.job_hash)
    log = EventLog(job.output_dir / "events.jsonl")
    trainer.add_callback(ProgressCallback(log, stop, job, plan.counts, plan.metrics))
    if job.optimizer_path is not None:
        trainer.add_callback(KeptOptimizer(job.optimizer_path))

    started = time.monotonic()
    stop.training = True
    trainer.train(resume_from_checkpoint=str(resume[1]) if resume else None)
    stop.training = False
    seconds = time.monotonic() - started
    if stop.requested and trainer.state.global_step < trainer.state.max_steps:
        return EXIT_STOPPED
    if is_main_process():
        write_result(job, plan, resume[0] if resume else 0, seconds)
    return 0


def write_result(job: Job, plan: Plan, resumed_from: int, seconds: float) -> None:
    """Save what was trained, then say so."""
    from adapter import save_adapter
    from checkpoints import find_newest_complete
    from policy import choose_precision
    from probes import score_probes
    from weights import save_weights

    trainer = plan.trainer
    model = trainer.accelerator.unwrap_model(trainer.model)
    whole = job.hyperparameters.lora_rank is None
    adapter_dir, weights_dir = job.output_dir / "adapter", job.output_dir / "weights"
    weights_hash = None
    if whole:
        weights_hash = save_weights(model, plan.tokenizer, weights_dir, job.base_model_path)
    else:
        save_adapter(model, adapter_dir, job.base_model_path.name)
    newest = find_newest_complete(job.output_dir / "checkpoints", job.job_hash)
    # The loss that train() returns is wrong after a resume; the log isn't.
    last: dict[str, float] = next((entry for entry in reversed(trainer.state.log_history) if "loss" in entry), {})
    measured = plan.measure(model)
    write_json(
        job.output_dir / "result.json",
        {
            "schemaVersion": 1,
            "method": job.method,
            "adapterDir": None if whole else str(adapter_dir),
            "weightsDir": str(weights_dir) if whole else None,
            "weightsHash": weights_hash,
            "optimizerPath": None if newest is None else str(newest[1] / "optimizer.pt"),
            "steps": trainer.state.global_step,
            **plan.counts,
            "resumedFromStep": resumed_from,
            "finalLoss": last.get("loss"),
            **{name: last.get(key) for name, key in plan.final.items()},
            "trainSeconds": round(seconds, 3),
            **measured,
            "probes": score_probes(
                model,
                plan.tokenizer,
                job.probes,
                job.base_model_path if whole else None,
                choose_precision(job.hyperparameters),
            ),
        },
    )
