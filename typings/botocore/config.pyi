from collections.abc import Mapping

class Config:
    def __init__(
        self,
        *,
        connect_timeout: float = ...,
        read_timeout: float = ...,
        retries: Mapping[str, object] = ...,
        signature_version: str = ...,
        s3: Mapping[str, object] = ...,
        request_checksum_calculation: str = ...,
        response_checksum_validation: str = ...,
        max_pool_connections: int = ...,
    ) -> None: ...
