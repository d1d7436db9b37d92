"""The numbers of the format, under the names the specification gives them."""

from __future__ import annotations

from typing import Final

PREFIX: Final = b"clk1."
TOKEN_MIN: Final = 65
TOKEN_MAX: Final = 4096
KEY_LEN: Final = 32
KID_LEN: Final = 4
NONCE_LEN: Final = 24
TAG_LEN: Final = 16
OVERHEAD: Final = KID_LEN + NONCE_LEN + TAG_LEN
PLAINTEXT_MIN: Final = 1
PLAINTEXT_MAX: Final = 3024

PURPOSE_MIN: Final = 1
PURPOSE_MAX: Final = 255
AUDIENCE_MAX: Final = 255
BINDING_MAX: Final = 1024
SUBJECT_MAX: Final = 255
SESSION_ID_LEN: Final = 16

U32_MAX: Final = 2**32 - 1
U64_MAX: Final = 2**64 - 1
TIME_MAX: Final = 253402300799
GENERATION_MAX: Final = 2**32 - 2
LOGGED_OUT: Final = 2**32 - 1
CUTOFF_MAX: Final = TIME_MAX + 2**32
FOREVER: Final = U64_MAX

DEPTH_MAX: Final = 64
ELEMENTS_MAX: Final = 4096
VALUES_MAX: Final = 131072

KEYS_MAX: Final = 256
RING_FILE_MAX: Final = 65536
NOTE_MAX: Final = 80
ROLLOUT_DEFAULT: Final = 3600

LEEWAY_MAX: Final = 300
TOLERANCE_MAX: Final = 300
TOLERANCE_DEFAULT: Final = 60
SKEW_DEFAULT: Final = 2
