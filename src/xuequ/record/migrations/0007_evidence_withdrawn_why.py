from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "0006_evidence")]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="withdrawn_why",
            field=models.CharField(blank=True, max_length=200, verbose_name="why it was withdrawn"),
        ),
    ]
