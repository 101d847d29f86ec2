"""The weights a job starts from, the reference it is compared with, and the settings that all methods share."""

import os
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from adapter import load_adapter, make_lora_config
from job import DpoJob, GrpoJob, Hyperparameters, Job, count_processes


def load_tokenizer(job: Job) -> Any:
    """The base model's own."""
    return AutoTokenizer.from_pretrained(str(job.base_model_path))


def load_policy(job: Job) -> Any:
    """The model as it is at the start: with the start adapter, or bare; TRL adds a new adapter itself."""
    return load_model(job, job.base_model_path, job.start_adapter_path)


def load_reference(job: DpoJob | GrpoJob) -> Any:
    """The frozen policy that training is pulled back to: `initial`, or `previous`, which is where the job starts."""
    if job.reference == "previous":
        return load_policy(job)
    if job.hyperparameters.lora_rank is None:
        return load_model(job, job.initial_policy_path or job.base_model_path, None)
    model = load_model(job, job.base_model_path, job.initial_policy_path)
    # TRL patches the forward pass of a plain model; the adapter's layers stay in it, unmerged and exact.
    return model if job.initial_policy_path is None else model.get_base_model()


def load_model(job: Job, path: Path, adapter: Path | None) -> Any:
    """A model, not on its device yet. Whole weights are trained in float32: bfloat16 would round small updates away."""
    settings = job.hyperparameters
    half = trains_in_half(settings) and settings.lora_rank is not None
    model = AutoModelForCausalLM.from_pretrained(str(path), dtype=torch.bfloat16 if half else torch.float32)
    return model if adapter is None else load_adapter(model, adapter)


def make_new_adapter(job: Job) -> Any:
    """What TRL makes an adapter from; None when there is one already, or all weights are trained."""
    settings = job.hyperparameters
    if settings.lora_rank is None or settings.lora_alpha is None or job.start_adapter_path is not None:
        return None
    return make_lora_config(settings.lora_rank, settings.lora_alpha)


def make_arguments(job: Job) -> dict[str, Any]:
    """Settings of TRL's config classes that don't depend on the method."""
    settings = job.hyperparameters
    use_cpu = uses_cpu(settings)
    return {
        "output_dir": str(job.output_dir / "checkpoints"),
        "learning_rate": settings.learning_rate,
        "num_train_epochs": settings.epochs,
        "per_device_train_batch_size": settings.rows_at_once,
        "gradient_accumulation_steps": settings.batch_size // (settings.rows_at_once * count_processes()),
        # What rises and falls, and how, is schedule.py's.
        "lr_scheduler_type": settings.schedule,
        "seed": job.seed,
        "data_seed": job.seed,
        "bf16": trains_in_half(settings),
        "use_cpu": use_cpu,
        "gradient_checkpointing": False,
        "dataloader_pin_memory": not use_cpu,
        "save_strategy": "steps",
        "save_steps": settings.save_steps,
        "save_total_limit": 2,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "report_to": [],
    }


def choose_device(settings: Hyperparameters) -> str:
    """The device of this process."""
    return "cpu" if uses_cpu(settings) else f"cuda:{os.environ.get('LOCAL_RANK', '0')}"


def uses_cpu(settings: Hyperparameters) -> bool:
    """True when there is no other device, or none is wanted."""
    return settings.device == "cpu" or not torch.cuda.is_available()


def trains_in_half(settings: Hyperparameters) -> bool:
    """True when the arithmetic is bfloat16."""
    return not uses_cpu(settings) or has_fast_bfloat16()


def choose_precision(settings: Hyperparameters) -> torch.dtype:
    """What a server on such a machine computes in: `tickloop up` goes by the same rule."""
    return torch.bfloat16 if trains_in_half(settings) else torch.float32


def has_fast_bfloat16() -> bool:
    """True when the processor multiplies bfloat16 itself; without that it is slower than float32."""
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and any(name in flags.read_text().split() for name in ("avx512_bf16", "amx_bf16"))
