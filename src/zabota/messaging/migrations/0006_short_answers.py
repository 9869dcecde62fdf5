"""The note of a provider's answer writes no index of the outbox: batches and numbers get tables of their own."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from zabota.messaging.migrations._room import leave_room


def keep_what_is_on_its_way(apps: Any, schema_editor: Any) -> None:
    """Batches that are being sent while the program is renewed; numbers under which receipts will come."""
    schema_editor.execute(
        "INSERT INTO messaging_providernumber (message_id, account_id, number)"
        " SELECT id, account_id, provider_id FROM messaging_message WHERE provider_id <> '' AND account_id IS NOT NULL"
    )
    message_model, batch_model = apps.get_model("messaging", "Message"), apps.get_model("messaging", "Batch")
    taken: dict[str, tuple[int, Any, list[int]]] = {}
    rows = message_model._base_manager.filter(state="sending").exclude(claim="").exclude(lease_until=None)
    for pk, token, account_id, lease in rows.values_list("pk", "claim", "account_id", "lease_until"):
        taken.setdefault(token, (account_id, lease, []))[2].append(pk)
    batch_model._base_manager.bulk_create(
        [
            batch_model(token=token, account_id=account_id, lease_until=lease, message_ids=ids)
            for token, (account_id, lease, ids) in taken.items()
        ]
    )


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0004_sensitive_branches"),
        ("messaging", "0005_erid"),
        ("patients", "0004_address"),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("token", models.CharField(max_length=32, primary_key=True, serialize=False)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="messaging.channelaccount",
                    ),
                ),
                ("lease_until", models.DateTimeField()),
                ("message_ids", models.JSONField()),
            ],
            options={"indexes": [models.Index(fields=["lease_until"], name="batch_lease")]},
        ),
        migrations.CreateModel(
            name="ProviderNumber",
            fields=[
                (
                    "message",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="number",
                        serialize=False,
                        to="messaging.message",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="messaging.channelaccount",
                    ),
                ),
                ("number", models.CharField(max_length=120)),
            ],
            options={"indexes": [models.Index(fields=["account", "number"], name="number_of_provider")]},
        ),
        migrations.RunPython(keep_what_is_on_its_way, migrations.RunPython.noop, elidable=True),
        migrations.RemoveConstraint(model_name="message", name="message_public_once"),
        migrations.RemoveIndex(model_name="message", name="message_due"),
        migrations.RemoveIndex(model_name="message", name="message_lease"),
        migrations.RemoveIndex(model_name="message", name="message_provider"),
        migrations.RemoveField(model_name="message", name="lease_until"),
        migrations.RemoveField(model_name="message", name="public_id"),
        migrations.RunPython(leave_room, migrations.RunPython.noop, elidable=False),
        migrations.AddField(
            model_name="message",
            name="due_at",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(models.When(state="queued", then=models.F("not_before_at"))),
                output_field=models.DateTimeField(null=True),
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["account", "priority", "due_at", "id"],
                name="message_due",
            ),
        ),
        migrations.AlterField(
            model_name="decision",
            name="clinic",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="clinic.clinic",
            ),
        ),
        migrations.AlterField(
            model_name="decision",
            name="message",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="decisions",
                to="messaging.message",
            ),
        ),
    ]
