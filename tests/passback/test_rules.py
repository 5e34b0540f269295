"""The state machine of a score post: every answer in every situation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.ledger.rules import PostState
from lti_tool.passback import rules
from lti_tool.passback.rules import Answer, Breaker, Event, Health, LineItemChange, Reply, Step
from lti_tool.passback.words.causes import CAUSES

NOW = datetime(2026, 11, 20, 2, 0, 0, 400_000, tzinfo=UTC)
ZERO = timedelta(0)
WAITING, REFUSED = PostState.waiting, PostState.refused
GONE, CLOSED = LineItemChange("gone", "gone"), LineItemChange("forbidden", "no_scope")

# answer: (event, cause, delay at the first attempt with chance 0, column, health); the same whatever stood there before
TABLE: dict[Answer, tuple[Event, str, timedelta, LineItemChange | None, Health]] = {
    Answer.accepted: (Event.accepted, "", ZERO, None, Health.well),
    Answer.there_already: (Event.there_already, "", ZERO, None, Health.well),
    Answer.not_graded: (Event.refused, "not_graded", ZERO, None, Health.well),
    Answer.unauthorised: (Event.again, "token_refused", timedelta(minutes=15), None, Health.ill),
    Answer.forbidden: (Event.refused, "forbidden", ZERO, None, Health.well),
    Answer.gone: (Event.column_lost, "column_gone", ZERO, GONE, Health.well),
    Answer.rejected: (Event.refused, "rejected", ZERO, None, Health.well),
    Answer.locked: (Event.refused, "locked", ZERO, None, Health.well),
    Answer.closed: (Event.refused, "course_closed", ZERO, None, Health.well),
    Answer.used_up: (Event.refused, "attempts_used", ZERO, None, Health.well),
    Answer.ahead: (Event.refused, "ahead_in_lms", ZERO, None, Health.well),
    Answer.busy: (Event.again, "lms_busy", timedelta(seconds=2), None, Health.strained),
    Answer.broken: (Event.again, "lms_error", timedelta(seconds=2), None, Health.unknown),
    Answer.down: (Event.again, "lms_down", timedelta(seconds=2), None, Health.ill),
    Answer.silent: (Event.again, "lms_silent", timedelta(seconds=2), None, Health.ill),
    Answer.id_unread: (Event.again, "id_unread", timedelta(seconds=2), None, Health.unknown),
    Answer.login_page: (Event.again, "login_page", timedelta(seconds=2), None, Health.ill),
    Answer.redirected: (Event.again, "login_page", timedelta(seconds=2), None, Health.ill),
    Answer.keys_refused: (Event.again, "keys_refused", timedelta(seconds=30), None, Health.pause),
    Answer.keys_unread: (Event.again, "keys_unread", timedelta(seconds=30), None, Health.pause),
    Answer.no_scope: (Event.column_lost, "no_scope", ZERO, CLOSED, Health.unknown),
    Answer.foreign_host: (Event.refused, "foreign_host", ZERO, None, Health.unknown),
}


@pytest.mark.parametrize("before", ["", "superseded", "lms_down", "not_graded"])
@pytest.mark.parametrize("answer", [answer for answer in Answer if answer in TABLE])
def test_step_after_each_answer(answer: Answer, before: str) -> None:
    event, cause, delay, column, health = TABLE[answer]
    expected = Step(event, cause, delay, column, health)
    assert rules.after(Reply(answer), attempts=1, cause=before, chance=0) == expected


def test_table_leaves_no_answer_out() -> None:
    assert set(Answer) - set(TABLE) == {Answer.newer, Answer.unsent}


@pytest.mark.parametrize("before", ["", "lms_down", "not_graded"])
def test_AG_14_first_conflict_is_tried_again(before: str) -> None:
    step = rules.after(Reply(Answer.newer, 409), attempts=1, cause=before, chance=0)
    assert (step.state, step.cause, step.health) == (WAITING, "superseded", Health.well)


def test_AG_14_second_conflict_in_a_row_is_refused() -> None:
    step = rules.after(Reply(Answer.newer, 409), attempts=2, cause="superseded", chance=0)
    assert (step.state, step.cause) == (REFUSED, "newer_in_lms")


@pytest.mark.parametrize("before", ["keys_refused", "keys_unread"])
@pytest.mark.parametrize("answer", [Answer.keys_refused, Answer.keys_unread])
def test_keys_that_are_refused_again_wait_for_the_administrator(answer: Answer, before: str) -> None:
    """The first time the LMS may have asked for them while we were restarted."""
    step = rules.after(Reply(answer), attempts=2, cause=before, chance=0)
    assert (step.delay, step.health) == (timedelta(minutes=15), Health.pause)


@pytest.mark.parametrize("before", ["", "superseded", "lms_down"])
def test_unsent_score_stays_as_it_was(before: str) -> None:
    step = rules.after(Reply(Answer.unsent), attempts=3, cause=before, chance=0)
    assert (step.state, step) == (WAITING, Step(Event.unsent, before, counts=False))


def test_TO_12_told_pause_is_kept_and_spread_over_a_fifth() -> None:
    for chance, seconds in ((0, 90), (1, 108)):
        step = rules.after(Reply(Answer.busy, 429, timedelta(seconds=90)), attempts=9, cause="", chance=chance)
        assert step == Step(Event.again, "lms_busy", timedelta(seconds=seconds), None, Health.pause)


@pytest.mark.parametrize(("attempts", "cause"), [(1, "lms_error"), (5, "lms_error"), (6, "lms_error_again")])
def test_error_that_stays_is_told_as_what_it_may_be(attempts: int, cause: str) -> None:
    """Moodle answers 500 where the column or the cell is locked."""
    step = rules.after(Reply(Answer.broken, 500), attempts=attempts, cause="lms_error", chance=0)
    assert (step.state, step.cause) == (WAITING, cause)


def test_every_cause_has_words() -> None:
    causes = {rules.after(Reply(answer), attempts=1, cause="", chance=0).cause for answer in Answer}
    others = {"newer_in_lms", "relinked", "lms_error_again", "inactive", "score_taken"}
    assert causes - {""} | others <= set(CAUSES)


@pytest.mark.parametrize(
    ("status", "content_type", "body", "answer"),
    [
        (200, "", b"", Answer.accepted),
        (200, "text/html", b"", Answer.accepted),  # Moodle's empty answer
        (200, "text/html", b'{"ok": true}', Answer.accepted),
        (200, "text/plain", b"OK", Answer.accepted),
        (200, "application/json", b"<html>", Answer.login_page),
        (200, "text/html;charset=utf-8", b"Please log in", Answer.login_page),
        (201, "", b"", Answer.accepted),
        (202, "", b"", Answer.accepted),
        (204, "", b"", Answer.accepted),
        (302, "", b"", Answer.redirected),
        (400, "", b"Incorrect score received", Answer.not_graded),
        (400, "", b'Incorrect score received{"userId":"4","timestamp":"2026-11-20T02:00:00.000Z"}', Answer.not_graded),
        (500, "", b'Incorrect score received{"userId":"4"}', Answer.not_graded),
        (400, "", b'{"error": "Timestamp is too old"}', Answer.newer),  # Canvas, Open edX
        (403, "", b"The assignment is locked", Answer.locked),
        (403, "", b"Request blocked", Answer.forbidden),
        (423, "", b"", Answer.locked),
        (422, "", b"This course has concluded", Answer.closed),
        (403, "", b"Course not available for student", Answer.closed),
        (401, "", b"", Answer.unauthorised),
        (403, "", b"", Answer.forbidden),
        (404, "", b"", Answer.gone),
        (408, "", b"", Answer.down),
        (409, "", b"", Answer.newer),
        (410, "", b"", Answer.gone),
        (415, "", b"", Answer.rejected),
        (422, "", b"", Answer.rejected),
        (429, "", b"", Answer.busy),
        (500, "", b"", Answer.broken),
        (502, "", b"", Answer.down),
        (503, "", b"", Answer.down),
        (504, "", b"", Answer.down),
        (206, "", b"", Answer.down),
    ],
)
def test_answer_is_read_from_status_and_body(status: int, content_type: str, body: bytes, answer: Answer) -> None:
    assert rules.read_answer(status, content_type, body) is answer


@pytest.mark.parametrize(
    ("sub", "ids_are_numbers", "answer", "status", "after"),
    [
        ("s20260001", True, Answer.down, 502, Answer.id_unread),
        ("", True, Answer.down, 502, Answer.id_unread),
        ("-4", True, Answer.down, 502, Answer.id_unread),
        ("4.0", True, Answer.down, 502, Answer.id_unread),
        ("４", True, Answer.down, 502, Answer.id_unread),
        ("4", True, Answer.down, 502, Answer.down),
        ("s20260001", False, Answer.down, 502, Answer.down),
        ("s20260001", True, Answer.down, 503, Answer.down),
        ("s20260001", True, Answer.down, 504, Answer.down),
        ("s20260001", True, Answer.broken, 500, Answer.broken),
        ("s20260001", True, Answer.not_graded, 400, Answer.not_graded),
        ("s20260001", True, Answer.accepted, 200, Answer.accepted),
        ("s20260001", True, Answer.silent, None, Answer.silent),
    ],
)
def test_502_is_about_one_person_only_where_ids_are_numbers_and_this_is_none(
    sub: str, ids_are_numbers: bool, answer: Answer, status: int | None, after: Answer
) -> None:
    before = Reply(answer, status, timedelta(seconds=7))
    assert rules.about_person(before, sub=sub, ids_are_numbers=ids_are_numbers) == replace(before, answer=after)


@pytest.mark.parametrize("failures", [0, 2, 3, 9])
def test_id_that_is_unread_neither_opens_nor_closes_the_breaker(failures: int) -> None:
    before = rules.breaker_after(Breaker(), ill(failures), NOW)
    step = rules.after(Reply(Answer.id_unread, 502), attempts=1, cause="", chance=0)
    assert (step.event, step.cause, step.column) == (Event.again, "id_unread", None)
    assert rules.breaker_after(before, [step] * 10, NOW) == before
    dead = rules.after(Reply(Answer.down, 502), attempts=1, cause="", chance=0)
    assert rules.breaker_after(Breaker(), [dead, step, dead, step, step, dead], NOW).is_open(NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 1),
        ("120", 120),
        ("999999999999", 3600),
        ("Fri, 20 Nov 2026 02:02:00 GMT", 119.6),
        ("Fri, 20 Nov 2026 01:00:00 GMT", 1),
    ],
)
def test_TO_12_retry_after_is_read_and_capped(text: str | None, seconds: float | None) -> None:
    wait = rules.read_wait(text, NOW)
    assert (wait.total_seconds() if wait else None) == seconds


@given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_backoff_grows_to_an_hour_and_is_spread(attempts: int, chance: float) -> None:
    wait = rules.backoff(attempts, chance)
    assert timedelta(seconds=2) <= wait <= timedelta(hours=1)
    assert wait <= rules.backoff(attempts + 1, 1)


@pytest.mark.shows("E-10")
@given(
    gaps=st.lists(st.timedeltas(timedelta(seconds=-600), timedelta(seconds=600)), max_size=20),
    offset=st.timedeltas(timedelta(hours=-2), timedelta(hours=2)),
)
def test_AG_13_timestamps_rise_by_a_second_whatever_the_clock_does(gaps: list[timedelta], offset: timedelta) -> None:
    now, last = NOW, None
    for gap in gaps:
        now += gap
        moment = rules.next_timestamp(now, offset, last)
        assert moment.microsecond == 0 or last is not None
        assert last is None or moment >= last + timedelta(seconds=1)
        wait = rules.wait_for_clock(moment, now, offset)
        assert moment <= now + wait + offset + rules.AHEAD
        last = moment


@given(
    score=st.decimals(-1, 1000, places=7),
    maximum=st.integers(1, 1000),
    column=st.integers(1, 1000),
)
def test_AG_12_score_is_finite_and_between_zero_and_the_maximum(score: Decimal, maximum: int, column: int) -> None:
    found = rules.score_given(score, maximum=maximum, column_maximum=column)
    assert 0 <= found <= column
    body = rules.score_body(sub="4", given=found, maximum=column, timestamp=NOW.replace(microsecond=0))
    assert abs(Decimal(str(body["scoreGiven"])) - found) == 0
    assert set(body) == {
        "userId", "timestamp", "activityProgress", "gradingProgress", "scoreGiven", "scoreMaximum",
    }  # fmt: skip
    assert (body["activityProgress"], body["gradingProgress"]) == ("Completed", "FullyGraded")


@pytest.mark.parametrize(
    ("score", "maximum", "column", "given"),
    [("71.5", 100, 100, 71.5), ("100", 100, 100, 100), ("10", 30, 100, 33.33333), ("0", 10, 10, 0),
     ("59.996", 100, 100, 59.996), ("0.000005", 1, 1, 0.00001)],
)  # fmt: skip
def test_score_is_put_on_the_column_scale_to_five_places(score: str, maximum: int, column: int, given: Any) -> None:
    found = rules.score_given(Decimal(score), maximum=maximum, column_maximum=column)
    assert rules.score_body(sub="4", given=found, maximum=column, timestamp=NOW)["scoreGiven"] == given


def ill(count: int, health: Health = Health.ill) -> list[Step]:
    return [Step(Event.again, health=health)] * count


@pytest.mark.parametrize(
    ("health", "failures", "seconds"),
    [
        *((Health.ill, failures, seconds) for failures, seconds in ((1, None), (2, None), (3, 5), (4, 10), (14, 60), (1000, 60))),
        *((Health.strained, failures, seconds) for failures, seconds in ((1, None), (2, None), (3, 1), (4, 2), (62, 60), (1000, 60))),
    ],
)  # fmt: skip
def test_breaker_opens_after_three_failures_in_a_row(health: Health, failures: int, seconds: int | None) -> None:
    """One 429 delays its own score; three in a row slow the registration, for a moment if that was all."""
    breaker = rules.breaker_after(Breaker(), ill(failures, health), NOW)
    assert breaker.until == (None if seconds is None else NOW + timedelta(seconds=seconds))
    assert breaker.is_open(NOW) is (seconds is not None)


def test_breaker_closes_with_any_answer_of_a_working_lms() -> None:
    broken = rules.breaker_after(Breaker(), ill(9), NOW)
    assert broken.is_probing
    assert rules.breaker_after(broken, [Step(Event.refused, health=Health.well)], NOW) == Breaker()


def test_breaker_pauses_as_long_as_the_lms_asked() -> None:
    step = Step(Event.again, delay=timedelta(seconds=90), health=Health.pause)
    breaker = rules.breaker_after(Breaker(), [step], NOW)
    assert (breaker.until, breaker.failures, breaker.is_probing) == (NOW + timedelta(seconds=90), 0, False)


@pytest.mark.parametrize(("date", "seconds"), [(None, None), (0, 0), (1, 0), (-1, 0), (180, 180), (-180, -180)])
def test_clock_offset_ignores_what_whole_seconds_cannot_tell(date: int | None, seconds: int | None) -> None:
    moment = None if date is None else NOW.replace(microsecond=0) + timedelta(seconds=date)
    offset = rules.clock_offset(moment, NOW)
    assert (None if offset is None else offset.total_seconds()) == seconds
