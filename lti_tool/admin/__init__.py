"""The operator's console: `/admin`, by a one-time link from `dangke admin-link`. It has no logic of its own."""
