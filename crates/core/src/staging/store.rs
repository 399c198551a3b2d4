// SPDX-License-Identifier: Apache-2.0
//! The store itself: where it lies, how it is locked, filled and kept.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use repo_sync_shared::{ObjectId, PublicCommit};
use rustc_hash::FxHashSet;
use tempfile::TempDir;

use super::{Boundary, Encoded, PackWriter};
use crate::error::{Failure, RunError};
use crate::git::{Address, Environment, Git, Objects, PrivateRepo, RemoteRefs, init_bare};
use crate::plan::Plan;
use crate::progress::{Milestone, Phase, Progress};
use crate::replay::Images;
use crate::report::RawFinding;
use crate::session::Session;
use crate::shipment::{Left, SendError, Sink, send, send_left};

/// A bare repository that holds public objects only, and borrows none.
///
/// Each run makes it anew: what one plan staged and the mirror did not take must
/// not lie in wait for the next.
pub struct Staging {
    /// Where stores of this mirror are made; `None` if that cannot be written.
    home: Option<PathBuf>,
    store: TempDir,
    git: Git,
    /// The objects of the private repository.
    private: PathBuf,
    environment: Environment,
    warning: Option<String>,
    /// Whether another run had the lock.
    waited: bool,
    /// Held for as long as the run may write.
    _lock: Option<File>,
}

impl Staging {
    /// A store for a mirror under the private git directory, waiting for another run
    /// that has one; where that cannot be written, a store elsewhere.
    ///
    /// # Errors
    /// Neither can be made.
    pub fn open(
        repo: &PrivateRepo,
        mirror: &str,
        environment: &Environment,
    ) -> Result<Self, RunError> {
        let home = repo.kept_of(mirror);
        let locked = lock(&home).and_then(|lock| Ok((lock, new_store(Some(&home))?)));
        let (home, store, lock, warning) = match locked {
            Ok((lock, store)) => (Some(home), store, Some(lock), None),
            Err(err) => {
                let store = new_store(None).map_err(|err| not_made(None, err))?;
                let warning = format!(
                    "no cache at `{}`: {err}; the run is slower, not different",
                    home.display()
                );
                (None, store, None, Some(warning))
            }
        };
        Ok(Self {
            home,
            git: Git::at(store.path(), environment),
            private: repo.git_dir().join("objects"),
            environment: environment.clone(),
            store,
            warning,
            waited: lock.as_ref().is_some_and(|(_, waited)| *waited),
            _lock: lock.map(|(file, _)| file),
        })
    }

    /// Git for the store.
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// Where the store lies.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// Whether another run of this clone was busy with the mirror until now.
    pub(crate) fn waited(&self) -> bool {
        self.waited
    }

    /// Why the store is not kept, if it is not.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Fills the store with all objects of `plan`. What the private repository
    /// lacks comes back as findings; then the plan must not be carried out.
    ///
    /// # Errors
    /// Disk or git failed, an object cannot be read, the public commit of a seam
    /// cannot be fetched.
    pub fn fill(
        &mut self,
        session: &mut Session<'_>,
        plan: &Plan,
        remote: &RemoteRefs,
        address: &Address,
        progress: &dyn Progress,
    ) -> Result<Vec<RawFinding>, RunError> {
        let written = self.write(session, plan, remote, address, progress)?;
        let objects = session.replay.objects();
        let Written { left, mut list, shallow, .. } = written;
        let unsound = send_left(objects, left, &mut |id, path| list.add(id, path), progress);
        let mut unsound = unsound.map_err(|err| self.not_sent(err))?;
        progress.reached(Milestone::Listed);
        if unsound.is_empty() && !list.copied.is_empty() {
            unsound = self.copy(objects, list, progress)?;
        }
        progress.reached(Milestone::HistoryToBeCutOff);
        self.cut_off(&shallow)?;
        progress.reached(Milestone::HistoryCutOff);
        progress.finish(Phase::Stage);
        Ok(unsound)
    }

    /// Begins anew, and writes what the replay made for `plan`: commits, filtered trees
    /// and tags, but nothing that the private repository holds itself.
    ///
    /// # Errors
    /// As of [`fill`](Self::fill).
    pub(crate) fn write(
        &mut self,
        session: &mut Session<'_>,
        plan: &Plan,
        remote: &RemoteRefs,
        address: &Address,
        progress: &dyn Progress,
    ) -> Result<Written, RunError> {
        self.prepare(progress)?;
        progress.start(Phase::Stage, Some(plan.new.len() as u64));
        let images = &session.replay.images;
        let image = |id: ObjectId| images.number(PublicCommit::new(id));
        let shown: Vec<u32> = remote.shown().filter_map(|(_, id)| image(id)).collect();
        let tagged = plan.tags.iter().map(|tag| tag.image);
        let named = plan.updates().filter_map(|update| update.new.and_then(image));
        let targets: Vec<u32> = named.chain(tagged).collect();
        let mut boundary = Boundary::find(images, &plan.new, &targets, &plan.public, &shown);
        boundary.allow_for_dates(images, &plan.new, &shown, |image| session.replay.date(image))?;
        progress.reached(Milestone::BoundaryFound);
        self.fetch_foreign(images, &boundary, address)?;
        progress.reached(Milestone::SeamFetched);
        self.pack(session, plan, &boundary, progress)
    }

    /// An empty store, at a path that no run had before: of one that died, git may
    /// still be writing into its own.
    fn prepare(&mut self, progress: &dyn Progress) -> Result<(), RunError> {
        progress.reached(Milestone::StoreToBeRemoved);
        let home = self.home.as_deref();
        if let Some(home) = home {
            remove_stores(home);
        }
        progress.reached(Milestone::StoreRemoved);
        self.store = new_store(home).map_err(|err| not_made(home, err))?;
        self.git = init_bare(self.store.path(), &self.environment)?;
        progress.reached(Milestone::StoreMade);
        Ok(())
    }

    /// Tells git that the parents of these commits are not here, beside those that
    /// it fetched so itself (<https://git-scm.com/docs/shallow>).
    fn cut_off(&self, commits: &[PublicCommit]) -> Result<(), RunError> {
        if commits.is_empty() {
            return Ok(());
        }
        let path = self.store.path().join("shallow");
        let mut lines: Vec<String> = commits.iter().map(|commit| format!("{commit}\n")).collect();
        lines.extend(fs::read_to_string(&path));
        fs::write(&path, lines.concat()).map_err(|err| RunError::io("failed to write", path, err))
    }

    /// Fetches the public commits that seams join: those alone are not ours to make.
    /// Without history, and without files that nobody will ask for.
    fn fetch_foreign(
        &self,
        images: &Images,
        boundary: &Boundary,
        address: &Address,
    ) -> Result<(), RunError> {
        let foreign = boundary.commits.iter().filter(|&&image| images.source(image).is_none());
        let ids: Vec<String> = foreign.map(|&image| images.id(image).to_string()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let url = address.as_git();
        let mut args = vec!["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head"];
        if !boundary.with_files {
            args.push("--filter=blob:none");
        }
        args.extend(["--", &url]);
        args.extend(ids.iter().map(String::as_str));
        self.git
            .run(&args, b"")
            .map_err(|source| Failure::Unreachable { address: address.to_string(), source })?;
        Ok(())
    }

    /// Writes what is ours into a pack.
    fn pack(
        &self,
        session: &mut Session<'_>,
        plan: &Plan,
        boundary: &Boundary,
        progress: &dyn Progress,
    ) -> Result<Written, RunError> {
        let failed = |err| self.not_sent(SendError::Sink(err));
        let list = tempfile::tempfile_in(self.store.path()).map_err(failed)?;
        let list = List { file: BufWriter::new(list), copied: FxHashSet::default() };
        let pack = PackWriter::create(&self.packs()).map_err(failed)?;
        let mut crate_pack = Crate { pack, list };
        progress.reached(Milestone::PackBegun);
        let left = send(&mut session.replay, plan, boundary, &mut crate_pack, progress);
        let left = left.map_err(|err| self.not_sent(err))?;
        progress.reached(Milestone::ObjectsSent);
        let Crate { pack, list } = crate_pack;
        progress.reached(Milestone::PackToBeFinished);
        let bytes = if pack.is_empty() { 0 } else { pack.finish().map_err(failed)? };
        progress.reached(Milestone::PackFinished);
        let images = &session.replay.images;
        let shallow = boundary.shallow.iter().map(|&image| images.id(image)).collect();
        Ok(Written { left, list, shallow, bytes })
    }

    fn not_sent(&self, err: SendError) -> RunError {
        match err {
            SendError::Run(err) => err,
            SendError::Sink(err) => RunError::io("failed to write into", self.store.path(), err),
        }
    }

    /// Copies the objects of a list from the private repository, deltas and all, as they
    /// lie there. Where git cannot, we look for the objects that are to blame.
    fn copy(
        &self,
        objects: &Objects<'_>,
        list: List,
        progress: &dyn Progress,
    ) -> Result<Vec<RawFinding>, RunError> {
        let failed = |err| RunError::io("failed to read back in", self.store.path(), err);
        let list = list.file.into_inner().map_err(|err| failed(err.into_error()));
        let mut list = list?;
        list.rewind().map_err(failed)?;
        let input = list.try_clone().map_err(failed)?;
        let packs = self.packs().join("pack");
        let args = ["pack-objects", "--quiet", "--delta-base-offset"].map(OsStr::new);
        let args = [&args[..], &[packs.as_os_str()]].concat();
        // The store itself borrows nothing; this one child may look elsewhere.
        let git = self.git.clone().borrowing(&self.private);
        let child = git.spawn(&args, input.into(), Stdio::piped())?;
        progress.reached(Milestone::CopyBegun);
        let copied = Git::finish(&args, child);
        progress.reached(Milestone::Copied);
        let Err(err) = copied else { return Ok(Vec::new()) };
        let unsound = unsound(objects, list).map_err(failed)?;
        if unsound.is_empty() { Err(err.into()) } else { Ok(unsound) }
    }

    fn packs(&self) -> PathBuf {
        self.store.path().join("objects/pack")
    }
}

/// The objects of a list that cannot be read, or are not what their ids say.
fn unsound(objects: &Objects<'_>, mut list: File) -> io::Result<Vec<RawFinding>> {
    list.rewind()?;
    let mut unsound = Vec::new();
    for line in BufReader::new(list).split(b'\n') {
        let line = line?;
        let (id, path) = line.split_at(line.len().min(40));
        let Some(id) = ObjectId::from_hex(id) else { continue };
        let read = objects.kind(id).and_then(|kind| objects.read(id, kind).map(drop));
        if let Err(err) = read {
            let path = path.strip_prefix(b" ").unwrap_or(path);
            let finding = RawFinding::unreadable(&err);
            unsound.push(if path.is_empty() { finding } else { finding.path(path.to_vec()) });
        }
    }
    Ok(unsound)
}

/// How the name of a store begins.
const STORE: &str = "staging";

/// An empty directory for a store, under a name that no run had before.
fn new_store(home: Option<&Path>) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(STORE).suffix(".git");
    match home {
        Some(home) => builder.tempdir_in(home),
        None => builder.tempdir(),
    }
}

fn not_made(home: Option<&Path>, err: io::Error) -> RunError {
    let place = home.map_or_else(std::env::temp_dir, Path::to_owned);
    RunError::io("failed to create a directory in", place, err)
}

/// Removes the stores of earlier runs, as far as that can be done now.
fn remove_stores(home: &Path) {
    for entry in fs::read_dir(home).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(STORE) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Takes the lock, waiting for another run that has it. Returns whether one had.
fn lock(home: &Path) -> io::Result<(File, bool)> {
    fs::create_dir_all(home)?;
    let lock = File::options().create(true).truncate(false).write(true).open(home.join("lock"))?;
    let waited = match lock.try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(err)) => return Err(err),
    };
    if waited {
        lock.lock()?;
    }
    Ok((lock, waited))
}

/// What is in the store before anything is copied, and what is to be.
pub(crate) struct Written {
    left: Left,
    list: List,
    /// Commits whose parents are not here.
    shallow: Vec<PublicCommit>,
    /// How long our pack is.
    pub(crate) bytes: u64,
}

/// Longer ones are not told to git, whose lines end at the longest path of the system:
/// 1,024 bytes where that is shortest.
const MOST_OF_A_PATH: usize = 1_000;

/// What is packed for the store: our own objects, and a list of those to copy.
struct Crate {
    pack: PackWriter,
    list: List,
}

/// Objects to be copied, a line each: the id, and the path.
struct List {
    file: BufWriter<File>,
    copied: FxHashSet<ObjectId>,
}

impl Sink for Crate {
    fn holds(&self, id: ObjectId) -> bool {
        self.pack.contains(id)
    }

    fn bears(&self, id: ObjectId) -> bool {
        self.pack.bears(id)
    }

    fn write(&mut self, object: Encoded) -> io::Result<()> {
        self.pack.take(object)
    }

    fn copy(&mut self, id: ObjectId, path: &[u8]) -> io::Result<()> {
        self.list.add(id, path)
    }
}

impl List {
    fn add(&mut self, id: ObjectId, path: &[u8]) -> io::Result<()> {
        if self.copied.insert(id) {
            // The path only helps git to find good deltas. A line break would end it, and
            // what git has no room for it would take for the next line, and so for an id.
            let path = if path.len() > MOST_OF_A_PATH { b"" } else { path };
            let path: Vec<u8> = path.iter().map(|&b| if b == b'\n' { b' ' } else { b }).collect();
            self.file.write_all(&id.to_hex())?;
            self.file.write_all(b" ")?;
            self.file.write_all(&path)?;
            self.file.write_all(b"\n")?;
        }
        Ok(())
    }
}
