// SPDX-License-Identifier: Apache-2.0
//! Private keys and signed tokens of no particular vendor.

use super::{BuiltIn, token};

pub(super) const RULES: &[BuiltIn] = &[
    // The body has to follow, in lines, in a string with `\n`, or in strings that are
    // joined: the first line alone is in every program that reads keys.
    token(
        "private-key",
        "private key in PEM form, encrypted or not",
        &["private key-----"],
        r#"-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY-----(?:(?:Proc-Type|DEK-Info|Comment): ?[^\\\r\n"]{1,80}|\\+[nrt]|\\\r?\n|[\s"'`+,;|>#*/&.-]|&#1[03];|<br>){1,60}([A-Za-z0-9+/]{40})"#,
        3.5,
    ),
    token(
        "pgp-private-key",
        "private key of OpenPGP",
        &["pgp private key block-----"],
        r#"-----BEGIN PGP PRIVATE KEY BLOCK-----(?:(?:Version|Comment|Charset|Hash|MessageID): ?[^\\\r\n"]{0,80}|\\+[nrt]|[\s"'`+,;|>#*/]){1,60}([A-Za-z0-9+/]{40})"#,
        3.5,
    ),
    token(
        "ssh-com-private-key",
        "private key of commercial SSH software",
        &["ssh2 encrypted private key ----"],
        r#"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----(?:Comment: ?[^\r\n]{0,80}|[\s"'`+,;|>#*/]){1,20}([A-Za-z0-9+/]{40})"#,
        3.5,
    ),
    token(
        "putty-private-key",
        "private key of PuTTY",
        &["private-lines:"],
        r"Private-Lines: \d{1,3}(?:\\+[nrt]|\s){1,4}([A-Za-z0-9+/]{30})",
        3.5,
    ),
    token(
        "age-secret-key",
        "secret key of age",
        &["age-secret-key-"],
        r"AGE-SECRET-KEY-(?:PQ-)?1[AC-HJ-NP-Z02-9]{58}",
        3.5,
    ),
    token(
        "minisign-secret-key",
        "secret key of minisign or signify",
        &["secret key"],
        r"comment: [^\n]{0,60}secret key[^\n]{0,60}\r?\nRW[A-Za-z0-9+/]{100,}",
        3.5,
    ),
    token(
        "wireguard-private-key",
        "private key of WireGuard",
        &["privatekey"],
        r"\bPrivateKey[ \t]{0,4}=[ \t]{0,4}([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)",
        4.0,
    ),
    BuiltIn {
        // The token that jwt.io shows, by the start of its signature.
        except: &[r"\.SflKxwRJSMeKKF2Q", r"\.TJVA95OrM7E2cBab"],
        ..token(
            "jwt",
            "signed JSON Web Token",
            &["eyj"],
            r"(?:\b|\\[nrt])eyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{40,}",
            4.0,
        )
    },
];
