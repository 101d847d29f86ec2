"""Optimizer state that goes on from an earlier round: Adam's moments and step count, not the learning rate."""

from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from job import BadJobError


class KeptOptimizer(TrainerCallback):  # type: ignore[misc]
    """Loads the state at the start of training; a job that is resumed has its own already."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_train_begin(self, args: Any, state: Any, control: Any, optimizer: Any = None, **_: Any) -> None:
        if state.global_step > 0:
            return
        kept = torch.load(self._path, map_location="cpu", weights_only=True)["state"]
        current = optimizer.state_dict()
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        shapes = {index: parameter.shape for index, parameter in enumerate(parameters)}
        if {index: entry["exp_avg"].shape for index, entry in kept.items()} != shapes:
            raise BadJobError(
                f"The optimizer state {self._path} belongs to other weights than this job trains; "
                "set optimizerPath to null, or use the same loraRank as the job that left it."
            )
        optimizer.load_state_dict({"state": kept, "param_groups": current["param_groups"]})
