"""A job in a folder of its own, on a model that need not exist in full."""

import json
from pathlib import Path
from typing import Any

#: Field of the data file and the settings that only this method has.
OWN: dict[str, tuple[str, dict[str, Any]]] = {
    "dpo": ("pairsPath", {"beta": 0.1}),
    "sft": ("rowsPath", {}),
    "grpo": ("groupsPath", {"algorithm": "grpo"}),
}


def write_job(folder: Path, method: str = "dpo", settings: dict[str, Any] | None = None, **change: Any) -> Path:
    """Write job.json, an empty data file and the start of a model; returns the path of the job."""
    (folder / "model").mkdir(parents=True, exist_ok=True)
    (folder / "model" / "config.json").touch()
    data, own = OWN[method]
    (folder / "data.jsonl").touch()
    job = {
        "schemaVersion": 1,
        "method": method,
        "baseModelPath": str(folder / "model"),
        "startAdapterPath": None,
        data: str(folder / "data.jsonl"),
        "outputDir": str(folder / "out"),
        "seed": 7,
        "hyperparameters": {
            "learningRate": 0.01,
            "epochs": 1,
            "batchSize": 2,
            "maxLength": 96,
            "loraRank": 8,
            "loraAlpha": 16,
            "saveSteps": 2,
            "device": "cpu",
            **own,
            **(settings or {}),
        },
        "probes": [],
        **change,
    }
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    return path


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write a JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
