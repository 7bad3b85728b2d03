"""The examples of RFC 6979 and RFC 8032, written out."""

from __future__ import annotations

import pytest

from contenttrust import crypto
from signature_vectors import ec_key, octets_of

# RFC 6979 A.2.5, A.2.6, A.2.7: the public key, then r and s by message, with SHA-256.
RFC_6979 = {
    "P-256": (
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
        {
            b"sample": (
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
            ),
            b"test": (
                "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
                "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
            ),
        },
    ),
    "P-384": (
        (
            "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64"
            "DEF8F0EA9055866064A254515480BC13"
        ),
        (
            "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1"
            "288B231C3AE0D4FE7344FD2533264720"
        ),
        {
            b"sample": (
                (
                    "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33"
                    "BDE1E888E63355D92FA2B3C36D8FB2CD"
                ),
                (
                    "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEB"
                    "EFDC63ECCD1AC42EC0CB8668A4FA0AB0"
                ),
            ),
            b"test": (
                (
                    "6D6DEFAC9AB64DABAFE36C6BF510352A4CC27001263638E5B16D9BB51D451559"
                    "F918EEDAF2293BE5B475CC8F0188636B"
                ),
                (
                    "2D46F3BECBCC523D5F1A1256BF0C9B024D879BA9E838144C8BA6BAEB4B53B47D"
                    "51AB373F9845C0514EEFB14024787265"
                ),
            ),
        },
    ),
    "P-521": (
        (
            "1894550D0785932E00EAA23B694F213F8C3121F86DC97A04E5A7167DB4E5BCD3"
            "71123D46E45DB6B5D5370A7F20FB633155D38FFA16D2BD761DCAC474B9A2F5023A4"
        ),
        (
            "0493101C962CD4D2FDDF782285E64584139C2F91B47F87FF82354D6630F746A2"
            "8A0DB25741B5B34A828008B22ACC23F924FAAFBD4D33F81EA66956DFEAA2BFDFCF5"
        ),
        {
            b"sample": (
                (
                    "1511BB4D675114FE266FC4372B87682BAECC01D3CC62CF2303C92B3526012659"
                    "D16876E25C7C1E57648F23B73564D67F61C6F14D527D54972810421E7D87589E1A7"
                ),
                (
                    "04A171143A83163D6DF460AAF61522695F207A58B95C0644D87E52AA1A347916"
                    "E4F7A72930B1BC06DBE22CE3F58264AFD23704CBB63B29B931F7DE6C9D949A7ECFC"
                ),
            ),
            b"test": (
                (
                    "00E871C4A14F993C6C7369501900C4BC1E9C7B0B4BA44E04868B30B41D807104"
                    "2EB28C4C250411D0CE08CD197E4188EA4876F279F90B3D8D74A3C76E6F1E4656AA8"
                ),
                (
                    "0CD52DBAA33B063C3A6CD8058A1FB0A46A4754B034FCC644766CA14DA8CA5CA9"
                    "FDE00E88C1AD60CCBA759025299079D7A427EC3CC5B619BFBC828E7769BCD694E86"
                ),
            ),
        },
    ),
}

# RFC 8032 §7.1, TEST 1 to 3 and TEST SHA(abc): public key, message, signature.
RFC_8032 = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    "TEST SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
}


@pytest.mark.parametrize("curve", RFC_6979)
def test_the_signatures_of_rfc_6979_hold_for_their_message_only(curve: str) -> None:
    x, y, signatures = RFC_6979[curve]
    key = ec_key(curve, int(x, 16), int(y, 16))
    octets = octets_of(curve)

    assert signatures.keys() == {b"sample", b"test"}
    for message, parts in signatures.items():
        signature = b"".join(int(part, 16).to_bytes(octets, "big") for part in parts)
        assert crypto.verify(key, signature, message, "ecdsa")
        assert not crypto.verify(key, signature, message + b" ", "ecdsa")
        assert not crypto.verify(key, signature[::-1], message, "ecdsa")


@pytest.mark.parametrize("name", RFC_8032)
def test_the_signatures_of_rfc_8032_hold_for_their_message_only(name: str) -> None:
    key, message, signature = map(bytes.fromhex, RFC_8032[name])

    assert crypto.verify(key, signature, message, "eddsa")
    assert not crypto.verify(key, signature, message + b" ", "eddsa")
    assert not crypto.verify(key, signature[::-1], message, "eddsa")
