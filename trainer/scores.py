"""Log-probabilities of completions that exist already."""

from collections.abc import Sequence
from typing import Any

import torch

from conversations import Encoded


@torch.no_grad()  # type: ignore[untyped-decorator]
def score_completions(
    model: Any, rows: Sequence[Encoded], batch_size: int, temperature: float = 1.0
) -> list[list[float]]:
    """Log-probability of each completion token in nats, of the distribution that the temperature gives."""
    was_training = model.training
    model.eval()
    scores: list[list[float]] = []
    for start in range(0, len(rows), batch_size):
        batch = rows[start : start + batch_size]
        longest_prompt = max(len(row.prompt_ids) for row in batch)
        longest = max(len(row.completion_ids) for row in batch)
        # Prompts to the right, completions to the left: all completions start in one column.
        ids = torch.zeros(len(batch), longest_prompt + longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for at, row in enumerate(batch):
            span = slice(longest_prompt - len(row.prompt_ids), longest_prompt + len(row.completion_ids))
            ids[at, span] = torch.tensor(row.prompt_ids + row.completion_ids)
            mask[at, span] = 1
        logits = model(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            use_cache=False,
            logits_to_keep=longest + 1,
        ).logits
        for at, row in enumerate(batch):
            targets = torch.tensor(row.completion_ids, device=model.device)
            logprobs = torch.log_softmax(logits[at, : len(targets)].float() / temperature, dim=-1)
            scores.append(logprobs.gather(1, targets[:, None])[:, 0].tolist())
    model.train(was_training)
    return scores


def mean_loss(scores: Sequence[Sequence[float]]) -> float:
    """Mean negative log-probability a token, every token counting once."""
    return -sum(map(sum, scores)) / sum(map(len, scores))
