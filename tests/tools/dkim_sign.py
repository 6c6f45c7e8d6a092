# SPDX-License-Identifier: Apache-2.0
"""Signs the mail on standard input with python3-dkim and prints it.

    dkim_sign.py SELECTOR DOMAIN KEY_FILE rsa-sha256|ed25519-sha256 [CANONICALIZATION]
"""

import sys

import dkim

selector, domain, key_file, algorithm = sys.argv[1:5]
forms = (sys.argv[5] if len(sys.argv) > 5 else "relaxed/simple").encode().split(b"/")
with open(key_file, "rb") as file:
    key = file.read()
mail = sys.stdin.buffer.read()
header = dkim.sign(mail, selector.encode(), domain.encode(), key, canonicalize=tuple(forms),
                   signature_algorithm=algorithm.encode())
sys.stdout.buffer.write(header + mail)
