"""The test vectors of RFC 8439 and draft-irtf-cfrg-xchacha-03 for the primitives of cipher.py,
and the worked example of SPEC 6 and 7."""

from . import cipher, ed25519

H = bytes.fromhex
SUNSCREEN = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
    b"future, sunscreen would be it."
)
COUNT32 = bytes(range(32))
KEY80 = bytes(range(0x80, 0xA0))
AAD12 = H("50515253c0c1c2c3c4c5c6c7")


def check(name, got, wanted):
    """Raises if a result differs from the published one."""
    if got != wanted:
        raise AssertionError(f"self-test {name}: got {got.hex()}, wanted {wanted.hex()}")


def chacha_tests():
    """RFC 8439 2.3.2, 2.4.2."""
    block = cipher.chacha20_block(COUNT32, 1, H("000000090000004a00000000"))
    check("RFC 8439 2.3.2", block, H(
        "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
        "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e"))
    text = cipher.chacha20(COUNT32, 1, H("000000000000004a00000000"), SUNSCREEN)
    check("RFC 8439 2.4.2", text, H(
        "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b"
        "f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8"
        "07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
        "5af90bbf74a35be6b40b8eedf2785e42874d"))


def poly_tests():
    """RFC 8439 2.5.2, 2.6.2 and the edge cases 7 to 11 of A.3."""
    check("RFC 8439 2.5.2", cipher.poly1305(
        H("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"),
        b"Cryptographic Forum Research Group"), H("a8061dc1305136c6c22b8baf0c0127a9"))
    check("RFC 8439 2.6.2", cipher.poly1305_key(KEY80, H("000000000001020304050607")), H(
        "8ad5a08b905f81cc815040274ab29471a833b637e3fd0da508dbb8e2fdd1a646"))
    two, one, ff = H("02") + bytes(15), H("01") + bytes(15), b"\xff"
    cases = (
        ("A.3 7", two + bytes(16), ff * 16, H("03") + bytes(15)),
        ("A.3 8", two + ff * 16, two, H("03") + bytes(15)),
        ("A.3 9", one + bytes(16), ff * 16 + H("f0") + ff * 15 + H("11") + bytes(15),
         H("05") + bytes(15)),
        ("A.3 10", one + bytes(16), ff * 16 + H("fb") + H("fe") * 15 + H("01") * 16, bytes(16)),
        ("A.3 11", two + bytes(16), H("fd") + ff * 15, H("fa") + ff * 15),
    )
    for name, key, message, tag in cases:
        check("RFC 8439 " + name, cipher.poly1305(key, message), tag)


def aead_tests():
    """RFC 8439 2.8.2."""
    nonce = H("070000004041424344454647")
    text, tag = cipher.aead_encrypt(KEY80, nonce, AAD12, SUNSCREEN)
    check("RFC 8439 2.8.2 ciphertext", text, H(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
        "3ff4def08e4b7a9de576d26586cec64b6116"))
    check("RFC 8439 2.8.2 tag", tag, H("1ae10b594f09e26a7e902ecbd0600691"))
    check("RFC 8439 2.8.2 back", cipher.aead_decrypt(KEY80, nonce, AAD12, text, tag), SUNSCREEN)
    assert cipher.aead_decrypt(KEY80, nonce, AAD12, text, bytes(16)) is None


def xchacha_tests():
    """draft-irtf-cfrg-xchacha-03 2.2.1 and A.3.1."""
    check("xchacha 2.2.1", cipher.hchacha20(COUNT32, H("000000090000004a0000000031415927")), H(
        "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"))
    nonce = bytes(range(0x40, 0x58))
    text, tag = cipher.xchacha_encrypt(KEY80, nonce, AAD12, SUNSCREEN)
    check("xchacha A.3.1 ciphertext", text, H(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
        "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
        "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52e"))
    check("xchacha A.3.1 tag", tag, H("c0875924c1c7987947deafd8780acf49"))
    check("xchacha back", cipher.xchacha_decrypt(KEY80, nonce, AAD12, text, tag), SUNSCREEN)


def hkdf_test():
    """RFC 5869 A.1 has an output of 42 bytes; its first 32 are one block of Expand."""
    prk = H("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    check("RFC 5869 A.1", cipher.expand(prk, H("f0f1f2f3f4f5f6f7f8f9"), 32), H(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"))


def ed25519_tests():
    """RFC 8032 7.1, tests 1 to 3."""
    for seed, key, message, signature in (
            ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
             "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
             "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
             "d25bf5f0595bbe24655141438e7a100b"),
            ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
             "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
             "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
             "387b2eaeb4302aeeb00d291612bb0c00"),
            ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
             "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
             "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
             "4a7c15e9716ed28dc027beceea1ec40a")):
        check("RFC 8032 key", ed25519.public_key(H(seed)), H(key))
        check("RFC 8032 signature", ed25519.sign(H(seed), H(message)), H(signature))
        assert ed25519.verify(H(key), H(message), H(signature))
        assert not ed25519.verify(H(key), H(message) + b"x", H(signature))


def run():
    """All of the above; returns the names of the groups that passed."""
    groups = (chacha_tests, poly_tests, aead_tests, xchacha_tests, hkdf_test, ed25519_tests)
    for group in groups:
        group()
    return [group.__name__ for group in groups]
