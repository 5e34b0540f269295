"""The tables of the demo LMS, as SQL. Times are UTC text in ISO 8601 with microseconds: text order is time order."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tool (
  client_id TEXT PRIMARY KEY, deployment_id TEXT NOT NULL, login_url TEXT NOT NULL, launch_url TEXT NOT NULL,
  jwks_url TEXT NOT NULL, deep_link_url TEXT NOT NULL, redirect_uris TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS signing_key (
  kid TEXT PRIMARY KEY, pem TEXT NOT NULL, created_at TEXT NOT NULL, is_active INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS person (
  id TEXT PRIMARY KEY, family_name TEXT NOT NULL, given_name TEXT NOT NULL, email TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS course (
  id TEXT PRIMARY KEY, label TEXT NOT NULL, title TEXT NOT NULL, position INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS enrolment (
  course_id TEXT NOT NULL REFERENCES course(id), person_id TEXT NOT NULL REFERENCES person(id),
  role TEXT NOT NULL CHECK (role IN ('Instructor', 'Learner')),
  status TEXT NOT NULL DEFAULT 'Active' CHECK (status IN ('Active', 'Inactive', 'Deleted', 'Pending')),
  PRIMARY KEY (course_id, person_id)) STRICT;
-- Who was enrolled, changed or taken out, in this order: what the list of differences tells.
CREATE TABLE IF NOT EXISTS enrolment_change (
  id INTEGER PRIMARY KEY AUTOINCREMENT, course_id TEXT NOT NULL, person_id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS course_group (
  id TEXT PRIMARY KEY, course_id TEXT NOT NULL REFERENCES course(id), name TEXT NOT NULL) STRICT;
-- Sets of groups: which set a group stands in, and what that is called.
CREATE TABLE IF NOT EXISTS group_set (
  group_id TEXT PRIMARY KEY REFERENCES course_group(id) ON DELETE CASCADE, set_id TEXT NOT NULL, name TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS group_member (
  group_id TEXT NOT NULL REFERENCES course_group(id) ON DELETE CASCADE, person_id TEXT NOT NULL,
  PRIMARY KEY (group_id, person_id)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS link (
  id TEXT PRIMARY KEY, course_id TEXT NOT NULL REFERENCES course(id), client_id TEXT NOT NULL REFERENCES tool(client_id),
  title TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', url TEXT NOT NULL, custom TEXT NOT NULL,
  allows_grades INTEGER NOT NULL, maximum REAL NOT NULL, opens_window INTEGER NOT NULL DEFAULT 0,
  position INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS link_course ON link (course_id, position);
CREATE TABLE IF NOT EXISTS line_item (
  id INTEGER PRIMARY KEY AUTOINCREMENT, course_id TEXT NOT NULL REFERENCES course(id), link_id TEXT REFERENCES link(id),
  client_id TEXT NOT NULL, label TEXT NOT NULL, maximum REAL NOT NULL, resource_id TEXT NOT NULL DEFAULT '',
  tag TEXT NOT NULL DEFAULT '', extra TEXT NOT NULL DEFAULT '{}',
  made_by TEXT NOT NULL CHECK (made_by IN ('platform', 'tool'))) STRICT;
CREATE INDEX IF NOT EXISTS line_item_course ON line_item (course_id, id);
CREATE INDEX IF NOT EXISTS line_item_link ON line_item (link_id);
CREATE TABLE IF NOT EXISTS grade (
  line_item_id INTEGER NOT NULL REFERENCES line_item(id) ON DELETE CASCADE, person_id TEXT NOT NULL,
  score REAL, comment TEXT NOT NULL, activity_progress TEXT NOT NULL, grading_progress TEXT NOT NULL,
  timestamp TEXT NOT NULL, received_at TEXT NOT NULL,
  PRIMARY KEY (line_item_id, person_id)) STRICT, WITHOUT ROWID;
-- Every score POST that came in, whatever was answered: the witness of the tests. No foreign keys, on purpose.
CREATE TABLE IF NOT EXISTS score_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, line_item_id INTEGER, person_id TEXT, score REAL, maximum REAL,
  activity_progress TEXT, grading_progress TEXT, timestamp TEXT, comment TEXT, received_at TEXT NOT NULL,
  status INTEGER NOT NULL, reason TEXT NOT NULL, was_stored INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS access_token (
  hash TEXT PRIMARY KEY, client_id TEXT NOT NULL, scopes TEXT NOT NULL, expires_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS used_assertion (
  client_id TEXT NOT NULL, jti TEXT NOT NULL, expires_at TEXT NOT NULL, PRIMARY KEY (client_id, jti)) STRICT;
CREATE TABLE IF NOT EXISTS tool_registration (
  client_id TEXT PRIMARY KEY REFERENCES tool(client_id), name TEXT NOT NULL, scopes TEXT NOT NULL, custom TEXT NOT NULL,
  request TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('pending', 'active')), registered_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS registration_token (
  hash TEXT PRIMARY KEY, client_id TEXT NOT NULL, expires_at TEXT NOT NULL, used_at TEXT) STRICT;
-- Dates that a tool has given a link, by the name of their variable ("available.startDateTime").
CREATE TABLE IF NOT EXISTS link_date (
  link_id TEXT NOT NULL REFERENCES link(id), name TEXT NOT NULL, moment TEXT NOT NULL,
  PRIMARY KEY (link_id, name)) STRICT, WITHOUT ROWID;
-- What a tool has given where no launch is taken: an address, or a fragment that is shown as it is written.
CREATE TABLE IF NOT EXISTS material (
  id INTEGER PRIMARY KEY AUTOINCREMENT, course_id TEXT NOT NULL REFERENCES course(id), title TEXT NOT NULL,
  url TEXT NOT NULL, html TEXT NOT NULL) STRICT;
-- Grades that a teacher has typed over a tool's (they stay), and cells that are locked.
CREATE TABLE IF NOT EXISTS teacher_grade (
  line_item_id INTEGER NOT NULL REFERENCES line_item(id) ON DELETE CASCADE, person_id TEXT NOT NULL,
  is_locked INTEGER NOT NULL, PRIMARY KEY (line_item_id, person_id)) STRICT, WITHOUT ROWID;
-- What a tool has offered by deep linking to a Moodle, whose form waits for the teacher.
CREATE TABLE IF NOT EXISTS offered (
  launch_id TEXT PRIMARY KEY, course_id TEXT NOT NULL, client_id TEXT NOT NULL, items TEXT NOT NULL) STRICT;
-- What a course or a link was copied from.
CREATE TABLE IF NOT EXISTS copied_from (id TEXT PRIMARY KEY, source_id TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- One row per launch that was begun; its id travels as lti_message_hint.
CREATE TABLE IF NOT EXISTS launch (
  id TEXT PRIMARY KEY, person_id TEXT NOT NULL, course_id TEXT NOT NULL, link_id TEXT, message_type TEXT NOT NULL,
  document_target TEXT NOT NULL, locale TEXT NOT NULL, created_at TEXT NOT NULL, used_at TEXT,
  returned_at TEXT) STRICT;
"""
