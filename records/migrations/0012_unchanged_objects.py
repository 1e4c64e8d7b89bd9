"""How a search sees that no record of an object has changed since it last counted (records/services/search_counts.py)."""

from django.db import migrations

from records.migrations import _locking

# NULL in the rows of before: what was written then was there at every count.
POSTGRESQL = [
    "ALTER TABLE records_historicalrecord ADD COLUMN transaction_id bigint",
    "ALTER TABLE records_historicalrecord ALTER COLUMN transaction_id SET DEFAULT txid_current()",
    "CREATE INDEX ledger_by_transaction ON records_historicalrecord (workspace_id, object_id, transaction_id)",
]
POSTGRESQL_BACK = [
    "DROP INDEX ledger_by_transaction",
    "ALTER TABLE records_historicalrecord DROP COLUMN transaction_id",
]
# Here one writes at a time, so the keys of the ledger are in the order of the transactions.
SQLITE = [
    "CREATE INDEX ledger_by_object ON records_historicalrecord (workspace_id, object_id, history_id)"
]
SQLITE_BACK = ["DROP INDEX ledger_by_object"]


def _run(by_engine):
    def run(apps, schema_editor):
        for statement in by_engine[schema_editor.connection.vendor]:
            schema_editor.execute(statement)

    return run


class Migration(_locking.Migration):
    tables = ("historicalrecord",)
    dependencies = [("records", "0011_identifiers_are_no_keys")]
    operations = [
        migrations.RunPython(
            _run({"postgresql": POSTGRESQL, "sqlite": SQLITE}),
            _run({"postgresql": POSTGRESQL_BACK, "sqlite": SQLITE_BACK}),
        )
    ]
