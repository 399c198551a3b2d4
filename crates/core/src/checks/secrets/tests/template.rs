// SPDX-License-Identifier: Apache-2.0
//! Makes texts from templates: `ghp_{A36}` is four letters and 36 random ones.

use fastrand::Rng;

/// What stands in the place of the random parts.
#[derive(Clone, Copy)]
pub(super) enum Fill {
    /// Random text, as in a real token.
    Random,
    /// Random text that is much too short.
    Short,
    /// One character again and again, as in an example.
    Same,
    /// Nothing, as in a program that looks for such tokens.
    Nothing,
}

/// The template with its parts filled.
///
/// A part is a letter for the alphabet and a length. `{u}` is a UUID, `{p3}` three lines
/// as in a PEM file. What is no part stays.
pub(super) fn fill(template: &str, fill: Fill, random: &mut Rng) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, part, after)) = next_part(rest) {
        text.push_str(before);
        rest = after;
        match part.split_at(1) {
            ("u", _) => {
                let groups = [8, 4, 4, 4, 12].map(|length| run("h", length, fill, random));
                text.push_str(&groups.join("-"));
            }
            ("p", lines) => {
                let lines = (0..length(lines)).map(|_| run("b", 64, fill, random));
                text.push_str(&lines.collect::<Vec<_>>().join("\n"));
            }
            (alphabet, count) => text.push_str(&run(alphabet, length(count), fill, random)),
        }
    }
    text + rest
}

/// What is before the next part, the part, and what is after it.
fn next_part(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(start, _)| {
        let (part, after) = text[start + 1..].split_once('}')?;
        let digits = part.strip_prefix(|first: char| first.is_ascii_alphabetic())?;
        let is_part =
            digits.bytes().all(|byte| byte.is_ascii_digit()) && (part == "u" || !digits.is_empty());
        is_part.then_some((&text[..start], part, after))
    })
}

fn length(digits: &str) -> usize {
    digits.parse().expect("a part is a letter and a number")
}

fn run(alphabet: &str, length: usize, fill: Fill, random: &mut Rng) -> String {
    let members: &[u8] = match alphabet {
        "A" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "a" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "l" => b"abcdefghijklmnopqrstuvwxyz0123456789",
        "U" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "B" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "C" => b"023456789ACDEFGHJKLMNPQRSTUVWXYZ",
        "w" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-",
        "b" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "h" => b"0123456789abcdef",
        "d" => b"0123456789",
        other => panic!("there is no alphabet `{other}`"),
    };
    let mut some = |length| {
        let pick = |_| char::from(members[random.usize(..members.len())]);
        (0..length).map(pick).collect::<String>()
    };
    match fill {
        Fill::Random => some(length),
        Fill::Short => some(length / 6),
        Fill::Same => char::from(members[0]).to_string().repeat(length),
        Fill::Nothing => String::new(),
    }
}
