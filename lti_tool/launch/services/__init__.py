"""Writes of the launch: logins and failures, the landing of a verified launch, choices."""
