"""Why a piece was withdrawn is kept with the piece itself, as for the evidence of all systems."""

from django.db import migrations

MOVE = """
UPDATE record_evidence
SET withdrawn_why = (SELECT words FROM programmes_proof WHERE evidence_id = record_evidence.id)
WHERE id IN (SELECT evidence_id FROM programmes_proof WHERE words <> '')
"""


class Migration(migrations.Migration):
    dependencies = [("programmes", "0004_imported_changes"), ("record", "0007_evidence_withdrawn_why")]

    operations = [
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="proof", name="words"),
    ]
