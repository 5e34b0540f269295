"""The control interface: what a test may ask of a demo LMS that no tool may. Loopback only, off unless asked for."""

import ipaddress
import json
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden

from lti_tool.demo import keys
from lti_tool.demo.columns import allow_grades, comment_on, drop_column, fill_column, type_over
from lti_tool.demo.faults import Fault
from lti_tool.demo.gradebook import cells, score_log
from lti_tool.demo.launches import Launch, begin, claims, find_link
from lti_tool.demo.names import DEEP_LINKING_REQUEST, RESOURCE_LINK_REQUEST
from lti_tool.demo.runtime import PROFILES, lms
from lti_tool.demo.seed import seed
from lti_tool.demo.storage import switch_storage
from lti_tool.demo.store import stamp, write_setting

blueprint = Blueprint("demo_control", __name__, url_prefix="/control")


@blueprint.before_request
def _loopback_only() -> None:
    if not ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback:
        raise Forbidden("control is for this machine only")
    if "Origin" in request.headers:
        raise Forbidden("control is not for browsers")


@blueprint.errorhandler(LookupError)
def _missing(error: LookupError) -> ResponseReturnValue:
    return {"error": str(error)}, 404


@blueprint.post("/launch")
def launch() -> ResponseReturnValue:
    """{person, link | course, document_target?, locale?} -> {action, form}: what a browser would POST to the tool."""
    asked = body()
    with lms().store.writing() as connection:
        action, form = begin(
            connection, lms(), person_id=str(asked["person"]), link_id=asked.get("link"), course_id=asked.get("course"),
            document_target=str(asked.get("document_target", "iframe")), locale=str(asked.get("locale", "zh-CN")),
        )  # fmt: skip
    return jsonify({"action": action, "form": form})


@blueprint.post("/claims")
def make_claims() -> ResponseReturnValue:
    """{person, link | course, nonce} -> the claims of a good id_token, unsigned."""
    asked = body()
    link_id = asked.get("link")
    with lms().store.reading() as connection:
        course = asked["course"] if link_id is None else find_link(connection, link_id)["course_id"]
        kind = DEEP_LINKING_REQUEST if link_id is None else RESOURCE_LINK_REQUEST
        made = Launch(
            "forged", str(asked["person"]), course, link_id, kind, "iframe", str(asked.get("locale", "zh-CN"))
        )
        return jsonify(claims(connection, lms(), made, str(asked.get("nonce", ""))))


@blueprint.get("/key")
def key() -> ResponseReturnValue:
    """{kid, pem} of the private key that signs now, so that a test can sign what this LMS never would."""
    with lms().store.reading() as connection:
        kid, pem = keys.active_key(connection)
    return jsonify({"kid": kid, "pem": pem})


@blueprint.post("/rotate")
def rotate() -> ResponseReturnValue:
    """{keep_old?: true} -> {kid}: sign with a new key from now on."""
    with lms().store.writing() as connection:
        return jsonify({"kid": keys.rotate(connection, lms().now(), keep_old=bool(body().get("keep_old", True)))})


@blueprint.post("/forget-tool-keys")
def forget_tool_keys() -> ResponseReturnValue:
    """Drop the cached key sets of tools."""
    lms().tool_keys.forget()
    return "", 204


@blueprint.post("/seed")
def seed_again() -> ResponseReturnValue:
    """Take over a tool configuration file given as the body."""
    seed(lms(), body())
    return "", 204


@blueprint.post("/profile")
def set_profile() -> ResponseReturnValue:
    """{name: plain | moodle}."""
    name = str(body()["name"])
    if name not in PROFILES:
        raise BadRequest(f"no profile {name}")
    with lms().store.writing() as connection:
        write_setting(connection, "profile", name)
    return "", 204


@blueprint.post("/storage")
def set_storage() -> ResponseReturnValue:
    """{kind: none | parent | frame | silent, is_repeated?: false}: platform storage for tools without cookies."""
    asked = body()
    with lms().store.writing() as connection:
        try:
            switch_storage(connection, str(asked["kind"]), is_repeated=bool(asked.get("is_repeated", False)))
        except ValueError as error:
            raise BadRequest(str(error)) from error
    return "", 204


@blueprint.post("/deep-linking")
def set_deep_linking() -> ResponseReturnValue:
    """{accept_types?, accept_multiple?, accept_lineitem?, data? ...}: change what deep linking requests accept; {} as before."""
    with lms().store.writing() as connection:
        write_setting(connection, "deep_linking", json.dumps(body()))
    return "", 204


@blueprint.get("/refusals")
def show_refusals() -> ResponseReturnValue:
    """What was refused to tools lately, oldest first: [{endpoint, reason}]."""
    return jsonify([{"endpoint": endpoint, "reason": reason} for endpoint, reason in lms().refusals])


@blueprint.get("/faults")
def faults() -> ResponseReturnValue:
    """What is planned, and how often it hit."""
    return jsonify(lms().faults.planned())


@blueprint.post("/faults")
def plan_fault() -> ResponseReturnValue:
    """{endpoint, kind, ...}: see faults.Fault; endpoint `services` or `*` plans it for several at once."""
    plan = body()
    try:
        lms().faults.add(str(plan["endpoint"]), Fault.read(plan))
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(str(error)) from error
    return "", 204


@blueprint.delete("/faults")
def reset_faults() -> ResponseReturnValue:
    """Behave again (`?endpoint=` for one), and let go of the requests that are kept waiting."""
    lms().faults.reset(request.args.get("endpoint"))
    return "", 204


@blueprint.post("/custom")
def change_custom() -> ResponseReturnValue:
    """{link?, custom} writes the custom parameters of a link, or of all links, as a teacher could."""
    asked = body()
    with lms().store.writing() as connection:
        connection.execute(
            "UPDATE link SET custom = ? WHERE id = coalesce(?, id)", (json.dumps(asked["custom"]), asked.get("link"))
        )
    return "", 204


@blueprint.post("/grades")
def set_grades() -> ResponseReturnValue:
    """{link, allowed}: tick or untick "allow grades" of a link."""
    asked = body()
    with lms().store.writing() as connection:
        allow_grades(connection, str(asked["link"]), allowed=bool(asked["allowed"]))
    return "", 204


@blueprint.get("/columns")
def show_columns() -> ResponseReturnValue:
    """Every column of a course (`?course=`): [{id, label, link, maximum, resource_id, tag, made_by}]."""
    with lms().store.reading() as connection:
        rows = connection.execute(
            "SELECT id, label, link_id AS link, maximum, resource_id, tag, made_by FROM line_item WHERE course_id = ?"
            " ORDER BY id", (request.args.get("course"),),
        ).fetchall()  # fmt: skip
    return jsonify([dict(row) for row in rows])


@blueprint.delete("/columns/<int:item_id>")
def delete_column(item_id: int) -> ResponseReturnValue:
    """Delete a column with its grades, as a teacher can."""
    with lms().store.writing() as connection:
        drop_column(connection, item_id)
    return "", 204


@blueprint.post("/columns/<int:item_id>/scores")
def set_scores(item_id: int) -> ResponseReturnValue:
    """{person: score}: a whole column at once, as if it had been sent; for benchmarks."""
    with lms().store.writing() as connection:
        fill_column(connection, item_id, body(), stamp(lms().now()))
    return "", 204


@blueprint.post("/teacher-grade")
def set_teacher_grade() -> ResponseReturnValue:
    """{line_item, person, score, locked?}: a teacher types a grade over the tool's: 200 for later scores, and it stays."""
    asked = body()
    with lms().store.writing() as connection:
        type_over(
            connection, int(asked["line_item"]), str(asked["person"]), float(asked["score"]),
            locked=bool(asked.get("locked", False)), now=stamp(lms().now()),
        )  # fmt: skip
    return "", 204


@blueprint.post("/comment")
def set_comment() -> ResponseReturnValue:
    """{line_item, person, comment}: a teacher comments on a grade."""
    asked = body()
    with lms().store.writing() as connection:
        comment_on(connection, int(asked["line_item"]), str(asked["person"]), str(asked["comment"]))
    return "", 204


@blueprint.get("/gradebook")
def show_gradebook() -> ResponseReturnValue:
    """Every cell that something was sent for (`?course=` for one course)."""
    with lms().store.reading() as connection:
        return jsonify(cells(connection, request.args.get("course")))


@blueprint.delete("/gradebook")
def empty_gradebook() -> ResponseReturnValue:
    """Forget all scores and the log of their POSTs; columns stay. For benchmarks that run several rounds."""
    with lms().store.writing() as connection:
        connection.execute("DELETE FROM grade")
        connection.execute("DELETE FROM teacher_grade")
        connection.execute("DELETE FROM score_log")
    return "", 204


@blueprint.get("/score-log")
def show_score_log() -> ResponseReturnValue:
    """Every score POST that came in (`?after=` an id)."""
    with lms().store.reading() as connection:
        return jsonify(score_log(connection, request.args.get("after", 0, int)))


@blueprint.get("/registrations")
def show_registrations() -> ResponseReturnValue:
    """Every dynamic registration as the tool asked for it, oldest first."""
    with lms().store.reading() as connection:
        rows = connection.execute("SELECT request FROM tool_registration ORDER BY registered_at, rowid").fetchall()
    return jsonify([json.loads(row["request"]) for row in rows])


@blueprint.post("/granted-scopes")
def grant_scopes() -> ResponseReturnValue:
    """{scopes: [...]}: what tools that register from now on may have at most."""
    with lms().store.writing() as connection:
        write_setting(connection, "granted_scopes", " ".join(map(str, body()["scopes"])))
    return "", 204


def body() -> dict[str, Any]:
    """The JSON object that was sent; {} for none."""
    sent = request.get_json(silent=True)
    if sent is None:
        return {}
    if not isinstance(sent, dict):
        raise BadRequest("a JSON object is expected")
    return sent
