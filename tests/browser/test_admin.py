"""The operator enters by a link, looks at every page of the console, and tries a connection out."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewScreen
from tests.browser.screens import Look, assert_sound
from tests.stack import Stack

pytestmark = pytest.mark.once

PAGES = ("connect", "connect/by-hand", "tenants", "people", "keys", "failures", "log", "log/courses")


def link(stack: Stack) -> str:
    """A fresh link into the console."""
    made = stack.dangke("admin-link", "--name", "王工")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def test_operator_enters_looks_around_and_leaves(stack: Stack, new_screen: NewScreen, every_look: Look) -> None:
    screen = new_screen(stack, **vars(every_look))
    page = screen.page
    screen.expect_problem("400")
    page.goto(f"{stack.tool_url}/lti/login?login_hint=x")
    reference = page.locator(".ref code").last.inner_text()
    page.goto(f"{stack.tool_url}/admin/enter")
    screen.screenshot("admin-door")
    assert_sound(page)
    page.goto(link(stack))
    # The code came from behind the #: nobody has to type it.
    page.wait_for_url(f"{stack.tool_url}/admin")
    screen.screenshot("admin-connections")
    assert_sound(page)
    for name in PAGES:
        page.goto(f"{stack.tool_url}/admin/{name}")
        screen.screenshot(f"admin-{name.replace('/', '-')}")
        assert_sound(page)
    page.goto(f"{stack.tool_url}/admin/failures")
    expect(page.get_by_text(reference, exact=True)).to_be_visible()
    page.goto(f"{stack.tool_url}/admin")
    page.locator("table a").first.click()
    screen.screenshot("admin-connection")
    assert_sound(page)
    page.locator("form[action$='/dry-run'] button").click()
    expect(page.locator("table")).to_be_visible()
    screen.screenshot("admin-dry-run")
    assert_sound(page)
    page.locator("form[action$='/leave'] button").click()
    page.wait_for_url("**/admin/enter*")
    screen.expect_problem("404")
    page.goto(f"{stack.tool_url}/admin")
    assert page.locator("table").count() == 0


def refused(page: Page, field: str) -> None:
    """The field is marked, has the focus, and says what is wrong; the page is sound with it."""
    expect(page.locator(field)).to_be_focused()
    expect(page.locator(field)).to_have_attribute("aria-invalid", "true")
    expect(page.locator(f"{field}-error")).to_be_visible()
    assert_sound(page)


def test_operator_reads_beside_the_field_what_schools_hosts_and_moves_are_refused_for(
    stack: Stack, new_screen: NewScreen, every_look: Look
) -> None:
    screen = new_screen(stack, **vars(every_look))
    page, name = screen.page, f"第三中学 {every_look.suffix}"
    screen.expect_problem("400")
    page.goto(link(stack))
    page.wait_for_url(f"{stack.tool_url}/admin")
    page.goto(f"{stack.tool_url}/admin/tenants")
    new = page.locator("form[aria-labelledby=new]")
    new.locator("#f-name").fill(name)
    new.locator("#f-timezone").fill("Mars/Olympus")
    new.locator("button").click()
    refused(page, "#f-timezone")
    expect(page.locator("#f-name")).to_have_value(name)
    screen.screenshot("admin-school-refused")
    page.locator("#f-timezone").fill("Asia/Urumqi")
    page.locator("form[aria-labelledby=new] button").click()
    row = page.locator("tr").filter(has=page.locator("b", has_text=name))
    row.locator("summary").click()
    field = f"#{row.locator('input[name=name]').get_attribute('id')}"
    page.locator(field).evaluate("each => { each.required = false; each.value = ' ' }")
    row.locator("details button").click()
    refused(page, field)
    screen.screenshot("admin-school-renaming")

    page.goto(f"{stack.tool_url}/admin")
    page.locator("table a").first.click()
    connection = page.url
    page.locator("#f-hosts").fill("grades.example\nnot a host")
    page.locator("form[action$='/hosts'] button").click()
    refused(page, "#f-hosts")
    expect(page.locator("#f-hosts")).to_have_value("grades.example\nnot a host")
    screen.screenshot("admin-hosts-refused")
    page.goto(connection)
    moving = page.locator("details:has(form[action$='/move'])").first
    moving.locator("summary").click()
    moving.locator("select").select_option(label=name)
    moving.locator("input[name=typed]").fill("something else")
    field = f"#{moving.locator('input[name=typed]').get_attribute('id')}"
    screen.screenshot("admin-moving")
    assert_sound(page)
    moving.locator("button").click()
    refused(page, field)
    expect(moving.locator("select option:checked")).to_have_text(name)
    screen.screenshot("admin-moving-refused")


def test_operator_moves_a_deployment_to_another_school_and_sees_it_there(
    stack: Stack, new_screen: NewScreen, every_look: Look
) -> None:
    screen = new_screen(stack, **vars(every_look))
    page, school = screen.page, f"第四中学 {every_look.suffix}"
    page.goto(link(stack))
    page.wait_for_url(f"{stack.tool_url}/admin")
    page.goto(f"{stack.tool_url}/admin/tenants")
    page.locator("form[aria-labelledby=new] #f-name").fill(school)
    page.locator("form[aria-labelledby=new] button").click()
    expect(page.locator("tr b", has_text=school)).to_be_visible()
    page.goto(f"{stack.tool_url}/admin")
    page.locator("table a").first.click()
    connection, deployment = page.url, f"dep-{every_look.suffix}"
    page.locator("#f-deployment_id").fill(deployment)
    page.locator("form[action$='/deployments'] button").click()
    row = page.locator("tr").filter(has=page.locator("b", has_text=deployment))
    belongs_to = row.locator("td").nth(1)
    expect(belongs_to).not_to_have_text(school)
    former = belongs_to.inner_text()
    moving = row.locator("details:has(form[action$='/move'])")
    moving.locator("summary").click()
    moving.locator("select").select_option(label=school)
    moving.locator("input[name=typed]").fill(deployment)
    moving.locator("button").click()
    # The operator is back on the connection's page, and the deployment's row names its new school.
    expect(belongs_to).to_have_text(school)
    expect(belongs_to).to_be_in_viewport()
    assert page.url.split("#")[0] == connection
    screen.screenshot("admin-moved")
    assert_sound(page)
    page.goto(f"{stack.tool_url}/admin/log")
    expect(page.locator("tr", has_text=f"{deployment}: {former} → {school}")).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 360])
def test_without_javascript_the_code_is_pasted_and_what_is_switched_off_is_named(
    stack: Stack, new_screen: NewScreen, width: int
) -> None:
    screen = new_screen(stack, width=width, javascript=False)
    page = screen.page
    address, _, code = link(stack).partition("#")
    page.goto(address)
    page.locator("#f-code").fill(code)
    page.locator("button.btn--main").click()
    page.goto(f"{stack.tool_url}/admin/connect")
    page.locator("#f-tenant").fill("第二中学")
    page.locator("button.btn--main").click()
    screen.screenshot("admin-invited")
    assert "/lti/register#" in page.locator("#f-link").input_value()
    page.goto(f"{stack.tool_url}/admin")
    page.locator("table a").first.click()
    name = page.locator("h1").inner_text()
    off = page.locator("details:has(form[action$='/off'])").last
    off.locator("summary").click()
    off.locator("input[name=typed]").fill(name)
    screen.screenshot("admin-off")
    off.locator("button").click()
    page.locator("form[action$='/on'] button").last.click()
    expect(page.locator("form[action$='/on']")).to_have_count(0)
