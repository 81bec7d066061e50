"""What the API's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "request.no_such_address": Words(
            _("이 주소에는 아무것도 없어요."), _("/api/v1/openapi.json에서 주소를 확인하세요.")
        ),
        "request.wrong_method": Words(
            _("이 주소는 {method}를 받지 않아요."), _("{allowed} 가운데 하나로 보내세요.")
        ),
        "request.invalid": Words(_("요청에 맞지 않는 칸이 있어요."), _("errors에 적힌 칸을 고치세요.")),
        "request.not_json": Words(_("본문이 JSON이 아니에요."), _("UTF-8로 쓴 JSON 객체를 보내세요.")),
        "request.too_large": Words(_("본문이 {most:,}바이트보다 커요."), _("나누어 보내세요.")),
        "request.too_many": Words(
            _("{seconds}초에 {most:,}번까지 받아요."), _("{again_in}초 뒤에 다시 보내세요.")
        ),
        "coupons.invalid_promotion": Words(
            _("프로모션의 id가 아니에요: {promotion_id}"), _("프로모션의 id를 그대로 보내세요.")
        ),
        "request.invalid_cursor": Words(
            _("이 목록의 커서가 아니에요."), _("앞 페이지의 next_cursor를 그대로 보내세요.")
        ),
        "request.no_dry_run": Words(
            _("미리 해 볼 수 없는 일이에요. 바뀐 것은 없어요."), _("dry_run 없이 보내세요.")
        ),
        "request.unknown_field": Words(
            _("reveal로 볼 수 없는 칸이에요: {field}"), _("{known} 가운데에서 쉼표로 나누어 적으세요.")
        ),
        "request.not_an_instant": Words(
            _("{header} 머리글이 때가 아니에요."), _("2026-01-31T09:00:00+09:00처럼 시차까지 적으세요.")
        ),
        "request.not_now": Words(
            _("지금은 데이터베이스가 받지 못해요({why}). 바뀐 것은 없어요."),
            _("{again_in}초 뒤에 같은 키로 다시 보내세요."),
        ),
        "request.read_only": Words(
            _("지금은 읽기만 할 수 있어요({why})."), _("운영하는 사람에게 알려 주세요. `dangol doctor`")
        ),
        "request.failed": Words(
            _("요청을 처리하지 못했어요. 바뀐 것은 없어요."),
            _("같은 키로 다시 보내세요. 또 안 되면 request_id를 알려 주세요."),
        ),
        "idempotency.key_missing": Words(
            _("Idempotency-Key 머리글이 없어요."),
            _("요청마다 새 UUID를 넣고, 다시 보낼 때는 같은 값을 쓰세요."),
        ),
        "idempotency.key_invalid": Words(
            _("Idempotency-Key가 맞지 않아요."), _("빈칸 없는 ASCII 글자 1자에서 255자로 적으세요.")
        ),
        "idempotency.other_request": Words(
            _("이 Idempotency-Key는 다른 요청에 쓰였어요."), _("새 요청에는 새 키를 쓰세요.")
        ),
        "idempotency.in_flight": Words(
            _("같은 키의 첫 요청을 아직 처리하고 있어요."), _("1초 뒤에 다시 보내세요.")
        ),
        "members.unknown": Words(_("그런 회원은 없어요."), _("id나 external:…, phone:… 값을 확인하세요.")),
        "order.number_taken": Words(
            _("{source}의 {number}번은 이미 다른 내용의 주문이나 반품이에요."), _("번호를 확인하세요.")
        ),
        "order.off_too_much": Words(
            _("주문 할인({discount_minor})이 주문 금액({net_minor})보다 커요."), _("할인 금액을 고치세요.")
        ),
        "order.not_sold": Words(_("판 적이 없는 상품이에요: {product}"), _("상품 번호를 확인하세요.")),
        "order.in_the_future": Words(_("아직 오지 않은 때예요: {at}"), _("보내는 쪽의 시계를 확인하세요.")),
        "points.expiry_in_the_past": Words(
            _("이미 지난 때에 사라지는 포인트예요: {expires_at}"), _("더 늦은 때를 적으세요.")
        ),
        "task.not_dead": Words(_("이 일은 실패로 끝나지 않았어요({state})."), _("끝나기를 기다리세요.")),
    }
)
