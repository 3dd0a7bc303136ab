"""Figures and reports with invented schools, one of each kind."""

import datetime as dt
import math
from uuid import UUID

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Reference, Row
from xuequ.core.reports import (
    CellRef,
    FigureBlock,
    Heading,
    Lead,
    Note,
    Paragraph,
    Report,
    Sentence,
    Step,
    Steps,
)

RUN = UUID("7b0f3c52-9a3e-4c3f-8a55-0c5f2f6f1d11")
NAMES = tuple(
    "晨曦望湖松柏滨海育英星河南山梧桐金桥云岭清源东渡竹坝芙蓉银杏长虹桂圆白鹭石鼓海棠"[place : place + 2]
    for place in range(0, 40, 2)
)


def columns(*specs: tuple[object, ...]) -> tuple[Column, ...]:
    """Return columns from (key, label, kind, decimals, unit) tuples."""
    return tuple(Column(*spec) for spec in specs)  # type: ignore[arg-type]


def rows(*cells: tuple[Cell, ...]) -> tuple[Row, ...]:
    """Return rows keyed r0, r1, …"""
    return tuple(Row(f"r{place}", values) for place, values in enumerate(cells))


def school(place: int) -> str:
    return (
        NAMES[place % len(NAMES)]
        + ("实验学校" if place % 7 == 3 else "中学" if place % 2 else "小学")
        + ("" if place < len(NAMES) else f"{place // len(NAMES) + 1}部")
    )


def wave(place: int, rate: float, phase: float = 0.0) -> float:
    """Return a number between −1 and 1 that looks random and is not."""
    return math.sin(place * rate + phase) * math.cos(place * 0.37 * rate)


def interval(count: int = 16) -> Figure:
    effects = sorted((wave(place, 2.4) * 6, place) for place in range(count))
    found = [
        (
            school(place),
            effect,
            effect - 1.6 - place % 3 * 0.4,
            effect + 1.6 + place % 3 * 0.4,
            80 + place * 7,
            "本校" if place == 5 else "",
        )
        for effect, place in reversed(effects)
    ]
    return Figure(
        "growth.effects",
        FigureKind.INTERVAL,
        "各校增值",
        columns(
            ("school", "学校"),
            ("effect", "增值", ColumnKind.SIGNED, 2, "分"),
            ("low", "下限", ColumnKind.SIGNED, 2),
            ("high", "上限", ColumnKind.SIGNED, 2),
            ("n", "学生数", ColumnKind.INTEGER, 0, "人"),
            ("mark", "备注"),
        ),
        rows(*found),
        {"label": "school", "value": "effect", "low": "low", "high": "high", "highlight": "mark"},
        "每所学校的增值及95%预测区间。",
        "多数学校的区间跨过全区平均线，三所学校明显高于平均。",
        RUN,
        (Reference("x", 0.0, "全区平均"),),
    )


def quadrant(count: int = 30) -> Figure:
    found = [
        (school(p), 70 + wave(p, 1.9, 0.4) * 14, wave(p, 2.4) * 6, 60 + p * 9 % 400, "本校" if p == 5 else "")
        for p in range(count)
    ]
    return Figure(
        "growth.quadrant",
        FigureKind.QUADRANT,
        "增值与学业水平",
        columns(
            ("school", "学校"),
            ("level", "学业水平", ColumnKind.NUMBER, 1, "分"),
            ("effect", "增值", ColumnKind.SIGNED, 2, "分"),
            ("n", "学生数", ColumnKind.INTEGER, 0, "人"),
            ("mark", "备注"),
        ),
        rows(*found),
        {"label": "school", "x": "level", "y": "effect", "size": "n", "highlight": "mark"},
        "圆的大小表示学生数。",
        "水平高的学校增值不一定高。",
        RUN,
        (Reference("x", 70.0, "全区均值"), Reference("y", 0.0, "全区平均")),
    )


def trajectory() -> Figure:
    terms = ["七年级上", "七年级下", "八年级上", "八年级下", "九年级上"]
    return Figure(
        "growth.course",
        FigureKind.TRAJECTORY,
        "数学成长轨迹",
        columns(
            ("term", "学期"),
            ("score", "成绩", ColumnKind.NUMBER, 1, "分"),
            ("low", "下限", ColumnKind.NUMBER, 1),
            ("high", "上限", ColumnKind.NUMBER, 1),
            ("expected", "期望", ColumnKind.NUMBER, 1),
        ),
        rows(
            (terms[0], 71.5, 67.0, 76.0, 72.0),
            (terms[1], 74.0, 69.8, 78.2, 72.8),
            (terms[2], None, None, None, 73.5),
            (terms[3], 79.25, 75.0, 83.5, 74.4),
            (terms[4], 78.0, 73.6, 82.4, 79.9),
        ),
        {"x": "term", "value": "score", "low": "low", "high": "high", "expected": "expected"},
        "阴影为成绩的不确定范围。",
        "成绩由七年级的71.5分升到九年级的78.0分。",
        RUN,
    )


def distribution() -> Figure:
    shares = [(0.08, 0.05), (0.17, 0.13), (0.31, 0.3), (0.28, 0.33), (0.16, 0.19)]
    bands = ["待提高", "略低", "相当", "略高", "明显高"]
    found = [
        (band, group, value)
        for band, pair in zip(bands, shares, strict=True)
        for group, value in zip(("本校", "全区"), pair, strict=True)
    ]
    return Figure(
        "growth.bands",
        FigureKind.DISTRIBUTION,
        "成长百分位分布",
        columns(("band", "成长等级"), ("group", "范围"), ("share", "学生比例", ColumnKind.PERCENT, 1)),
        rows(*found),
        {"label": "band", "group": "group", "value": "share"},
        "各等级学生所占比例。",
        "本校略低等级的学生多于全区。",
        RUN,
    )


def matrix() -> Figure:
    subjects = ["语文", "数学", "英语", "科学", "道德与法治"]
    found = [
        (school(p), subject, None if (p, place) == (2, 3) else wave(p * 5 + place, 1.7) * 5)
        for p in range(8)
        for place, subject in enumerate(subjects)
    ]
    return Figure(
        "growth.subjects",
        FigureKind.MATRIX,
        "各校各学科增值",
        columns(("school", "学校"), ("subject", "学科"), ("effect", "增值", ColumnKind.SIGNED, 1, "分")),
        rows(*found),
        {"label": "school", "column": "subject", "value": "effect"},
        "颜色越蓝增值越高。",
        "各学科之间差别大于各校之间差别。",
        RUN,
    )


def bars() -> Figure:
    found = [
        (school(p), 0.62 + wave(p, 1.3) * 0.3, 0.55 + wave(p, 1.3) * 0.3, 0.69 + wave(p, 1.3) * 0.3)
        for p in range(9)
    ]
    return Figure(
        "growth.coverage",
        FigureKind.BARS,
        "数据覆盖率",
        columns(
            ("school", "学校"),
            ("share", "覆盖率", ColumnKind.PERCENT, 1),
            ("low", "下限", ColumnKind.PERCENT, 1),
            ("high", "上限", ColumnKind.PERCENT, 1),
        ),
        rows(*found),
        {"label": "school", "value": "share", "low": "low", "high": "high"},
        "两次测评都有成绩的学生占在籍学生的比例。",
        "覆盖率在四成到九成之间。",
        RUN,
        (Reference("x", 0.8, "要求"),),
    )


def timeline() -> Figure:
    return Figure(
        "growth.calendar",
        FigureKind.TIMELINE,
        "测评安排",
        columns(
            ("what", "事项"),
            ("start", "开始", ColumnKind.DATE),
            ("end", "结束", ColumnKind.DATE),
            ("who", "组织者"),
        ),
        rows(
            ("起始测评", dt.date(2025, 9, 8), dt.date(2025, 9, 12), "区教育局"),
            ("数据核对", dt.date(2025, 9, 15), dt.date(2025, 10, 10), "学校"),
            ("期末测评", dt.date(2026, 1, 12), None, "区教育局"),
            ("报告解读", dt.date(2026, 2, 25), dt.date(2026, 3, 20), "学校"),
        ),
        {"label": "what", "start": "start", "end": "end", "group": "who"},
        "学年内的主要事项。",
        "测评分秋季与冬季两次。",
    )


def tiles() -> Figure:
    return Figure(
        "balance.tiles",
        FigureKind.TILES,
        "学校分布",
        columns(
            ("school", "学校"),
            ("met", "达标项数"),
            ("standing", "情况"),
            ("column", "列", ColumnKind.INTEGER),
            ("row", "行", ColumnKind.INTEGER),
            ("shade", "深浅", ColumnKind.INTEGER),
        ),
        rows(
            ("云汀小学", "7/7", "全部达标", 0, 0, 0),
            ("岫遥小学", "6/7", "有一项略低", 1, 0, 1),
            ("漱云中学", "4/7", "未达标", 0, 1, 2),
            ("溯光学校", "5/7", "数据不全", 1, 1, 3),
        ),
        {
            "label": "school",
            "column": "column",
            "row": "row",
            "value": "met",
            "group": "standing",
            "shade": "shade",
        },
        "每校一块，按位置排列。",
        "四所学校的分布。",
    )


def table() -> Figure:
    return Figure(
        "growth.data",
        FigureKind.TABLE,
        "数据来源",
        columns(
            ("what", "测评"),
            ("when", "日期", ColumnKind.DATE),
            ("n", "学生数", ColumnKind.INTEGER, 0, "人"),
            ("r", "信度", ColumnKind.NUMBER, 3),
        ),
        rows(
            ("起始测评", dt.date(2025, 9, 8), 12345, 0.8765), ("期末测评", dt.date(2026, 1, 12), None, 0.91)
        ),
        {"label": "what"},
        "只计两次都参加的学生。",
        "",
        RUN,
    )


def all_kinds() -> list[Figure]:
    return [
        interval(),
        quadrant(),
        trajectory(),
        distribution(),
        matrix(),
        bars(),
        timeline(),
        tiles(),
        table(),
    ]


def report(*extra: FigureBlock) -> Report:
    """Return a report with every kind of block."""
    effects, first, last = "growth.effects", interval().rows[0].key, interval().rows[-1].key
    best = CellRef(effects, first, "school")
    return Report(
        "学校增值评价报告",
        "示范区 2025—2026学年 数学",
        "示范区教育局",
        "2026-05-20T10:00:00+08:00",
        RUN,
        (
            Lead(
                Sentence(
                    "%(school)s grew most: %(effect)s points.",
                    {"school": best, "effect": CellRef(effects, first, "effect")},
                )
            ),
            Steps(
                "三件事",
                (
                    Step(
                        Sentence("Visit %(school)s first.", {"school": CellRef(effects, last, "school")}),
                        Sentence(
                            "Its pupils fell %(gap)s points behind expectation.",
                            {"gap": CellRef(effects, last, "effect", absolute=True)},
                        ),
                        "/growth/schools/",
                    ),
                    Step(Sentence("Complete the missing results.")),
                ),
            ),
            Heading("总体情况"),
            Paragraph(
                (
                    Sentence("%(n)s pupils sat the first test.", {"n": CellRef("growth.data", "r0", "n")}),
                    Sentence("Intervals cover the true value in 95%% of cases."),
                )
            ),
            FigureBlock(interval()),
            FigureBlock(quadrant()),
            Heading("学科与学段", 3),
            FigureBlock(matrix()),
            FigureBlock(trajectory()),
            Heading("数据质量"),
            Note((Sentence("Growth shows an association, not a cause."),)),
            FigureBlock(distribution(), folded=True),
            FigureBlock(bars(), folded=True),
            FigureBlock(timeline(), folded=True, table=False),
            FigureBlock(table()),
            *extra,
        ),
    )
