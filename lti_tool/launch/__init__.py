"""What comes in from the LMS: OIDC login, launches, links that show nothing yet, deep linking."""
