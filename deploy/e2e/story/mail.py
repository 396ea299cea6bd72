"""An e-mail at a real mail server that wants TLS and a login, as the receiver `fallback` of a printed configuration."""

import email
import email.policy
import secrets

from .docker import run as command
from .stack import TOP
from .wait import until

HOST = "mail.example.org"
COMPOSE_FILE = TOP / "deploy" / "e2e" / "mail" / "compose.yml"


def add_server(run):
    """A mail server beside the stack, with a certificate and a password; and Alertmanager's configuration is ours."""
    folder = run.folder / "mail"
    folder.mkdir()
    command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
            "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"))
    (folder / "password").write_text(secrets.token_urlsafe(), encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)
    run.files.append(COMPOSE_FILE)
    run.settings["E2E_MAIL"] = str(folder)
    run.settings["SMTP_PASSWORD_FILE"] = str(folder / "password")
    run.settings["ALERTMANAGER_CONFIG"] = str(run.folder / "alertmanager.yml")


def configure(run):
    """Alertmanager's configuration, as deploy/services.md tells people to make it."""
    printed = run.compose(
        "run", "--rm", "--no-deps", "--no-TTY", "relay", "print-config", "alertmanager",
        "--smtp-smarthost", f"{HOST}:587", "--smtp-from", "Seamark <seamark@example.org>", "--smtp-to", "you@example.org",
        "--smtp-username", "seamark", "--smtp-password-file", "/run/secrets/smtp-password",
    )  # fmt: skip
    (run.folder / "alertmanager.yml").write_text(printed, encoding="utf-8")


def arrives(run, verdict):
    """The mail about SeamarkRelayDown, its way and its words."""
    try:
        inbox = until("the mail", lambda: messages(run), deadline=150)
    except TimeoutError:
        inbox = []
    verdict.check("one mail has arrived", len(inbox) == 1, inbox or run.compose("logs", "--tail", "20", "alertmanager", "mail"))
    for message in inbox[:1]:
        # ESMTP with S as in STARTTLS and A as in AUTH (RFC 3848).
        verdict.check("over TLS and with a login", "with ESMTPSA" in message["Received"], message["Received"])
        verdict.equal("from and to whom it says", (message["From"], message["To"]),
                      ("Seamark <seamark@example.org>", "you@example.org"))
        subject, text = message["Subject"], body(message)
        print(f"  Subject: {subject}")
        verdict.check("its subject says what has happened", "SeamarkRelayDown" in subject and "FIRING" in subject, subject)
        for words in ("The relay does not answer", "SeamarkRelayDown.md"):
            verdict.check(f"it says {words!r}", words in text, text)


def messages(run):
    """What the mail server has put into the inbox."""
    # Made with the first mail.
    script = "find /inbox -path '/inbox/new/*' -exec cat {} ';' -exec printf '\\0' ';'"
    text = run.compose("exec", "--no-TTY", "mail", "sh", "-c", script)
    return [email.message_from_string(each, policy=email.policy.default) for each in text.split("\0") if each.strip()]


def body(message):
    """The text of a mail; of HTML as well."""
    return message.get_body(preferencelist=("plain", "html")).get_content()
