"""Groups of completions of one prompt with their rewards, and what each completion is worth within its group."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversations import Encoded, encode_prompt
from job import BadJobError
from rows import read_rows

#: TRL's, so that a group of nearly equal rewards does not blow up.
STD_FLOOR = 1e-4

FLAT_WITHIN = 1e-9


@dataclass(frozen=True)
class Completion:
    encoded: Encoded
    #: Of the sampler, one a token; None when it was not asked.
    logprobs: list[float] | None
    #: None when it could not be scored: then it counts for nothing, not for 0.
    reward: float | None
    truncated: bool


Group = list[Completion]


def read_groups(path: Path, tokenizer: Any, needs_logprobs: bool) -> list[Group]:
    """Read the JSONL file, a group a line: `prompt` (messages) or `promptTokenIds`, and `completions`."""

    def parse(row: Any, where: str) -> Group:
        prompt_ids = row["promptTokenIds"] if "promptTokenIds" in row else encode_prompt(row["prompt"], tokenizer)
        return [parse_completion(entry, prompt_ids, where, needs_logprobs) for entry in row["completions"]]

    return read_rows(path, "group of completions", parse)


def parse_completion(entry: Any, prompt_ids: list[int], where: str, needs_logprobs: bool) -> Completion:
    """One completion, with log-probabilities that match its tokens."""
    token_ids, logprobs = entry["tokenIds"], entry.get("logprobs")
    if token_ids == []:
        raise BadJobError(f"{where} has a completion without tokens; leave it out.")
    if logprobs is None and needs_logprobs:
        raise BadJobError(
            f"{where} has a completion without logprobs, which this algorithm compares the policy with; "
            "ask the sampler for them, or use the algorithm 'reinforce'."
        )
    if logprobs is not None and len(logprobs) != len(token_ids):
        raise BadJobError(f"{where} has a completion of {len(token_ids)} tokens with {len(logprobs)} logprobs.")
    if not all(map(math.isfinite, logprobs or [])) or not math.isfinite(entry["reward"] or 0.0):
        raise BadJobError(f"{where} has a reward or log-probability that is not finite.")
    return Completion(Encoded(prompt_ids, token_ids), logprobs, entry["reward"], entry["truncated"])


def center(rewards: Sequence[float]) -> list[float]:
    """Distance from the mean of the group (Dr. GRPO)."""
    mean = sum(rewards) / len(rewards)
    return [reward - mean for reward in rewards]


def standardize(rewards: Sequence[float]) -> list[float]:
    """Distance from the mean in standard deviations, with the divisor n - 1 as in TRL (GRPO)."""
    centred = center(rewards)
    std = math.sqrt(sum(value * value for value in centred) / (len(rewards) - 1))
    return [value / (std + STD_FLOOR) for value in centred]


def leave_one_out(rewards: Sequence[float]) -> list[float]:
    """Distance from the mean of the others (RLOO)."""
    total = sum(rewards)
    return [reward - (total - reward) / (len(rewards) - 1) for reward in rewards]


BASELINES = {"grpo": standardize, "dapo": standardize, "dr-grpo": center, "rloo": leave_one_out}


def is_flat(rewards: Sequence[float | None]) -> bool:
    """True when no two rewards differ: nothing in the group is better than the rest."""
    known = [reward for reward in rewards if reward is not None]
    return len(known) < 2 or max(known) - min(known) < FLAT_WITHIN


def compute_advantages(rewards_by_group: Sequence[Sequence[float | None]], algorithm: str) -> list[list[float | None]]:
    """Advantage of each completion, None without a reward; no group is flat, except for `reinforce`."""
    known = [[reward for reward in rewards if reward is not None] for rewards in rewards_by_group]
    if algorithm == "reinforce":
        # The baseline is the mean of all rewards, so here a flat group does teach something.
        every = iter(center([reward for rewards in known for reward in rewards]))
        values = [[next(every) for _ in rewards] for rewards in known]
    else:
        values = [BASELINES[algorithm](rewards) for rewards in known]
    result: list[list[float | None]] = []
    for rewards, advantages in zip(rewards_by_group, map(iter, values), strict=True):
        result.append([None if reward is None else next(advantages) for reward in rewards])
    return result
