"""Loads folders as `datasets` does and prints their rows as one JSON object: { "<folder>[:<config>]": [row, ...] }."""

import json
import sys

from datasets import load_dataset

print(
    json.dumps(
        {
            place: load_dataset(*place.split(":"), split="train").to_list()
            for place in sys.argv[1:]
        }
    )
)
