"""Writes synthetic responses to IFEval's prompts: crafted to follow or to break instructions, and texts full of edge cases.

Usage: python make_responses.py PROMPTS OUT. Same output every time.
"""

import json
import random
import sys

SENTENCES = [
    "Dr. Smith went to Washington D.C. on Jan. 5th.", "It cost $3.50, i.e. less than expected!", "Why? Nobody knows...",
    "The U.S. economy grew 2.5% in Q3.", "She said \"stop.\" Then she left.", "“Curly quotes end here.” Next one starts.",
    "Mr. J. R. Smith Jr. can't go.", "No. 5 is alive.", "e.g. this one", "We met at 5 p.m. It was late.", "OK!!! Really?!",
    "A I CANNOT GONNA U.S.A. NASA's IBM/HP COVID-19 don't DON'T O'NEIL", "Visit www.example.com. Or not.", "etc. and so on",
    "Ph.D. students work... Often.", "(Parenthesis ends.) New sentence.", "Wait -- what?", "‘Tis the season. 'Twas fine.",
    "naïve café résumé ÉCOLE ÜBER", "١٢٣ 第一 Ⅷ ½ x² ﬁne ſtop ıI İi", "The word_with_underscore 3.14.15 v1.2.3.", "I. M. Pei. I am.",
]
LANGUAGES = {
    "en": "The weather is lovely today and we are going to the market to buy some fresh vegetables.",
    "de": "Das Wetter ist heute schön, und wir gehen auf den Markt, um frisches Gemüse zu kaufen.",
    "fr": "Il fait beau aujourd'hui et nous allons au marché pour acheter des légumes frais.",
    "es": "Hoy hace buen tiempo y vamos al mercado a comprar verduras frescas.",
    "it": "Oggi il tempo è bello e andiamo al mercato a comprare verdure fresche.",
    "pt": "Hoje o tempo está bom e vamos ao mercado comprar legumes frescos.",
    "ru": "Сегодня хорошая погода, и мы идём на рынок покупать свежие овощи.",
    "bg": "Днес времето е хубаво и отиваме на пазара да купим пресни зеленчуци.",
    "hi": "आज मौसम बहुत अच्छा है और हम ताज़ी सब्ज़ियाँ खरीदने बाज़ार जा रहे हैं।",
    "mr": "आज हवामान खूप छान आहे आणि आम्ही ताज्या भाज्या घेण्यासाठी बाजारात जात आहोत.",
    "ne": "आज मौसम धेरै राम्रो छ र हामी ताजा तरकारी किन्न बजार जाँदैछौं।",
    "ar": "الطقس جميل اليوم ونحن ذاهبون إلى السوق لشراء الخضروات الطازجة.",
    "fa": "امروز هوا خوب است و ما برای خرید سبزیجات تازه به بازار می‌رویم.",
    "ur": "آج موسم بہت اچھا ہے اور ہم تازہ سبزیاں خریدنے بازار جا رہے ہیں۔",
    "bn": "আজ আবহাওয়া খুব সুন্দর এবং আমরা তাজা সবজি কিনতে বাজারে যাচ্ছি।",
    "pa": "ਅੱਜ ਮੌਸਮ ਬਹੁਤ ਵਧੀਆ ਹੈ ਅਤੇ ਅਸੀਂ ਤਾਜ਼ੀਆਂ ਸਬਜ਼ੀਆਂ ਖਰੀਦਣ ਜਾ ਰਹੇ ਹਾਂ।",
    "gu": "આજે હવામાન ખૂબ સરસ છે અને અમે તાજા શાકભાજી ખરીદવા બજારમાં જઈએ છીએ.",
    "ta": "இன்று வானிலை நன்றாக உள்ளது, நாங்கள் காய்கறிகள் வாங்க சந்தைக்குச் செல்கிறோம்.",
    "te": "ఈ రోజు వాతావరణం బాగుంది, మేము కూరగాయలు కొనడానికి మార్కెట్‌కు వెళ్తున్నాము.",
    "kn": "ಇಂದು ಹವಾಮಾನ ಚೆನ್ನಾಗಿದೆ ಮತ್ತು ನಾವು ತರಕಾರಿಗಳನ್ನು ಖರೀದಿಸಲು ಮಾರುಕಟ್ಟೆಗೆ ಹೋಗುತ್ತೇವೆ.",
    "th": "วันนี้อากาศดีมากและเรากำลังจะไปตลาดเพื่อซื้อผักสด",
    "ko": "오늘은 날씨가 아주 좋아서 우리는 신선한 채소를 사러 시장에 갑니다.",
    "vi": "Hôm nay thời tiết rất đẹp và chúng tôi đi chợ mua rau tươi.",
    "sw": "Leo hali ya hewa ni nzuri sana na tunaenda sokoni kununua mboga mbichi.",
    "fi": "Tänään on kaunis sää ja menemme torille ostamaan tuoreita vihanneksia.",
    "ja": "今日は天気がとても良いので、新鮮な野菜を買いに市場へ行きます。", "zh": "今天天气很好，我们去市场买新鲜蔬菜。",
}
SCRAPS = [
    "* one\n* two\n- three\n", "*\n* a", "**bold** and *italic* ****", "\n\n", "***", "******", "P.S. bye", "p. p. s more",
    "[name] [a\nb] []", "<<>> << >>", "<<Title>> x", "Section 1\nSECTION 2 Day3", "```json\n{\"a\": NaN}\n```", "My answer is no.",
    "🙂 👨‍👩‍👧 é", "\u00a0\u2003\ufeff", "\"quoted\"", "a\r\nb\u2028c", "- \n-- x", "  * indented", "1. first\n2. second", "٪ ،",
]


def follow(instruction: str, kwargs: dict, rng: random.Random) -> str:
    """A text that follows an instruction, or nearly so."""
    some = " ".join(rng.choices(SENTENCES, k=3))
    off = rng.choice([0, 0, -1, 1])
    match instruction.split(":")[1]:
        case "existence":
            return some + " " + " ".join(kwargs["keywords"][: len(kwargs["keywords"]) + min(off, 0)]).upper()
        case "frequency":
            return some + f" {kwargs['keyword']}," * max(kwargs["frequency"] + off, 0)
        case "forbidden_words":
            return some + rng.choice(["", "", f" {kwargs['forbidden_words'][0]}s", f" {kwargs['forbidden_words'][0].title()}!"])
        case "letter_frequency":
            return (kwargs["letter"] + " ") * max(kwargs["let_frequency"] + off, 0)
        case "response_language":
            return " ".join([LANGUAGES.get(kwargs["language"], some)] * rng.choice([1, 2, 4]))
        case "number_sentences":
            return rng.choice([" ", "\n", "\n\n"]).join(rng.choices(SENTENCES, k=max(kwargs["num_sentences"] + off, 1)))
        case "number_paragraphs":
            return rng.choice(["***", "\n***\n", "\n\n***\n\n"]).join(["text " + some] * max(kwargs["num_paragraphs"] + off, 1))
        case "number_words":
            return "It's-a " * ((kwargs["num_words"] + off) // 3) + "word " * ((kwargs["num_words"] + off) % 3)
        case "nth_paragraph_first_word":
            parts = [some] * max(kwargs["num_paragraphs"] + off, 1)
            parts[min(kwargs["nth_paragraph"], len(parts)) - 1] = rng.choice(["'", '"', ""]) + kwargs["first_word"].title() + ", x"
            return "\n\n".join(parts)
        case "number_placeholders":
            return "[x] " * max(kwargs["num_placeholders"] + off, 0)
        case "postscript":
            return some + "\n" + rng.choice([kwargs["postscript_marker"], "P. S. x", "p.p. s", "PS:"]) + " end"
        case "number_bullet_lists":
            return some + "\n" + "".join(rng.choice(["* a\n", "- b\n", "  * c\n"]) for _ in range(max(kwargs["num_bullets"] + off, 0)))
        case "constrained_response":
            return rng.choice(["My answer is yes.", " My answer is maybe.\n", "my answer is no.", "**My answer is no**."])
        case "number_highlighted_sections":
            return " ".join(rng.choice(["*h i*", "**b**", "* *"]) for _ in range(max(kwargs["num_highlights"] + off, 0)))
        case "multiple_sections":
            return "\n".join(f"{kwargs['section_spliter']} {i}\ntext" for i in range(1, kwargs["num_sections"] + off + 1))
        case "json_format":
            return rng.choice(['{"a": [1, 2.5e3, "x"]}', '```json\n{"a": 1}\n```', "```\n[NaN]\n```", "{'a': 1}", "Here:\n{}", '"x"', "-Infinity", '{"a":1,}'])
        case "title":
            return rng.choice(["<<A title>>\n", "<<>>", "<< >>", "<title>", "<<a\nb>>", "<<<x>>>"]) + some
        case "two_responses":
            return rng.choice(["a ****** b", "******a******b******", "a ****** a", "a******\n******b", "a ******* b", "x ************ y"])
        case "repeat_prompt":
            return rng.choice(["", " ", "**"]) + kwargs["prompt_to_repeat"].replace(" ", rng.choice([" ", " ", "  "])) + "\n" + some
        case "end_checker":
            return some + " " + kwargs["end_phrase"] + rng.choice(["", '"', " \n", ".", "*"])
        case "quotation":
            return rng.choice(['"{}"', '"{}" ', "“{}”", '"{}', '*"{}"*', 'x\n"{}"']).format(some)
        case "capital_word_frequency":
            return some.lower() + " " + " ".join(rng.choice(["NASA", "I'M", "A-B", "U.S.", "X2", "CANNOT", "ÉT"]) for _ in range(max(kwargs["capital_frequency"] + off, 0)))
        case "english_capital":
            return rng.choice([LANGUAGES["en"] * 3, some, LANGUAGES["de"], "HELLO WORLD. This one not", "123"]).upper()
        case "english_lowercase":
            return rng.choice([LANGUAGES["en"] * 2, some, LANGUAGES["fr"], "ok", "12 34"]).lower()
    return some.replace(",", rng.choice(["", "", ",", "،", "，"]))


def main() -> None:
    rng = random.Random(7)
    with open(sys.argv[1], encoding="utf-8") as file, open(sys.argv[2], "w", encoding="utf-8") as out:
        for index, row in enumerate(map(json.loads, filter(str.strip, file))):
            parts = [follow(name, kwargs, rng) for name, kwargs in zip(row["instruction_id_list"], row["kwargs"])]
            if index % 3 == 1:
                parts = [rng.choice(parts), rng.choice(SCRAPS)]
            if index % 9 == 2:
                parts = rng.choices(SCRAPS + SENTENCES + list(LANGUAGES.values()), k=4)
            response = rng.choice(["", "", "Sure! Here it is:\n"]) + "\n".join(parts) + rng.choice(["", "", "\nHope this helps"])
            if index % 90 == 5:
                response = rng.choice(["", " \n", "*"])
            out.write(json.dumps({"prompt": row["prompt"], "response": response}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
