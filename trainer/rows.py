"""Rows of a JSONL file: read one by one, measured in tokens, put in an order that pads little."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from job import BadJobError, Hyperparameters

#: Batches are cut from windows of this many batches sorted by length: little padding, still a random order.
WINDOW_BATCHES = 8

Row = TypeVar("Row")


def read_rows(path: Path, kind: str, parse: Callable[[Any, str], Row]) -> list[Row]:
    """Parse each line; `parse` also gets the words that say where the line is."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line == "":
            continue
        where = f"Line {number} of {path}"
        try:
            rows.append(parse(json.loads(line), where))
        except (ValueError, KeyError, TypeError) as error:
            raise BadJobError(f"{where} is not a {kind} ({error!r}); write it again.") from error
    return rows


def find_fitting(lengths: Sequence[int], settings: Hyperparameters, name: str) -> list[int]:
    """Indices of the rows that fit `max_length`; none is ever cut. `name` says what they are and where from."""
    fitting = [index for index, length in enumerate(lengths) if length <= settings.max_length]
    if not fitting:
        raise BadJobError(f"None of the {len(lengths)} {name} fits maxLength {settings.max_length}; raise it.")
    if settings.too_long == "refuse" and len(fitting) < len(lengths):
        raise BadJobError(
            f"{len(lengths) - len(fitting)} of the {len(lengths)} {name} are longer than maxLength "
            f"{settings.max_length} (the longest has {max(lengths)} tokens) and tooLong is 'refuse'; "
            "raise maxLength or leave them out."
        )
    return fitting


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
