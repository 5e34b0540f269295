"""The privacy page against the schema: whatever is stored with a member is named there, in words."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import Table

from lti_tool.identity.models import Member

# The words of the page behind which each column stands that tells something of a member. A column beside them is an
# address of the machinery (ids, keys, leases, versions): it tells nothing of the person that its row does not.
WORDS: dict[str, dict[str, str]] = {
    "member": {
        "Your name": "name",
        "the number by which the platform knows you": "sub",
    },
    "enrolment": {
        "the courses you opened here": "context_id source is_active",
        "when you last did": "last_launch_at returned_at",
        "your role in them": "role gradable has_taught is_test not_graded_at",
        "Members whom the platform lists are known here": "is_listed",
        "The groups that the platform or a teacher puts you into": "claimed_groups is_regrouped",
    },
    "member_group_member": {"The groups that the platform or a teacher puts you into": "group_id"},
    "launch_grant": {
        "A cookie that keeps you signed in": "expires_at resource_link_id return_url document_target preview",
        "your role in them": "role own_role gradable mentored",
        "the language and colours you chose": "locale",
    },
    "browser_session": {
        "A cookie that keeps you signed in": "token_hash carrier expires_at",
        "when you were last here": "created_at seen_at",
        "the language and colours you chose": "locale scheme",
    },
    "deep_link_request": {"while a link is being opened": "line_item_url return_url data picked expires_at used_at created_at"},
    "data_request": {"Administrators whom your platform sends to your data": "created_at expires_at"},
    "erasure": {"that you asked is kept until it is done": "keeps_posts leaves_trail asked_at begun_at emptied_at"},
    "block_state": {
        "which parts you have read": "block_key seen_at",
        "your answers to questions in the text": "answer is_correct tries answered_at",
    },
    "learning_time": {"the time that was credited": "credited_ms open_ms last_at"},
    "learning_pointer": {"the time that was credited": "beat_ms gap_ms credit_ms day day_ms"},
    "attempt": {
        "your attempts, answers, marks on questions, times and results":
            "number state is_preview paper slots flags started_at ends_at finished_at closed_by score limit_seconds "
            "extra_seconds"
    },
    "answer": {"your attempts, answers, marks on questions, times and results": "response saved_at"},
    "result": {"times and results": "progress score criteria_met state started_at completed_at updated_at "
            "attempt_began_at attempt_ended_at"},
    "entry": {"A list of what you did and when": "verb category quantity at"},
    "thread": {"what you wrote and when": "title created_at"},
    "post": {"what you wrote and when": "source html created_at edited_at is_hidden hidden_reason"},
    "read_mark": {"up to where you have read": "post_id"},
    "score_post": {
        "what was sent to the gradebook of your platform, when": "state sent_score sent_at send_at due_at",
        "what it answered": "cause confirmed_score confirmed_at read_score",
    },
    "score_event": {"what it answered": "at event status score cause"},
    "override": {
        "other dates, more time, more attempts, and the reason":
            "opens_at due_at closes_at extra_seconds extra_percent extra_attempts reason"
    },
    "audit_event": {"what you changed for members, with the reason you gave": "at action reason"},
    "lesson": {"What you wrote and uploaded for your courses and when": "draft draft_saved_at"},
    "lesson_version": {"What you wrote and uploaded for your courses and when": "title blocks created_at"},
    "question_version": {"What you wrote and uploaded for your courses and when": "body created_at"},
    "quiz_version": {"What you wrote and uploaded for your courses and when": "items created_at"},
    "media_file": {"What you wrote and uploaded for your courses and when": "sha256 created_at"},
}  # fmt: skip
# Nothing writes these tables and columns yet; whoever does has to put words for them on the page.
NOT_WRITTEN = {
    "member.org_unit_id", "entry.org_unit_id", "member.is_erased",
}  # fmt: skip
# Ids, and what the machinery notes about a row: nothing of it is about the person.
MACHINERY = {
    "id", "revision", "sent_revision", "resent_revision", "lease_until", "attempts", "schedule_version", "next_check_at", "maximum", "seq",
    "slot", "depth", "kind", "stem_html", "explanation_html", "size", "mime", "width", "height", "is_pinned", "is_locked",
    "replies", "last_post_at", "draft_revision", "is_changed", "accept_types", "targets", "accepts_line_item", "accepts_multiple", "is_auto_created", "scopes",
    "created_at", "number", "source",
}  # fmt: skip


def tables_about_members() -> dict[str, Table]:
    """Tables that point at a member, a session or an attempt, and what points at those."""
    found = {"member": Member.metadata.tables["member"]}
    roots = {"member", "browser_session", "attempt", "score_post"}
    for table in Member.metadata.sorted_tables:
        if any(key.column.table.name in roots for column in table.columns for key in column.foreign_keys):
            found[table.name] = table
    return found


@pytest.mark.shows("O-04")
def test_privacy_page_names_every_field_that_is_stored_about_a_member(app: Flask) -> None:
    page = app.test_client().get("/privacy", headers={"Accept-Language": "en"}).text
    text = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))
    for name, table in tables_about_members().items():
        if name in NOT_WRITTEN:
            continue
        words = WORDS.get(name, {})
        assert words, f"{name}: the privacy page has no words for it"
        for phrase in words:
            assert phrase in text, phrase
        told = {column for columns in words.values() for column in columns.split()}
        assert told <= set(table.columns.keys()), name
        machinery = MACHINERY | {column.name for column in table.columns if column.foreign_keys}
        left = {
            column for column in set(table.columns.keys()) - told - machinery if f"{name}.{column}" not in NOT_WRITTEN
        }
        assert not left, f"{name}: the privacy page does not say that {sorted(left)} are stored"


def test_every_part_that_the_words_name_still_exists() -> None:
    assert set(WORDS) <= set(tables_about_members())
