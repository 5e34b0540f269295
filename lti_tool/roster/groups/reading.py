"""Reading the LMS's groups, after the members of the same course: all of them, or nothing changes."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from lti_tool.core.i18n import gettext, speaking
from lti_tool.core.logs import log
from lti_tool.identity.rules.groups import GroupSource
from lti_tool.roster import services, sources
from lti_tool.roster.groups import merging, rules
from lti_tool.roster.groups.rules import Named
from lti_tool.roster.rules import PAGE, Cause, first_address
from lti_tool.roster.running import Run
from lti_tool.roster.sources import Unavailable


def read(run: Run, *, is_complete: bool) -> str:
    """Bring the LMS's groups into the course; why that could not be, as a code: then nothing of them has changed.

    Names and the list of groups come from the groups service where a launch claimed one; who is in them, from the list of
    members (CGS 1.0, 3.3). Without the service the members' list alone says which groups there are (CG-01).
    """
    if not run.course.groups_url and not run.speaks_of_groups:
        return ""
    try:
        if run.course.groups_url:
            groups = _list_of_groups(run, run.course.groups_url)
            _name_groups(run, _in_sets(run, groups), GroupSource.service)
        _place_in_groups(run)
    except Unavailable as error:
        log.warning("groups_not_read", context=run.course.id, cause=error.cause.value, status=error.status)
        return error.cause.value
    if run.course.groups_url or is_complete:
        while run.write_slice(lambda connection: merging.vanish(connection, run.reading, run.groups)):
            pass
    return ""


def _list_of_groups(run: Run, url: str) -> list[Named]:
    """All groups of the course, and nothing written before all are there. Raises Unavailable."""
    found = dict[str, Named]()
    address = first_address(url, limit=str(PAGE))
    for page in sources.groups(run.work.connector, run.course.platform, address):
        run.go_on()
        found |= {each.id: each for each in map(rules.read_group, page.items) if each is not None}
        if len(found) > rules.MOST:
            raise Unavailable(Cause.too_large)
    return list(found.values())


def _in_sets(run: Run, groups: Sequence[Named]) -> Sequence[Named]:
    """The groups with the names of the sets that they stand in. Asked only where a group says that it stands in one.

    If the sets cannot be had, the groups are read all the same, and what is known of their sets stays.
    """
    if not run.course.group_sets_url or not any(each.set_id for each in groups):
        return groups
    try:
        found = _list_of_sets(run, run.course.group_sets_url)
    except Unavailable as error:
        log.warning("group_sets_not_read", context=run.course.id, cause=error.cause.value, status=error.status)
        return [replace(each, set_name=None) for each in groups]
    return [replace(each, set_name=found.get(each.set_id, "")) for each in groups]


def _list_of_sets(run: Run, url: str) -> dict[str, str]:
    """Names of the sets of groups, by id. Raises Unavailable."""
    found = dict[str, str]()
    for page in sources.group_sets(run.work.connector, run.course.platform, first_address(url, limit=str(PAGE))):
        run.go_on()
        found |= dict(each for each in map(rules.read_set, page.items) if each is not None)
        if len(found) > rules.MOST:
            raise Unavailable(Cause.too_large)
    return found


def _name_groups(run: Run, groups: Sequence[Named], source: GroupSource) -> None:
    """Let these groups be there. Raises Unavailable for more than a course can have."""
    run.groups |= {each.id for each in groups}
    if len(run.groups) > rules.MOST:
        raise Unavailable(Cause.too_large)
    with speaking(run.course.locale):
        named = [replace(each, name=each.name or gettext("Group %(id)s", id=each.id)) for each in groups]
    for start in range(0, len(named), services.ROWS):
        part = named[start : start + services.ROWS]
        run.write_slice(partial(merging.name_read, reading=run.reading, groups=part, source=source))


def _place_in_groups(run: Run) -> None:
    """Everybody whom the list names into his groups, slice by slice."""
    after = ""
    while True:
        with run.work.runtime.database.reading_core() as connection:
            people = merging.told_after(connection, run.course.id, after)
        if not people:
            return
        if not run.course.groups_url:
            unknown = {each for _, told in people for each in told or ()} - run.groups
            _name_groups(run, [Named(each, "") for each in unknown], GroupSource.roster)
        after = run.write_slice(partial(merging.place, reading=run.reading, people=people))
