"""Chinese names in their two parts, as other systems and login cards want them."""

COMPOUND = frozenset({
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐",
    "司徒", "司空", "夏侯", "端木", "南宫", "长孙", "宇文", "轩辕", "百里", "呼延",
    "东郭", "南门", "闻人", "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔",
    "申屠", "仲孙", "钟离", "鲜于", "闾丘", "亓官", "第五", "独孤",
})  # fmt: skip
DOTS = "·•・‧"


def family_and_given(name: str) -> tuple[str, str]:
    """Split a name; neither part is empty, as OneRoster demands.

    >>> family_and_given("欧阳甲乙"), family_and_given("丙"), family_and_given("Ada Byron")
    (('欧阳', '甲乙'), ('丙', '丙'), ('Byron', 'Ada'))
    """
    text = name.strip()
    if " " in text:
        given, _space, family = text.rpartition(" ")
        return family, given
    for dot in DOTS:
        if dot in text:
            given, _dot, family = text.partition(dot)
            return family or text, given or text
    if len(text) > 2 and text[:2] in COMPOUND:
        return text[:2], text[2:]
    return (text[:1], text[1:]) if len(text) > 1 else (text, text)


def joined(family: str, given: str) -> str:
    """Put a name together again: Chinese without a space, family first; others given name first."""
    if not family or not given or family == given:
        return family or given
    chinese = any(char >= "\u2e80" for char in family + given)
    return f"{family}{given}" if chinese else f"{given} {family}"
