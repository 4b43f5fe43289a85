"""The operations of the HTTP API, by the function that answers them."""

from docs.generate.operations import account, sign_ins, sms
from docs.generate.operations.operation import Operation

BY_FUNCTION: dict[str, tuple[Operation, ...]] = {
    "sign_ins": sign_ins.OPERATIONS,
    "account": account.OPERATIONS,
    "sms": sms.OPERATIONS,
}
OPERATIONS: tuple[Operation, ...] = tuple(operation for group in BY_FUNCTION.values() for operation in group)
