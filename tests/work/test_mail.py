"""What may be relied on of mail: sent once, tried again when it fails, and nothing in it but what was meant."""

from __future__ import annotations

import datetime as dt
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import text

from hanse.config import ConfigError, Settings
from hanse.errors import BusinessError
from hanse.mail.message import Outgoing, To, compose, is_address, one_line
from hanse.mail.models import Mail, MailState
from hanse.mail.sending import PAUSES, send_mail
from hanse.mail.transport import Files, NotSent, Nowhere, Smtp, transport_of

NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
ENTRIES = [{"sentence": "<b>Lend</b>", "about": "LN-1 & co", "detail": "a < b", "when": "now", "url": "http://x/1"}]
VALUES = {"entries": ENTRIES, "company": "Hanse", "home_url": "http://x/"}


class Talk(socketserver.StreamRequestHandler):
    """One conversation of a small SMTP server, which keeps what it is given."""

    def handle(self) -> None:
        server = self.server
        self.say("220 test")
        while line := self.rfile.readline().decode().strip():
            server.said.append(line)
            word = line.upper().partition(" ")[0]
            if word == "EHLO":
                self.say("250-test\r\n250 8BITMIME")
            elif word == "RCPT" and server.refuse:
                self.say(server.refuse)
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (part := self.rfile.readline()) != b".\r\n":
                    lines.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                server.got.append(b"".join(lines))
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    """An SMTP server on this machine."""

    allow_reuse_address = True
    daemon_threads = True
    refuse = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.got: list[bytes] = []
        self.said: list[str] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def write(desk, address="ann@example.com", subject="Hello", **options):
    return send_mail(desk.ctx, To(address, "Ann"), subject, "notifications", VALUES, **options)


def row(desk, mail):
    desk.ctx.session.expire_all()
    return desk.ctx.session.get_one(Mail, mail)


def outgoing(**values):
    usual = Outgoing("a@b.c", "Ann", "Hi", "text\n", "<p>html</p>", "<1@b.c>", None, None, NOW)
    return replace(usual, **values)


def test_a_mail_leaves_once_with_text_and_html_and_its_content_is_forgotten(desk):
    mail = write(desk, settings_url="http://x/settings")
    assert desk.do_jobs() == 1
    desk.do_jobs(later=True)
    (sent,) = desk.post.sent

    assert (sent["To"], sent["Subject"]) == ("Ann <ann@example.com>", "Hello")
    assert sent["List-Unsubscribe"] == "<http://x/settings>"
    assert "LN-1 & co" in sent.get_body(("plain",)).get_content()
    html = sent.get_body(("html",)).get_content()
    assert "&lt;b&gt;Lend&lt;/b&gt;" in html
    assert "<b>Lend" not in html
    assert "src=" not in html
    kept = row(desk, mail)
    assert (kept.state, kept.attempts, kept.plain, kept.html) == (MailState.SENT, 1, "", "")


def test_a_mail_speaks_the_language_of_who_gets_it(desk):
    send_mail(desk.ctx, To("ann@example.com", "安", "zh_CN"), "你好", "notifications", VALUES)
    desk.do_jobs()

    assert "安，您好" in desk.post.sent[0].get_body(("plain",)).get_content()


def test_what_fails_is_tried_again_with_growing_pauses_and_then_given_up(desk):
    class Broken(Nowhere):
        def send(self, message):
            raise NotSent("connection refused")

    desk.post = Broken()
    mail = write(desk)
    desk.do_jobs()
    first = row(desk, mail)
    assert (first.state, first.attempts, first.error) == (MailState.WAITING, 1, "connection refused")
    assert first.next_at - desk.ctx.now <= PAUSES[0]
    assert desk.do_jobs() == 0  # it is not due yet
    desk.do_jobs(later=True)

    assert (row(desk, mail).state, row(desk, mail).attempts) == (MailState.FAILED, len(PAUSES) + 1)
    assert list(PAUSES) == sorted(PAUSES)


def test_what_a_server_refuses_for_good_is_not_tried_again(desk, server):
    server.refuse = "550 no such user"
    desk.post = Smtp(server.url, "Hanse <hanse@example.com>", "http://x")
    mail = write(desk)
    desk.do_jobs(later=True)

    assert (row(desk, mail).state, row(desk, mail).attempts) == (MailState.FAILED, 1)
    assert row(desk, mail).error == "550 no such user"


def test_a_mail_passes_through_a_server(desk, server):
    desk.post = Smtp(server.url, "Hanse 示例 <hanse@example.com>", "http://x")
    write(desk, subject="凭证 记-1", thread="<finance.voucher.1.1@example.com>", domain="example.com")
    desk.do_jobs()
    message = message_from_bytes(server.got[0], policy=default)

    assert message["Subject"] == "凭证 记-1"
    assert message["From"].addresses[0].display_name == "Hanse 示例"
    assert message["References"] == message["In-Reply-To"] == "<finance.voucher.1.1@example.com>"
    assert message["Message-ID"].endswith("@example.com>")
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_password_does_not_travel_in_the_open(monkeypatch):
    class Plain:
        def __init__(self, host, port, **_options):
            self.logged_in = False

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            return None

        def ehlo(self):
            return None

        def has_extn(self, _name):
            return False

        def login(self, *_words):
            raise AssertionError("the password was sent")

    monkeypatch.setattr("hanse.mail.transport.smtplib.SMTP", Plain)
    with pytest.raises(NotSent, match="offers no encryption"):
        Smtp("smtp://me:secret@mail.example.com:587", "a@b.c", "http://x").send(compose(outgoing(), "a@b.c"))
    assert "secret" not in repr(Smtp("smtp://me:secret@mail.example.com", "a@b.c", "http://x"))


def test_no_server_is_the_same_as_a_refusal_that_may_pass():
    with pytest.raises(NotSent) as refused:
        Smtp("smtp://127.0.0.1:1", "a@b.c", "http://x").send(compose(outgoing(), "a@b.c"))
    assert not refused.value.for_good


@pytest.mark.parametrize("evil", ["Hi\r\nBcc: all@example.com", "Hi\nX: y", "Hi\x0bX: y", "Hi\u2028X: y", "Hi\x00"])
def test_nothing_in_a_mail_begins_a_header_of_its_own(evil):
    message = compose(outgoing(subject=evil, name=evil), "Hanse <hanse@example.com>")
    again = message_from_bytes(message.as_bytes(), policy=default)

    assert again["Bcc"] is None
    assert again["X"] is None
    assert len(again["To"].addresses) == 1
    assert "\n" not in one_line(evil)


@pytest.mark.parametrize(
    "evil", ["a@b.c\r\nBcc: x@y.z", "a@b.c, x@y.z", "Ann <a@b.c>", "a b@c", "@b", "a@", "", "a@b\x00c", "a@b>c"]
)
def test_mail_goes_to_one_address_and_nothing_else(desk, evil):
    assert not is_address(evil)
    with pytest.raises(BusinessError, match="no e-mail address"):
        write(desk, address=evil)


@pytest.mark.parametrize("thread", ["<a@b>\r\nBcc: x@y.z"])
def test_what_only_a_fault_of_ours_could_put_there_is_refused_by_the_message_itself(thread):
    with pytest.raises(ValueError, match="linefeed|newline|header"):
        compose(outgoing(thread=thread), "a@b.c")


def test_without_a_server_mail_is_written_to_files_that_mail_programs_open(tmp_path):
    settings = replace(Settings.load(environ={}), home=tmp_path, public_url="https://erp.example.com/")
    post = transport_of(settings)
    message = compose(outgoing(), post.sender)
    post.send(message)
    post.send(message)
    (path,) = (tmp_path / "mail").iterdir()

    assert isinstance(post, Files)
    assert post.site == "https://erp.example.com"
    assert path.suffix == ".eml"
    assert message_from_bytes(path.read_bytes(), policy=default)["Subject"] == "Hi"
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HANSE_SMTP_URL", "http://mail"),
        ("HANSE_SMTP_URL", "smtp://mail:port"),
        ("HANSE_SMTP_URL", "smtp://"),
        ("HANSE_MAIL_FROM", "nobody"),
        ("HANSE_MAIL_FROM", "A <a@b.c>, B <b@b.c>"),
        ("HANSE_PUBLIC_URL", "erp.example.com"),
    ],
)
def test_a_wrong_setting_is_named_at_the_start(name, value):
    with pytest.raises(ConfigError, match=name):
        Settings.load(environ={name: value})


def test_the_log_of_mail_does_not_say_what_was_written(desk):
    write(desk, subject="The salary of Ann")
    reader = desk.person("root", "*")
    hidden = [name for name in ("subject", "plain", "html") if not _readable(reader, name)]

    assert hidden == ["subject", "plain", "html"]
    assert [one.address for one in reader.visible(Mail)] == ["ann@example.com"]


def _readable(ctx, name):
    from hanse.security.clauses import readable

    return readable(ctx, Mail.__fields__[name])


# --- notifications by mail --------------------------------------------------------------------------------------------


def comment(desk, loan, body="@ann look"):
    desk.run(desk.ctx, "library.loan.comment", [loan], body=body)


def subjects(desk):
    return [str(message["Subject"]) for message in desk.post.sent]


def test_what_comes_in_a_moment_is_one_mail(desk):
    desk.person("ann")
    one, other = desk.library.loan(), desk.library.loan(title="Ronja")
    for loan in (one, other):
        comment(desk, loan)
    desk.do_jobs()
    assert subjects(desk) == []
    desk.do_jobs(later=True)

    assert subjects(desk) == ["2 notifications: Administrator mentions you …"]
    text_ = desk.post.sent[0].get_body(("plain",)).get_content()
    assert one.number in text_
    assert other.number in text_
    assert "http://localhost/library/loan/" in text_
    assert "/core/notification-settings" in desk.post.sent[0]["List-Unsubscribe"]


def test_what_was_read_meanwhile_is_not_mailed(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    comment(desk, loan)
    desk.told(ann)
    ids = [id_ for (id_,) in desk.ctx.session.execute(text("SELECT id FROM core_notification"))]
    desk.run(desk.again(ann), "core.notification.mark_read", ids)
    desk.do_jobs(later=True)

    assert subjects(desk) == []


def test_nothing_is_mailed_of_what_one_may_no_longer_see(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    comment(desk, loan)
    desk.do_jobs()
    desk.withdraw(ann)
    desk.do_jobs(later=True)

    assert subjects(desk) == []


def test_the_daily_mail_brings_what_one_wants_once_a_day(desk):
    from hanse.work.reminders import mail_the_day

    ann, loan = desk.person("ann"), desk.library.loan()
    desk.wish(ann, mention="digest")
    comment(desk, loan)
    desk.do_jobs(later=True)
    assert subjects(desk) == []
    for _day in (1, 2):
        mail_the_day.function(desk.ctx)
        desk.do_jobs(later=True)

    assert subjects(desk) == [f"Administrator mentions you · {loan.number}"]


def test_who_wants_no_mail_or_has_no_address_gets_none(desk):
    ann, loan = desk.person("ann"), desk.library.loan()
    bea = desk.person("bea")
    desk.wish(ann, mention="app")
    desk.ctx.session.execute(text("UPDATE core_user SET email = NULL WHERE id = :id"), {"id": bea.user.id})
    comment(desk, loan, "@ann @bea look")
    desk.do_jobs(later=True)

    assert subjects(desk) == []
    assert len(desk.told(bea)) == 1


def test_mails_about_one_record_belong_together(desk):
    desk.person("ann")
    loan = desk.library.loan()
    for minutes in (0, 5):
        now = desk.ctx.now + dt.timedelta(minutes=minutes)
        desk.ctx.clock = lambda now=now: now
        comment(desk, loan)
        desk.do_jobs(later=True)

    assert len({str(message["References"]) for message in desk.post.sent}) == 1
    assert len({str(message["Message-ID"]) for message in desk.post.sent}) == 2
