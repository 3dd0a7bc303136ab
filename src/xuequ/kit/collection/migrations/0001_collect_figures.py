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
            name="Collection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=160, verbose_name="title")),
                ("asked_by", models.CharField(blank=True, max_length=100, verbose_name="asked by")),
                ("basis", models.CharField(blank=True, max_length=200, verbose_name="legal basis")),
                ("purpose", models.CharField(blank=True, max_length=300, verbose_name="what it is for")),
                ("contact", models.CharField(blank=True, max_length=100, verbose_name="whom to ask")),
                ("deadline", models.DateField(blank=True, null=True, verbose_name="deadline")),
                ("keep_until", models.DateField(blank=True, null=True, verbose_name="answers kept until")),
                (
                    "head_confirms",
                    models.BooleanField(default=False, verbose_name="the head of school confirms"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "being prepared"),
                            ("running", "schools are filling in"),
                            ("finished", "finished"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("file_name", models.CharField(max_length=200)),
                ("original", models.CharField(max_length=300)),
                ("workbook", models.CharField(max_length=300)),
                ("file_sha256", models.CharField(max_length=64)),
                ("remarks", models.JSONField(default=list)),
                ("created", models.DateTimeField()),
                ("sent", models.DateTimeField(blank=True, null=True)),
                ("finished", models.DateTimeField(blank=True, null=True)),
                ("destroyed", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "collection",
                "verbose_name_plural": "collections",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="LayoutVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("content", models.JSONField()),
                ("changes", models.JSONField(default=dict)),
                ("created", models.DateTimeField()),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="collection.collection",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "layout of a collection",
                "verbose_name_plural": "layouts of collections",
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("collection", "number"), name="collection_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="SchoolSheet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("to_do", "to be filled in"),
                            ("submitted", "submitted"),
                            ("returned", "returned for correction"),
                            ("accepted", "accepted"),
                        ],
                        default="to_do",
                        max_length=12,
                    ),
                ),
                ("sealed", models.BinaryField()),
                ("revision", models.PositiveIntegerField(default=1)),
                ("version", models.PositiveSmallIntegerField(default=1)),
                ("begun", models.BooleanField(default=False)),
                ("contested", models.PositiveSmallIntegerField(default=0)),
                ("asked_cells", models.PositiveIntegerField(default=0)),
                ("known_cells", models.PositiveIntegerField(default=0)),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason of the return")),
                ("submitted", models.DateTimeField(blank=True, null=True)),
                ("confirmed", models.DateTimeField(blank=True, null=True)),
                ("accepted", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sheets",
                        to="collection.collection",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="district.school"
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "answer of a school",
                "verbose_name_plural": "answers of schools",
                "ordering": ["school__code"],
                "constraints": [
                    models.UniqueConstraint(fields=("collection", "school"), name="collection_one_sheet")
                ],
            },
        ),
    ]
