"""What the till's templates ask for."""

from django import template
from django.template import RequestContext

from dangol.web.acting import holder_of

register = template.Library()


@register.simple_tag(takes_context=True)
def till_holder(context: RequestContext) -> str:
    """Return who holds this browser now, for the sales that it keeps."""
    return holder_of(context["request"])
