"""distilabel's Magpie on a running vLLM: prints one JSON line with the conversations that it made.

Run by run.ts with the Python that has distilabel 1.5.3.
"""

import argparse
import json
import warnings

warnings.filterwarnings("ignore")

from distilabel.models.llms import ClientvLLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import MagpieGenerator


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True, help="OpenAI-compatible base, with /v1")
    parser.add_argument(
        "--tokenizer", required=True, help="folder of the model's tokenizer"
    )
    parser.add_argument("--pre-query", required=True, help="text before the query")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument(
        "--max-tokens", type=int, required=True, help="longest query and longest reply"
    )
    parser.add_argument(
        "--cache",
        required=True,
        help="folder of the pipeline's cache: the same one resumes",
    )
    return parser.parse_args()


def main() -> None:
    options = read_options()
    with Pipeline(name="magpie", cache_dir=options.cache) as pipeline:
        MagpieGenerator(
            name="magpie",
            llm=ClientvLLM(
                base_url=options.url,
                tokenizer=options.tokenizer,
                use_magpie_template=True,
                magpie_pre_query_template=options.pre_query,
                timeout=600,
                generation_kwargs={
                    "max_new_tokens": options.max_tokens,
                    "temperature": 1.0,
                    "top_p": 1.0,
                },
            ),
            n_turns=1,
            num_rows=options.rows,
            batch_size=options.batch,
        )
    distiset = pipeline.run(use_cache=True)
    rows = distiset["default"]["train"]
    pairs = [{"query": row["instruction"], "reply": row["response"]} for row in rows]
    print("RESULT " + json.dumps(pairs))


if __name__ == "__main__":
    main()
