"""Log-probabilities of fixed conversations, to compare with those of the server that loads the adapter."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from job import Messages


def score_probes(
    model: Any, tokenizer: Any, probes: list[Messages], base: Path | None, precision: torch.dtype
) -> list[dict[str, Any]]:
    """
    Token ids of each conversation and log-probabilities of all but the first, without and with what was trained.

    `base` is the folder of the untrained model; None when an adapter was trained, which can be switched off.
    `precision` is the one that a server on such a machine computes in, whatever training did: whole weights differ by
    their rounding.
    """
    model = model.to(precision).eval()
    if base is None:
        model.set_adapter("default")
    all_ids = [tokenizer.apply_chat_template(messages, return_dict=True)["input_ids"] for messages in probes]
    after = [score_tokens(model, ids) for ids in all_ids]
    if base is None:
        with model.disable_adapter():
            before = [score_tokens(model, ids) for ids in all_ids]
    else:
        untrained = AutoModelForCausalLM.from_pretrained(str(base), dtype=precision).to(model.device).eval()
        before = [score_tokens(untrained, ids) for ids in all_ids]
    return [
        {"tokenIds": ids, "baseLogprobs": without, "adapterLogprobs": with_it}
        for ids, without, with_it in zip(all_ids, before, after, strict=True)
    ]


@torch.no_grad()  # type: ignore[untyped-decorator]
def score_tokens(model: Any, token_ids: list[int]) -> list[float]:
    """Log-probability of each token after the first, in nats."""
    ids = torch.tensor([token_ids], device=model.device)
    logits = model(input_ids=ids, use_cache=False).logits[0, :-1].float()
    picked = torch.log_softmax(logits, dim=-1).gather(1, ids[0, 1:, None])
    values: list[float] = picked[:, 0].tolist()
    return values
