"""Course of the learning rate: every step has one above 0, the first and the last too."""

import math
from functools import partial
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

#: Share of the steps in which the rate rises to its peak (BOLT, section 4.1).
WARM_UP = 0.1


def rate_at(step: int, steps: int, cosine: bool) -> float:
    """
    Share of the peak rate at a step, which counts from 0.

    Transformers begins at 0, so a training of one step would change nothing and every other one wastes its first rows.
    """
    rising = math.ceil(WARM_UP * steps)
    if step < rising:
        return (step + 1) / (rising + 1)
    if not cosine:
        return 1.0
    return 0.5 * (1.0 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


class WarmedUp:
    """A trainer with this course instead of transformers' own."""

    lr_scheduler: LambdaLR | None

    def create_scheduler(self: Any, num_training_steps: int, optimizer: Optimizer | None = None) -> LambdaLR:
        if self.lr_scheduler is None:
            cosine = self.args.lr_scheduler_type == "cosine"
            course = partial(rate_at, steps=num_training_steps, cosine=cosine)
            self.lr_scheduler = LambdaLR(self.optimizer if optimizer is None else optimizer, course)
        scheduler: LambdaLR = self.lr_scheduler
        return scheduler


def warmed_up(trainer: type) -> Any:
    """The trainer's class with this course of the learning rate."""
    return type(trainer.__name__, (WarmedUp, trainer), {})
