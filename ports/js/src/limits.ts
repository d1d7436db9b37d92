/** The numbers of Section 3 of the specification. Times are Unix seconds, lengths are bytes. */

export const PREFIX = "clk1.";
export const TOKEN_MIN = 65;
export const TOKEN_MAX = 4096;
export const KEY_LEN = 32;
export const KID_LEN = 4;
export const NONCE_LEN = 24;
export const TAG_LEN = 16;
/** kid, N and T together. */
export const OVERHEAD = KID_LEN + NONCE_LEN + TAG_LEN;
export const PLAINTEXT_MAX = 3024;
export const PURPOSE_MAX = 255;
export const AUDIENCE_MAX = 255;
export const BINDING_MAX = 1024;
export const SUBJECT_MAX = 255;
export const SESSION_ID_LEN = 16;
export const U32_MAX = 0xffff_ffff;
export const TIME_MAX = 253_402_300_799;
export const GENERATION_MAX = U32_MAX - 1;
/** Value of a session entry that refuses every generation. */
export const LOGGED_OUT = U32_MAX;
export const CUTOFF_MAX = TIME_MAX + 2 ** 32;
/** Value and expiry of a key entry. */
export const FOREVER = 0xffff_ffff_ffff_ffffn;
export const DEPTH_MAX = 64;
export const ELEMENTS_MAX = 4096;
/** Values made of one payload, those without bytes included (Section 7.7). */
export const VALUES_MAX = 131_072;
/** Types within types of a description (Section 7.7). */
export const NESTING_MAX = 64;
export const SNAPSHOT_MIN = 60;
export const COOKIE_MAX = 4096;
export const KEYS_MAX = 256;
export const RING_FILE_MAX = 65_536;
export const NOTE_MAX = 80;
export const ROLLOUT_DEFAULT = 3600;
export const LEEWAY_MAX = 300;
export const TOLERANCE_MAX = 300;
export const TOLERANCE_DEFAULT = 60;
export const SKEW_DEFAULT = 2;
/** Default B of a view that is fed over a network. */
export const FEED_BOUND_DEFAULT = 2;
