"""Preference pairs: read, measured in tokens, put in an order that pads little."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job import BadJobError, Messages

#: Batches are cut from windows of this many batches sorted by length: little padding, still a random order.
WINDOW_BATCHES = 8


@dataclass(frozen=True)
class Pair:
    prompt: Messages
    chosen: Messages
    rejected: Messages


def read_pairs(path: Path) -> list[Pair]:
    """Read the JSONL file; fields that training doesn't need are left out."""
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            pairs.append(Pair(row["prompt"], row["chosen"], row["rejected"]))
        except (ValueError, KeyError, TypeError) as error:
            raise BadJobError(
                f"Line {number} of {path} is not a preference pair ({error!r}); write it again."
            ) from error
    return pairs


def count_tokens(pair: Pair, tokenizer: Any) -> int:
    """Length of the longer of the two conversations, in tokens."""
    return max(
        len(tokenizer.apply_chat_template(pair.prompt + answer, return_dict=True)["input_ids"])
        for answer in (pair.chosen, pair.rejected)
    )


def order_by_length(lengths: Sequence[int], batch_size: int, seed: int) -> list[int]:
    """Indices in a seeded random order in which the rows of a batch have like lengths; the short batch comes last."""
    generator = random.Random(seed)
    indices = list(range(len(lengths)))
    generator.shuffle(indices)
    window = WINDOW_BATCHES * batch_size
    whole = len(indices) - len(indices) % batch_size
    ordered, rest = indices[:whole], indices[whole:]
    batches: list[list[int]] = []
    for start in range(0, whole, window):
        part = sorted(ordered[start : start + window], key=lambda index: lengths[index])
        batches.extend(part[at : at + batch_size] for at in range(0, len(part), batch_size))
    generator.shuffle(batches)
    return [index for batch in batches for index in batch] + rest
