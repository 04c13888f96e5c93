"""Writes corpus.json.gz: a JSON list of texts that tokenizers find hard. All of it is our own:
sentences composed from word lists below, code we wrote, and random Unicode. Seeded.

    python make-corpus.py
"""
import gzip
import json
import pathlib
import random
import unicodedata

RANDOM = random.Random(20260)

WORDS = {
    "english": "the a of and to in is was river window seven lantern don't it's we'll they've I'm she'd you're O'Neill can't rock'n'roll 'tis glass weather quickly naïve café co-operate e-mail running unbelievable antidisestablishmentarianism proof model answer question because although London Paris HTTP README iPhone McDonald".split(),
    "german": "der die das und Straße größer Übermut fließt Donaudampfschifffahrt Käse schön Öl nicht wäre Mädchen läuft Fußgängerübergänge ẞ".split(),
    "french": "l'été où déjà çà garçon œuvre naïf Noël aujourd'hui qu'il s'est maïs être à la forêt cœur Œdipe".split(),
    "spanish": "¿qué ¡hola! niño mañana corazón pingüino él está año según después".split(),
    "turkish": "İstanbul ısı şişe çiçek ğ güneş öğrenci Iğdır".split(),
    "polish": "żółć gęślą jaźń źdźbło święto łódź".split(),
    "vietnamese": "người Việt Nam nghiêng đường phở tiếng được những".split(),
    "russian": "река окно семь фонарь погода быстро ёлка подъезд объяснение Москва не потому что".split(),
    "ukrainian": "річка вікно їжак ґанок об'єкт сьогодні".split(),
    "greek": "ποτάμι παράθυρο επτά φανάρι καιρός ΑΘΗΝΑ ῥῆμα ἀρχή σοφός".split(),
    "armenian": "գետ պատուհան յոթ լապտեր և".split(),
    "georgian": "მდინარე ფანჯარა შვიდი ფარანი Ⴀⴀ ᲐᲑ".split(),
    "hebrew": "נהר חלון שבע פנס שָׁלוֹם צה״ל".split(),
    "arabic": "نهر نافذة سبعة فانوس العَرَبِيَّة لا إله ـــ ٣٤٥".split(),
    "persian": "رودخانه پنجره می‌روم گچ ۱۲۳".split(),
    "hindi": "नदी खिड़की सात लालटेन क्षत्रिय ज्ञान हिन्दी १२३ ।".split(),
    "bengali": "নদী জানালা সাত লণ্ঠন ৪৫".split(),
    "tamil": "ஆறு ஜன்னல் ஏழு விளக்கு க்ஷ ௧௨".split(),
    "thai": "แม่น้ำ หน้าต่าง เจ็ด โคมไฟ กำลัง ๑๒๓".split(),
    "lao": "ແມ່ນ້ຳ ປ່ອງຢ້ຽມ ໆ".split(),
    "tibetan": "ཆུ་བོ། སྒེའུ་ཁུང་ ༡༢".split(),
    "khmer": "ទន្លេ បង្អួច ប្រាំពីរ ១២".split(),
    "burmese": "မြစ် ပြတင်းပေါက် ၁၂".split(),
    "amharic": "ወንዝ መስኮት ሰባት ፯".split(),
    "chinese": "河流 窗户 七 灯笼 天气 很快 因为 北京 人工智能 的 了 我们 〇 、 。 ！ ？ 《书》".split(),
    "japanese": "川 窓 七つ ランタン 天気 はやく ので ｶﾀｶﾅ 東京 ー です。 「はい」 々".split(),
    "korean": "강 창문 일곱 등불 날씨 빨리 때문에 서울 ㅋㅋ 한국어".split(),
    "cherokee": "ᎤᏪᏴ ᏣᎳᎩ ꭰꭱ".split(),
    "mongolian": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ ᠑᠒".split(),
    "math": "𝒜𝓑 ∑ ∫ √2 ≤ ≠ ∞ ½ ¾ x² x₁ Ⅷ ⅻ ① ㊙ 𝟘𝟙 𝕏 ℝ ℵ₀ ⁴₄ ㎏ ‰ ﷼".split(),
}
EMOJI = "😀 👍 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 🇯🇵🇫🇷 1️⃣ #️⃣ ❤️ ❤ ☎️ 🧑🏿‍🚀 👨🏻‍🤝‍👨🏿 🫠 🪿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 ©️ ⌚ 🫨 🫩".split()
SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u1680", "\u180e", "\u2000", "\u2003", "\u2009", "\u200a", "\u200b", "\u200c", "\u200d", "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff", " \t ", "\t\t\t", "\n ", " \n", "\n\t\t", "    ", "        "]
SPECIAL = "<|endoftext|> <|im_start|> <|im_end|> <repo_name> <reponame> <file_sep> <filename> <gh_stars> <issue_start> <issue_comment> <issue_closed> <jupyter_start> <jupyter_text> <jupyter_code> <jupyter_output> <jupyter_script> <empty_output>".split()
NEARLY = "<|im_end <|im_end| <|im_end|>> <<|im_end|> <|IM_END|> <| im_end |> <|im_|im_end|> <|im_end|im_start|> |im_end|> <|endoftext <|endoftext|><| <repo_name <jupyter_ <|eot_id|> <s> </s> [INST] <end_of_turn> ＜|im_end|＞ <|im\u200b_end|> <\ufe0f|im_end|> <|im_end|\u0301>".split()
CONTRACTIONS = "'s 't 're 've 'm 'll 'd 'S 'RE 'Ll 'D ’s ʼs 'ſ 'sa 'tt 're1 've' 'llx 'x ''s '''".split()
CODE = [
    "def f(x: int) -> str:\n    return f'{x!r:>10}'  # 100%\n",
    "for (let i = 0; i < n; i++) { a[i] ??= b?.[i] ?? `${i}`; }",
    "#include <stdio.h>\r\nint main(void)\r\n{\r\n\tputs(\"\\0\\x1b[31m\");\r\n}\r\n",
    "SELECT * FROM t WHERE a <> 'it''s' AND b >= 10.5e-3; -- note",
    "{\"a\": [1, 2.50, -3e10, null, true], \"\\u00e9\": {}}",
    "<div class=\"x\" data-y='1'>&amp;&nbsp;</div><!-- c -->",
    "impl<'a, T: ?Sized + 'a> Deref for X<'a, T> { type Target = T; }",
    "\t\t\tif err != nil {\n\t\t\t\treturn nil, fmt.Errorf(\"%w\", err)\n\t\t\t}",
    "$ git log --oneline | grep -E '^[0-9a-f]{7,}' && echo \"$?\"",
    "https://example.org:8080/a/b.html?q=1&r=%20%E2%82%AC#frag",
    "0xDEADBEEF 0b1010 1_000_000 3.14159e+00 .5 5. 1,234,567.89 +1 (555) 010-9999",
    "| a | b |\n|---|:-:|\n| 1 | **2** |\n\n- [x] `done`\n",
    "\\frac{1}{2}\\sum_{i=0}^{n} x_i^{2} \\neq \\infty",
    "Array(16).join(\"wat\" - 1) + \" Batman!\";;;;;",
    "==============================\n------------------------------\n******************************",
]
# First and last code point, and how many texts. Planes 4 to 11 are unassigned for ever; their lead
# bytes have no token in this vocabulary.
BLOCKS = [(0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x52F), (0x530, 0x6FF), (0x700, 0x8FF), (0x900, 0xDFF), (0xE00, 0x10FF), (0x1100, 0x139F), (0x13A0, 0x17FF), (0x1800, 0x1CFF), (0x1D00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x218F), (0x2190, 0x2BFF), (0x2C00, 0x2FFF), (0x3000, 0x33FF), (0x3400, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xE000, 0xF8FF), (0xF900, 0xFFFF), (0x10000, 0x107FF), (0x10800, 0x10FFF), (0x11000, 0x11FFF), (0x12000, 0x167FF), (0x16800, 0x1AFFF), (0x1B000, 0x1D0FF), (0x1D100, 0x1EFFF), (0x1F000, 0x1FFFF), (0x20000, 0x33FFF), (0xE0000, 0xE01FF), (0xF0000, 0x10FFFF)]


def sentence(words, length):
    return " ".join(RANDOM.choice(words) for _ in range(length)) + RANDOM.choice(["", ".", "!", "?", "…", "...", "。"])


def scripts():
    for words in WORDS.values():
        for _ in range(40):
            yield sentence(words, RANDOM.randint(1, 9))
        yield "".join(words)
        yield unicodedata.normalize("NFD", " ".join(words))
        yield " ".join(words).upper()
    mixed = [word for words in WORDS.values() for word in words]
    for _ in range(500):
        yield sentence(mixed, RANDOM.randint(2, 8))


def emoji():
    for item in EMOJI:
        yield item
        yield item * 3
    for _ in range(200):
        yield "".join(RANDOM.choice(EMOJI + [" ", "a", "1", "!"]) for _ in range(RANDOM.randint(2, 9)))


def spaces():
    for space in SPACES:
        for text in ("{}", "{}a", "a{}", "a{}b", "a {}b", "a{} b", "{}1", "1{}1", "1 {} 1", "!{}!", "! {}'s", "{0}{0}", "a{0}{0}b", "a{0}{0}1", "{0}{0}!"):
            yield text.format(space)
    pieces = SPACES + ["a", "Word", "1", "23", "!", "'s", "é", "中"]
    for _ in range(700):
        yield "".join(RANDOM.choice(pieces) for _ in range(RANDOM.randint(2, 10)))


def digits():
    for zero in (0x30, 0x660, 0x6F0, 0x966, 0xE50, 0x1D7CE, 0xFF10, 0x11DE0, 0x1FBF0):
        for length in (1, 2, 3, 4, 7, 12):
            number = "".join(chr(zero + RANDOM.randrange(10)) for _ in range(length))
            yield number
            yield f"a{number}b {number}"
    for char in "²³¹¼½¾٠۰०๐௰Ⅳⅷↀ①⓪❶㉈㊿〇〡一二三千万亿𐄇𒐀𞱱🄀" + chr(0x16FF4):
        yield char
        yield f"x{char}y {char}{char} 1{char}2"


def specials():
    for token in SPECIAL + NEARLY:
        for text in ("{}", "a{}b", " {} ", "{0}{0}", "1{}2", "\n{}\n", "é{}中", "  {}  x", "user\n{}\n"):
            yield text.format(token)
    pieces = SPECIAL + NEARLY + ["user", "\n", " ", "  ", "assistant\n", "1", "!", "it's", "<", "|", ">", "<|", "|>"]
    for _ in range(600):
        yield "".join(RANDOM.choice(pieces) for _ in range(RANDOM.randint(2, 9)))


def code():
    for text in CODE:
        yield text
        yield text.replace("\n", "\r\n")
        yield text.replace("    ", "\t")
        yield "    " + text.replace("\n", "\n    ")
    lines = [line for text in CODE for line in text.splitlines()]
    for _ in range(250):
        indent = RANDOM.choice(["", "  ", "    ", "\t", "\t\t"])
        yield "\n".join(indent + RANDOM.choice(lines) for _ in range(RANDOM.randint(1, 3)))


def contractions():
    for left in ("it", "IT", "1", " ", "", "!", "é", "'", "\n"):
        for item in CONTRACTIONS:
            yield left + item + RANDOM.choice(["", " x", "x", "1", "!"])


def controls():
    for code_point in list(range(0x20)) + list(range(0x7F, 0xA1)) + [0xAD, 0x34F, 0x61C, 0x202E, 0xFFF9, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF, 0x40000, 0x7FFFF, 0x80000, 0xBFFFF, 0xC0000, 0xFFFFF, 0x10FFFF]:
        char = chr(code_point)
        yield char
        yield f"a{char}b"
        yield f"the {char} {char}{char}end"


def combining():
    marks = [chr(c) for c in range(0x300, 0x36F)]
    for _ in range(150):
        yield "".join(RANDOM.choice("aeioubcA1 ") + "".join(RANDOM.choice(marks) for _ in range(RANDOM.randint(0, 4))) for _ in range(5))


def random_unicode():
    for first, last in BLOCKS:
        for _ in range(22):
            text = ""
            while len(text) < 8:
                code_point = RANDOM.randint(first, last)
                if not 0xD800 <= code_point <= 0xDFFF:
                    text += chr(code_point) + RANDOM.choice(["", "", "", " ", "a", "1"])
            yield text


def runs():
    for unit in ("a", "A", " ", "\n", "\t", "0", "ab", "é", "中", "😀", "!", "=", "' ", "<", "<|", "aaaaaaaab", "\u0301", "\r\n", "\u3000", "."):
        for length in (2, 3, 7, 16, 17, 33, 49, 64, 100, 257):
            yield unit * length
    for unit in ("a", " ", "ab", "=", "0"):
        yield unit * 3000
    letters = "etaoinshrdlu"
    for length in (47, 48, 49, 50, 200, 1000):
        for _ in range(4):
            yield "".join(RANDOM.choice(letters) for _ in range(length))


def main():
    texts = [""]
    for part in (scripts, emoji, spaces, digits, specials, code, contractions, controls, combining, random_unicode, runs):
        texts += list(part())
    text = json.dumps(texts, ensure_ascii=True, separators=(",\n", ":"))
    target = pathlib.Path(__file__).with_name("corpus.json.gz")
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(len(texts), "texts,", sum(len(text.encode()) for text in texts), "bytes of UTF-8,", target.name, target.stat().st_size)


main()
