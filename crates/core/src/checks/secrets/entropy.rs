// SPDX-License-Identifier: Apache-2.0
//! How much each byte of a text surprises: what tells a key from a word.

/// Shannon entropy, in bits per byte.
pub(super) fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text {
        counts[usize::from(*byte)] += 1;
    }
    let length = text.len() as f64;
    let bits = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

#[cfg(test)]
mod tests {
    use super::entropy;

    #[test]
    fn entropy_counts_bits_per_byte() {
        check("", 0.0);
        check("aaaa", 0.0);
        check("abab", 1.0);
        check("abcd", 2.0);
        check("0123456789abcdef", 4.0);
    }

    #[track_caller]
    fn check(text: &str, expected: f64) {
        assert!((entropy(text.as_bytes()) - expected).abs() < 1e-9, "{text}");
    }
}
