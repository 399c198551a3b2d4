// SPDX-License-Identifier: Apache-2.0
//! The private repository as git shows it, and git as the maker of trees.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Arc;

use repo_sync_shared::ObjectId;

use crate::git::{Git, Scratch};

/// A leaf of a tree: path, mode as spelled, and what it names. An empty directory
/// is a leaf.
pub(crate) type Leaf = (Vec<u8>, String, ObjectId);

/// A commit, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    pub(crate) tree: ObjectId,
    pub(crate) parents: Vec<ObjectId>,
    pub(crate) author: Vec<u8>,
    pub(crate) committer: Vec<u8>,
    pub(crate) encoding: Option<Vec<u8>>,
    /// How many headers it has that no mirror shows.
    pub(crate) others: usize,
    /// The public commits that it records.
    pub(crate) originals: Vec<Vec<u8>>,
    pub(crate) message: Vec<u8>,
}

/// An annotated tag, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) target: ObjectId,
    pub(crate) kind: Vec<u8>,
    pub(crate) name: Vec<u8>,
    pub(crate) tagger: Option<Vec<u8>>,
    pub(crate) message: Vec<u8>,
}

/// All objects of a repository, read at once.
#[derive(Debug)]
pub(crate) struct Store {
    objects: HashMap<ObjectId, (String, Vec<u8>)>,
}

impl Store {
    pub(crate) fn read(git: &Git) -> Self {
        let all = git.bytes(["cat-file", "--batch-all-objects", "--batch", "--unordered"]);
        let mut objects = HashMap::new();
        let mut rest = &all[..];
        while !rest.is_empty() {
            let (line, after) = split_at_byte(rest, b'\n').expect("a header line for each object");
            let line = std::str::from_utf8(line).expect("git prints id, type and size");
            let mut words = line.split(' ');
            let mut word = || words.next().expect("git prints id, type and size");
            let (id, kind) = (word().parse().expect("git prints a full id"), word().to_owned());
            let size: usize = word().parse().expect("git prints the size");
            objects.insert(id, (kind, after[..size].to_vec()));
            rest = &after[size + 1..];
        }
        Self { objects }
    }

    pub(crate) fn kind(&self, id: ObjectId) -> &str {
        &self.objects[&id].0
    }

    pub(crate) fn bytes(&self, id: ObjectId) -> &[u8] {
        &self.objects[&id].1
    }

    pub(crate) fn commit(&self, id: ObjectId) -> Commit {
        let (headers, message) = headers(self.bytes(id));
        let mut commit = Commit {
            tree: ObjectId::EMPTY_TREE,
            parents: Vec::new(),
            author: Vec::new(),
            committer: Vec::new(),
            encoding: None,
            others: 0,
            originals: Vec::new(),
            message,
        };
        for (name, value) in headers {
            match &name[..] {
                b"tree" => commit.tree = hex(&value),
                b"parent" => commit.parents.push(hex(&value)),
                b"author" => commit.author = value,
                b"committer" => commit.committer = value,
                b"encoding" => commit.encoding = Some(value),
                b"repo-sync-original" => commit.originals.push(value),
                _ => commit.others += 1,
            }
        }
        commit
    }

    pub(crate) fn tag(&self, id: ObjectId) -> Tag {
        let (headers, message) = headers(self.bytes(id));
        let get = |name: &[u8]| {
            headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let must = |name: &[u8]| get(name).expect("every tag has this header");
        Tag {
            target: hex(&must(b"object")),
            kind: must(b"type"),
            name: must(b"tag"),
            tagger: get(b"tagger"),
            message,
        }
    }

    /// The leaves of a tree, by path.
    pub(crate) fn leaves(&self, tree: ObjectId) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.push_leaves(tree, b"", &mut leaves);
        leaves
    }

    fn push_leaves(&self, tree: ObjectId, above: &[u8], leaves: &mut Vec<Leaf>) {
        let mut rest = if tree == ObjectId::EMPTY_TREE { b"" } else { self.bytes(tree) };
        while let Some((mode, after)) = split_at_byte(rest, b' ') {
            let (name, after) = split_at_byte(after, 0).expect("a name ends with NUL");
            let id = ObjectId::from_slice(&after[..20]).expect("twenty bytes are an id");
            rest = &after[20..];
            let path = [above, name].concat();
            let mode = String::from_utf8(mode.to_vec()).expect("a mode is digits");
            if mode == "40000" && id != ObjectId::EMPTY_TREE {
                self.push_leaves(id, &[&path[..], b"/"].concat(), leaves);
            } else {
                leaves.push((path, mode, id));
            }
        }
    }

    /// The leaf at a path at the root.
    pub(crate) fn root_entry(&self, tree: ObjectId, name: &[u8]) -> Option<Leaf> {
        self.leaves(tree).into_iter().find(|(path, _, _)| path == name)
    }
}

/// Names and values, in order.
type Headers = Vec<(Vec<u8>, Vec<u8>)>;

/// The headers of a commit or tag, and its message.
fn headers(object: &[u8]) -> (Headers, Vec<u8>) {
    let mut headers = Headers::new();
    let mut rest = object;
    while let Some((line, after)) = split_at_byte(rest, b'\n') {
        rest = after;
        match line {
            [] => break,
            [b' ', more @ ..] => {
                let (_, value) = headers.last_mut().expect("a folded line follows a header");
                value.push(b'\n');
                value.extend(more);
            }
            line => {
                let (name, value) = split_at_byte(line, b' ').expect("a header has a value");
                headers.push((name.to_vec(), value.to_vec()));
            }
        }
    }
    (headers, rest.to_vec())
}

fn split_at_byte(bytes: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|&b| b == byte)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

fn hex(value: &[u8]) -> ObjectId {
    ObjectId::from_hex(value).expect("git names objects by full ids")
}

/// `git mktree`, kept running, in a repository beside the private one: git says
/// what the id of a public tree is.
#[derive(Debug)]
pub(crate) struct TreeMaker {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// The repository that holds the trees and can read the private objects.
    pub(crate) git: Git,
    made: HashMap<Vec<u8>, ObjectId>,
}

impl TreeMaker {
    pub(crate) fn start(scratch: &Arc<Scratch>, private: &Git) -> Self {
        let dir = tempfile::tempdir_in(scratch.root()).expect("the scratch place is writable");
        let dir = dir.keep();
        let objects = private.run(["rev-parse", "--path-format=absolute", "--git-path", "objects"]);
        for name in ["objects/info", "refs"] {
            fs::create_dir_all(dir.join(name)).expect("the scratch place is writable");
        }
        fs::write(dir.join("HEAD"), "ref: refs/heads/main\n").expect("it was just made");
        fs::write(dir.join("objects/info/alternates"), objects + "\n").expect("it was just made");
        let git = scratch.git(dir);
        let mut child = git
            .command(["mktree", "-z", "--missing", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git can be started");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, stdin, stdout, git, made: HashMap::new() }
    }

    /// The tree of these leaves.
    pub(crate) fn make(&mut self, leaves: &[Leaf]) -> ObjectId {
        let mut below: BTreeMap<Vec<u8>, Vec<Leaf>> = BTreeMap::new();
        let mut listing = Vec::new();
        for (path, mode, id) in leaves {
            match split_at_byte(path, b'/') {
                Some((dir, rest)) => {
                    let leaf = (rest.to_vec(), mode.clone(), *id);
                    below.entry(dir.to_vec()).or_default().push(leaf);
                }
                None => push_entry(&mut listing, path, mode, *id),
            }
        }
        for (dir, leaves) in below {
            let id = self.make(&leaves);
            push_entry(&mut listing, &dir, "40000", id);
        }
        listing.push(0);
        if let Some(&id) = self.made.get(&listing) {
            return id;
        }
        let stdin = self.stdin.as_mut().expect("stdin is open until the end");
        stdin.write_all(&listing).and_then(|()| stdin.flush()).expect("git mktree reads");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("git mktree answers");
        let id = line.trim().parse().expect("git mktree answers with an id");
        self.made.insert(listing, id);
        id
    }
}

impl Drop for TreeMaker {
    fn drop(&mut self) {
        self.stdin = None;
        self.child.wait().ok();
    }
}

fn push_entry(listing: &mut Vec<u8>, name: &[u8], mode: &str, id: ObjectId) {
    let kind = match mode {
        "40000" => "tree",
        "160000" => "commit",
        _ => "blob",
    };
    listing.extend(format!("{mode} {kind} {id}\t").into_bytes());
    listing.extend(name);
    listing.push(0);
}
