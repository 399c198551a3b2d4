// SPDX-License-Identifier: Apache-2.0
//! `git http-backend` behind nginx, with a user and a password, or a token.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::process::{Server, free_port, listens, program};
use crate::git::{Scratch, capture};

const USER: &str = "deploy";
const PASSWORD: &str = "correct-horse";

/// Forges take a token for the password of this user.
const TOKEN_USER: &str = "x-access-token";
const TOKEN: &str = "battery-staple";

/// A running HTTP server that serves every repository in the scratch place.
#[derive(Debug)]
pub struct HttpGit {
    _nginx: Server,
    _fcgiwrap: Server,
    scratch: Arc<Scratch>,
    port: u16,
}

impl HttpGit {
    /// Starts one on a free port.
    pub fn start(scratch: &Arc<Scratch>) -> Self {
        let nginx = program("nginx", "nginx-light");
        let fcgiwrap = program("fcgiwrap", "fcgiwrap");
        let backend = program("git-http-backend", "git");
        let dir = scratch.join("http");
        fs::create_dir(&dir).expect("the scratch place is writable");
        fs::write(dir.join("htpasswd"), htpasswd()).expect("the scratch place is writable");
        let port = free_port();
        fs::write(dir.join("nginx.conf"), config(scratch, &dir, port, &backend))
            .expect("the scratch place is writable");

        let socket = dir.join("fcgi.sock");
        // One process each, without children that would outlive a kill.
        let mut wrap = Command::new(fcgiwrap);
        wrap.args(["-f", "-c", "1", "-s"]).arg(format!("unix:{}", socket.display()));
        let wrap = Server::start(&mut wrap, &dir.join("fcgi.log"), || {
            UnixStream::connect(&socket).is_ok()
        });
        let mut web = Command::new(nginx);
        web.arg("-e").arg(dir.join("error.log")).arg("-c").arg(dir.join("nginx.conf"));
        let web = Server::start(&mut web, &dir.join("nginx.log"), || listens(port));
        Self { _nginx: web, _fcgiwrap: wrap, scratch: Arc::clone(scratch), port }
    }

    /// The address of a repository in the scratch place.
    pub fn url(&self, repository: &Path) -> String {
        let below = repository.strip_prefix(self.scratch.root());
        let below = below.expect("only the scratch place is served");
        format!("{}/{}", self.address(), below.display())
    }

    /// The address of the server.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A token that it takes as a forge does, in place of a password.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// Tells git the right password, through a credential helper in the test's home.
    pub fn give_credentials(&self) {
        self.store_credentials(PASSWORD);
    }

    /// Tells git a wrong password.
    pub fn give_wrong_credentials(&self) {
        self.store_credentials("wrong-horse");
    }

    fn store_credentials(&self, password: &str) {
        let home = self.scratch.home();
        let store = home.join("credentials");
        let line = format!("http://{USER}:{password}@127.0.0.1%3a{}\n", self.port);
        fs::write(&store, line).expect("the scratch place is writable");
        let helper = format!("store --file={}", store.display());
        self.scratch.git(home).run(["config", "--global", "credential.helper", &helper]);
    }
}

fn config(scratch: &Scratch, dir: &Path, port: u16, backend: &Path) -> String {
    let (root, home, dir) = (scratch.root().display(), scratch.home(), dir.display());
    let (home, backend) = (home.display(), backend.display());
    // Started as root, nginx would hand its work to a user who cannot read here.
    let owner = fs::metadata(scratch.root()).expect("the scratch place is there").uid();
    let user = if owner == 0 { "user root;" } else { "" };
    format!(
        "{user}\n\
         daemon off;\n\
         master_process off;\n\
         worker_processes 1;\n\
         pid {dir}/pid;\n\
         events {{ worker_connections 64; }}\n\
         http {{\n\
           access_log {dir}/access.log;\n\
           client_body_temp_path {dir}/body;\n\
           proxy_temp_path {dir}/proxy;\n\
           fastcgi_temp_path {dir}/fastcgi;\n\
           uwsgi_temp_path {dir}/uwsgi;\n\
           scgi_temp_path {dir}/scgi;\n\
           client_max_body_size 0;\n\
           server {{\n\
             listen 127.0.0.1:{port};\n\
             auth_basic git;\n\
             auth_basic_user_file {dir}/htpasswd;\n\
             location / {{\n\
               fastcgi_pass unix:{dir}/fcgi.sock;\n\
               fastcgi_param SCRIPT_FILENAME {backend};\n\
               fastcgi_param PATH_INFO $uri;\n\
               fastcgi_param QUERY_STRING $query_string;\n\
               fastcgi_param REQUEST_METHOD $request_method;\n\
               fastcgi_param CONTENT_TYPE $content_type;\n\
               fastcgi_param CONTENT_LENGTH $content_length;\n\
               fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;\n\
               fastcgi_param GIT_PROTOCOL $http_git_protocol;\n\
               fastcgi_param REMOTE_USER $remote_user;\n\
               fastcgi_param REMOTE_ADDR $remote_addr;\n\
               fastcgi_param GIT_PROJECT_ROOT {root};\n\
               fastcgi_param GIT_HTTP_EXPORT_ALL 1;\n\
               fastcgi_param GIT_CONFIG_NOSYSTEM 1;\n\
               fastcgi_param HOME {home};\n\
             }}\n\
           }}\n\
         }}\n"
    )
}

fn htpasswd() -> String {
    let mut command = Command::new(program("openssl", "openssl"));
    command.args(["passwd", "-apr1", PASSWORD, TOKEN]);
    let output = capture(&mut command, b"");
    assert!(output.status.success(), "{command:?}: {output:?}");
    let hashes = String::from_utf8(output.stdout).expect("a hash is text");
    let lines = [USER, TOKEN_USER].into_iter().zip(hashes.lines());
    lines.map(|(user, hash)| format!("{user}:{hash}\n")).collect()
}
