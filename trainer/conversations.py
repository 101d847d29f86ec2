"""Conversations as token ids: the prompt, and the completion that the loss is on."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from job import BadJobError, Messages
from rows import read_rows

Row = TypeVar("Row")


class UnfaithfulError(BadJobError):
    """The chat template would change this row; others may be sound."""


@dataclass(frozen=True)
class Encoded:
    prompt_ids: list[int]
    completion_ids: list[int]

    def __len__(self) -> int:
        return len(self.prompt_ids) + len(self.completion_ids)


def read_faithful(path: Path, kind: str, encode: Callable[[Any, str], Row]) -> tuple[list[Row], int]:
    """
    The rows of a JSONL file that the chat template keeps as they are, and how many it would change.

    What a policy has sampled may hold anything, so one such row must not end a run; when there is no other, the job is
    refused with what is wrong with the first.
    """
    faults: list[UnfaithfulError] = []

    def parse(row: Any, where: str) -> Row | None:
        try:
            return encode(row, where)
        except UnfaithfulError as fault:
            faults.append(fault)
            print(f"Not trained on: {fault}", file=sys.stderr)
            return None

    rows = [row for row in read_rows(path, kind, parse) if row is not None]
    if faults and not rows:
        raise faults[0]
    return rows, len(faults)


def read_conversations(path: Path, tokenizer: Any) -> tuple[list[Encoded], int]:
    """Rows of `prompt` and `completion`, both lists of messages; also how many the chat template would change."""
    markers = list_markers(tokenizer)
    return read_faithful(
        path,
        "row of prompt and completion",
        lambda row, where: encode_conversation(row["prompt"], row["completion"], tokenizer, markers, where),
    )


def encode_prompt(prompt: Messages, tokenizer: Any) -> list[int]:
    """The ids after which the model writes its answer."""
    ids: list[int] = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=True)["input_ids"]
    return ids


def encode_conversation(
    prompt: Messages, completion: Messages, tokenizer: Any, markers: list[str], where: str, is_cut: bool = False
) -> Encoded:
    """
    Render with the model's own template and make sure that nothing was lost or turned into markup on the way.

    With `is_cut` the completion ends with its text, without the end of the turn.

    Some templates delete the thoughts of assistant turns, and a marker such as `<|im_end|>` within a text would end the
    turn; a model trained on such a row learns something else than the row says.
    """
    for message in prompt + completion:
        for marker in markers:
            if marker in message["content"]:
                raise UnfaithfulError(f"{where} has the template's marker {marker} in its text; leave the row out.")
    before = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, tokenize=False)
    rendered = tokenizer.apply_chat_template(prompt + completion, tokenize=False)
    if not rendered.startswith(before):
        raise UnfaithfulError(
            f"{where} is rendered by the chat template so that the prompt changes when the answer follows; "
            "use a template that only appends."
        )
    # Apart from the prompt, as when it is sampled: an answer that begins with a line break would melt into the prompt.
    text = rendered[len(before) :]
    if is_cut:
        last = completion[-1]["content"].strip()
        text = text[: text.rfind(last) + len(last)]
    completion_ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    decoded = tokenizer.decode(completion_ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    for message in completion:
        # Templates may trim the ends of a message, and nothing else.
        if message["content"].strip() not in decoded:
            raise UnfaithfulError(
                f"{where} loses text between its messages and its tokens (it decodes to {decoded[:200]!r}); "
                "use a chat template that keeps the whole answer."
            )
    return Encoded(encode_prompt(prompt, tokenizer), completion_ids)


def list_markers(tokenizer: Any) -> list[str]:
    """Special tokens, as text, that the chat template marks turns with; others, such as `<filename>`, are harmless."""
    turns = [{"role": "user", "content": ""}, {"role": "assistant", "content": ""}]
    rendered = tokenizer.apply_chat_template(turns, tokenize=False)
    special = [str(token.content) for token in tokenizer.added_tokens_decoder.values() if token.special]
    return [marker for marker in special if marker in rendered or marker == tokenizer.eos_token]
