"""The index of the search table: FTS5 trigrams on SQLite, a GIN index over trigrams on PostgreSQL."""

SQLITE_CREATE = (
    "CREATE INDEX search_text ON patients_searchentry (clinic_id, text)",
    """CREATE VIRTUAL TABLE patients_searchfts USING fts5(
           text, content='patients_searchentry', content_rowid='patient_id', tokenize='trigram', detail='none')""",
    """CREATE TRIGGER search_after_insert AFTER INSERT ON patients_searchentry BEGIN
           INSERT INTO patients_searchfts(rowid, text) VALUES (new.patient_id, new.text);
       END""",
    """CREATE TRIGGER search_after_delete AFTER DELETE ON patients_searchentry BEGIN
           INSERT INTO patients_searchfts(patients_searchfts, rowid, text) VALUES ('delete', old.patient_id, old.text);
       END""",
    """CREATE TRIGGER search_after_update AFTER UPDATE OF text ON patients_searchentry WHEN old.text <> new.text BEGIN
           INSERT INTO patients_searchfts(patients_searchfts, rowid, text) VALUES ('delete', old.patient_id, old.text);
           INSERT INTO patients_searchfts(rowid, text) VALUES (new.patient_id, new.text);
       END""",
)
SQLITE_DROP = ("DROP TABLE IF EXISTS patients_searchfts", "DROP INDEX IF EXISTS search_text")

# Three letters become one number below 2^30. Different trigrams may share a number: the query compares the text itself
# afterwards. Numbers keep the index small and independent of the collation of the database.
POSTGRES_CREATE = (
    """CREATE FUNCTION zabota_trigrams(line text) RETURNS int[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
           SELECT coalesce(array_agg(DISTINCT
               ascii(substr(line, i, 1)) % 997 * 994009
             + ascii(substr(line, i + 1, 1)) % 997 * 997
             + ascii(substr(line, i + 2, 1)) % 997), '{}')
           FROM generate_series(1, length(line) - 2) AS i
       $$""",
    'CREATE INDEX search_text ON patients_searchentry (clinic_id, text COLLATE "C")',
    """CREATE INDEX search_trigrams ON patients_searchentry USING gin (zabota_trigrams(text))
           WITH (gin_pending_list_limit = 512)""",
)
POSTGRES_DROP = (
    "DROP INDEX IF EXISTS search_trigrams",
    "DROP INDEX IF EXISTS search_text",
    "DROP FUNCTION IF EXISTS zabota_trigrams(text)",
)


def create_index(apps, schema_editor):
    statements = SQLITE_CREATE if schema_editor.connection.vendor == "sqlite" else POSTGRES_CREATE
    for statement in statements:
        schema_editor.execute(statement, params=None)


def drop_index(apps, schema_editor):
    statements = SQLITE_DROP if schema_editor.connection.vendor == "sqlite" else POSTGRES_DROP
    for statement in statements:
        schema_editor.execute(statement, params=None)
