// SPDX-License-Identifier: Apache-2.0
//! A web server that keeps what is posted to it.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A running one.
#[derive(Debug)]
pub struct Inbox {
    port: u16,
    posts: Arc<Mutex<Vec<Post>>>,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Something that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The first line, such as `POST /hook HTTP/1.1`.
    pub request: String,
    /// The headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, which has to be text.
    pub body: String,
}

impl Inbox {
    /// Starts one on a free port. It answers everything with `status`, such as `200 OK`, and
    /// perhaps more lines of a head.
    pub fn start(status: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let posts: Arc<Mutex<Vec<Post>>> = Arc::default();
        let closing: Arc<AtomicBool> = Arc::default();
        let (kept, closed) = (Arc::clone(&posts), Arc::clone(&closing));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if closed.load(Ordering::SeqCst) {
                    break;
                }
                // Who hangs up, or speaks something else, has posted nothing.
                let _ = stream.and_then(|stream| serve(&stream, &kept, &answer));
            }
        });
        Self { port, posts, closing, thread: Some(thread) }
    }

    /// The address of a path here, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What was posted until now. Who has the answer to a post finds it here.
    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // Wakes it, so that it looks.
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn serve(mut stream: &TcpStream, kept: &Mutex<Vec<Post>>, answer: &str) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).map(|_| line.trim_end().to_owned())
    };
    let request = line()?;
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = line()?.split_once(':') {
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let mut body = String::new();
    reader.take(length.unwrap_or(0)).read_to_string(&mut body)?;
    if !request.starts_with("POST ") {
        return Ok(());
    }
    let post = Post { request, headers, body };
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(post);
    stream.write_all(answer.as_bytes())
}
