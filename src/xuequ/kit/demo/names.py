"""Names that belong to nobody: schools of a district that does not exist, people put together at random.

Numbers carry marks that no real number has (a place code of zeros): no demo row can pass for a real one.
"""

import numpy as np

DISTRICT = "云汀区（虚构）"
DISTRICT_SHORT = "云汀区"
DISTRICT_CODE = "000000"
"""No administrative code begins with zeros: this is how an instance knows that it holds the demo."""
BUREAU = "云汀区教育局（虚构）"
COLLEGE = "云汀区教师进修学校（虚构）"
AREAS = ("东渚片区", "西汀片区", "南棹片区", "北岫片区")

SCHOOL_WORDS = (
    "漱云", "霁汀", "棹歌", "岫遥", "蓼汀", "澹月", "溯光", "芷湄", "汀梧", "榆舟",
    "岚汐", "望棹", "霜汀", "暮帆", "荻洲", "泠泉", "篁里", "枕澜", "杳湾", "漪川",
    "曦坞", "烟渚", "藕渡", "鸥眠", "浣星", "听筱", "渔灯", "疏桐", "青篙", "素湍",
    "晓汀", "远岫", "归棹", "苇岸", "菰浦", "蘋洲", "橹声", "月矶", "流萤", "兰桡",
)  # fmt: skip

SURNAMES = tuple(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
GIRL = tuple("涵怡梓欣雨诗语嫣萱妍琪悦彤瑶菲婷晴岚溪芷若蓉薇璇馨宁淇乐")
BOY = tuple("浩宇轩辰睿铭泽博皓霖航楷奕煜晨昊翔硕琛凯锐恒骁岳川景尧乐")
STAFF = tuple("建文志海明立国春华秀丽玉红敏静芳勇军辉平佳颖超慧雅晓东清远成")


def person_names(rng: np.random.Generator, female: np.ndarray, *, adult: bool = False) -> list[str]:
    """Return a name for each entry of ``female`` (bool): a common surname and two characters at random."""
    n = len(female)
    # The commonest surnames come first; a Zipf-like weight makes class lists look like class lists.
    weight = 1 / (np.arange(len(SURNAMES)) + 4.0)
    surname = rng.choice(len(SURNAMES), n, p=weight / weight.sum())
    girl, boy = (STAFF, STAFF) if adult else (GIRL, BOY)
    draw = rng.random((n, 2))
    names = []
    for index in range(n):
        pool = girl if female[index] else boy
        first, second = (int(draw[index, k] * len(pool)) for k in (0, 1))
        names.append(SURNAMES[surname[index]] + pool[first] + pool[second])
    return names


def pupil_number(entry_year: int, serial: int) -> str:
    """Return a number in the form of a 学籍号 (one letter, eighteen digits) with a place code of zeros."""
    return f"D{DISTRICT_CODE}{entry_year:04d}{serial:08d}"


def teacher_number(serial: int) -> str:
    """Return a teacher's number with the demo's mark."""
    return f"DT{serial:08d}"


def school_code(serial: int) -> str:
    """Return ten digits that begin with zeros, as no 学校标识码 does."""
    return f"{serial:010d}"
