"""Records what transformers makes of the chat templates below tests/fixtures/chat-templates."""

import json
from pathlib import Path

from jinja2.exceptions import TemplateError
from transformers.utils.chat_template_utils import render_jinja_template

FOLDER = Path(__file__).parent.parent / "fixtures" / "chat-templates"

SYSTEM = {"role": "system", "content": "You only speak of numbers."}
TURNS = [
    {"role": "user", "content": "What is 2 + 2?"},
    {"role": "assistant", "content": "It is 4."},
    {"role": "user", "content": "And 3 + 3?"},
    {"role": "assistant", "content": "It is 6."},
]
# Messages, and whether the prompt of a reply follows.
CASES = {
    "one query": (TURNS[:1], True),
    "system": ([SYSTEM, *TURNS[:1]], True),
    "second query": (TURNS[:3], True),
    "second query, system": ([SYSTEM, *TURNS[:3]], True),
    "whole": (TURNS, False),
}


def render(template: str, tokens: dict[str, str], case: str) -> str | None:
    """The text of a case, or None where the template refuses it."""
    messages, add_generation_prompt = CASES[case]
    try:
        rendered, _ = render_jinja_template(
            [messages],
            chat_template=template,
            add_generation_prompt=add_generation_prompt,
            **tokens,
        )
    except TemplateError:
        return None
    return rendered[0]


def main() -> None:
    """Writes rendered.json."""
    tokens_of = json.loads((FOLDER / "templates.json").read_text(encoding="utf8"))
    rendered = {
        name: {case: render((FOLDER / f"{name}.jinja").read_text(encoding="utf8"), tokens, case) for case in CASES}
        for name, tokens in tokens_of.items()
    }
    text = json.dumps(rendered, ensure_ascii=False, indent=2)
    (FOLDER / "rendered.json").write_text(text + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
