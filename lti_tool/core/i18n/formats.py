"""Days, times, durations and numbers as the interface writes them (face, section 6), in the course's zone.

Names of months and weekdays come from CLDR through Babel; the order of the parts is the house's. The year is shown
only if it is not the present one. `now` decides the year and the words today and yesterday.
"""

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache

from babel import Locale

from lti_tool.core.i18n.language import Language, current_language, current_zone
from lti_tool.core.i18n.texts import gettext, ngettext


def format_clock(moment: datetime, zone: tzinfo | None = None) -> str:
    """`18:00`."""
    return f"{moment.astimezone(zone or current_zone()):%H:%M}"


def format_day(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`11月20日 周五`, `Fri 20 Nov`."""
    zone = zone or current_zone()
    return _day(moment.astimezone(zone).date(), now.astimezone(zone).date(), with_weekday=True)


def format_moment(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`今天 10:12`, `昨天 21:08`, `11月17日 10:41`: when something happened."""
    zone = zone or current_zone()
    day, today = moment.astimezone(zone).date(), now.astimezone(zone).date()
    clock = format_clock(moment, zone)
    if day == today:
        return gettext("today %(clock)s", clock=clock)
    if day == today - timedelta(days=1):
        return gettext("yesterday %(clock)s", clock=clock)
    return f"{_day(day, today, with_weekday=False)}{_gap()}{clock}"


def format_due(due: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`11月20日 周五 18:00 截止`, or `已截止` once it is past."""
    when = _day_and_clock(due, now, zone)
    return gettext("due %(when)s", when=when) if due > now else gettext("was due %(when)s", when=when)


def format_opens(opens: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`12月1日 周二 08:00 开放`."""
    return gettext("opens %(when)s", when=_day_and_clock(opens, now, zone))


def format_span(start: datetime, end: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`11月20日 周五 09:00 至 10:30`; the second day is named only if it is another one."""
    zone = zone or current_zone()
    same = start.astimezone(zone).date() == end.astimezone(zone).date()
    last = format_clock(end, zone) if same else _day_and_clock(end, now, zone)
    return gettext("%(start)s to %(end)s", start=_day_and_clock(start, now, zone), end=last)


def format_days_left(due: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`还剩 3 天`, `今天截止`, `逾期 4 天`: calendar days in the course's zone."""
    zone = zone or current_zone()
    days = (due.astimezone(zone).date() - now.astimezone(zone).date()).days
    if due <= now:
        return (
            ngettext("%(num)s day overdue", "%(num)s days overdue", -days) if days else gettext("overdue since today")
        )
    return ngettext("%(num)s day left", "%(num)s days left", days) if days else gettext("due today")


def format_duration(length: timedelta | float) -> str:
    """`1 小时 12 分钟`, `40 秒`: length or seconds; full minutes from one minute on."""
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    if seconds < 60:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    hours, minutes = divmod(seconds // 60, 60)
    parts = []
    if hours:
        parts.append(ngettext("%(num)s hour", "%(num)s hours", hours))
    if minutes:
        parts.append(ngettext("%(num)s minute", "%(num)s minutes", minutes))
    return " ".join(parts)


def format_countdown(length: timedelta | float) -> str:
    """`27:41`, `1:27:41`; never below zero."""
    seconds = max(0, int(length.total_seconds() if isinstance(length, timedelta) else length))
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def format_points(points: Decimal | float) -> str:
    """As reached, at most two places: 71.5, not 71.50."""
    rounded = round(Decimal(str(points)), 2).normalize()
    return f"{rounded:f}" if rounded else "0"


def format_percent(share: Decimal | float) -> str:
    """A share of 0 to 1 in full percent. 100% only if all of it is there, 0% only if nothing is."""
    percent = share * 100
    full = 99 if 99 < percent < 100 else 1 if 0 < percent < 1 else round(percent)
    return f"{full}%"


def _day_and_clock(moment: datetime, now: datetime, zone: tzinfo | None) -> str:
    zone = zone or current_zone()
    return f"{format_day(moment, now, zone)}{_gap()}{format_clock(moment, zone)}"


def _gap() -> str:
    return " " if current_language() is Language.zh else ", "


def _day(day: date, today: date, *, with_weekday: bool) -> str:
    months, weekdays = _names(current_language())
    weekday = weekdays[day.weekday()]
    if current_language() is Language.zh:
        year = "" if day.year == today.year else f"{day.year}年"
        return f"{year}{day.month}月{day.day}日" + (f" {weekday}" if with_weekday else "")
    year = "" if day.year == today.year else f" {day.year}"
    return (f"{weekday} " if with_weekday else "") + f"{day.day} {months[day.month]}{year}"


@cache
def _names(language: Language) -> tuple[dict[int, str], dict[int, str]]:
    """(months, weekdays from Monday = 0), abbreviated."""
    locale = Locale.parse(language.cldr)
    return (
        dict(locale.months["format"]["abbreviated"]),
        dict(locale.days["format"]["abbreviated"]),
    )
