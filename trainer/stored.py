"""
TRL's trainers on token ids that exist already: DPO encodes nothing, GRPO and RLOO sample nothing and reward nothing.

Private methods are replaced, so the version of TRL is pinned and tests/test_trl_contract.py says what is relied on.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.data import SequentialSampler
from trl import DPOTrainer, GRPOTrainer, RLOOTrainer
from trl.trainer.utils import pad


class StoredPairs(DPOTrainer):  # type: ignore[misc]
    """Pairs of prompt_ids, chosen_ids and rejected_ids as they are: an answer that was cut has no end of turn."""

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset


class StoredCompletions:
    """Rows of prompt_ids, completion_ids, advantage and, where the algorithm has a use for them, logprobs."""

    def _get_train_sampler(self: Any, dataset: Any = None) -> SequentialSampler:
        # One row is one completion, in an order that is made before: nothing to repeat or shuffle.
        return SequentialSampler(self.train_dataset if dataset is None else dataset)

    def _generate_and_score_completions(self: Any, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        device = self.accelerator.device

        def column(name: str, fill: float, side: str, kind: torch.dtype = torch.long) -> torch.Tensor:
            values = [torch.tensor(row[name], dtype=kind) for row in rows]
            return pad(values, padding_value=fill, padding_side=side).to(device)

        def mask(name: str, side: str) -> torch.Tensor:
            return pad([torch.ones(len(row[name]), dtype=torch.long) for row in rows], 0, side).to(device)

        completion_mask = mask("completion_ids", "right")
        batch = {
            "prompt_ids": column("prompt_ids", self._tokenizer.pad_token_id, "left"),
            "prompt_mask": mask("prompt_ids", "left"),
            "completion_ids": column("completion_ids", self._tokenizer.pad_token_id, "right"),
            "completion_mask": completion_mask,
            "advantages": torch.tensor([row["advantage"] for row in rows], device=device),
            "num_items_in_batch": self.accelerator.gather(completion_mask.sum()).sum(),
        }
        if "logprobs" in rows[0]:
            old = column("logprobs", 0.0, "right", torch.float32)
            batch |= {"old_per_token_logps": old, "old_logps": old.sum(1)}
        if "reference_logprobs" in rows[0]:
            batch["ref_per_token_logps"] = column("reference_logprobs", 0.0, "right", torch.float32)
        return batch


class StoredGRPO(StoredCompletions, GRPOTrainer):  # type: ignore[misc]
    """Ratio a token; without logprobs the old policy is the current one, which makes it REINFORCE."""


class StoredRLOO(StoredCompletions, RLOOTrainer):  # type: ignore[misc]
    """Ratio of whole completions."""


def never_reward(completions: Sequence[Any], **_: Any) -> list[float]:
    """TRL wants a reward function; a stored completion has its reward."""
    raise AssertionError(f"TRL asked for rewards of {len(completions)} stored completions")
