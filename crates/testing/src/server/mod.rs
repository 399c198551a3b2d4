// SPDX-License-Identifier: Apache-2.0
//! Real servers on the loopback address, each with a configuration of its own and
//! gone with its handle.
//!
//! A program that is not installed fails the test, with the package to install: a
//! test that skips itself proves nothing.

mod http;
mod inbox;
mod process;
mod sshd;

pub use http::HttpGit;
pub use inbox::{Inbox, Post};
pub use sshd::Sshd;

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    use std::process::Output;

    use super::*;
    use crate::{BareMirror, Git, History, Repo};

    #[test]
    fn ssh_takes_the_deploy_key_and_shows_the_pinned_host_key() {
        let (repo, mirror) = repo_and_mirror();
        let sshd = Sshd::start(repo.scratch());
        let url = sshd.url(mirror.path());
        let with = |command: String| repo.git_here().env("GIT_SSH_COMMAND", &command);
        check_refused(&push(&with(sshd.command_with_wrong_host_key()), &url), "Host key");
        check_refused(&push(&with(sshd.command_with_wrong_key()), &url), "Permission denied");
        assert!(mirror.refs().is_empty());
        check_pushed(&push(&with(sshd.command()), &url), &repo, &mirror);
    }

    #[test]
    fn http_takes_the_right_password_only() {
        let (repo, mirror) = repo_and_mirror();
        let server = HttpGit::start(repo.scratch());
        let url = server.url(mirror.path());
        check_refused(&push(&repo.git_here(), &url), "could not read Username");
        server.give_wrong_credentials();
        check_refused(&push(&repo.git_here(), &url), "Authentication failed");
        assert!(mirror.refs().is_empty());
        server.give_credentials();
        check_pushed(&push(&repo.git_here(), &url), &repo, &mirror);
    }

    #[test]
    fn a_hook_rejects_with_its_message() {
        let (repo, mirror) = repo_and_mirror();
        let mirror = mirror.rejecting("it's closed");
        let url = mirror.path().to_str().expect("the scratch place has a plain name");
        check_refused(&push(&repo.git_here(), url), "it's closed");
        mirror.accept();
        check_pushed(&push(&repo.git_here(), url), &repo, &mirror);
    }

    #[test]
    fn an_inbox_keeps_what_is_posted_before_it_answers() {
        let inbox = Inbox::start("204 No Content");
        let url = inbox.url("/a?b");
        let host = url.strip_prefix("http://").and_then(|it| it.strip_suffix("/a?b"));
        let say = |text: &str| {
            let mut stream = TcpStream::connect(host.expect("it is an address")).expect("it is up");
            stream.write_all(text.as_bytes()).expect("it listens");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("it answers, and hangs up");
            answer
        };
        assert_eq!(say("hello\n\n"), "");
        assert!(inbox.posts().is_empty());
        let answer = say("POST /a?b HTTP/1.1\r\nContent-Length: 3\r\nX-Y: z\r\n\r\nc\nd");
        assert!(answer.starts_with("HTTP/1.1 204 No Content\r\n"), "{answer}");
        let [post] = &inbox.posts()[..] else { panic!("it came once") };
        assert_eq!((&*post.request, &*post.body), ("POST /a?b HTTP/1.1", "c\nd"));
        assert_eq!(post.headers["x-y"], "z");
    }

    fn repo_and_mirror() -> (Repo, BareMirror) {
        let repo = History::new().commit("start", |tree| tree.file("a", "a\n")).build();
        let mirror = BareMirror::new(repo.scratch(), "mirror.git").strict();
        (repo, mirror)
    }

    fn push(git: &Git, url: &str) -> Output {
        git.try_run(["push", url, "main"])
    }

    #[track_caller]
    fn check_refused(output: &Output, reason: &str) {
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(reason), "{stderr}");
    }

    #[track_caller]
    fn check_pushed(output: &Output, repo: &Repo, mirror: &BareMirror) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(mirror.refs()["refs/heads/main"], repo.git(["rev-parse", "main"]));
    }
}
