"""Vectors of the kind wrapped.

Argon2id is not in the standard library: S stands here for every password, cost and salt that needs one. Any
implementation of RFC 9106 (version 0x13, 32 bytes, no secret, no associated data) prints them.
"""

from reference.cipher import xchacha_encrypt
from reference.keys import base64url, derive_pair, unbase64url
from reference.token import associated_data
from reference.wrapped import PREFIX, Cost, head_of, wrap

from .common import fill
from .keytexts import A
from .seals import flip

PASSWORD = b"correct horse battery staple"
SALT = bytes(range(16))
FILE = f"cloakroom-ring 1\nmax-lifetime 28800\nkey {A} activate=2026-09-01T00:00:00Z\n".encode()
LEAST = Cost(8, 1, 1)
# S by password and cost, with SALT.
SECRETS = {
    (PASSWORD, LEAST): "d17ea6341ca93da6079ea2f64dc4aa31dd1aaf9caa67fb42ac4afd0714706f26",
    (PASSWORD, Cost(16, 2, 2)): "d920ee8192c694ec1f7b7f80dc12eae5da9d1fb1b7a1308969bf1a32b3379544",
    (PASSWORD, Cost(9, 1, 1)): "22edb087b7542a1c207e0815cbd57738dd12f8f56e1fb46c198d33b5392061bc",
    (PASSWORD, Cost(128, 1, 16)): "0f565f92a06775d8ee65893ae7ef7471f21ccc9cabbd80623f78a27a6d806ae5",
    (PASSWORD, Cost(8, 16, 1)): "dc260740ab95f7290ef650c22a6e6a78088fa8b4607527e02ec5c6e45b1e62e3",
    (b"correct horse battery stable", LEAST): "0531885c5932eebe74de0e4390a59049bc68408c367eae7351a0c72c72b4579b",
    (b"x", LEAST): "b2858cd0d28ed8d564e64ab8c010885cf4af11ac9a70e740166133d9d4d122c7",
    (b"w" * 1024, LEAST): "63c1bc597f1debc894a1a774d96ab0c35027a83b576f42ea7d1adc76ff5deb20",
    ("p\u00e4ssw\u00f6rd".encode(), LEAST): "54188075931b1aa0602723d2fc5b3eb1b16ba15a0e2148e6d5d3626f01abc830",
    (PASSWORD + b"\n", LEAST): "c0cf236a65baff0610dc2cca15c1917a0bbac38ca7152e00fb7c4503561a6f18",
}
OTHER_SALT = "cae0f61f93d1d64e349e80e022954d2aaa12ec62789dc59d7ad46b6ad7c61905"


def secret(password=PASSWORD, cost=LEAST):
    """S."""
    return bytes.fromhex(SECRETS[password, cost])


def line(password=PASSWORD, cost=LEAST, file=FILE):
    """A wrapped file with its line end."""
    return wrap(secret(password, cost), cost, SALT, file)


def inputs(text, password=PASSWORD, cost=LEAST, s=None):
    """The inputs of a wrapped vector."""
    known = SECRETS.get((password, cost))
    return {"wrapped": text, "password": password.hex(), "s": s or known}


def of_body(body):
    """The line of any body."""
    return (PREFIX + base64url(body)).decode()


def crafted(nonce):
    """A valid AEAD message under S with any N."""
    head = head_of(LEAST, len(FILE), SALT)
    ke, _ = derive_pair(secret())
    ciphertext, tag = xchacha_encrypt(ke, nonce, associated_data(bytes(4), PREFIX + head), FILE)
    return of_body(head + nonce + ciphertext + tag)


def add(book):
    """SPEC 4.9."""
    file, flag = "wrapped/wrapped", ["wrapped"]

    def good(name, comment, values):
        book.good(file, "wrapped-ok-" + name, comment, flag, "wrapped", values)

    def bad(name, comment, values, base=None):
        book.bad(file, "wrapped-refused-" + name, comment, flag, "wrapped", "refused", values, base or inputs(plain))
    whole = line()
    plain, body = whole[:-1], unbase64url(whole[len(PREFIX):-1].encode())
    good("lf", "A line feed at the end.", inputs(whole))
    good("crlf", "CRLF at the end.", inputs(plain + "\r\n"))
    good("no-end", "No line end.", inputs(plain))
    for name, comment, cost in (("lanes", "Two passes and two lanes.", Cost(16, 2, 2)), ("memory-9", "9 KiB.", Cost(9, 1, 1)),
                                ("lanes-16", "16 lanes, with the least memory for them.", Cost(128, 1, 16)),
                                ("passes-16", "16 passes.", Cost(8, 16, 1))):
        good(name, comment, inputs(line(cost=cost), cost=cost))
    for name, comment, password in (("password-1", "A password of one byte.", b"x"),
                                    ("password-1024", "A password of 1024 bytes.", b"w" * 1024),
                                    ("password-utf8", "A password outside ASCII.", "p\u00e4ssw\u00f6rd".encode())):
        good(name, comment, inputs(line(password), password))
    for length in (1, 2, 3):
        good(f"file-{length}", f"A text of {length} bytes.", inputs(line(file=FILE[:length])))
    bad("password-empty", "The empty password.", {**inputs(plain), "password": ""})
    bad("password-1025", "A password of 1025 bytes.", {**inputs(plain), "password": (b"w" * 1025).hex()})
    long = body[:32] + body[32:] + b"\0"
    for name, comment, text in (
            ("empty", "The empty text.", ""),
            ("prefix-alone", "The prefix alone.", "clkwrap1."),
            ("prefix-upper", "The prefix in upper case.", "CLKWRAP1." + plain[9:]),
            ("prefix-version", "The prefix of another version.", "clkwrap2." + plain[9:]),
            ("prefix-key", "The prefix of a key.", "clkkey1." + plain[9:]),
            ("file", "A ring file that is not wrapped.", FILE.decode()),
            ("space-before", "A space before the text.", " " + plain),
            ("two-lines", "Two line feeds at the end.", plain + "\n\n"),
            ("cr", "A carriage return alone at the end.", plain + "\r"),
            ("lf-cr", "A line feed, then a carriage return.", plain + "\n\r"),
            ("space-after", "A space at the end.", plain + " "),
            ("lf-before", "A line feed before the text.", "\n" + plain),
            ("folded", "The text is folded into two lines.", plain[:60] + "\n" + plain[60:]),
            ("padding", "Padding at the end.", of_body(body[:-1]) + "="),
            ("plus", "A character of the standard alphabet.", plain[:40] + "+" + plain[41:]),
            ("non-ascii", "A letter outside ASCII.", plain[:40] + "\u00e9" + plain[42:]),
            ("one-more", "A character more: 1 modulo 4, or a byte more.", plain + "A"),
            ("31-bytes", "The body ends within its head.", of_body(body[:31])),
            ("head", "The head alone.", of_body(body[:32])),
            ("71-bytes", "The body is shorter than with any text.", of_body(body[:71])),
            ("truncated", "The last byte is missing.", of_body(body[:-1])),
            ("extended", "One byte more.", of_body(long)),
            ("n-0", "n is 0, with a body of 72 bytes.", of_body(head_of(LEAST, 0, SALT) + body[32:72])),
            ("n-less", "n is one too small.", of_body(head_of(LEAST, len(FILE) - 1, SALT) + body[32:])),
            ("n-more", "n is one too great.", of_body(head_of(LEAST, len(FILE) + 1, SALT) + body[32:])),
            ("n-max", "n is 2^32 - 1.", of_body(head_of(LEAST, 2**32 - 1, SALT) + body[32:])),
            ("n-bit", "One bit of n in a byte that only the seal knows to be wrong, with as many bytes more.",
             of_body(head_of(LEAST, len(FILE) + 1, SALT) + body[32:] + b"\0")),
            ("n-byte-flipped", "One bit of N.", of_body(flip(body, 8 * 40))),
            ("c-flipped", "One bit of C.", of_body(flip(body, 8 * 60))),
            ("t-flipped", "One bit of T.", of_body(flip(body, 8 * len(body) - 1))),
            ("nonce-random", "A valid AEAD message with a random N.", crafted(fill("wrapped nonce", 24))),
            ("memory-7", "Less memory than 8 KiB for each lane.", of_body(head_of(Cost(7, 1, 1), len(FILE), SALT) + body[32:])),
            ("memory-15", "Less memory than 8 KiB for each of two lanes.",
             of_body(head_of(Cost(15, 1, 2), len(FILE), SALT) + body[32:])),
            ("memory-0", "No memory.", of_body(head_of(Cost(0, 1, 1), len(FILE), SALT) + body[32:])),
            ("passes-0", "No passes.", of_body(head_of(Cost(8, 0, 1), len(FILE), SALT) + body[32:])),
            ("lanes-0", "No lanes.", of_body(head_of(Cost(8, 1, 0), len(FILE), SALT) + body[32:])),
            ("memory-max", "1 GiB and 1 KiB.", of_body(head_of(Cost(1048577, 1, 1), len(FILE), SALT) + body[32:])),
            ("passes-17", "17 passes.", of_body(head_of(Cost(8, 17, 1), len(FILE), SALT) + body[32:])),
            ("lanes-17", "17 lanes.", of_body(head_of(Cost(136, 1, 17), len(FILE), SALT) + body[32:])),
            ("work", "1 GiB and 5 passes.", of_body(head_of(Cost(1048576, 5, 1), len(FILE), SALT) + body[32:])),
            ("work-wrapped", "m * t is 2^32 and a little.", of_body(head_of(Cost(2**32 - 1, 2, 1), len(FILE), SALT) + body[32:]))):
        bad(name, comment, inputs(text))
    # With another password or salt S is another one, too, so these stand for two members.
    for name, comment, password in (("other-password", "Another password.", b"correct horse battery stable"),
                                    ("password-line-end", "The line end counts as part of the password.", PASSWORD + b"\n")):
        book.add(file, "wrapped-refused-" + name, comment, flag, "wrapped", "refused", inputs(plain, password))
    book.add(file, "wrapped-refused-other-salt", "The salt is changed.", flag, "wrapped", "refused",
             inputs(of_body(body[:16] + bytes(16) + body[32:]), s=OTHER_SALT))
    book.add(file, "wrapped-refused-other-memory", "The memory is changed.", flag, "wrapped", "refused",
             inputs(of_body(head_of(Cost(9, 1, 1), len(FILE), SALT) + body[32:]), cost=Cost(9, 1, 1)))
