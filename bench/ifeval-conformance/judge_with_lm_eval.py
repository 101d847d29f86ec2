"""Judges responses to IFEval's prompts with lm-eval's own checkers; writes strict and loose booleans for each instruction.

Needs lm-eval 0.4.13 (its ifeval task), langdetect, nltk with punkt_tab, immutabledict.
"""

import argparse
import json
import random

from langdetect import DetectorFactory
from lm_eval.tasks.ifeval import utils

SEEDS = range(5)


def judge(row: dict, response: str, seed: int) -> tuple[list[bool], list[bool]]:
    DetectorFactory.seed = seed
    random.seed(seed)
    # One factory is made on first use and keeps the seed it was made with.
    from langdetect import detector_factory

    detector_factory.init_factory()
    detector_factory._factory.seed = seed
    result = utils.process_results(row, [response])
    return result["inst_level_strict_acc"], result["inst_level_loose_acc"]


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("prompts", "responses", "out"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    with open(args.prompts, encoding="utf-8") as file:
        rows = {row["prompt"]: row for row in map(json.loads, filter(str.strip, file))}
    with open(args.responses, encoding="utf-8") as file, open(args.out, "w", encoding="utf-8") as out:
        for line in filter(str.strip, file):
            answer = json.loads(line)
            row = rows[answer["prompt"]]
            runs = [judge(row, answer["response"], seed) for seed in SEEDS]
            strict, loose = runs[0]
            verdict = {
                "key": row["key"],
                "strict": [bool(value) for value in strict],
                "loose": [bool(value) for value in loose],
                "steady": [
                    all(run[0][i] == strict[i] and run[1][i] == loose[i] for run in runs) for i in range(len(strict))
                ],
            }
            out.write(json.dumps(verdict) + "\n")


if __name__ == "__main__":
    main()
