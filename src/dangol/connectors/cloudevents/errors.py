"""What CloudEvents are refused for; `field` is the path of what is wrong."""

from dangol.domain.errors import Malformed


class EventsNotJson(Malformed):
    """The body (`field` of it) is no JSON object, or no array of them in a batch."""

    code = "cloudevents.not_json"


class MediaTypeUnknown(Malformed):
    """Neither a form of CloudEvents that is known (`type`), nor headers `ce-…`."""

    code = "cloudevents.media_type_unknown"


class AttributeUnfit(Malformed):
    """An attribute (`field`) is missing or not what it has to be.

    `why`: missing, text, time, version, encoding, header, or twice.
    """

    code = "cloudevents.attribute_unfit"


class DataUnreadable(Malformed):
    """The data (`field`) is not what its content type or its encoding says."""

    code = "cloudevents.data_unreadable"


class CloudBatchTooLong(Malformed):
    """The batch has more events (`events`) than `most`."""

    code = "cloudevents.batch_too_long"
