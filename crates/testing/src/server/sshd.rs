// SPDX-License-Identifier: Apache-2.0
//! An ssh server with one deploy key and a pinned host key.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::process::{Server, free_port, listens, program};
use crate::git::{Scratch, capture};

/// A running `sshd` for the current user.
#[derive(Debug)]
pub struct Sshd {
    _server: Server,
    dir: PathBuf,
    port: u16,
    user: String,
}

impl Sshd {
    /// Starts one on a free port.
    pub fn start(scratch: &Arc<Scratch>) -> Self {
        let sshd = program("sshd", "openssh-server");
        let dir = scratch.join("sshd");
        fs::create_dir(&dir).expect("the scratch place is writable");
        for key in ["host", "other-host", "deploy"] {
            keygen(&dir.join(key));
        }
        fs::copy(dir.join("deploy.pub"), dir.join("authorized_keys")).expect("it was just made");
        prepare_privilege_separation(scratch);
        let port = free_port();
        fs::write(dir.join("config"), config(&dir, port)).expect("the scratch place is writable");
        let mut command = Command::new(sshd);
        command.arg("-D").arg("-e").arg("-f").arg(dir.join("config"));
        let server = Server::start(&mut command, &dir.join("log"), || listens(port));
        let this = Self { _server: server, dir, port, user: current_user() };
        this.pin("known_hosts", "host");
        this.pin("known_hosts-of-another", "other-host");
        this
    }

    /// The address of a repository on this machine.
    pub fn url(&self, repository: &Path) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, repository.display())
    }

    /// The value of `GIT_SSH_COMMAND` with the deploy key and the right host key.
    pub fn command(&self) -> String {
        self.command_with("known_hosts", "deploy")
    }

    /// The deploy key, as it is given to a job.
    pub fn deploy_key(&self) -> String {
        fs::read_to_string(self.dir.join("deploy")).expect("the key was made at the start")
    }

    /// The host key that is pinned, as a line of `known_hosts`.
    pub fn known_hosts(&self) -> String {
        fs::read_to_string(self.dir.join("known_hosts")).expect("it was written at the start")
    }

    /// The value of `GIT_SSH_COMMAND` where the host key that is pinned is another one.
    pub fn command_with_wrong_host_key(&self) -> String {
        self.command_with("known_hosts-of-another", "deploy")
    }

    /// The same, but with a key that the server does not accept.
    pub fn command_with_wrong_key(&self) -> String {
        self.command_with("known_hosts", "other-host")
    }

    fn command_with(&self, known_hosts: &str, key: &str) -> String {
        format!(
            "ssh -F /dev/null -i {} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes \
             -o UserKnownHostsFile={} -o GlobalKnownHostsFile=/dev/null \
             -o StrictHostKeyChecking=yes",
            self.dir.join(key).display(),
            self.dir.join(known_hosts).display()
        )
    }

    fn pin(&self, known_hosts: &str, key: &str) {
        let key = fs::read_to_string(self.dir.join(key).with_extension("pub"))
            .expect("the key was made at the start");
        fs::write(self.dir.join(known_hosts), format!("[127.0.0.1]:{} {key}", self.port))
            .expect("the scratch place is writable");
    }
}

fn config(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "ListenAddress 127.0.0.1:{port}\n\
         HostKey {dir}/host\n\
         PidFile {dir}/pid\n\
         AuthorizedKeysFile {dir}/authorized_keys\n\
         StrictModes no\n\
         PermitRootLogin prohibit-password\n\
         PasswordAuthentication no\n\
         KbdInteractiveAuthentication no\n\
         UsePAM no\n\
         LogLevel VERBOSE\n"
    )
}

fn keygen(file: &Path) {
    let mut command = Command::new(program("ssh-keygen", "openssh-client"));
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(file);
    let output = capture(&mut command, b"");
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// As root, sshd wants an empty directory that the machine's own start makes.
fn prepare_privilege_separation(scratch: &Scratch) {
    let owner = fs::metadata(scratch.root()).expect("the scratch place is there").uid();
    let dir = Path::new("/run/sshd");
    if owner == 0 && !dir.exists() {
        fs::create_dir_all(dir).expect("root can write /run");
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).expect("it was just made");
    }
}

fn current_user() -> String {
    let output = capture(Command::new("id").arg("-un"), b"");
    String::from_utf8(output.stdout).expect("a user name is text").trim().to_owned()
}
