"""The WSGI application for other servers: `gunicorn lti_tool.wsgi:app`. It refuses what `dangke web` refuses."""

from typing import cast

from lti_tool.app import create_app
from lti_tool.core import logs, schema
from lti_tool.core.config import load_settings
from lti_tool.core.web import Runtime
from lti_tool.identity.demo import misplaced

settings = load_settings()
logs.configure(settings.log_level)
app = create_app(settings)
database = cast(Runtime, app.extensions["dangke"]).database
if not schema.is_current(database):
    raise SystemExit("dangke: The database is not at this program's version. Run: dangke migrate")
if misplaced(database, settings.env) is not None:
    raise SystemExit("dangke: This database holds a demo registration; anybody could sign in with it.")
database.after_fork()
