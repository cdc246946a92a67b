"""Encrypted states, judged by another implementation of AES-GCM: what gridform writes opens by
what README.md says of the form, and what is made by the same words is read by gridform.

    check_seal.py GRIDFORM STATE
"""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

GRIDFORM, STATE = sys.argv[1:3]
NEW, OLD = bytes(range(32)), bytes(range(100, 132))
MANIFEST = """gridform: 1
site: ml-private-cloud
encryption: { key: { env: NEW_KEY }, previous: [ { env: OLD_KEY } ] }
"""


def gridform(directory, *words):
    env = dict(os.environ, NEW_KEY=base64.b64encode(NEW).decode(), OLD_KEY=OLD.hex())
    done = subprocess.run([GRIDFORM, *words, "-C", directory], capture_output=True, env=env,
                          timeout=60)
    if done.returncode != 0:
        sys.exit(f"check_seal: {words}: exit {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def key_id(key):
    return hmac.new(key, b"gridform key id", hashlib.sha256).hexdigest()[:16]


def opened(text, key):
    head, content = text[:text.index(b'"text":"') + 8], json.loads(text)
    assert content["gridform_sealed"] == 1 and content["purpose"] == "state", content
    assert content["key"] == key_id(key), content["key"]
    return content, AESGCM(key).decrypt(bytes.fromhex(content["nonce"]),
                                        base64.b64decode(content["text"], validate=True), head)


def sealed(text, key):
    nonce = os.urandom(12)
    head = (f'{{"gridform_sealed":1,"purpose":"state","key":"{key_id(key)}",'
            f'"nonce":"{nonce.hex()}","text":"')
    return (head + base64.b64encode(AESGCM(key).encrypt(nonce, text, head.encode())).decode()
            + '"}\n').encode()


with tempfile.TemporaryDirectory() as directory:
    stored = pathlib.Path(directory) / "gridform.state"
    (pathlib.Path(directory) / "site.yaml").write_text(MANIFEST, encoding="utf-8")
    gridform(directory, "state", "push", STATE)
    pulled = gridform(directory, "state", "pull")
    assert b"esx-gpu" in pulled and b"esx-gpu" not in stored.read_bytes()
    header, plain = opened(stored.read_bytes(), NEW)
    assert plain == pulled, "what was stored is not what is printed"
    document = json.loads(plain)
    assert (header["lineage"], header["serial"]) == (document["lineage"], document["serial"])

    for key in (NEW, OLD):
        stored.write_bytes(sealed(pulled, key))
        assert gridform(directory, "state", "pull") == pulled
    gridform(directory, "state", "rm", "--yes", document["resources"][0]["address"])
    _, plain = opened(stored.read_bytes(), NEW)
    assert json.loads(plain)["serial"] == document["serial"] + 1
    backup = pathlib.Path(f"{stored}.backup").read_bytes()
    assert opened(backup, NEW)[1] == pulled  # brought under the new key by the write
print("check_seal: both ways, with both keys")
