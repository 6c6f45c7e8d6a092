-- SPDX-License-Identifier: Apache-2.0
-- What is on its way to application services.

-- Events that a service has not been given in a transaction yet, by stream position.
CREATE TABLE appservice_events (
	appservice_id TEXT NOT NULL,
	position INTEGER NOT NULL,
	PRIMARY KEY (appservice_id, position)
) STRICT, WITHOUT ROWID;

-- The last transaction of each service. It is sent with these very bytes until it is accepted.
CREATE TABLE appservice_transactions (
	appservice_id TEXT NOT NULL PRIMARY KEY,
	txn_id INTEGER NOT NULL,
	body TEXT                           -- NULL: accepted
) STRICT;
