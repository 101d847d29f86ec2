"""The job file: read, checked against its schema, and hashed with its pairs."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA_PATH = Path(__file__).with_name("job.schema.json")

Messages = list[dict[str, str]]


class BadJobError(Exception):
    """The job can't run as written, now or later; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Hyperparameters:
    beta: float
    learning_rate: float
    epochs: float
    batch_size: int
    max_length: int
    lora_rank: int
    lora_alpha: float
    save_steps: int
    device: str


@dataclass(frozen=True)
class Job:
    base_model_path: Path
    start_adapter_path: Path | None
    pairs_path: Path
    output_dir: Path
    seed: int
    hyperparameters: Hyperparameters
    probes: list[Messages]
    #: Of the job and the bytes of its pairs: a checkpoint of other data must not be resumed.
    job_hash: str


def read_job(path: Path) -> Job:
    """Read and check a job file."""
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadJobError(f"The job file {path} can't be read ({error.strerror}); write it before starting.") from error
    except ValueError as error:
        raise BadJobError(f"The job file {path} is not JSON ({error}); write it again.") from error
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    fault = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(raw))
    if fault is not None:
        raise BadJobError(
            f"The job file {path} is wrong at {fault.json_path}: {fault.message}; see {SCHEMA_PATH.name}."
        )
    start = raw["startAdapterPath"]
    for needed in (
        Path(raw["baseModelPath"]) / "config.json",
        Path(raw["pairsPath"]),
        *([Path(start) / "adapter_config.json"] if start is not None else []),
    ):
        if not needed.is_file():
            raise BadJobError(f"The job file {path} needs {needed}, which does not exist; correct the path.")
    settings = raw["hyperparameters"]
    return Job(
        base_model_path=Path(raw["baseModelPath"]),
        start_adapter_path=None if start is None else Path(start),
        pairs_path=Path(raw["pairsPath"]),
        output_dir=Path(raw["outputDir"]),
        seed=raw["seed"],
        hyperparameters=Hyperparameters(
            beta=settings["beta"],
            learning_rate=settings["learningRate"],
            epochs=settings["epochs"],
            batch_size=settings["batchSize"],
            max_length=settings["maxLength"],
            lora_rank=settings["loraRank"],
            lora_alpha=settings["loraAlpha"],
            save_steps=settings["saveSteps"],
            device=settings["device"],
        ),
        probes=raw["probes"],
        job_hash=hash_job(raw),
    )


def hash_job(raw: dict[str, Any]) -> str:
    """SHA-256 over the job's canonical JSON and the bytes of its pairs."""
    digest = hashlib.sha256(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode())
    digest.update(Path(raw["pairsPath"]).read_bytes())
    return digest.hexdigest()
