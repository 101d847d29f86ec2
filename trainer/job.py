"""The job file: read, checked against its schema, and hashed with its data."""

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA_PATH = Path(__file__).with_name("job.schema.json")

#: Fields that name files which training reads; a checkpoint of other data must not be resumed.
DATA_FIELDS = ("pairsPath", "rowsPath", "evalPath", "groupsPath")

Messages = list[dict[str, str]]


def count_processes() -> int:
    """How many processes a launcher has started for this job; they share the rows of a step."""
    return int(os.environ.get("WORLD_SIZE", "1"))


class BadJobError(Exception):
    """The job can't run as written, now or later; the message is one sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    learning_rate: float
    epochs: float
    #: Rows of one optimizer step: pairs, rows or completions.
    batch_size: int
    #: Rows of one forward pass; None: all of a step at once.
    micro_batch_size: int | None = None
    max_length: int
    too_long: str = "drop"
    #: None trains all weights.
    lora_rank: int | None
    #: None where there is no adapter; ignored there.
    lora_alpha: float | None
    schedule: str = "cosine"
    save_steps: int
    device: str

    @property
    def rows_at_once(self) -> int:
        """Rows of one forward pass of one process."""
        return self.micro_batch_size or self.batch_size // count_processes()


@dataclass(frozen=True, kw_only=True)
class DpoHyperparameters(Hyperparameters):
    beta: float
    nll_weight: float = 0.0


@dataclass(frozen=True, kw_only=True)
class GrpoHyperparameters(Hyperparameters):
    algorithm: str
    beta: float = 0.0
    epsilon: float = 0.2
    epsilon_high: float | None = None
    #: Of the sampling that drew the completions: log-probabilities are those of the distribution sampled from.
    temperature: float = 1.0
    mask_truncated: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    method: str
    base_model_path: Path
    start_adapter_path: Path | None
    #: `optimizer.pt` of an earlier round; None starts with a fresh optimizer.
    optimizer_path: Path | None = None
    output_dir: Path
    seed: int
    probes: list[Messages]
    hyperparameters: Hyperparameters
    #: Of the job and the bytes of its data.
    job_hash: str


@dataclass(frozen=True, kw_only=True)
class DpoJob(Job):
    pairs_path: Path
    reference: str = "previous"
    initial_policy_path: Path | None = None
    hyperparameters: DpoHyperparameters


@dataclass(frozen=True, kw_only=True)
class SftJob(Job):
    rows_path: Path
    eval_path: Path | None = None
    hyperparameters: Hyperparameters


@dataclass(frozen=True, kw_only=True)
class GrpoJob(Job):
    groups_path: Path
    reference: str = "previous"
    initial_policy_path: Path | None = None
    hyperparameters: GrpoHyperparameters


JOBS: dict[str, tuple[type[Job], type[Hyperparameters]]] = {
    "dpo": (DpoJob, DpoHyperparameters),
    "sft": (SftJob, Hyperparameters),
    "grpo": (GrpoJob, GrpoHyperparameters),
}


def read_job(path: Path, method: str) -> Job:
    """Read and check the job file of a method."""
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
    if raw["method"] != method:
        raise BadJobError(f"The job file {path} is for {raw['method']}.py and was given to {method}.py.")
    for needed in list_needed_files(raw):
        if not needed.is_file():
            raise BadJobError(f"The job file {path} needs {needed}, which does not exist; correct the path.")
    job = build_job(raw)
    check_together(path, job)
    return job


def list_needed_files(raw: dict[str, Any]) -> list[Path]:
    """The files that the job's paths must lead to."""
    whole = raw["hyperparameters"]["loraRank"] is None
    marks = {
        "baseModelPath": "config.json",
        "startAdapterPath": "adapter_config.json",
        "initialPolicyPath": "config.json" if whole else "adapter_config.json",
        **dict.fromkeys((*DATA_FIELDS, "optimizerPath"), ""),
    }
    return [Path(raw[field]) / mark for field, mark in marks.items() if raw.get(field) is not None]


def build_job(raw: dict[str, Any]) -> Job:
    """The job as a dataclass of its method; the schema has been checked."""
    job_type, settings_type = JOBS[raw["method"]]
    names = {field.name for field in dataclasses.fields(job_type)}
    values = {name: value for key, value in raw.items() if (name := to_snake_case(key)) in names}
    for name, value in values.items():
        if name.endswith(("_path", "_dir")) and value is not None:
            values[name] = Path(value)
    values["hyperparameters"] = settings_type(
        **{to_snake_case(key): value for key, value in raw["hyperparameters"].items()}
    )
    return job_type(**values, job_hash=hash_job(raw))


def check_together(path: Path, job: Job) -> None:
    """What a schema can't say: fields that must fit each other."""
    settings = job.hyperparameters
    at_once = settings.rows_at_once
    processes = count_processes()

    def refuse(where: str, why: str) -> BadJobError:
        return BadJobError(f"The job file {path} is wrong at {where}: {why}; see {SCHEMA_PATH.name}.")

    if settings.batch_size % processes != 0:
        raise refuse(
            "$.hyperparameters.batchSize", f"{settings.batch_size} does not divide among {processes} processes"
        )
    if settings.batch_size % (at_once * processes) != 0:
        among = "" if processes == 1 else f" among {processes} processes"
        raise refuse(
            "$.hyperparameters.microBatchSize", f"{at_once} does not divide batchSize {settings.batch_size}{among}"
        )
    if settings.lora_rank is not None and settings.lora_alpha is None:
        raise refuse("$.hyperparameters.loraAlpha", "null, but an adapter (loraRank) has a scale")
    if settings.lora_rank is None and job.start_adapter_path is not None:
        raise refuse(
            "$.startAdapterPath", "all weights are trained (loraRank null), so there is no adapter to go on from"
        )
    if job.start_adapter_path is not None and settings.lora_rank is not None:
        check_shape(job.start_adapter_path, settings, refuse)
    if isinstance(job, GrpoJob) and at_once < 2:
        raise refuse("$.hyperparameters", "TRL needs at least 2 completions in one forward pass")
    if isinstance(job, DpoJob | GrpoJob):
        if job.reference == "previous" and job.initial_policy_path is not None:
            raise refuse("$.initialPolicyPath", "only the reference 'initial' has a use for it")
        if job.reference == "initial" and job.initial_policy_path is None and settings.lora_rank is None:
            raise refuse("$.initialPolicyPath", "null, but the reference 'initial' of whole weights is a model folder")


def check_shape(adapter: Path, settings: Hyperparameters, refuse: Callable[[str, str], BadJobError]) -> None:
    """An adapter goes on with the shape that it has, so the job must not ask for another one."""
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    for field, name in (("loraRank", "r"), ("loraAlpha", "lora_alpha")):
        wanted = getattr(settings, to_snake_case(field))
        if name in config and config[name] != wanted:
            raise refuse(
                f"$.hyperparameters.{field}",
                f"{wanted}, but the adapter to go on from, {adapter}, has {config[name]}; give that, or start anew",
            )


def hash_job(raw: dict[str, Any]) -> str:
    """SHA-256 over the job's canonical JSON and the bytes of its data."""
    digest = hashlib.sha256(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode())
    for field in DATA_FIELDS:
        if raw.get(field) is not None:
            digest.update(Path(raw[field]).read_bytes())
    return digest.hexdigest()


def to_snake_case(name: str) -> str:
    """`batchSize` as `batch_size`."""
    return re.sub(r"(?=[A-Z])", "_", name).lower()
