import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.core.text import clean_claim, clean_line, clean_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  李 明 ", "李 明"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("a\x00b\x1bc", "abc"),
        ("e\u0301", "\u00e9"),
        ("a\n\tb\u2028c", "a b c"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("x" * 100, "x" * 40),
        ("\ud800x", "x"),
        ("👩‍🏫", "👩‍🏫"),
        (12, "12"),
        (True, ""),
        (None, ""),
        ({"a": 1}, ""),
        (["a"], ""),
        (10**30, ""),
        (1.5, ""),
    ],
)
def test_a_claim_is_text(value: object, expected: str) -> None:
    assert clean_claim(value, 40) == expected


@given(st.text())
def test_cleaning_is_idempotent_and_gives_utf8_in_nfc(value: str) -> None:
    cleaned = clean_text(value)
    assert clean_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    cleaned.encode()
    assert not any(unicodedata.category(character) == "Cc" and character not in "\t\n" for character in cleaned)


@given(st.text(), st.integers(min_value=1, max_value=30))
def test_a_claim_stays_within_its_limit_on_one_line(value: str, limit: int) -> None:
    text = clean_claim(value, limit)
    assert len(text) <= limit
    assert text == text.strip()
    assert clean_claim(text, limit) == text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("第 3 讲\u3000怎样读", "第 3 讲\u3000怎样读"),
        ("\u3000第 3 讲 \u3000 怎样读\u3000", "第 3 讲 怎样读"),
        ("第 3 讲\u3000\u3000怎样读", "第 3 讲 怎样读"),
    ],
)
def test_one_full_width_space_stays_between_number_and_name_of_a_lecture(typed: str, kept: str) -> None:
    assert clean_line(typed, 100) == kept
    assert clean_claim("李\u3000明", 100) == "李 明", "names are found by plain spaces"


def test_a_long_run_of_marks_costs_linear_time() -> None:
    started = time.process_time()
    assert len(clean_text("a" + "\u0316\u0301" * 50_000)) < 40
    assert time.process_time() - started < 1
