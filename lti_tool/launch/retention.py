"""What of logins, choices and invitations is kept for a while only."""

from lti_tool.core.retention import Retention
from lti_tool.launch.models import DataRequest, DeepLinkRequest, LaunchFailure, LoginState, RegistrationInvite

RETENTION = (
    Retention(LoginState, lambda before: LoginState.expires_at < before, "keep_ended_hours"),
    Retention(DeepLinkRequest, lambda before: DeepLinkRequest.expires_at < before, "keep_ended_hours"),
    Retention(DataRequest, lambda before: DataRequest.expires_at < before, "keep_ended_hours"),
    Retention(RegistrationInvite, lambda before: RegistrationInvite.expires_at < before, "keep_ended_hours"),
    Retention(LaunchFailure, lambda before: LaunchFailure.at < before, "keep_failures_days"),
)
