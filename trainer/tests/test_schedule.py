"""No step of a training is wasted."""

import math

import pytest

from schedule import rate_at


@pytest.mark.parametrize("steps", [1, 2, 5, 9, 24, 1000])
@pytest.mark.parametrize("cosine", [True, False])
def test_every_step_has_a_rate(steps: int, cosine: bool) -> None:
    rates = [rate_at(step, steps, cosine) for step in range(steps)]
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[0] == 1 / (math.ceil(0.1 * steps) + 1)


def test_the_rate_rises_for_a_tenth_of_the_steps_and_falls_as_a_cosine() -> None:
    rates = [rate_at(step, 20, True) for step in range(20)]
    assert rates[:3] == [1 / 3, 2 / 3, 1.0]
    # Half-way between the peak, at step 2, and the end, at step 20.
    assert rates[11] == pytest.approx(0.5)
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert [rate_at(step, 20, False) for step in range(2, 20)] == [1.0] * 18
