// SPDX-License-Identifier: Apache-2.0
//! Well-known licence texts, known by how they begin and how long they are: the same
//! file stands in many places, and says nothing about any of them.

/// How a text begins, and how long it is at most with the names of its holders.
const TEXTS: &[(&str, usize)] = &[
    ("apache license version 2.0, january 2004", 12_500),
    ("mit license", 1_600),
    ("the mit license", 1_600),
    ("isc license", 1_400),
    ("bsd 2-clause license", 2_200),
    ("bsd 3-clause license", 2_400),
    ("boost software license - version 1.0", 1_700),
    ("mozilla public license version 2.0", 18_000),
    ("mozilla public license, version 2.0", 18_000),
    ("gnu general public license version 2, june 1991", 19_500),
    ("gnu general public license version 3, 29 june 2007", 37_000),
    ("gnu lesser general public license version 2.1, february 1999", 28_500),
    ("gnu lesser general public license version 3, 29 june 2007", 9_000),
    ("gnu library general public license version 2, june 1991", 27_500),
    ("gnu affero general public license version 3, 19 november 2007", 36_500),
    ("eclipse public license - v 2.0", 16_000),
    ("this is free and unencumbered software released into the public domain.", 1_600),
    ("creative commons legal code", 22_000),
    ("cc0 1.0 universal", 8_000),
    ("sil open font license version 1.1", 5_500),
    ("permission is hereby granted, free of charge, to any person obtaining", 1_600),
    ("permission to use, copy, modify, and/or distribute this software for any", 1_200),
    ("redistribution and use in source and binary forms, with or without", 2_400),
];

/// Whether these bytes are a licence and little else.
pub(super) fn is_licence(data: &[u8]) -> bool {
    let longest = TEXTS.iter().map(|&(_, most)| most).max().unwrap_or_default();
    if data.len() > longest {
        return false;
    }
    let start = opening(data);
    TEXTS.iter().any(|&(text, most)| data.len() <= most && start.starts_with(text))
}

/// The first words in lower case, without copyright lines before them.
fn opening(data: &[u8]) -> String {
    let lines = data.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| !line.is_empty());
    let mut words =
        lines.map(|line| String::from_utf8_lossy(line).to_ascii_lowercase()).skip_while(|line| {
            line.starts_with("copyright")
                || line.starts_with("(c)")
                || line.starts_with("all rights")
        });
    let start: Vec<String> = words.by_ref().take(3).collect();
    let joined = start.join(" ");
    joined.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_known_by_its_beginning() {
        for text in [
            "MIT License\n\nCopyright (c) 2020 A\n\nPermission is hereby granted\n",
            "Copyright (c) 2020 A\n\nPermission is hereby granted, free of charge, to any\n\
             person obtaining a copy\n",
            "                                 Apache License\n\
             \u{20}                          Version 2.0, January 2004\n\
             \u{20}                       http://www.apache.org/licenses/\n",
            "\t\t    GNU GENERAL PUBLIC LICENSE\n\t\t       Version 2, June 1991\n",
        ] {
            assert!(is_licence(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_comes_with_a_licence_is_none() {
        let long = format!("MIT License\n{}", "how we bill\n".repeat(400));
        for text in [
            "// MIT License\nfn main() {}\n",
            "How we bill\n\nMIT License\n",
            "Copyright 2020 A\n\nInternal.\n",
            &long,
        ] {
            assert!(!is_licence(text.as_bytes()), "{text}");
        }
    }
}
