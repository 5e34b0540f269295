"""Who is in a course, as the LMS says it: rosters and groups (Names and Role Provisioning Services 2.0, Course Groups Service)."""
