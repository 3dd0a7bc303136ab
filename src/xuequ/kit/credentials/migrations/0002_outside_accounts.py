import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credentials", "0001_first"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OutsideAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "app",
                    models.CharField(
                        choices=[("wecom", "WeCom"), ("dingtalk", "DingTalk"), ("feishu", "Feishu")],
                        max_length=12,
                        verbose_name="app",
                    ),
                ),
                ("digest", models.CharField(max_length=24)),
                ("connected", models.DateTimeField(verbose_name="connected on")),
                ("last_used", models.DateTimeField(blank=True, null=True, verbose_name="last used")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outside_accounts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "connected account of another app",
                "verbose_name_plural": "connected accounts of other apps",
                "ordering": ["app"],
                "constraints": [
                    models.UniqueConstraint(fields=("app", "digest"), name="credentials_outside_one_owner"),
                    models.UniqueConstraint(fields=("account", "app"), name="credentials_outside_one_an_app"),
                ],
            },
        ),
    ]
