"""What the exchange says no with: a code and a text of Binance's, under an HTTP status."""

from types import MappingProxyType

from tui_trader.exchange.loopback.figures import JsonObject

TEXTS = MappingProxyType(
    {
        -1003: "Too many requests; current limit is {} requests per minute. Please use the websocket for live updates "
        "to avoid polling the API.",
        -1015: "Too many new orders; current limit is {} orders per {}.",
        -1021: "Timestamp for this request is outside of the recvWindow.",
        -1022: "Signature for this request is not valid.",
        -1100: "Illegal characters found in parameter '{}'.",
        -1102: "Mandatory parameter '{}' was not sent, was empty/null, or malformed.",
        -1106: "Parameter '{}' sent when not required.",
        -1111: "Precision is over the maximum defined for this asset.",
        -1115: "Invalid timeInForce.",
        -1116: "Invalid orderType.",
        -1117: "Invalid side.",
        -1120: "Invalid interval.",
        -1121: "Invalid symbol.",
        -1125: "This listenKey does not exist.",
        -1128: "Combination of optional parameters invalid.",
        -1130: "Data sent for parameter '{}' is not valid.",
        -1131: "recvWindow must be less than 60000.",
        -2011: "Unknown order sent.",
        -2013: "Order does not exist.",
        -2014: "API-key format invalid.",
        -2015: "Invalid API-key, IP, or permissions for action.",
        -2021: "Order would immediately trigger.",
        -2022: "ReduceOnly Order is rejected.",
        -4015: "Client order id is not valid.",
        -4045: "Reach max stop order limit.",
        -4046: "No need to change margin type.",
        -4047: "Margin type cannot be changed if there exists open orders.",
        -4048: "Margin type cannot be changed if there exists position.",
        -4055: "Amount must be positive.",
        -4059: "No need to change position side.",
        -4060: "Invalid position side.",
        -4061: "Order's position side does not match user's setting.",
        -4067: "Position side cannot be changed if there exists open orders.",
        -4068: "Position side cannot be changed if there exists position.",
        -4116: "ClientOrderId is duplicated.",
        -4120: "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
        -4130: "An open stop or take profit order with GTE and closePosition in the direction is existing.",
        -4131: "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
        -4136: "Target strategy invalid for orderType {}, closePosition {}.",
        -4137: "Quantity must be zero with closePosition equals true.",
        -4138: "Reduce only must be true with closePosition equals true.",
        -4140: "Invalid symbol status for opening position.",
        -4171: "No need to change multi-assets mode.",
    }
)
"""Code to text; `{}` stands for what the sentence names."""


class Refusal(Exception):
    """The exchange says no; nothing was changed."""

    def __init__(self, code: int, text: str = "", *, status: int = 400) -> None:
        """`text` is the documented one where it is not given."""
        self.code = code
        self.text = text or TEXTS[code]
        self.status = status
        super().__init__(f"{code}: {self.text}")

    @property
    def body(self) -> JsonObject:
        """As it is written."""
        return {"code": self.code, "msg": self.text}


def refuse(code: int, *named: object, status: int = 400) -> Refusal:
    """The refusal of this code, its text filled in."""
    return Refusal(code, TEXTS[code].format(*named), status=status)
