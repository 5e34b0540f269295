"""Two tenants and two courses with everything in them."""

import pytest

from tests.school import School
from tests.tenants.things import Things


@pytest.fixture
def things(school: School) -> Things:
    """The first course of the first tenant."""
    return Things(school, school.instructor, school.member)


@pytest.fixture
def others(school: School) -> tuple[Things, Things]:
    """The second course of the first tenant, and the course of the second tenant."""
    return (
        Things(school, school.other_course_instructor, school.other_course_member),
        Things(school, school.other_tenant_instructor, school.other_tenant_member),
    )
