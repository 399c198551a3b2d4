// SPDX-License-Identifier: Apache-2.0
//! What a manifest says about messages and people.

/// Which part of a private message becomes public: `[message] mode`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum MessageMode {
    /// All of it.
    #[default]
    Keep,
    /// None of it; this text and one newline instead.
    Replace(String),
    /// The subject, an empty line, and the paragraph after a line `Public:`; the
    /// subject alone where there is no such paragraph.
    PublicSection,
}

/// What becomes of a quoted id that names a commit without an image:
/// `[message] ids`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QuotedIds {
    /// It stays, and `private-id` finds it.
    #[default]
    Find,
    /// It becomes zeros of the same length.
    Mask,
}

/// Which names and mail addresses may be public: `[identity]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum IdentityMode {
    /// All, as they are.
    #[default]
    Keep,
    /// As the mailmap at this path of the commit's own tree says
    /// (<https://git-scm.com/docs/gitmailmap>).
    Mailmap(String),
    /// Only addresses of these domains, exact or as a parent domain.
    AllowDomains(Vec<String>),
    /// This one, `Name <mail>`, for everybody.
    Overwrite(String),
}
