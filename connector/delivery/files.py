"""Attached files: fetched from the province when their application goes, and compared with what was announced."""

import hashlib
from typing import Final

from connector.adapters.ledger import Claimed
from connector.adapters.province import Province
from connector.domain.errors import DeliveryError, Invalid, NotYet, Refused, Unreachable
from connector.domain.message import Partner
from schemas import province as province_forms
from schemas import records
from schemas.findings import Code, finding

# A file that is wrong in the same way each time is wrong; one that differs was damaged on its way.
FETCHES: Final = 3
# The province's replicas lag up to a minute; a file that is not there after these tries is gone.
TRIES_FOR_A_FILE: Final = 3
_FILES: Final = "/".join(("", province_forms.DossierEvent.member("dossier"), province_forms.Dossier.member("files")))


def fetch(province: Province, attachment: records.Attachment, message: Claimed) -> bytes | None:
    """The bytes of an attachment, checked against what was announced; None of one that was removed."""
    if attachment.removed:
        return None
    try:
        return _fetched(province, attachment, message)
    except DeliveryError as error:
        error.partner = Partner.PROVINCE.value
        if isinstance(error, Unreachable):
            error.maybe_done = False  # the submission was not made
        raise


def _fetched(province: Province, attachment: records.Attachment, message: Claimed) -> bytes:
    digests = set()
    for _ in range(FETCHES):
        content = province.file(attachment.file_id, max(attachment.size, 0))
        if content is None:
            # Tries that an outage took say nothing of the file: the one before must have missed it, too.
            if message.tries + 1 < TRIES_FOR_A_FILE or message.last_code != "FILE_NOT_THERE":
                raise NotYet("FILE_NOT_THERE", "an attached file is not there, or not yet", http_status=404)
            raise Refused("FILE_GONE", "an attached file is gone from the province", http_status=404)
        digest = hashlib.sha256(content).hexdigest()
        if len(content) == attachment.size and digest == attachment.sha256:
            return content
        digests.add(digest)
    if len(digests) > 1:
        raise NotYet("FILE_UNSTEADY", "an attached file comes differently each time it is fetched")
    raise Invalid(finding(Code.FILE_MISMATCH, f"{_FILES}/{attachment.number - 1}"))
