-- SPDX-License-Identifier: Apache-2.0
-- Meetings called on the meeting page. Those of Matrix rooms need no row.
CREATE TABLE meetings (
	meeting_id TEXT NOT NULL PRIMARY KEY,
	objective TEXT NOT NULL,
	creator TEXT NOT NULL, -- Matrix user id
	created_ms INTEGER NOT NULL,
	started_ms INTEGER -- when the first person came in
) STRICT, WITHOUT ROWID;
CREATE INDEX meetings_by_age ON meetings (created_ms);
