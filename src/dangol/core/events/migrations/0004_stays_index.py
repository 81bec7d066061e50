from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_events", "0003_timeline_as_a_heap")]

    operations = [
        AddIndexLive(
            model_name="event",
            index=models.Index(
                fields=["customer_id"],
                name="dg_event_stay",
                condition=models.Q(name__in=("segment.entered", "segment.left")),
            ),
        ),
    ]
