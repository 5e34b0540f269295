"""Days, times, durations and numbers as the interface writes them (face, section 6), in the course's zone.

Names of months and weekdays come from CLDR through Babel; the order of the parts is the house's. The year is shown
only if it is not the present one. `now` decides the year and the words today and yesterday.
"""

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache

from babel import Locale

from lti_tool.core.i18n.catalogue import Catalogue, catalogue
from lti_tool.core.i18n.language import Language, current_place, current_zone
from lti_tool.core.i18n.texts import N_, gettext, ngettext

_GAP = {Language.zh: " ", Language.en: ", "}


def format_clock(moment: datetime, zone: tzinfo | None = None) -> str:
    """`18:00`."""
    return _clock(moment.astimezone(zone or current_zone()))


def format_day(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`11月20日 周五`, `Fri 20 Nov`."""
    texts, zone = _place(zone)
    return _day(moment.astimezone(zone), now.astimezone(zone), texts.language)


def format_moment(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`今天 10:12`, `昨天 21:08`, `11月17日 10:41`: when something happened."""
    texts, zone = _place(zone)
    moment, now = moment.astimezone(zone), now.astimezone(zone)
    days = now.toordinal() - moment.toordinal()
    clock = _clock(moment)
    if days == 0:
        return texts.text(N_("today %(clock)s")) % {"clock": clock}
    if days == 1:
        return texts.text(N_("yesterday %(clock)s")) % {"clock": clock}
    return f"{_day(moment, now, texts.language, with_weekday=False)}{_GAP[texts.language]}{clock}"


def format_due(due: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`11月20日 周五 18:00 截止`, or `已截止` once it is past."""
    texts, zone = _place(zone)
    text = N_("due %(when)s") if due > now else N_("was due %(when)s")
    return texts.text(text) % {"when": _day_and_clock(due.astimezone(zone), now.astimezone(zone), texts.language)}


def format_opens(opens: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`12月1日 周二 08:00 开放`."""
    texts, zone = _place(zone)
    when = _day_and_clock(opens.astimezone(zone), now.astimezone(zone), texts.language)
    return texts.text(N_("opens %(when)s")) % {"when": when}


def format_span(start: datetime, end: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`11月20日 周五 09:00 至 10:30`; the second day is named only if it is another one."""
    texts, zone = _place(zone)
    start, end, now = start.astimezone(zone), end.astimezone(zone), now.astimezone(zone)
    last = _clock(end) if start.date() == end.date() else _day_and_clock(end, now, texts.language)
    return texts.text(N_("%(start)s to %(end)s")) % {"start": _day_and_clock(start, now, texts.language), "end": last}


def format_days_left(due: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`还剩 3 天`, `今天截止`, `逾期 4 天`: calendar days in the course's zone."""
    zone = zone or current_zone()
    days = due.astimezone(zone).toordinal() - now.astimezone(zone).toordinal()
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


def _place(zone: tzinfo | None) -> tuple[Catalogue, tzinfo]:
    """The texts of the present language, and the zone. Looked up once per format: pages format dates by the hundred."""
    language, here = current_place()
    return catalogue(language), zone or here


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def _day_and_clock(local: datetime, today: datetime, language: Language) -> str:
    return f"{_day(local, today, language)}{_GAP[language]}{_clock(local)}"


def _day(day: date, today: date, language: Language, *, with_weekday: bool = True) -> str:
    months, weekdays = _names(language)
    weekday = weekdays[day.weekday()] if with_weekday else ""
    if language is Language.zh:
        year = "" if day.year == today.year else f"{day.year}年"
        return f"{year}{day.month}月{day.day}日 {weekday}".rstrip()
    year = "" if day.year == today.year else f" {day.year}"
    return f"{weekday} {day.day} {months[day.month]}{year}".lstrip()


@cache
def _names(language: Language) -> tuple[dict[int, str], dict[int, str]]:
    """(months, weekdays from Monday = 0), abbreviated."""
    locale = Locale.parse(language.cldr)
    return (
        dict(locale.months["format"]["abbreviated"]),
        dict(locale.days["format"]["abbreviated"]),
    )
