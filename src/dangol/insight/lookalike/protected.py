"""Features that nobody may be chosen by, known by their names in English and in Korean."""

import re

# What the law or decency forbids to choose people by. Names are split into words before they are looked up.
WORDS = {
    "gender": ("gender", "sex", "female", "male", "성별", "젠더", "여성", "남성"),
    "age": ("age", "birth", "birthday", "birthdate", "born", "dob", "senior",
            "나이", "연령", "생년", "생일", "출생"),
    "origin": ("race", "racial", "ethnicity", "ethnic", "nationality", "citizenship",
               "인종", "민족", "국적", "출신"),
    "religion": ("religion", "religious", "faith", "church", "종교", "신앙", "교회"),
    "belief": ("politics", "political", "party", "union", "정치", "정당", "노조", "사상", "신념"),
    "health": ("health", "disease", "illness", "disability", "disabled", "pregnant", "pregnancy", "medical",
               "건강", "질병", "질환", "장애", "임신", "병력", "의료"),
    "sexuality": ("sexual", "sexuality", "orientation", "성생활", "성적"),
    "family": ("marital", "married", "kids", "children", "household", "혼인", "결혼", "자녀", "가족"),
    "record": ("criminal", "conviction", "biometric", "genetic", "범죄", "전과", "유전", "생체"),
}  # fmt: skip


def protected_by(name: str) -> str | None:
    """Return what a feature of that name would choose people by ("age", "health" …), None if nothing known.

    English words stand alone (`customer_age`, `ageGroup`, never `average`), Korean ones anywhere.
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    parts = set(re.findall(r"[a-z]+", apart))
    for ground, words in WORDS.items():
        if any(word in parts if word.isascii() else word in apart for word in words):
            return ground
    return None
