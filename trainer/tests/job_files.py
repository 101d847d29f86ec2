"""A job in a folder of its own, on a model that need not exist in full."""

import json
from pathlib import Path
from typing import Any


def write_job(folder: Path, **change: Any) -> Path:
    """Write job.json, an empty pairs file and the start of a model; returns the path of the job."""
    (folder / "model").mkdir(parents=True, exist_ok=True)
    (folder / "model" / "config.json").touch()
    (folder / "pairs.jsonl").touch()
    job = {
        "schemaVersion": 1,
        "method": "dpo",
        "baseModelPath": str(folder / "model"),
        "startAdapterPath": None,
        "pairsPath": str(folder / "pairs.jsonl"),
        "outputDir": str(folder / "out"),
        "seed": 7,
        "hyperparameters": {
            "beta": 0.1,
            "learningRate": 0.01,
            "epochs": 1,
            "batchSize": 2,
            "maxLength": 96,
            "loraRank": 8,
            "loraAlpha": 16,
            "saveSteps": 2,
            "device": "cpu",
        },
        "probes": [],
        **change,
    }
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    return path
