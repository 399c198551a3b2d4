// SPDX-License-Identifier: Apache-2.0
//! Short names of Windows: `CLOUD~1`, `SYNC~1.TOM`.

/// How many characters of the long name a short one begins with.
const STEM: usize = 6;

/// How many of these stay where Windows adds four digits of a hash.
const HASHED_STEM: usize = 2;

/// Whether Windows could give a file called `long` the short name `short`.
pub(crate) fn may_be(short: &[u8], long: &[u8]) -> bool {
    let (stem, extension) = parts(short);
    let (long_stem, long_extension) = parts(long);
    let Some(tilde) = stem.iter().rposition(|&byte| byte == b'~') else { return false };
    let (stem, number) = (&stem[..tilde], &stem[tilde + 1..]);
    let numbered = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let begins = |with: &[u8], most: usize| {
        let kept = &with[..with.len().min(most)];
        // The longer the number, the less of the name.
        !stem.is_empty()
            && stem.len() <= kept.len()
            && stem.eq_ignore_ascii_case(&kept[..stem.len()])
            && (stem.len() == kept.len() || stem.len() + 1 + number.len() == STEM + 2)
    };
    let hashed = || {
        let start = long_stem.get(..HASHED_STEM);
        stem.len() == HASHED_STEM + 4
            && start.is_some_and(|start| stem[..HASHED_STEM].eq_ignore_ascii_case(start))
            && stem[HASHED_STEM..].iter().all(u8::is_ascii_hexdigit)
    };
    let same_extension =
        extension.eq_ignore_ascii_case(&long_extension[..long_extension.len().min(3)]);
    numbered && same_extension && (begins(&long_stem, STEM) || hashed())
}

/// The name before its last dot, and what follows it, without the characters that no
/// short name has.
fn parts(name: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let start = name.iter().position(|&byte| byte != b'.').unwrap_or(name.len());
    let name = &name[start..];
    let (stem, extension) = match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot) => (&name[..dot], &name[dot + 1..]),
        None => (name, &b""[..]),
    };
    let kept = |part: &[u8]| part.iter().copied().filter(|byte| !b". ".contains(byte)).collect();
    (kept(stem), kept(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_begins_like_the_long_one() {
        check("CLOUD~1", "cloud", true);
        check("cloud~12", "cloud", true);
        check("SYNC~1.TOM", "sync.toml", true);
        check("SECRET~1", "secrets", true);
        check("SECRE~10", "secrets", true);
        check("SE1A2B~1", "secrets", true);
        check("ENV~1", ".env", true);
        check("MYSECR~1", "my secrets", true);
    }

    #[test]
    fn another_name_is_another_name() {
        check("cloud", "cloud", false);
        check("cloud~", "cloud", false);
        check("cloud~x", "cloud", false);
        check("clo~1", "cloud", false);
        check("clouds~1", "cloud", false);
        check("CLOUD~1", "clouds", false);
        check("SYNC~1", "sync.toml", false);
        check("~1", "cloud", false);
        check("CL1A2G~1", "cloud", false);
    }

    #[track_caller]
    fn check(short: &str, long: &str, expected: bool) {
        assert_eq!(may_be(short.as_bytes(), long.as_bytes()), expected, "{short} for {long}");
    }
}
