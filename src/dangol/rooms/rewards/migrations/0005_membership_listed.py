from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive, RemoveIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_rewards", "0004_drafts_and_simulations")]

    operations = [
        AddIndexLive(
            model_name="membership",
            index=models.Index(
                fields=["program_id", "last_order_at", "customer_id"], name="dg_membership_visited"
            ),
        ),
        AddIndexLive(
            model_name="membership",
            index=models.Index(
                fields=["program_id", "spend_minor", "customer_id"], name="dg_membership_spent"
            ),
        ),
        RemoveIndexLive(model_name="membership", name="dg_membership_recent"),
        RemoveIndexLive(model_name="membership", name="dg_membership_spend"),
    ]
