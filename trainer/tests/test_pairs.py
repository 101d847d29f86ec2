"""The order of the pairs."""

from pathlib import Path

import pytest

from job import BadJobError
from pairs import order_by_length, read_pairs


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


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"prompt": [], "chosen": [], "rejected": []}\n{"prompt": []}\n')
    with pytest.raises(BadJobError, match=r"Line 2 of .* is not a preference pair \(KeyError\('chosen'\)\)"):
        read_pairs(path)
