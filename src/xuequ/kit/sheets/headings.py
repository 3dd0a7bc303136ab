"""Column headings as they are compared, and the names of subjects."""

import re
import unicodedata

SUBJECT_ALIASES: dict[str, str] = {
    "total": "总分 总成绩 合计分 总计 total totalscore sum",
    "chinese": "语文 语 chinese",
    "mathematics": "数学 数 mathematics maths math",
    "english": "英语 英 外语 english",
    "physics": "物理 理 physics",
    "chemistry": "化学 化 chemistry",
    "biology": "生物 生物学 biology",
    "science": "科学 science",
    "civics": "道德与法治 道法 政治 思想品德 品德 品德与社会 civics politics moralityandlaw",
    "history": "历史 史 history",
    "geography": "地理 地 geography",
    "information": "信息科技 信息技术 信息 informationtechnology ict it",
    "music": "音乐 music",
    "art": "美术 art",
    "sport": "体育 体育与健康 sport pe physicaleducation",
    "labour": "劳动 labour",
}

BRACKETED = re.compile(r"[(\[【<]([^)\]】>]*)[)\]】>]")


def plain_heading(text: str) -> str:
    """Return a heading as it is compared: full-width folded, no spaces or punctuation, lower case.

    >>> plain_heading(" 学 籍 号＊")
    '学籍号'
    """
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(char for char in folded if char.isalnum())


SUBJECTS = {plain_heading(word): code for code, words in SUBJECT_ALIASES.items() for word in words.split()}


def subject_of(text: str) -> str:
    """Return the subject's code for a text in a subject column; empty when it is not known."""
    word = plain_heading(BRACKETED.sub("", unicodedata.normalize("NFKC", text)))
    return SUBJECTS.get(word, "")
