"""Submissions, their files, withdrawals and questions, as the ministry gets them."""

import hashlib
from datetime import UTC, date, datetime

import pytest

from connector.domain.mapping import to_ministry
from connector.domain.mapping.reading import MappingFailed
from tests.unit import mapping_samples as samples


def test_a_submission_is_keyed_by_dossier_and_round() -> None:
    spaced = samples.application(MaHoSo="000.12.83.H01-230704- 0003")
    submission = to_ministry.submission(spaced, 3).to_wire()
    assert (submission["maHoSoMCDT"], submission["lanGui"]) == ("000.12.83.H01-230704-0003", 3)
    assert (submission["module"], submission["maDonVi"]) == ("LTKH", "30283")
    assert submission["ngayTiepNhan"] == "04/07/2023 08:40:00"
    assert "fileDinhKem" not in submission


def test_the_data_text_has_the_same_bytes_every_time_and_a_fingerprint() -> None:
    text = to_ministry.data_text(samples.application())
    shuffled = dict(reversed(samples.marriage().items()))
    assert to_ministry.data_text(samples.application(shuffled)) == text
    assert to_ministry.fingerprint(text) == hashlib.sha256(text.encode()).hexdigest()


def test_attachments_are_numbered_from_1_in_the_order_of_the_dossier() -> None:
    removed, kept = samples.application(TaiLieuNop=samples.files()).attachments
    assert [(each.number, each.file_id, each.removed) for each in (removed, kept)] == [(1, "a", True), (2, "b", False)]
    sent = to_ministry.attachment(kept, b"abc").to_wire()
    assert not samples.breaks_of("ministry", "Attachment", sent)
    assert (sent["id"], sent["huyGiayTo"], sent["duLieuTepDinhKem"]) == (2, 0, "YWJj")
    assert sent["tenTepDinhKem"] == "cccd.pdf"


def test_a_removed_attachment_goes_without_its_bytes() -> None:
    removed, kept = samples.application(TaiLieuNop=samples.files()).attachments
    for content in (b"abc", None):
        sent = to_ministry.attachment(removed, content).to_wire()
        assert (sent["huyGiayTo"], sent["duLieuTepDinhKem"]) == (1, "")
    with pytest.raises(MappingFailed):
        to_ministry.attachment(kept, None)


def test_a_withdrawal_without_a_reason_says_that_the_citizen_withdrew() -> None:
    at = datetime(2023, 7, 5, 2, 0, tzinfo=UTC)
    said = to_ministry.withdrawal("H01.12-230704-0003", "death", "  Nộp  nhầm ", at).to_wire()
    assert said == {
        "maHoSoMCDT": "H01.12-230704-0003",
        "module": "LTKT",
        "lyDo": "Nộp nhầm",
        "thoiDiem": "05/07/2023 09:00:00",
    }
    for reason in (None, " "):
        silent = to_ministry.withdrawal("H01.12-230704-0003", "marriage", reason, at).to_wire()
        assert silent["lyDo"] == "Công dân rút hồ sơ"


@pytest.mark.parametrize(("today", "code"), [(date(2025, 6, 30), "89"), (date(2025, 7, 1), "91")])
def test_a_question_names_the_province_by_its_code_of_the_day(today: date, code: str) -> None:
    asked = to_ministry.state_question("marriage", ["H01.12-230704-0003"], today).to_wire()
    assert asked == {"maTinh": code, "module": "LTKH", "maDinhDanhHoSo": ["H01.12-230704-0003"]}
