"""Preference pairs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from job import Messages
from rows import read_rows


@dataclass(frozen=True)
class Pair:
    prompt: Messages
    chosen: Messages
    rejected: Messages


def read_pairs(path: Path) -> list[Pair]:
    """Read the JSONL file; fields that training doesn't need are left out."""
    return read_rows(path, "preference pair", lambda row, _: Pair(row["prompt"], row["chosen"], row["rejected"]))


def count_tokens(pair: Pair, tokenizer: Any) -> int:
    """Length of the longer of the two conversations, in tokens."""
    return max(
        len(tokenizer.apply_chat_template(pair.prompt + answer, return_dict=True)["input_ids"])
        for answer in (pair.chosen, pair.rejected)
    )
