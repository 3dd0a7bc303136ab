import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("district", "0002_groups_consent_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("bureau_leader", "bureau leader"),
                            ("district_officer", "district officer"),
                            ("researcher", "researcher"),
                            ("head", "head of school"),
                            ("school_administrator", "school administrator"),
                            ("moral_education", "moral-education office"),
                            ("year_head", "year head"),
                            ("subject_head", "subject head"),
                            ("class_teacher", "class teacher"),
                            ("teacher", "teacher"),
                            ("data_officer", "school data officer"),
                            ("finance", "finance officer"),
                            ("supervisor", "supervisor"),
                            ("expert", "expert"),
                            ("outside_instructor", "outside instructor"),
                            ("pupil", "pupil"),
                            ("guardian", "guardian"),
                            ("system_administrator", "system administrator"),
                        ],
                        max_length=24,
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("message", models.CharField(max_length=300)),
                ("params", models.JSONField(default=dict)),
                ("url", models.CharField(blank=True, max_length=200)),
                ("about", models.UUIDField(db_index=True)),
                ("due", models.DateField(blank=True, null=True, verbose_name="due")),
                ("created", models.DateTimeField()),
                ("resolved", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="district.school",
                    ),
                ),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
                "ordering": ["due", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("resolved", None)),
                        fields=["role", "school"],
                        name="notices_open_place",
                    ),
                    models.Index(
                        condition=models.Q(("resolved", None)), fields=["due"], name="notices_open_due"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("account", None), ("role", ""), _connector="XOR"),
                        name="notices_one_addressee",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("notices", models.JSONField(default=list)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reminders",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "constraints": [models.UniqueConstraint(fields=("account", "day"), name="notices_one_a_day")],
            },
        ),
    ]
