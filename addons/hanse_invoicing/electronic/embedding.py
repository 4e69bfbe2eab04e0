"""Validate electronic invoices and put them into PDF files, by the library factur-x.

It is imported when somebody asks for such a file and not before: it brings lxml, pypdf and requests.
"""

from __future__ import annotations

import logging

from hanse import BusinessError, _
from hanse_invoicing.electronic import cii, ubl
from hanse_invoicing.electronic.content import Paper

FACTURX, UBL = "factur-x", "ubl"
log = logging.getLogger("hanse.invoicing.electronic")


def cii_of(paper: Paper) -> bytes:
    """Write a Cross Industry Invoice that is valid by the schema of Factur-X.

    :raises BusinessError: it is not
    """
    return _valid(cii.write(paper), "factur-x", "en16931")


def ubl_of(paper: Paper) -> bytes:
    """Write a UBL document that is valid by the schema of OASIS.

    :raises BusinessError: it is not
    """
    return _valid(ubl.write(paper), "ubl-2.1-creditnote" if paper.is_credit else "ubl-2.1-invoice", "en16931")


def _valid(xml: bytes, flavor: str, level: str) -> bytes:
    from facturx import xml_check_xsd

    try:
        xml_check_xsd(xml, flavor=flavor, level=level)
    except Exception as error:  # the library raises nothing more exact
        log.exception("An electronic invoice is not valid by its schema.")
        raise BusinessError(
            _("The electronic invoice is not valid by its schema: %(why)s", why=str(error)[:400])
        ) from error
    return xml


def facturx(pdf: bytes, paper: Paper, language: str) -> bytes:
    """Give a PDF/A-3 file of an invoice that carries it as Factur-X, profile EN 16931.

    :param pdf: the printed invoice, PDF/A-3
    :param language: BCP 47
    :raises BusinessError: it is not valid by the schema
    """
    from facturx import generate_from_binary

    title = f"{paper.seller.name}: {paper.number}"
    about = {"author": paper.seller.name, "keywords": "Factur-X", "title": title, "subject": paper.number}
    made: bytes = generate_from_binary(
        pdf,
        cii_of(paper),
        flavor="factur-x",
        level="en16931",
        check_xsd=False,
        check_schematron=False,
        pdf_metadata=about,
        lang=language,
        afrelationship="alternative",
    )
    return made
