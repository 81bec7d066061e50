from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dg_rewards", "0006_membership_unseen")]

    operations = [
        migrations.AddField(
            model_name="accrual",
            name="is_undone",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
