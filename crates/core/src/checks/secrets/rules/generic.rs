// SPDX-License-Identifier: Apache-2.0
//! Passwords and keys that only their surroundings give away.

use super::{BuiltIn, token};

/// Parts of names whose value is no secret although a word like `key` is in them.
const HARMLESS_NAME: &str = r"(?i)^[\w.-]*(?:public|hash|digest|checksum|fingerprint|placeholder|hint|regex|pattern|label|message|error|prompt|field|header|env|path|file|name|url|uri|type|len|size)";

pub(super) const RULES: &[BuiltIn] = &[
    BuiltIn {
        except: &[
            // Addresses that are reserved for examples.
            r"(?i)@(?:[a-z0-9.-]*\.)?(?:example|test|invalid)(?:\.(?:com|org|net))?$",
            r"(?i)@(?:[a-z0-9.-]*\.)?(?:host|hostname|domain|server|foo|bar|baz)(?:\.[a-z]{2,4})?$",
        ],
        except_secret: &[
            r"(?i)pass|pwd|secret|token|user|foo|bar|qux|test|demo|hunter2|^key$|api[_-]?key|credential",
            // One word, or a number, in lower or upper case.
            r"^[a-z]{1,11}$|^[A-Z_]+$|^\d+$",
            r"^[%$@#<\[({]|[\])}>]$|^\\",
        ],
        ..token(
            "url-password",
            "password in a URL",
            &["://"],
            r#"\b[A-Za-z][A-Za-z0-9+.-]+://[^\s/?#:@"'`<>\\|,;(){}\[\]]*:([^\s/?#:@"'`<>\\|]{8,})@[A-Za-z0-9\[][A-Za-z0-9.:_\]-]*"#,
            2.75,
        )
    },
    BuiltIn {
        except: &[HARMLESS_NAME],
        except_secret: &[
            // Random text of this length has a digit, and is not one number.
            r"^[^0-9]+$|^[0-9.]+$|^0x",
            // Words joined by signs, with at most a number at their ends.
            r"^[A-Za-z]*\d{0,4}(?:[_./:@=-]+[A-Za-z]*\d{0,4})+$",
            // Ids and digests.
            r"(?i)^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$",
            r"(?i)test|fake|mock|pass|secret|token|foobar|deadbeef|sha\d{3}|^\$|://|%[sd]",
        ],
        ..token(
            "generic-secret",
            "value that is called a password, secret or key",
            &[
                "passw",
                "secret",
                "api_key",
                "apikey",
                "api-key",
                "access_key",
                "accesskey",
                "access-key",
                "access_token",
                "accesstoken",
                "access-token",
                "auth_token",
                "authtoken",
                "auth-token",
                "private_key",
                "privatekey",
                "private-key",
                "signing_key",
                "signingkey",
                "signing-key",
                "encryption_key",
                "encryptionkey",
                "encryption-key",
            ],
            r#"(?i)\b[\w.-]*(?:passw(?:or)?d|secret|(?:api|access|private|signing|encryption)[_-]?key|(?:access|auth)[_-]?token)[\w.-]*["']?\]?(?:[ \t]*:[ \t]*[&a-z]+)?[ \t]*(?::=|=>|=|:)[ \t]*(?:\r?\n[ \t]*)?["'`]([A-Za-z0-9+/_=!@#$%^&*~.:-]{16,})["'`]"#,
            3.7,
        )
    },
    BuiltIn {
        except: &[HARMLESS_NAME],
        except_secret: &[
            r"^[^0-9]+$|^[0-9.]+$|^0x",
            r"^[A-Za-z]*\d{0,4}(?:[_./:@=-]+[A-Za-z]*\d{0,4})+$",
            r"(?i)^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$",
            r"(?i)test|fake|mock|pass|secret|token|foobar|deadbeef|sha\d{3}|^\$|://|%[sd]",
        ],
        ..token(
            "env-secret",
            "password, secret or key in an environment file",
            &["_key", "secret", "token", "password", "apikey", "passwd"],
            r"\b[A-Z0-9_]*(?:_KEY|SECRET|TOKEN|PASSWORD|PASSWD|APIKEY)[A-Z0-9_]*=([A-Za-z0-9+/_=.~-]{20,})(?:[^A-Za-z0-9+/_=.~(\[{$-]|$)",
            3.9,
        )
    },
];
