"""Preference pairs as token ids."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversations import encode_conversation, list_markers, read_faithful
from job import Messages


@dataclass(frozen=True)
class Pair:
    """TRL's columns of a pair that is encoded already."""

    prompt_ids: list[int]
    chosen_ids: list[int]
    rejected_ids: list[int]

    def __len__(self) -> int:
        return len(self.prompt_ids) + max(len(self.chosen_ids), len(self.rejected_ids))


def read_pairs(path: Path, tokenizer: Any) -> tuple[list[Pair], int]:
    """
    Read the JSONL file of `prompt`, `chosen` and `rejected`; also how many pairs the chat template would change.

    A rejected answer that was broken off (`rejectedTruncated`) has no end of turn: its model never wrote one, and to
    reject it would teach the policy not to stop.
    """
    markers = list_markers(tokenizer)

    def parse(row: Any, where: str) -> Pair:
        def encode(answer: Messages, is_cut: bool) -> tuple[list[int], list[int]]:
            encoded = encode_conversation(row["prompt"], answer, tokenizer, markers, where, is_cut)
            return encoded.prompt_ids, encoded.completion_ids

        prompt_ids, chosen_ids = encode(row["chosen"], False)
        _, rejected_ids = encode(row["rejected"], row.get("rejectedTruncated", False))
        return Pair(prompt_ids, chosen_ids, rejected_ids)

    return read_faithful(path, "preference pair", parse)
