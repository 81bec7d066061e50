from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_events", "0001_timeline")]

    operations = [
        AddIndexLive(model_name="event", index=models.Index(fields=["id"], name="dg_event_id")),
    ]
