// SPDX-License-Identifier: Apache-2.0
//! Starting, awaiting and stopping a server.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// After so long without an ear a server is not slow but broken, whatever else the
/// machine does.
const PATIENCE: Duration = Duration::from_secs(300);

/// A process that ends with its handle.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts it and waits until `ready` says so; panics with its log otherwise.
    pub(crate) fn start(command: &mut Command, log: &Path, ready: impl Fn() -> bool) -> Self {
        let output = std::fs::File::create(log).expect("the scratch place is writable");
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("an open file can be shared"))
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let mut server = Self { child };
        let start = Instant::now();
        while !ready() {
            let ended = server.child.try_wait().expect("the child was started by us");
            let log = || std::fs::read_to_string(log).unwrap_or_default();
            assert!(ended.is_none(), "{command:?} ended early:\n{}", log());
            assert!(start.elapsed() < PATIENCE, "{command:?} does not listen:\n{}", log());
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that is gone already is stopped, too.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A port that nobody listens on at this moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Whether something listens on the port.
pub(crate) fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The program of this name, or a panic that says what to install.
#[track_caller]
pub(crate) fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers are often not in an ordinary user's path.
    let places =
        std::env::split_paths(&path).chain(["/usr/sbin", "/usr/lib/git-core"].map(Into::into));
    let found = places.map(|dir| dir.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("`{name}` is missing: install the package {package}"))
}
