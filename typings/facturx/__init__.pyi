from collections.abc import Mapping

def xml_check_xsd(xml: bytes | str, flavor: str = ..., level: str = ...) -> bool: ...
def generate_from_binary(
    pdf_file: bytes,
    xml: bytes | str,
    flavor: str = ...,
    level: str = ...,
    *,
    check_xsd: bool = ...,
    check_schematron: bool = ...,
    pdf_metadata: Mapping[str, str] | None = ...,
    lang: str | None = ...,
    afrelationship: str = ...,
) -> bytes: ...
