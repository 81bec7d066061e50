from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive, RemoveIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_rewards", "0016_most_held")]

    operations = [
        AddIndexLive(
            model_name="membership",
            index=models.Index(
                fields=["program_id", "next_review_at"],
                name="dg_membership_due",
                condition=models.Q(next_review_at__isnull=False),
            ),
        ),
        RemoveIndexLive(model_name="membership", name="dg_membership_review"),
    ]
