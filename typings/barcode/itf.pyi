from barcode import Barcode

class ITF(Barcode):
    def __init__(self, code: str, *, narrow: int = ..., wide: int = ...) -> None: ...
