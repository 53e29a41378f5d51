"""Who sits at this machine, as histories and the audit name them."""

import getpass
import os
import socket


def operator() -> str:
    """The account, who stands behind sudo, and the machine."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have a number only
        account = f"uid-{os.getuid()}"
    behind = os.environ.get("SUDO_USER", account)
    who = account if behind == account else f"{behind}({account})"
    return f"{who}@{socket.gethostname()}"
