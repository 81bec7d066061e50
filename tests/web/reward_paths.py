"""The addresses of all pages of rewards (promotions, coupons, cards, referrals), with something on each."""

from dangol.core.storage.ids import show_id
from dangol.rooms.rewards.promotions.simulations import list_trials
from tests.web.coupons import tell_coupons
from tests.web.event_rules import tell_event_rules
from tests.web.gift_cards import tell_gift_cards
from tests.web.promotions import tell_promotions
from tests.web.referrals import tell_referrals
from tests.web.rewards import tell_rewards
from tests.web.stamps import tell_stamps
from tests.web.story import Story


def all_reward_paths(story: Story) -> dict[str, str]:
    """Return the addresses of all these pages."""
    parts = (
        reward_paths, promotion_paths, coupon_paths, stamp_paths, referral_paths, event_rule_paths,
        gift_card_paths,
    )  # fmt: skip
    return {name: path for part in parts for name, path in part(story).items()}


def reward_paths(story: Story) -> dict[str, str]:
    """Return the addresses of the pages of rewards, with one of each kind and somebody who took one."""
    cup, card, taken, shown = tell_rewards(story)
    return {
        "rewards": "/rewards",
        "rewards-archived": "/rewards?archived=1",
        "reward": f"/rewards/{show_id(cup)}",
        "reward-codes": f"/rewards/{show_id(card)}",
        "reward-new": "/rewards/new",
        "reward-edit": f"/rewards/{show_id(cup)}/edit",
        "redemptions": "/redemptions",
        "redemptions-nothing": "/redemptions?q=nothing",
        "redemption": f"/redemptions/{show_id(story.regular)}/{show_id(taken)}",
        "redemption-code": f"/redemptions/{show_id(story.regular)}/{show_id(shown)}",
    }


def promotion_paths(story: Story) -> dict[str, str]:
    """Return the addresses of the pages of promotions, with one in force and one that says all there is."""
    made = tell_promotions(story)
    live, draft = (show_id(one) for one in made)
    trials = [show_id(one.id) for one in list_trials(made[0])]
    return {
        **{f"promotion-trial-{n}": f"/promotions/simulations/{one}" for n, one in enumerate(trials)},
        "promotions": "/promotions",
        "promotions-nothing": "/promotions?q=nothing",
        "promotions-archived": "/promotions?state=archived",
        "promotion": f"/promotions/{live}?done=paused",
        "promotion-draft": f"/promotions/{draft}",
        "promotion-begin": "/promotions/new",
        "promotion-new": "/promotions/new?try=win-back",
        "promotion-edit": f"/promotions/{draft}/edit?saved=1",
        "promotion-diff": f"/promotions/{live}/diff",
        "promotion-diff-first": f"/promotions/{draft}/diff",
        "promotion-uses": f"/promotions/{live}/uses",
        "promotion-version": f"/promotions/{live}/versions/1",
        "checkout-settings": "/checkout-settings?saved=1",
        "checkout-settings-edit": "/checkout-settings/edit",
        "household-settings": "/household-settings?saved=1",
        "household-settings-edit": "/household-settings/edit",
        "stored-value-settings": "/stored-value-settings?saved=1",
        "stored-value-settings-edit": "/stored-value-settings/edit",
    }


def coupon_paths(story: Story) -> dict[str, str]:
    """Return the addresses of the pages of coupons, with a batch of each kind and codes that were used."""
    told = tell_coupons(story)
    batch, pool = f"/coupons/{show_id(told.spring)}", f"/coupons/{show_id(told.pool)}"
    return {
        "coupons": "/coupons",
        "coupons-nothing": "/coupons?q=nothing&state=blocked",
        "coupon-new": "/coupons/new",
        "coupon-batch": f"{batch}?done=opened",
        "coupon-generic": f"/coupons/{show_id(told.welcome)}",
        "coupon-pool": pool,
        "coupon-file": f"{pool}/files/{show_id(told.file_id)}",
        "coupon-code": f"{batch}/code?code={told.used}",
        "coupon-code-none": f"{batch}/code?code=NOTHING",
        "coupon-hand-out": f"{batch}/hand-out?q=15",
        "coupon-sheets": f"{batch}/sheets",
        "member-coupons": f"/members/{show_id(story.regular)}/coupons",
    }


def stamp_paths(story: Story) -> dict[str, str]:
    """Return the addresses of the pages of stamp cards, with a card that waits for its reward."""
    coffee, cake = tell_stamps(story)
    return {
        "stamp-cards": "/stamp-cards",
        "stamp-cards-archived": "/stamp-cards?archived=1",
        "stamp-card": f"/stamp-cards/{show_id(coffee)}",
        "stamp-card-waiting": f"/stamp-cards/{show_id(cake)}",
        "stamp-card-new": "/stamp-cards/new",
        "stamp-card-edit": f"/stamp-cards/{show_id(cake)}/edit",
        "member-stamps": f"/members/{show_id(story.regular)}/stamps",
    }


def referral_paths(story: Story) -> dict[str, str]:
    """Return the addresses of the pages of referrals, with one that is to be looked at."""
    told = tell_referrals(story)
    program = f"/referrals/programs/{show_id(told.program_id)}"
    return {
        "referrals": "/referrals",
        "referrals-review": "/referrals?state=review",
        "referrals-nothing": "/referrals?state=lapsed",
        "referral": f"/referrals/{show_id(told.waiting)}",
        "referral-review": f"/referrals/{show_id(told.suspicious)}",
        "referral-program": program,
        "referral-program-edit": f"{program}/edit",
        "referral-program-new": "/referrals/programs/new",
        "member-referral": f"/members/{show_id(story.regular)}/referral",
        "member-referral-none": f"/members/{show_id(story.newcomer)}/referral",
    }


def event_rule_paths(story: Story) -> dict[str, str]:
    """Return the addresses of the pages of event rules: one in force, a draft, one put away, and trials."""
    told = tell_event_rules(story)
    live, draft = show_id(told.live), show_id(told.draft)
    return {
        **{
            f"event-rule-trial-{n}": f"/event-rules/trials/{show_id(one)}"
            for n, one in enumerate(told.trials)
        },
        "event-rules": "/event-rules",
        "event-rules-archived": "/event-rules?state=archived",
        "event-rule": f"/event-rules/{live}?done=published",
        "event-rule-draft": f"/event-rules/{draft}",
        "event-rule-archived": f"/event-rules/{show_id(told.archived)}",
        "event-rule-awards": f"/event-rules/{live}/awards",
        "event-rule-begin": "/event-rules/new",
        "event-rule-new": "/event-rules/new?try=blank",
        "event-rule-edit": f"/event-rules/{live}/edit",
        "member-earning": f"/members/{show_id(story.regular)}/earning",
    }


def gift_card_paths(story: Story) -> dict[str, str]:
    """Return the addresses of the pages of gift cards and credit, with one held, one shut, and a batch."""
    held, shut, batch = (show_id(one) for one in tell_gift_cards(story))
    return {
        "gift-cards": "/gift-cards",
        "gift-cards-nothing": "/gift-cards?q=0000&state=blocked",
        "gift-card": f"/gift-cards/{held}",
        "gift-card-blocked": f"/gift-cards/{shut}",
        "gift-card-new": "/gift-cards/new",
        "gift-card-batches": "/gift-cards/batches",
        "gift-card-batch": f"/gift-cards/batches/{batch}",
        "gift-card-batch-new": "/gift-cards/batches/new",
        "gift-card-sheets": f"/gift-cards/batches/{batch}/sheets",
        "member-credit": f"/members/{show_id(story.regular)}/credit?waits=1",
    }
