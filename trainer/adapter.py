"""The adapter as a server wants it: two files at the root of a folder, the same bytes for the same weights."""

import json
import shutil
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel

#: All linear projections of a decoder layer. lm_head and embeddings can't be targets: vLLM doesn't serve them.
TARGET_MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def make_lora_config(rank: int, alpha: float) -> LoraConfig:
    """A plain adapter that vLLM can serve."""
    return LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=0.0,
        bias="none",
        target_modules=TARGET_MODULES,
        task_type="CAUSAL_LM",
    )


def load_adapter(base: Any, path: Path) -> Any:
    """The base with an earlier adapter that goes on training; TRL keeps a frozen copy of it as the reference."""
    return PeftModel.from_pretrained(base, str(path), is_trainable=True)


def save_adapter(model: Any, folder: Path, base_name: str) -> None:
    """Write `adapter_config.json` and `adapter_model.safetensors`, and nothing else."""
    staging = folder.with_name(f".{folder.name}")
    full = folder.with_name(f".{folder.name}-full")
    for path in (staging, full, folder):
        shutil.rmtree(path, ignore_errors=True)
    model.save_pretrained(str(full), selected_adapters=["default"])
    staging.mkdir(parents=True)
    (full / "adapter_model.safetensors").rename(staging / "adapter_model.safetensors")
    config = json.loads((full / "adapter_config.json").read_text(encoding="utf-8"))
    # A name, not a path of this machine; and peft writes its set of modules in a random order.
    config["base_model_name_or_path"] = base_name
    config["target_modules"] = sorted(config["target_modules"])
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    (staging / "adapter_config.json").write_text(text, encoding="utf-8")
    shutil.rmtree(full)
    staging.rename(folder)
