// SPDX-License-Identifier: Apache-2.0
//! What `git` is given to be let in by a remote.

use std::fmt;
use std::path::PathBuf;
use std::time::SystemTime;

/// How to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// As git itself is set up: its agent, its helpers, what the environment holds.
    Ambient,
    /// With this ssh key and no other.
    SshKey(PathBuf),
    /// With a user name and a token, over http.
    Token {
        /// The name; many hosts take any.
        user: String,
        /// The token.
        token: Secret,
        /// Until when it is good, if it is known.
        expires: Option<SystemTime>,
    },
}

impl Credential {
    /// Whether it was good for a while, and is so no more.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        match self {
            Self::Ambient | Self::SshKey(_) | Self::Token { expires: None, .. } => false,
            Self::Token { expires: Some(expires), .. } => *expires <= now,
        }
    }
}

/// A text that no message and no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one who has to send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let token = Credential::Token {
            user: "x".to_owned(),
            token: Secret::new("hunter2"),
            expires: None,
        };
        assert!(!format!("{token:?}").contains("hunter2"));
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let token =
            |expires| Credential::Token { user: "x".to_owned(), token: Secret::new("t"), expires };
        assert!(!token(Some(at(10))).is_expired(at(9)));
        assert!(token(Some(at(10))).is_expired(at(10)));
        assert!(!token(None).is_expired(at(10)));
        assert!(!Credential::Ambient.is_expired(at(10)));
    }
}
