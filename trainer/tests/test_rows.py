"""The order and the length of rows."""

from pathlib import Path

import pytest

from job import BadJobError, Hyperparameters
from rows import find_fitting, order_by_length, read_rows

SETTINGS = Hyperparameters(
    learning_rate=0.1,
    epochs=1,
    batch_size=2,
    max_length=20,
    lora_rank=8,
    lora_alpha=16,
    save_steps=1,
    device="cpu",
)


def test_the_order_is_a_permutation_that_the_seed_decides() -> None:
    lengths = [(index * 37) % 50 for index in range(70)]
    order = order_by_length(lengths, 4, 1)
    assert sorted(order) == list(range(70))
    assert order == order_by_length(lengths, 4, 1)
    assert order != order_by_length(lengths, 4, 2)


def test_the_rows_of_a_batch_have_like_lengths() -> None:
    lengths = [index % 8 for index in range(32)]
    order = order_by_length(lengths, 4, 1)
    assert all(len({lengths[index] for index in order[at : at + 4]}) == 1 for at in range(0, 32, 4))


def test_rows_that_are_too_long_are_left_out_whole() -> None:
    assert find_fitting([20, 21, 3], SETTINGS, "rows") == [0, 2]
    with pytest.raises(BadJobError, match="None of the 1 rows fits maxLength 20; raise it"):
        find_fitting([21], SETTINGS, "rows")


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": 1}\n{"other": []}\n')
    with pytest.raises(BadJobError, match=r"Line 2 of .* is not a row \(KeyError\('prompt'\)\)"):
        read_rows(path, "row", lambda row, _: row["prompt"])
