"""Advantages against hand-computed values."""

from pathlib import Path
from typing import Any

import pytest

from groups import compute_advantages, is_flat, read_groups
from job import BadJobError
from tests.job_files import write_rows


def test_grpo_divides_by_the_standard_deviation_of_n_minus_1() -> None:
    # mean 1/2, squares 4 * 1/4 = 1, divided by 3: std 0.577350; 0.5 / (0.577350 + 0.0001) = 0.865875
    [advantages] = compute_advantages([[1, 0, 0, 1]], "grpo")
    assert advantages == pytest.approx([0.865875, -0.865875, -0.865875, 0.865875], abs=1e-6)
    assert compute_advantages([[1, 0, 0, 1]], "dapo") == [advantages]


def test_dr_grpo_only_subtracts_the_mean() -> None:
    assert compute_advantages([[1, 0, 0, 0]], "dr-grpo") == [[0.75, -0.25, -0.25, -0.25]]


def test_rloo_subtracts_the_mean_of_the_others() -> None:
    # 1 - 0 = 1; 0 - 1/3 each
    assert compute_advantages([[1, 0, 0, 0]], "rloo") == [pytest.approx([1, -1 / 3, -1 / 3, -1 / 3])]


def test_reinforce_subtracts_the_mean_of_the_whole_job() -> None:
    # (1 + 1 + 0 + 0) / 4 of the scored ones
    assert compute_advantages([[1, 1], [0, 0, None]], "reinforce") == [[0.5, 0.5], [-0.5, -0.5, None]]


def test_an_unscored_completion_is_not_a_zero() -> None:
    assert compute_advantages([[1, None, 0]], "dr-grpo") == [[0.5, None, -0.5]]
    assert compute_advantages([[1, None, 0]], "rloo") == [[1, None, -1]]


def test_groups_without_signal_are_flat() -> None:
    assert is_flat([1, 1, 1])
    assert is_flat([1, None])
    assert is_flat([])
    assert not is_flat([1, None, 0.5])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"tokenIds": []}, "has a completion without tokens; leave it out"),
        ({"logprobs": None}, "has a completion without logprobs, which this algorithm compares the policy with"),
        ({"logprobs": [-1.0]}, "has a completion of 2 tokens with 1 logprobs"),
        ({"logprobs": [-1.0, float("nan")]}, "has a reward or log-probability that is not finite"),
        ({"reward": float("inf")}, "has a reward or log-probability that is not finite"),
    ],
)
def test_a_bad_completion_is_named_with_its_line(tmp_path: Path, entry: dict[str, Any], said: str) -> None:
    good = {"tokenIds": [1, 2], "logprobs": [-1.0, -2.0], "reward": 1.0, "truncated": False}
    group = {"promptTokenIds": [1], "completions": [good, good | entry]}
    path = write_rows(tmp_path / "groups.jsonl", [{"promptTokenIds": [1], "completions": [good]}, group])
    with pytest.raises(BadJobError) as caught:
        read_groups(path, None, needs_logprobs=True)
    assert str(caught.value).startswith(f"Line 2 of {path} {said}")
