// SPDX-License-Identifier: Apache-2.0
//! A credential as `git` children are told of it: by the environment, so that no list of
//! processes shows it.

use std::ffi::OsString;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use repo_sync_shared::edition::Credential;

use super::process::argument;
use super::{Address, Environment};

impl Environment {
    /// The same for children that are let in at `address` with this credential.
    #[must_use]
    pub fn let_in(mut self, address: &Address, credential: &Credential) -> Self {
        match credential {
            Credential::Ambient => {}
            Credential::SshKey(key) => {
                // What else is set up might offer somebody else's key.
                let gone = ["SSH_AUTH_SOCK", "SSH_AGENT_PID", "GIT_SSH", "GIT_SSH_COMMAND"];
                self.passed.retain(|(name, _)| !gone.iter().any(|gone| name == gone));
                self.passed.push(("GIT_SSH_COMMAND".into(), ssh_with(key)));
            }
            Credential::Token { user, token, expires: _ } => {
                let address = address.to_string();
                let text = STANDARD.encode(format!("{user}:{}", token.reveal()));
                // For this address alone: what it redirects to gets nothing.
                let name = format!("http.{address}.extraHeader");
                let setting = [
                    ("GIT_CONFIG_COUNT", "1".to_owned()),
                    ("GIT_CONFIG_KEY_0", name),
                    ("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {text}")),
                ];
                self.passed.extend(setting.map(|(name, value)| (name.into(), value.into())));
            }
        }
        self
    }
}

/// ssh with this key, for the shell that git asks.
fn ssh_with(key: &Path) -> OsString {
    let mut command = b"ssh -o IdentitiesOnly=yes -o IdentityAgent=none -i '".to_vec();
    for &byte in key.as_os_str().as_encoded_bytes() {
        match byte {
            b'\'' => command.extend(b"'\\''"),
            other => command.push(other),
        }
    }
    command.push(b'\'');
    argument(&command)
}

#[cfg(test)]
mod tests {
    use repo_sync_shared::edition::Secret;

    use super::*;

    fn shown(credential: &Credential, address: &str) -> Vec<String> {
        let vars = [("PATH", "/bin"), ("SSH_AUTH_SOCK", "/agent"), ("GIT_SSH_COMMAND", "ssh -v")];
        let environment = Environment::new(vars.map(|(name, value)| (name.into(), value.into())));
        let address = Address::parse(address, Path::new("/")).expect("the row holds an address");
        let environment = environment.let_in(&address, credential);
        let line = |(name, value): &(OsString, OsString)| {
            format!("{}={}", name.to_string_lossy(), value.to_string_lossy())
        };
        environment.passed.iter().map(line).collect()
    }

    #[test]
    fn a_key_is_the_only_one() {
        let key = Credential::SshKey("/keys/it's".into());
        assert_eq!(
            shown(&key, "git@host.example:acme/widget.git"),
            [
                "PATH=/bin",
                "GIT_SSH_COMMAND=ssh -o IdentitiesOnly=yes -o IdentityAgent=none -i '/keys/it'\\''s'",
            ]
        );
    }

    #[test]
    fn a_token_is_for_one_address() {
        let token = Credential::Token {
            user: "x".to_owned(),
            token: Secret::new("hunter2"),
            expires: None,
        };
        let shown = shown(&token, "https://host.example/acme/widget.git");
        assert!(shown.contains(
            &"GIT_CONFIG_KEY_0=http.https://host.example/acme/widget.git.extraHeader".to_owned()
        ));
        assert!(shown.contains(&"GIT_CONFIG_VALUE_0=Authorization: Basic eDpodW50ZXIy".to_owned()));
        assert!(shown.contains(&"SSH_AUTH_SOCK=/agent".to_owned()));
    }

    #[test]
    fn what_git_has_is_left_to_it() {
        let expected = ["PATH=/bin", "SSH_AUTH_SOCK=/agent", "GIT_SSH_COMMAND=ssh -v"];
        assert_eq!(shown(&Credential::Ambient, "https://host.example/x"), expected);
    }
}
