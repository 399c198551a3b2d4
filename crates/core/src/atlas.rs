// SPDX-License-Identifier: Apache-2.0
//! What a clone remembers of single directories: what an earlier run found out about each,
//! by the id of its tree and the rules in play there.
//!
//! What filtering makes of a directory, and what the checks look for below it, hangs on these
//! two alone. So a directory that did not change need not be opened again, wherever it stands
//! and whatever changed around it; one that is not remembered is opened as ever.
//!
//! The file is a cache beside the ledger, and goes with it: a run that goes by no ledger goes
//! by no atlas. One that is damaged, cut off, or written under other rules is as good as none.

use std::fs;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use repo_sync_shared::ObjectId;
use rustc_hash::FxHasher;
use sha2::{Digest as _, Sha256};

use crate::filter::Filter;
use crate::git::PrivateRepo;
use crate::manifest::Shape;
use crate::policy::Policy;
use crate::session::Session;

/// How the file begins.
const NAME: &[u8] = b"repo-sync atlas\n";

/// The number of the file's layout, and of what is written into its rows.
const LAYOUT: u32 = 1;

/// How long the digest of the terms is, and that of the file.
const DIGEST: usize = 32;

/// How long a key is: a digest of the rules, and the id of the tree.
const KEY: usize = 16 + 20;

/// How long a row is: a key, and where its text ends.
const ROW: usize = KEY + 4;

/// A directory, and the rules in play there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key([u8; KEY]);

impl Key {
    /// `rules` also tell what is remembered: two sorts of it must not be taken for each other.
    pub(crate) fn new(rules: &impl Hash, tree: ObjectId) -> Self {
        let mut key = [0; KEY];
        let (head, tail) = key.split_at_mut(16);
        head.copy_from_slice(&digest(rules)[..16]);
        tail.copy_from_slice(tree.as_bytes());
        Self(key)
    }
}

/// What was remembered, read when it is first asked for.
pub(crate) struct Atlas {
    file: PathBuf,
    terms: [u8; DIGEST],
    table: OnceLock<Option<Table>>,
    /// How often it was asked for what it does not know.
    missed: AtomicUsize,
}

impl Atlas {
    /// One that remembers these directories.
    #[cfg(test)]
    pub(crate) fn of(rows: impl Iterator<Item = (Key, Vec<u8>)>, shape: &Shape) -> Self {
        let terms = terms(shape);
        let table = OnceLock::from(Table::read(write(rows.collect(), &terms), &terms));
        Self { file: PathBuf::new(), terms, table, missed: AtomicUsize::new(0) }
    }

    /// That of a policy.
    pub(crate) fn new(repo: &PrivateRepo, policy: &Policy) -> Self {
        let file = repo.kept_of(&policy.mirror.name).join("atlas");
        let terms = terms(&policy.mirror.shape);
        Self { file, terms, table: OnceLock::new(), missed: AtomicUsize::new(0) }
    }

    /// What is remembered of a directory.
    pub(crate) fn get(&self, key: &Key) -> Option<&[u8]> {
        let found = self.table().and_then(|table| table.get(key));
        if found.is_none() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
        found
    }

    fn table(&self) -> Option<&Table> {
        let read = || Table::read(fs::read(&self.file).ok()?, &self.terms);
        self.table.get_or_init(read).as_ref()
    }

    /// Whether it knew so little that the next run is spared about as much as it takes to
    /// write it anew.
    fn is_worn(&self) -> bool {
        let rows = self.table().map_or(0, |table| table.rows);
        self.missed.load(Ordering::Relaxed) > rows / 2
    }

    /// Remembers the directories that the `public` images show, by number, and those that
    /// the checks of this session went through, unless most of them are remembered already.
    pub(crate) fn renew(session: &Session<'_>, public: &[bool]) {
        let (Some(atlas), Some(tips)) = (&session.atlas, &session.tips) else { return };
        if !atlas.is_worn() {
            return;
        }
        let replay = &session.replay;
        let mut filter = Filter::new(replay.objects(), session.policy.mirror.shape.clone());
        for commit in heads(session, public) {
            // What cannot be filtered is not remembered.
            let _ = filter.root(replay.history.tree(commit));
        }
        atlas.save(filter.directories().chain(tips.directories()).collect());
    }

    /// Writes it in place of what was remembered before. Without it the next run takes
    /// longer; nothing else depends on it.
    fn save(&self, rows: Vec<(Key, Vec<u8>)>) {
        // Under another name first: who reads it meets the old one or the new one, and what
        // two runs write at once has no right digest.
        let new = self.file.with_extension("new");
        let _ = self.file.parent().map(fs::create_dir_all);
        let _ =
            fs::write(&new, write(rows, &self.terms)).and_then(|()| fs::rename(&new, &self.file));
    }
}

/// The private commits that show the public images on which no other follows.
fn heads(session: &Session<'_>, public: &[bool]) -> Vec<u32> {
    let images = &session.replay.images;
    let shown: Vec<u32> = images.numbers().filter(|&image| public[image as usize]).collect();
    let mut is_followed = vec![false; images.len()];
    for &parent in shown.iter().flat_map(|&image| images.dag.parents(image)) {
        is_followed[parent as usize] = true;
    }
    let heads = shown.into_iter().filter(|&image| !is_followed[image as usize]);
    heads.filter_map(|image| images.shown_by(image)).collect()
}

/// A digest of all that a row hangs on beside its key.
fn terms(shape: &Shape) -> [u8; DIGEST] {
    // Digests of what is private are in the rows, and hang on how they are made.
    let mut probe = FxHasher::default();
    probe.write(NAME);
    digest(&(env!("CARGO_PKG_VERSION"), LAYOUT, probe.finish(), shape))
}

/// A digest that no two different things share.
fn digest(of: &impl Hash) -> [u8; DIGEST] {
    struct Digester(Sha256);
    impl Hasher for Digester {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            let digest = self.0.clone().finalize();
            u64::from_le_bytes(*digest.first_chunk().expect("it has 32 bytes"))
        }
    }
    let mut digester = Digester(Sha256::new());
    of.hash(&mut digester);
    digester.0.finalize().into()
}

/// The file: a name, the digest of the terms, how many rows there are, the rows in the order
/// of their keys, their texts, and the SHA-256 of all of it.
struct Table {
    bytes: Vec<u8>,
    rows: usize,
}

/// Where the rows begin.
const HEAD: usize = NAME.len() + DIGEST + 4;

/// The bytes of a table.
fn write(mut rows: Vec<(Key, Vec<u8>)>, terms: &[u8; DIGEST]) -> Vec<u8> {
    rows.sort_unstable();
    rows.dedup_by_key(|(key, _)| *key);
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes();
    let mut out = [NAME, terms, &number(rows.len())].concat();
    let mut end = 0;
    for (key, text) in &rows {
        end += text.len();
        out.extend(key.0);
        out.extend(number(end));
    }
    rows.iter().for_each(|(_, text)| out.extend(text));
    let digest = Sha256::digest(&out);
    out.extend(digest);
    out
}

impl Table {
    /// The table of these bytes, if they are one that was written under these terms.
    fn read(mut bytes: Vec<u8>, terms: &[u8; DIGEST]) -> Option<Self> {
        let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
        let rest = body.strip_prefix(NAME)?.strip_prefix(terms)?;
        if Sha256::digest(body)[..] != *digest {
            return None;
        }
        let (rows, rest) = rest.split_first_chunk()?;
        let rows = u32::from_le_bytes(*rows) as usize;
        if rest.len() < rows.checked_mul(ROW)? {
            return None;
        }
        bytes.truncate(bytes.len() - DIGEST);
        Some(Self { bytes, rows })
    }

    fn get(&self, key: &Key) -> Option<&[u8]> {
        let (rows, texts) = self.bytes[HEAD..].split_at(self.rows * ROW);
        let rows: &[[u8; ROW]] = rows.as_chunks().0;
        let at = rows.binary_search_by(|row| row[..KEY].cmp(&key.0)).ok()?;
        let end = |row: &[u8; ROW]| row.last_chunk().map(|&end| u32::from_le_bytes(end) as usize);
        let start = at.checked_sub(1).map_or(Some(0), |before| end(&rows[before]));
        texts.get(start?..end(&rows[at])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    const TERMS: [u8; DIGEST] = [1; DIGEST];

    fn key(rules: u8, digit: u8) -> Key {
        Key::new(&rules, ObjectId::from_bytes([digit; 20]))
    }

    fn rows() -> Vec<(Key, Vec<u8>)> {
        let text = |length: u8| (0..length).collect();
        vec![(key(1, 3), text(9)), (key(2, 3), text(0)), (key(1, 2), text(4)), (key(7, 1), text(1))]
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let table = Table::read(write(rows(), &TERMS), &TERMS).expect("it is sound");
        for (key, text) in rows() {
            assert_eq!(table.get(&key), Some(&text[..]));
        }
        for other in [key(2, 2), key(7, 3), key(3, 3)] {
            assert_eq!(table.get(&other), None);
        }
        let none = Table::read(write(Vec::new(), &TERMS), &TERMS).expect("it is sound");
        assert_eq!(none.get(&key(1, 3)), None);
    }

    #[test]
    fn what_is_damaged_or_of_other_terms_is_none() {
        let whole = write(rows(), &TERMS);
        let is_read = |bytes: &[u8], terms| Table::read(bytes.to_vec(), terms).is_some();
        assert!(is_read(&whole, &TERMS));
        assert!(!is_read(&whole, &[2; DIGEST]));
        for at in 0..whole.len() {
            assert!(!is_read(&whole[..at], &TERMS), "cut off at {at}");
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            assert!(!is_read(&flipped, &TERMS), "flipped at {at}");
        }
        assert!(!is_read(&[&whole[..], b"\0"].concat(), &TERMS));
    }

    /// Whatever was written under a sound digest is read without a panic.
    #[test]
    fn numbers_lead_nowhere_else() {
        let whole = write(rows(), &TERMS);
        let mut sound = 0;
        for at in NAME.len() + DIGEST..whole.len() - DIGEST {
            for value in [0, 1, 5, 0x7f, 0xff] {
                let mut changed = whole[..whole.len() - DIGEST].to_vec();
                changed[at] = value;
                let digest = Sha256::digest(&changed);
                changed.extend(digest);
                let Some(table) = Table::read(changed, &TERMS) else { continue };
                sound += 1;
                for (key, text) in rows() {
                    assert!(table.get(&key).is_none_or(|found| found.len() <= 2 * 9 + text.len()));
                }
            }
        }
        assert!(sound > 100, "most bytes may be any: {sound}");
    }

    #[test]
    fn whatever_shapes_otherwise_has_other_terms() {
        let terms = |text: &str| {
            let manifest = format!("version = 1\n{text}\n[mirror.public]\n");
            let manifest = Manifest::parse(manifest.as_bytes(), "sync.toml").expect(text);
            terms(&manifest.mirror("public").expect("it names one").shape)
        };
        let usual = terms("include = [\"src\", \"docs\"]\nexclude = [\"**/old\"]");
        let check = |text: &str, is_same: bool| assert_eq!(terms(text) == usual, is_same, "{text}");
        check("\n\ninclude = [\n\"src\", \"docs\"]\n\nexclude = [\"**/old\"]", true);
        check("include = [\"docs\", \"src\"]\nexclude = [\"**/old\"]", false);
        check("include = [\"src\", \"docs\"]\nexclude = [\"*/old\"]", false);
        check("include = [\"src\", \"docs\", \"**/old\"]", false);
        check("include = [\"src\", \"docs\"]", false);
        let more = "include = [\"src\", \"docs\"]\nexclude = [\"**/old\"]\n";
        check(&format!("{more}private = [\"src/x\"]"), false);
        check(&format!("{more}[[move]]\nfrom = \"src\"\nto = \"\""), false);
        check(&format!("{more}[transform]\ncargo = true"), false);
    }
}
