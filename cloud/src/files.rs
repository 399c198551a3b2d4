// SPDX-License-Identifier: LicenseRef-Proprietary
//! The files of one tenant: where they are, and how a line is added to one so that neither
//! a second process nor a death half-way leaves it broken.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// What a tenant used, a CloudEvent a line.
pub const USAGE: &str = "usage.jsonl";
/// What happened, a record a line, each tied to the one before.
pub const AUDIT: &str = "audit.jsonl";
/// Changes of state, a line each.
pub const NOTICES: &str = "notices.jsonl";
/// What the last run of the fleet came to.
pub const REPORT: &str = "report.json";
/// What each run said, by repository and mirror.
pub const RUNS: &str = "runs";
/// Temporary files of the runs.
pub const TEMPORARY: &str = "tmp";

/// Makes a directory and those above it, for its owner alone.
///
/// # Errors
/// It cannot be made.
pub fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file as a whole, or not at all.
///
/// # Errors
/// It cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(directory)?;
    beside.write_all(bytes)?;
    beside.persist(path)?;
    Ok(())
}

/// A file of lines that nobody else adds to for as long as this is there.
pub struct Lines {
    file: File,
    /// Its length up to the last newline.
    whole: u64,
    last: Vec<u8>,
    torn: Vec<u8>,
}

/// How much of a file is looked at first, from its end.
const BLOCK: u64 = 4096;

impl Lines {
    /// Opens a file, made if it is not there, and waits until it is ours. Of a long one only the
    /// end is read.
    ///
    /// # Errors
    /// It cannot be opened or read.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(directory) = path.parent() {
            make_directory(directory)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.lock()?;
        let length = file.metadata()?.len();
        let mut looked_at = BLOCK.min(length);
        let end = loop {
            let mut end = Vec::new();
            file.seek(SeekFrom::Start(length - looked_at))?;
            (&file).take(looked_at).read_to_end(&mut end)?;
            let newlines = end.iter().filter(|&&byte| byte == b'\n').count();
            if newlines > 1 || looked_at == length {
                break end;
            }
            looked_at = (looked_at * 2).min(length);
        };
        let mut parts = end.rsplitn(3, |&byte| byte == b'\n');
        let torn = parts.next().unwrap_or_default().to_vec();
        let last = parts.next().unwrap_or_default().to_vec();
        Ok(Self { file, whole: length - torn.len() as u64, last, torn })
    }

    /// All lines that are whole, with their newlines.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn text(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.file.rewind()?;
        (&self.file).take(self.whole).read_to_end(&mut text)?;
        Ok(text)
    }

    /// The last line that is whole, without its newline; nothing where there is none.
    pub fn last(&self) -> &[u8] {
        &self.last
    }

    /// What somebody began to write and did not live to finish.
    pub fn torn(&self) -> &[u8] {
        &self.torn
    }

    /// Adds a line in the place of what is torn. It outlasts this process once this returns.
    ///
    /// # Errors
    /// It cannot be written; the next to open the file finds it torn, or as it was.
    pub fn add(&mut self, line: Vec<u8>) -> io::Result<()> {
        let mut bytes = line.clone();
        bytes.push(b'\n');
        self.file.set_len(self.whole)?;
        self.file.seek(SeekFrom::Start(self.whole))?;
        self.file.write_all(&bytes)?;
        self.file.sync_data()?;
        self.whole += bytes.len() as u64;
        self.last = line;
        self.torn.clear();
        Ok(())
    }
}

/// The whole lines of a file, which may not be there.
///
/// # Errors
/// It cannot be read.
pub fn read_lines(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// Where the report and the words of one run go.
pub fn run_files(directory: &Path, repository: &str, mirror: &str) -> [PathBuf; 2] {
    let place = directory.join(RUNS).join(repository);
    ["json", "log"].map(|kind| place.join(format!("{mirror}.{kind}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_torn_is_known_and_gives_way() {
        let place = tempfile::tempdir().expect("there is room");
        let path = place.path().join("a/lines");
        Lines::open(&path).and_then(|mut lines| lines.add(b"one".to_vec())).expect("it is ours");
        fs::write(&path, "one\ntw").expect("it is ours");
        let mut lines = Lines::open(&path).expect("it is ours");
        assert_eq!((lines.last(), lines.torn()), (&b"one"[..], &b"tw"[..]));
        lines.add(b"2".to_vec()).expect("it is ours");
        assert_eq!((lines.last(), lines.torn()), (&b"2"[..], &b""[..]));
        assert_eq!(lines.text().expect("it is ours"), b"one\n2\n");
        assert_eq!(fs::read(&path).expect("it is ours"), b"one\n2\n");
    }

    #[test]
    fn the_last_line_is_found_however_long_it_is() {
        let place = tempfile::tempdir().expect("there is room");
        let path = place.path().join("lines");
        for length in [0, 1, BLOCK - 1, BLOCK, 3 * BLOCK] {
            let long = "x".repeat(usize::try_from(length).expect("it is short"));
            for (text, last, torn) in [
                (format!("{long}\n"), &*long, ""),
                (format!("first\n{long}\n"), &*long, ""),
                (format!("{long}\nlast\n{long}"), "last", &*long),
                (long.clone(), "", &*long),
            ] {
                fs::write(&path, &text).expect("it is ours");
                let lines = Lines::open(&path).expect("it is ours");
                let found = (lines.last(), lines.torn());
                assert_eq!(found, (last.as_bytes(), torn.as_bytes()), "{length}");
            }
        }
    }
}
