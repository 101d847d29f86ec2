"""Writes the tables of domain/ifeval/ that come from Python packages: Punkt's English model and langdetect's profiles.

Usage: python extract_tables.py PUNKT_TAB_ENGLISH OUT, where PUNKT_TAB_ENGLISH is the folder `tokenizers/punkt_tab/english`
of NLTK's data and OUT is `domain/ifeval`. Needs langdetect 1.0.9. Lossless as far as the two algorithms can tell: entries
that can't change a decision are left out (see `ortho_lists` and `reachable`).
"""

import json
import re
import sys
from pathlib import Path

from langdetect.detector_factory import PROFILES_DIRECTORY
from langdetect.utils.ngram import NGram

MID_UPPER, BEGIN_LOWER = 4, 16
ANY_UPPER, ANY_LOWER = 2 + 4 + 8, 16 + 32 + 64


def quote(text: str) -> str:
    """A TypeScript string in the quotes that need the fewer escapes."""
    body = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"')
    return "'" + body.replace("'", "\\'") + "'" if body.count("'") <= body.count('"') else '"' + body.replace('"', '\\"') + '"'


def ortho_lists(contexts: dict[str, int]) -> tuple[list[str], list[str], list[str]]:
    """Words by what Punkt concludes from their contexts. A word never seen in lower case is treated like an unknown one."""
    starters, neutral, lower_starters = [], [], []
    for word, flags in sorted(contexts.items()):
        if not flags & ANY_LOWER:
            continue
        if flags & MID_UPPER:
            neutral.append(word)
        elif flags & ANY_UPPER or not flags & BEGIN_LOWER:
            starters.append(word)
        else:
            lower_starters.append(word)
    return starters, neutral, lower_starters


def punkt_module(folder: Path) -> str:
    def lines(name: str) -> list[str]:
        return [line for line in (folder / name).read_text(encoding="utf-8").split("\n") if line.strip()]

    contexts = {word: int(flags) for word, flags in (line.split("\t") for line in lines("ortho_context.tab"))}
    starters, neutral, lower_starters = ortho_lists(contexts)
    # '. . ' is listed as an abbreviation but no token holds a space.
    abbreviations = [word for word in sorted(lines("abbrev_types.txt")) if " " not in word]
    collocations = ["|".join(line.split("\t")) for line in sorted(lines("collocations.tab"))]
    tables = {
        "PUNKT_ABBREVIATIONS": ("Word types that are abbreviations, without their period.", abbreviations),
        "PUNKT_COLLOCATIONS": ("Pairs `first|second` between which no sentence ends.", collocations),
        "PUNKT_SENTENCE_STARTERS": ("Words that often begin a sentence.", sorted(lines("sent_starters.txt"))),
        "PUNKT_SEEN_LOWER": ("Seen in lower case and never with a capital within a sentence.", starters),
        "PUNKT_SEEN_BOTH": ("Seen in lower case and with a capital within a sentence.", neutral),
        "PUNKT_ONLY_LOWER": ("Seen only in lower case, at the beginning of a sentence too.", lower_starters),
    }
    head = (
        "// Tables of the English Punkt model of NLTK (data package punkt_tab, Apache-2.0; model by Jan Strunk and Tibor Kiss,\n"
        "// trained on the Wall Street Journal part of the Penn Treebank). Made by bench/ifeval-conformance/extract_tables.py.\n"
    )
    body = "".join(
        f"\n/** {text} Separated by spaces. */\nexport const {name} =\n  {quote(' '.join(words))};\n" for name, (text, words) in tables.items()
    )
    return head + body


def reachable(gram: str) -> bool:
    """Whether the detector can look a gram up: its characters are normalized first."""
    return 1 <= len(gram) <= 3 and all(NGram.normalize(char) == char for char in gram) and not re.search("[0-9]", gram)


def profiles_module() -> str:
    rows = []
    for path in sorted(Path(PROFILES_DIRECTORY).iterdir()):
        profile = json.loads(path.read_text(encoding="utf-8"))
        grams = sorted((gram, count) for gram, count in profile["freq"].items() if reachable(gram))
        packed = "".join(f"{gram}{count}" for gram, count in grams)
        rows.append(f"  {{ language: '{profile['name']}', totals: {profile['n_words']}, grams: {quote(packed)} }},\n")
    kanji = " ".join(NGram.CJK_CLASS)
    return (
        "// Profiles of langdetect 1.0.9 (Apache-2.0; Michal Mimino Danilak, after language-detection by Nakatani Shuyo), made\n"
        "// from Wikipedia's pages. Made by bench/ifeval-conformance/extract_tables.py.\n"
        "\n/** Counts of the 1-, 2- and 3-grams of one language. */\nexport interface LanguageProfile {\n"
        "  readonly language: string;\n  /** Number of all 1-, 2- and 3-grams. */\n  readonly totals: readonly number[];\n"
        "  /** Each gram followed by its count. */\n  readonly grams: string;\n}\n"
        "\n/** Latin-1 characters that count as space. */\n"
        f"export const LATIN1_EXCLUDED = {quote(NGram.LATIN1_EXCLUDED)};\n"
        "\n/** Groups of Chinese characters, separated by spaces; the first stands for all of its group. */\n"
        f"export const KANJI_GROUPS = {quote(kanji)};\n"
        "\n/** Vietnamese: letters, the marks that may follow them, and for each mark the letters with it, separated by spaces. */\n"
        f"export const VIETNAMESE = {{\n  letters: {quote(NGram.TO_NORMALIZE_VI_CHARS)},\n  marks: {quote(NGram.DMARK_CLASS)},\n"
        f"  composed: {quote(' '.join(NGram.NORMALIZED_VI_CHARS))},\n}};\n"
        "\n/** All 55 languages that langdetect knows. */\nexport const LANGUAGE_PROFILES: readonly LanguageProfile[] = [\n"
        + "".join(rows)
        + "];\n"
    )


if __name__ == "__main__":
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    (out / "punkt-english.ts").write_text(punkt_module(source), encoding="utf-8")
    (out / "language-profiles.ts").write_text(profiles_module(), encoding="utf-8")
