"""A real mail server for one test: Postfix with STARTTLS and authentication by Dovecot, delivering into Maildirs that
Dovecot serves over IMAP. Both run from folders of their own, on loopback, and end with the test. Needs root, as Postfix
changes user."""

import contextlib
import email
import email.policy
import imaplib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

USER, PASSWORD, DOMAIN = "coordinators", "correct-horse", "mail.test"
UTF8_USER = "jürgen"  # whose mailbox is utf8

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
mail_owner = postfix
setgid_group = postdrop
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
mynetworks = 127.0.0.2/32
relay_domains =
maillog_file = {place}/mail.log
maillog_file_prefixes = {place}
import_environment = MAIL_CONFIG={place}/conf
message_size_limit = {size_limit}
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {place}/mail
virtual_mailbox_maps = inline:{{ {{ {user}@{domain} = {user}/ }}, {{ second@{domain} = second/ }},
    {{ {utf8_user}@{domain} = utf8/ }} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = encrypt
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
smtpd_tls_auth_only = yes
smtpd_recipient_restrictions = check_recipient_access texthash:{place}/conf/access, permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtputf8_enable = yes
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup   unix n - n 60 1 pickup
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 300 1 qmgr
tlsmgr   unix - - n 1000? 1 tlsmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
verify   unix - - n - 1 verify
proxymap unix - - n - - proxymap
virtual  unix - n n - - virtual
error    unix - - n - - error
retry    unix - - n - - error
discard  unix - - n - - discard
anvil    unix - - n - 1 anvil
scache   unix - - n - 1 scache
postlog  unix-dgram n - n - 1 postlogd
"""

DOVECOT_CONF = """\
base_dir = {place}/dovecot
state_dir = {place}/dovecot
log_path = {place}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{place}/mail/%n
first_valid_uid = 1
default_login_user = dovenull
default_internal_user = dovecot
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place}/mail/%n
}}
service imap-login {{
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth_port}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def missing():
    """Why this cannot run here, or None."""
    if os.geteuid() != 0:
        return "Postfix needs root"
    for program in ("/usr/sbin/postfix", "/usr/sbin/dovecot"):
        if not pathlib.Path(program).exists():
            return f"{program} is not installed"
    return None


class MailServer:
    """smtp_url, imap; mails() reads what was delivered, back over IMAP."""

    def __init__(self, certificate, key, size_limit=10_240_000):
        # both servers change user and must be able to walk here, so pytest's own folders (0700) will not do
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="mailserver-"))
        self.place.chmod(0o755)
        self.port, self.imap_port, self.auth_port = free_port(), free_port(), free_port()
        owner = pwd.getpwnam("mail")
        values = {
            "place": self.place, "domain": DOMAIN, "user": USER, "utf8_user": UTF8_USER, "password": PASSWORD,
            "uid": owner.pw_uid, "gid": owner.pw_gid, "certificate": certificate, "key": key, "size_limit": size_limit, "port": self.port,
            "imap_port": self.imap_port, "auth_port": self.auth_port,
        }
        for name in ("queue", "data", "conf", "mail", "dovecot"):
            (self.place / name).mkdir(parents=True)
        shutil.chown(self.place / "data", "postfix")
        shutil.chown(self.place / "mail", owner.pw_uid, owner.pw_gid)
        (self.place / "conf/main.cf").write_text(MAIN_CF.format(**values), encoding="utf-8")
        (self.place / "conf/master.cf").write_text(MASTER_CF.format(**values))
        (self.place / "conf/access").write_text("")
        (self.place / "dovecot.conf").write_text(DOVECOT_CONF.format(**values))
        self.smtp_url = f"smtp://localhost:{self.port}"
        self.dovecot = None

    def start(self):
        self.dovecot = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", self.place / "dovecot.conf"])
        subprocess.run(["/usr/sbin/postfix", "-c", self.place / "conf", "start"], check=True, capture_output=True)
        for port in (self.port, self.imap_port, self.auth_port):
            self._wait_for(port)

    def _wait_for(self, port):
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer on port {port}; see {self.place}/mail.log and dovecot.log")
            time.sleep(0.05)

    def stop(self):
        subprocess.run(["/usr/sbin/postfix", "-c", self.place / "conf", "stop"], check=False, capture_output=True)
        if self.dovecot:
            self.dovecot.terminate()
            self.dovecot.wait(timeout=20)
        shutil.rmtree(self.place, ignore_errors=True)

    @contextlib.contextmanager
    def putting_off(self, address):
        """The server answers 450 to this recipient meanwhile."""
        access = self.place / "conf/access"
        access.write_text(f"{address} 450 4.2.1 come back later\n")
        self._reload()
        try:
            yield
        finally:
            access.write_text("")
            self._reload()

    def _reload(self):
        subprocess.run(["/usr/sbin/postfix", "-c", self.place / "conf", "reload"], check=True, capture_output=True)

    def empty(self):
        """Forgets what was delivered."""
        for mailbox in (self.place / "mail").iterdir():
            shutil.rmtree(mailbox)

    def mails(self, user=USER):
        """Every delivered mail of a user, parsed, oldest first."""
        with imaplib.IMAP4("127.0.0.1", self.imap_port) as imap:
            imap.login(user, PASSWORD)
            imap.select("INBOX", readonly=True)
            numbers = imap.search(None, "ALL")[1][0].split()
            bodies = [imap.fetch(number, "(RFC822)")[1][0][1] for number in numbers]
        return [email.message_from_bytes(body, policy=email.policy.default) for body in bodies]


@contextlib.contextmanager
def running(certificate, key, **options):
    server = MailServer(certificate, key, **options)
    try:
        server.start()
        yield server
    finally:
        server.stop()
