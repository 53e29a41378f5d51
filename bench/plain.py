"""N: the interconnection as a good engineer writes it in a day. One task per dossier, one row, one post.

It checks nothing but types and maps next to nothing, which is to its advantage. `celery -A bench.plain worker`; where
things are comes from the environment.
"""

import json
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import requests
from celery import Celery
from pydantic import BaseModel
from sqlalchemy import DateTime, Engine, Integer, String, Text, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

DATABASE: Final = "BENCH_PLAIN_DATABASE"
BROKER: Final = "BENCH_PLAIN_BROKER"
PARTNER: Final = "BENCH_PLAIN_PARTNER"
QUEUE: Final = "plain"
PAGE: Final = 200

app = Celery("plain", broker=os.environ.get(BROKER, "memory://"))
app.conf.update(task_default_queue=QUEUE, task_ignore_result=True, broker_transport_options={"global_keyprefix": "n:"})


class Person(BaseModel):
    HoTen: str
    SoDinhDanh: str | None = None
    SoDienThoai: str | None = None
    Email: str | None = None


class Dossier(BaseModel):
    MaHoSo: str
    PhienBan: int
    MaTTHC: str
    MaDonViTiepNhan: str
    MaDonViDangKy: str
    NgayTiepNhan: str
    NgayHenTra: str
    TrangThaiHoSo: int
    ChuHoSo: Person
    ToKhai: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        received = datetime.strptime(self.NgayTiepNhan, "%Y%m%d%H%M%S")
        return {
            "maDonVi": self.MaDonViDangKy,
            "module": "LTKT" if "NguoiChet" in self.ToKhai else "LTKH",
            "maHoSoMCDT": self.MaHoSo,
            "lanGui": 1,
            "ngayTiepNhan": f"{received:%d/%m/%Y %H:%M:%S}",
            "data": json.dumps(self.ToKhai, ensure_ascii=False),
        }


class Base(DeclarativeBase):
    """Its one table."""


class Message(Base):
    __tablename__ = "plain_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), index=True)
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20), index=True)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    ministry_code: Mapped[str | None] = mapped_column(String(50))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@cache
def engine() -> Engine:
    return create_engine(os.environ[DATABASE])


@cache
def session() -> requests.Session:
    made = requests.Session()
    token = made.post(f"{os.environ[PARTNER]}/token", data={"grant_type": "client_credentials"}, timeout=10)
    made.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
    return made


@app.task(  # type: ignore[untyped-decorator,unused-ignore]
    bind=True, acks_late=True, autoretry_for=(requests.RequestException,), retry_backoff=True, max_retries=10
)
def deliver(task: Any, event: dict[str, Any]) -> None:
    dossier = Dossier.model_validate(event["HoSo"])
    with Session(engine(), expire_on_commit=False) as db:
        if task.request.retries == 0:
            message = Message(
                code=dossier.MaHoSo, body=json.dumps(event), status="new", created_at=datetime.now(UTC), tries=0
            )
            db.add(message)
        else:
            message = db.scalars(select(Message).where(Message.code == dossier.MaHoSo)).one()
        db.commit()
        answer = session().post(f"{os.environ[PARTNER]}/hotich/1.0/nhanHoSoDKHT", json=dossier.body, timeout=10)
        answer.raise_for_status()
        message.status = "sent"
        message.tries += 1
        message.ministry_code = answer.json()["value"]["maHoSoLT"]
        message.sent_at = datetime.now(UTC)
        db.commit()


@app.task  # type: ignore[untyped-decorator,unused-ignore]
def read_feed() -> None:
    params: dict[str, str | int] = {"so_luong": PAGE}
    while True:
        page = session().get(f"{os.environ[PARTNER]}/apitthc/v1/su-kien", params=params, timeout=10).json()
        for event in page["DuLieu"]:
            deliver.delay(event)
        params["con_tro"] = page["ConTroTiep"]
        if not page["ConNua"]:
            return
