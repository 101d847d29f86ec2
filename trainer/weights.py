"""A whole model as a server wants it, with a manifest, in a folder that is whole or absent."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from files import write_json

MANIFEST = "manifest.json"


def save_weights(model: Any, tokenizer: Any, folder: Path, base: Path) -> str:
    """Write the folder by rename and return the SHA-256 of its manifest, which covers every other file."""
    staging = folder.with_name(f".{folder.name}")
    for path in (staging, folder):
        shutil.rmtree(path, ignore_errors=True)
    model.save_pretrained(str(staging))
    tokenizer.save_pretrained(str(staging))
    keep_serving_precision(staging / "config.json", base / "config.json")
    files = {
        path.name: {"sizeBytes": path.stat().st_size, "sha256": hash_file(path)} for path in sorted(staging.iterdir())
    }
    write_json(staging / MANIFEST, {"schemaVersion": 1, "files": files})
    staging.rename(folder)
    return hash_file(folder / MANIFEST)


def keep_serving_precision(saved: Path, base: Path) -> None:
    """Name the base's precision: the weights are saved as trained, in float32, and served like the base."""
    config = json.loads(saved.read_text(encoding="utf-8"))
    original = json.loads(base.read_text(encoding="utf-8"))
    config["dtype"] = original.get("dtype", original.get("torch_dtype", config.get("dtype")))
    saved.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
