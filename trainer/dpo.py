"""Direct preference optimisation of a LoRA adapter: `python dpo.py --job job.json`.

Reads a job (job.schema.json), appends progress to `events.jsonl`, resumes from its newest complete checkpoint and
writes `adapter/` and, last, `result.json`. Exit codes: 0 done, 2 the job is wrong, 75 another trainer has the job,
143 stopped by SIGTERM after saving.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false", TQDM_DISABLE="1")

from files import take_lock, write_json
from job import BadJobError, Job, read_job

EXIT_BAD_JOB = 2
EXIT_LOCKED = 75
EXIT_STOPPED = 143


def main() -> int:
    """Run the job named on the command line."""
    parser = argparse.ArgumentParser(description="Train a LoRA adapter on preference pairs.")
    parser.add_argument("--job", type=Path, required=True, help="job file, see job.schema.json")
    try:
        job = read_job(parser.parse_args().job)
        job.output_dir.mkdir(parents=True, exist_ok=True)
        # Under a launcher with several processes only the first one owns the folder.
        if not is_main_process():
            return train(job)
        lock = take_lock(job.output_dir / "lock")
        if lock is None:
            print(f"Another trainer holds {job.output_dir / 'lock'}; wait for it or end it.", file=sys.stderr)
            return EXIT_LOCKED
        with lock:
            return train(job)
    except BadJobError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_JOB


def is_main_process() -> bool:
    """True unless a launcher says that this is a helper process."""
    return os.environ.get("RANK", "0") == "0"


def train(job: Job) -> int:
    """Train to the end, or until SIGTERM."""
    # Here and not at the top: these take seconds, and a bad job should be told at once.
    from events import EventLog, ProgressCallback, StopRequest
    from probes import score_probes

    stop = StopRequest()

    def on_term(*_: object) -> None:
        if not stop.training:
            sys.exit(EXIT_STOPPED)
        stop.requested = True

    signal.signal(signal.SIGTERM, on_term)

    from adapter import save_adapter
    from checkpoints import find_newest_complete, set_aside_incomplete

    trainer, tokenizer, pairs, dropped = make_trainer(job)
    checkpoints = job.output_dir / "checkpoints"
    if is_main_process():
        set_aside_incomplete(checkpoints, job.job_hash)
    resume = find_newest_complete(checkpoints, job.job_hash)
    log = EventLog(job.output_dir / "events.jsonl")
    batch = job.hyperparameters.batch_size
    trainer.add_callback(ProgressCallback(log, stop, job.job_hash, pairs, dropped, batch))

    started = time.monotonic()
    stop.training = True
    trainer.train(resume_from_checkpoint=str(resume[1]) if resume else None)
    stop.training = False
    seconds = time.monotonic() - started
    if stop.requested and trainer.state.global_step < trainer.state.max_steps:
        return EXIT_STOPPED
    if not is_main_process():
        return 0

    model = trainer.accelerator.unwrap_model(trainer.model)
    save_adapter(model, job.output_dir / "adapter", job.base_model_path.name)
    # The loss that train() returns is wrong after a resume; the log isn't.
    last: dict[str, float] = next((entry for entry in reversed(trainer.state.log_history) if "loss" in entry), {})
    write_json(
        job.output_dir / "result.json",
        {
            "schemaVersion": 1,
            "adapterDir": str(job.output_dir / "adapter"),
            "steps": trainer.state.global_step,
            "pairs": pairs,
            "dropped": dropped,
            "resumedFromStep": resume[0] if resume else 0,
            "finalLoss": last.get("loss"),
            "finalMargin": last.get("rewards/margins"),
            "trainSeconds": round(seconds, 3),
            "probes": score_probes(model, tokenizer, job.probes),
        },
    )
    return 0


def make_trainer(job: Job) -> tuple[Any, Any, int, int]:
    """The DPO trainer, its tokenizer, and how many pairs it has and lacks."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    from adapter import load_adapter, make_lora_config
    from pairs import count_tokens, order_by_length, read_pairs

    settings = job.hyperparameters
    tokenizer = AutoTokenizer.from_pretrained(str(job.base_model_path))
    pairs = read_pairs(job.pairs_path)
    measured = [(pair, count_tokens(pair, tokenizer)) for pair in pairs]
    kept = [entry for entry in measured if entry[1] <= settings.max_length]
    if not kept:
        raise BadJobError(
            f"None of the {len(pairs)} pairs in {job.pairs_path} fits maxLength {settings.max_length}; raise it."
        )
    order = order_by_length([length for _, length in kept], settings.batch_size, job.seed)
    rows = [vars(kept[index][0]) for index in order]

    use_cpu = settings.device == "cpu" or not torch.cuda.is_available()
    half = not use_cpu or has_fast_bfloat16()
    base = AutoModelForCausalLM.from_pretrained(
        str(job.base_model_path), dtype=torch.bfloat16 if half else torch.float32
    )
    model = base if job.start_adapter_path is None else load_adapter(base, job.start_adapter_path)
    config = DPOConfig(
        output_dir=str(job.output_dir / "checkpoints"),
        beta=settings.beta,
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        lr_scheduler_type="cosine",
        warmup_steps=0.1,
        max_length=None,
        # Within one epoch each reference is needed once, so computing it ahead saves nothing.
        precompute_ref_log_probs=settings.epochs > 1,
        train_sampling_strategy="sequential",
        seed=job.seed,
        data_seed=job.seed,
        bf16=half,
        use_cpu=use_cpu,
        gradient_checkpointing=False,
        dataloader_pin_memory=not use_cpu,
        save_strategy="steps",
        save_steps=settings.save_steps,
        save_total_limit=2,
        logging_steps=1,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to=[],
    )
    trainer = DPOTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=make_lora_config(settings.lora_rank, settings.lora_alpha)
        if job.start_adapter_path is None
        else None,
    )
    return trainer, tokenizer, len(rows), len(pairs) - len(kept)


def has_fast_bfloat16() -> bool:
    """True when the processor multiplies bfloat16 itself; without that it is slower than float32."""
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and any(name in flags.read_text().split() for name in ("avx512_bf16", "amx_bf16"))


if __name__ == "__main__":
    sys.exit(main())
