"""Log-probabilities of fixed conversations, to compare with those of the server that loads the adapter."""

from typing import Any

import torch

from job import Messages


def score_probes(model: Any, tokenizer: Any, probes: list[Messages]) -> list[dict[str, Any]]:
    """Token ids of each conversation and log-probabilities of all but the first, without and with the adapter."""
    # The server computes in bfloat16, whatever the precision of training.
    model = model.to(torch.bfloat16).eval()
    model.set_adapter("default")
    scores = []
    for messages in probes:
        token_ids = tokenizer.apply_chat_template(messages, return_dict=True)["input_ids"]
        with model.disable_adapter():
            base = score_tokens(model, token_ids)
        scores.append({"tokenIds": token_ids, "baseLogprobs": base, "adapterLogprobs": score_tokens(model, token_ids)})
    return scores


@torch.no_grad()  # type: ignore[untyped-decorator]
def score_tokens(model: Any, token_ids: list[int]) -> list[float]:
    """Log-probability of each token after the first, in nats."""
    ids = torch.tensor([token_ids], device=model.device)
    logits = model(input_ids=ids, use_cache=False).logits[0, :-1].float()
    picked = torch.log_softmax(logits, dim=-1).gather(1, ids[0, 1:, None])
    values: list[float] = picked[:, 0].tolist()
    return values
