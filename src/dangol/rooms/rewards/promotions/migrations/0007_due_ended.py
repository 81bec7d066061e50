from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dg_promotions', '0006_sale_due'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='saledue',
            name='dg_sale_unpaid_open',
        ),
        migrations.AddField(
            model_name='saledue',
            name='ended_at',
            field=models.DateTimeField(null=True),
        ),
        # Sales undone before this: nobody was told that nothing is missing of them.
        migrations.RunSQL(
            """
            UPDATE dg_sale_unpaid SET ended_at = (
                SELECT s.ended_at FROM dg_sale AS s
                WHERE s.customer_id = dg_sale_unpaid.customer_id AND s.id = dg_sale_unpaid.sale_id
                  AND s.state <> 'committed'
            )
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name='saledue',
            index=models.Index(condition=models.Q(('ended_at__isnull', True), ('paid_at__isnull', True)), fields=['noted_at'], name='dg_sale_unpaid_open'),
        ),
    ]
