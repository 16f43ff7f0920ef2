"""The vendor's own SDK against the platform on a socket: every answer must parse into the SDK's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thunderphone.generated.models.agent_request import AgentRequest
from thunderphone.generated.models.product_f52_enum import ProductF52Enum
from thunderphone.generated.models.transfer_destination_request import TransferDestinationRequest

if TYPE_CHECKING:
    from thunderphone import ThunderPhone


def parsed(operation: Any, sdk: ThunderPhone, *arguments: Any, **options: Any) -> Any:
    response = operation.sync_detailed(*arguments, client=sdk.client, **options)
    assert 200 <= response.status_code < 300, response.content
    assert response.parsed is not None
    return response.parsed


def done(operation: Any, sdk: ThunderPhone, *arguments: Any, **options: Any) -> None:
    response = operation.sync_detailed(*arguments, client=sdk.client, **options)
    assert response.status_code == 204, response.content


def front_desk(sdk: ThunderPhone) -> Any:
    return sdk.agents.create(
        AgentRequest(
            name="Front desk",
            prompt="Greet {{patient}}.",
            voice="olivia",
            product=ProductF52Enum.STORM_EXTRA,
            transfer_destinations=[TransferDestinationRequest(name="Owner", number="212 555 0101")],
        )
    )
