-- Nothing is looked up any more by what the table itself has in the same order: docs/decisions/0031.

DROP INDEX message_by_id;
