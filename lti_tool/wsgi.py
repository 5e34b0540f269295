"""The WSGI application for other servers: `gunicorn lti_tool.wsgi:app`."""

from lti_tool.app import create_app
from lti_tool.core import logs
from lti_tool.core.config import load_settings

settings = load_settings()
logs.configure(settings.log_level)
app = create_app(settings)
