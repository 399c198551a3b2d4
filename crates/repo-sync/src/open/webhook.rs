// SPDX-License-Identifier: Apache-2.0
//! Notices that are posted to an address.
//!
//! By the `curl` program, as git's transport is by `git`: certificates and proxies work as people
//! expect, and this program holds no second network stack.
//!
//! The address may hold a token. So it goes to curl on its stdin, where no list of processes
//! shows it, and into no message: curl's own words may name a part of it, and are not repeated.

use std::io::{self, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use repo_sync_shared::edition::{About, ExtensionError, Notice, Notifier, Version};

use super::object;

/// How long a run waits for whoever should hear of it, in seconds.
const PATIENCE: u32 = 10;

/// Where curl puts what a server answers.
const NOWHERE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// Posts each notice, as an object of JSON, to an address.
// Not `Debug`, for the sake of the address.
#[derive(Clone)]
pub struct Webhook {
    address: String,
    /// How curl is started; a test starts it elsewhere.
    curl: fn() -> Command,
}

impl Webhook {
    /// A webhook at this address, if it is one of http or https.
    pub fn at(address: &str) -> Option<Self> {
        let is_http = ["http://", "https://"].iter().any(|scheme| address.starts_with(scheme));
        is_http.then(|| Self { address: address.to_owned(), curl: || Command::new("curl") })
    }

    /// What curl reads: an option a line, values in quotes.
    fn options(&self, body: &str) -> String {
        let patience = PATIENCE.to_string();
        let options = [
            ("url", &*self.address),
            // It follows no redirect either: what was meant for one server goes to no other.
            ("proto", "=http,https"),
            ("max-time", &*patience),
            ("header", "Content-Type: application/json"),
            // Nobody needs to be asked first whether so little may come.
            ("header", "Expect:"),
            // As it is, even if it begins with `@`.
            ("data-raw", body),
            ("output", NOWHERE),
            ("write-out", "%{response_code}"),
        ];
        let line = |(name, value): (&str, &str)| format!("{name} = {}\n", quoted(value));
        // An address may hold brackets that ask for no more than themselves.
        "globoff\n".to_owned() + &options.map(line).concat()
    }

    /// Posts a body; otherwise why not, without a word of the address.
    fn post(&self, body: &str) -> Result<(), String> {
        let failed = |err: io::Error| match err.kind() {
            io::ErrorKind::NotFound => {
                "failed to run `curl`: is it installed and on PATH?".to_owned()
            }
            _ => format!("failed to run `curl`: {err}"),
        };
        let mut child = (self.curl)()
            // First of all: what a user's `.curlrc` says is for other purposes.
            .args(["--disable", "--config", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let mut stdin = child.stdin.take().expect("it was asked for");
        let written = stdin.write_all(self.options(body).as_bytes());
        drop(stdin);
        let output = child.wait_with_output().map_err(failed)?;
        if !output.status.success() {
            return Err(reason(output.status));
        }
        written.map_err(failed)?;
        match &output.stdout[..] {
            [b'2', _, _] => Ok(()),
            status => Err(format!("the answer was {}", String::from_utf8_lossy(status))),
        }
    }
}

/// Why curl failed, in our words (<https://curl.se/docs/manpage.html#EXIT>).
fn reason(status: ExitStatus) -> String {
    let Some(code) = status.code() else { return "`curl` was stopped".to_owned() };
    let why = match code {
        3 => "the address is malformed",
        5 => "the proxy was not found",
        6 => "the host was not found",
        7 => "nobody listens there",
        28 => "it took too long",
        35 => "no secure connection came about",
        60 => "the certificate of the server is not trusted",
        _ => "it could not be sent",
    };
    format!("{why} (`curl` ended with {code})")
}

/// A value as curl reads it from a file (<https://curl.se/docs/manpage.html#-K>).
fn quoted(value: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in value.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

impl Notifier for Webhook {
    fn about(&self) -> About {
        About::new("webhook", Version::new(1, 0))
    }

    fn listens(&self) -> bool {
        true
    }

    fn notify(&self, notice: &Notice) -> Result<(), ExtensionError> {
        let failed = |why: String| ExtensionError::new("failed to post a notice").because(why);
        self.post(&object(notice)).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use repo_sync_shared::edition::conformance::{self, fakes::subject};
    use repo_sync_shared::edition::{State, Subject};
    use repo_sync_testing::server::Inbox;

    use super::*;

    /// A webhook at an address that no proxy of this machine stands before.
    fn webhook(address: &str) -> Webhook {
        let curl = || {
            let mut curl = Command::new("curl");
            for name in ["http_proxy", "all_proxy", "ALL_PROXY"] {
                curl.env_remove(name);
            }
            curl
        };
        Webhook { curl, ..Webhook::at(address).expect("it is an address") }
    }

    #[test]
    fn what_begins_like_an_address_is_one() {
        check("http://host", true);
        check("https://host/hook?token=1", true);
        check("ftp://host/", false);
        check("https:/host", false);
        check("notices/http://host", false);
        check("/var/log/notices", false);

        fn check(value: &str, expected: bool) {
            assert_eq!(Webhook::at(value).is_some(), expected, "{value}");
        }
    }

    #[test]
    fn a_webhook_keeps_to_what_a_notifier_promises() {
        let inbox = Inbox::start("204 No Content");
        conformance::notifier(&webhook(&inbox.url("/hook")), &subject("acme"));
        assert!(!inbox.posts().is_empty());
    }

    #[test]
    fn a_notice_arrives_byte_for_byte() {
        let inbox = Inbox::start("200 OK");
        let hook = webhook(&inbox.url("/hook/{a,b}[1-3]?token=a%20b"));
        let names = ["public", "a\"b\\c", "x\n-o y\t\\n", "é\u{1b}[31m\u{202e}", "%{url}", ""];
        let long = "m".repeat(80_000);
        for mirror in names.into_iter().chain([&*long]) {
            let subject = Subject { mirror: mirror.to_owned(), ..subject("acme") };
            let notice = Notice { subject, before: State::InOrder, now: State::Refused };
            hook.notify(&notice).expect("it is taken");
            let post = inbox.posts().pop().expect("it came");
            assert_eq!(post.request, "POST /hook/{a,b}[1-3]?token=a%20b HTTP/1.1");
            assert_eq!(post.headers["content-type"], "application/json");
            let body: serde_json::Value = serde_json::from_str(&post.body).expect("it is JSON");
            assert_eq!((&body["mirror"], &body["now"]), (&mirror.into(), &"refused".into()));
            assert!(body["time"].is_string());
        }
        assert_eq!(inbox.posts().len(), names.len() + 1, "each came once");
        for body in ["@/etc/passwd", "a\nb\r\n\tc", "\"", "\\", "\\\"", " a=b # c", ""] {
            hook.post(body).expect("it is taken");
            assert_eq!(inbox.posts().pop().expect("it came").body, body);
        }
    }

    #[test]
    fn a_failure_says_why_in_our_own_words() {
        check(&Inbox::start("500 No").url("/hunter2"), "the answer was 500");
        check(&Inbox::start("404 No").url("/hunter2"), "the answer was 404");
        check(
            "http://user:hunter2@host.invalid:x/",
            "the address is malformed (`curl` ended with 3)",
        );
        check("http://hunter2\n.invalid/", "the address is malformed (`curl` ended with 3)");
        // A port of the system's, which has nothing there.
        check("http://127.0.0.1:1/hunter2", "nobody listens there (`curl` ended with 7)");

        let inbox = Inbox::start("302 Found\r\nLocation: /elsewhere");
        check(&inbox.url("/hunter2"), "the answer was 302");
        assert_eq!(inbox.posts().len(), 1, "it goes to no other place");

        let missing = || Command::new("curl-is-not-installed-here");
        let missing = Webhook { curl: missing, ..webhook("http://hunter2.invalid/") };
        assert_eq!(
            missing.post(""),
            Err("failed to run `curl`: is it installed and on PATH?".to_owned())
        );

        #[track_caller]
        fn check(address: &str, expected: &str) {
            let notice =
                Notice { subject: subject("acme"), before: State::Failed, now: State::InOrder };
            let said = webhook(address).notify(&notice).expect_err("nobody took it").chain();
            assert_eq!(said, format!("failed to post a notice: {expected}"));
        }
    }
}
