from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_coupons", "0003_acts_and_files")]

    operations = [
        AddIndexLive(
            model_name="couponissue",
            index=models.Index(fields=["batch_id", "code_key"], name="dg_coupon_issue_code"),
        ),
        AddIndexLive(
            model_name="couponcode",
            index=models.Index(
                fields=["batch_id"], name="dg_coupon_code_spent", condition=models.Q(used_count__gt=0)
            ),
        ),
        AddIndexLive(
            model_name="couponcode",
            index=models.Index(
                fields=["batch_id"], name="dg_coupon_code_shut", condition=models.Q(is_blocked=True)
            ),
        ),
    ]
