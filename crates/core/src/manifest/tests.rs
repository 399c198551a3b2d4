// SPDX-License-Identifier: Apache-2.0
//! Manifests good and bad: what they mean, and what a person is told.
//!
//! Every mistake we foresee is a file under `tests/configs/invalid/` whose name
//! says the fault; beside it stands what both readings answer.

use std::path::{Path, PathBuf};

use repo_sync_shared::{Check, Level};

use super::{
    Branches, CheckSettings, Date, Manifest, ManifestError, Mirror, PastManifest, Term, Waiver,
    WaiverScope, WithheldCommits,
};
use crate::message::{IdentityMode, MessageMode, QuotedIds};
use crate::paths::{Origin, Pattern, Rule};

fn configs(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs").join(kind)
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the sample is part of the sources")
}

#[test]
fn every_foreseen_mistake_is_shown_at_its_place() {
    let directory = configs("invalid");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&directory);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut samples = 0;
    for entry in std::fs::read_dir(&directory).expect("the samples are part of the sources") {
        let path = entry.expect("the directory is readable").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        samples += 1;
        let name = path.file_stem().expect("a sample has a name").to_string_lossy();
        let text = read(&path);
        let strict = Manifest::parse(&text, "sync.toml")
            .expect_err(&format!("`{name}` should not be a manifest"));
        let past = match PastManifest::parse(&text, "sync.toml") {
            Ok(_) => "passed over".to_owned(),
            Err(err) if err == strict => "the same".to_owned(),
            Err(err) => err.to_string(),
        };
        settings.bind(|| {
            insta::assert_snapshot!(&*name, format!("{strict}\n\nin an older commit: {past}"));
        });
    }
    assert!(samples > 90, "only {samples} samples were found");
}

/// The sample that states every key.
fn every_key() -> Vec<u8> {
    read(&configs("valid").join("every-key.toml"))
}

#[track_caller]
fn parse(text: &[u8]) -> Manifest {
    Manifest::parse(text, "sync.toml").unwrap_or_else(|err| panic!("{err}"))
}

#[track_caller]
fn past(text: &str) -> PastManifest {
    PastManifest::parse(text.as_bytes(), "sync.toml").unwrap_or_else(|err| panic!("{err}"))
}

fn patterns(rules: &[Rule]) -> Vec<&str> {
    rules.iter().map(|rule| rule.pattern.as_str()).collect()
}

fn moves(mirror: &Mirror) -> Vec<(&str, &str)> {
    mirror.shape.moves.iter().map(|it| (it.from.as_str(), it.to.as_str())).collect()
}

fn id<Id: std::str::FromStr<Err: std::fmt::Debug>>(digit: char) -> Id {
    String::from(digit).repeat(40).parse().expect("forty digits are an id")
}

#[test]
fn what_is_not_stated_has_a_default() {
    let manifest = parse(&read(&configs("valid").join("minimal.toml")));
    let [mirror] = &manifest.mirrors[..] else { panic!("one mirror, not {manifest:?}") };
    assert_eq!(mirror.name, "public");
    assert_eq!(mirror.url, None);
    assert_eq!(mirror.branches, Branches { first: "main".to_owned(), rest: Vec::new() });
    assert_eq!(mirror.tags, []);
    assert_eq!(mirror.was, Vec::<String>::new());
    assert_eq!(mirror.adopt, None);
    assert_eq!(mirror.seams, []);
    assert_eq!(mirror.withhold, []);
    assert_eq!(mirror.waivers, []);
    assert_eq!(mirror.check, CheckSettings::default());
    assert_eq!(patterns(mirror.shape.rules.include()), [""; 0]);
    assert_eq!(patterns(mirror.shape.rules.exclude()), [""; 0]);
    assert_eq!(patterns(mirror.shape.rules.floor()), ["cloud", "sync.toml", "sync.lock"]);
    assert_eq!(mirror.shape.message, MessageMode::Keep);
    assert_eq!(mirror.shape.quoted_ids, QuotedIds::Find);
    assert_eq!(mirror.shape.identity, IdentityMode::Keep);
    assert_eq!(mirror.guard.level(Check::Secret), Level::Refuse);
    assert_eq!(mirror.guard.level(Check::MixedCommit), Level::Warn);
    assert_eq!(mirror.guard.level(Check::PathDenied), Level::Refuse);
    assert_eq!(mirror.guard.stated(Check::Secret), None);
}

#[test]
fn mirrors_stand_in_the_order_of_the_file_with_their_own_keys() {
    let manifest = parse(&every_key());
    let names = manifest.mirrors.iter().map(|mirror| mirror.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["public", "book"]);

    let public = manifest.mirror("public").expect("it is stated");
    assert_eq!(public.url.as_deref(), Some("git@github.com:acme/widget.git"));
    assert_eq!(public.branches.first, "main");
    assert!(public.branches.lists(b"main") && public.branches.lists(b"release/1"));
    assert!(!public.branches.lists(b"mainly") && !public.branches.lists(b"release/1/fix"));
    assert_eq!(public.tags, [Pattern::parse("v*").expect("it is a pattern")]);
    assert_eq!(public.was, ["open"]);
    assert_eq!(public.adopt, Some(id('1')), "the shared one");

    let book = manifest.mirror("book").expect("it is stated");
    assert_eq!(book.branches, Branches::default());
    assert_eq!(book.adopt, Some(id('2')), "its own one");
    assert!(manifest.mirror("open").is_none(), "an old name is no name");
}

#[test]
fn a_mirrors_own_lists_replace_the_shared_ones_and_never_the_floor() {
    let manifest = parse(&every_key());
    let [public, book] = &manifest.mirrors[..] else { panic!("two mirrors") };
    let floor =
        ["cloud", "sync.toml", "sync.lock", "cloud", "secrets", "**/{keys,tokens}"].as_slice();
    assert_eq!(patterns(public.shape.rules.floor()), floor);
    assert_eq!(patterns(book.shape.rules.floor()), floor);
    let include = ["crates", "shared", "docs", "Cargo.toml", "*.md"];
    assert_eq!(patterns(public.shape.rules.include()), include);
    assert_eq!(patterns(book.shape.rules.include()), ["docs"]);
    let exclude = ["docs/internal", "**/.env*"];
    assert_eq!(patterns(public.shape.rules.exclude()), exclude);
    assert_eq!(patterns(book.shape.rules.exclude()), exclude);
    assert_eq!(moves(public), [("docs/public", "docs"), ("docs", "manual")]);
    assert_eq!(moves(book), [("docs/book", "")]);
    assert_eq!(book.shape.message, public.shape.message);
}

#[test]
fn a_rule_knows_its_line() {
    let text = "version = 1\ninclude = [\n  \"crates\",\n\n  \"docs\",\n]\n[mirror.public]\n";
    let manifest = parse(text.as_bytes());
    let rules = &manifest.mirrors[0].shape.rules;
    let lines = rules.include().iter().map(|rule| rule.origin).collect::<Vec<_>>();
    assert_eq!(lines, [Origin::Line(3), Origin::Line(5)]);
    assert!(rules.floor().iter().all(|rule| rule.origin == Origin::BuiltIn));
}

#[test]
fn messages_and_people_have_a_mode() {
    let shape = parse(&every_key()).mirrors.remove(0).shape;
    assert_eq!(shape.message, MessageMode::Replace("Public work".to_owned()));
    assert_eq!(shape.quoted_ids, QuotedIds::Mask);
    let domains = vec!["acme.example".to_owned(), "widget.example".to_owned()];
    assert_eq!(shape.identity, IdentityMode::AllowDomains(domains));

    let mailmap = |path: &str| IdentityMode::Mailmap(path.to_owned());
    check_identity("", IdentityMode::Keep);
    check_identity("mode = 'keep'", IdentityMode::Keep);
    check_identity("mode = 'mailmap'", mailmap(".mailmap"));
    check_identity("mode = 'mailmap'\nmailmap = 'docs/people'", mailmap("docs/people"));
    let acme = "Acme Inc. <oss@acme.example>";
    check_identity(
        &format!("mode = 'overwrite'\noverwrite = '{acme}'"),
        IdentityMode::Overwrite(acme.to_owned()),
    );
}

/// What stands in the place of everybody is what git would write.
#[test]
fn an_overwrite_is_a_name_and_a_mail() {
    let read = |who: &str| {
        let keys = format!("mode = 'overwrite'\noverwrite = \"{who}\"");
        let text = format!("version = 1\n[mirror.a]\n[identity]\n{keys}\n");
        Manifest::parse(text.as_bytes(), "sync.toml").is_ok()
    };
    for who in ["Acme <oss@acme.example>", "A. Team of Two <a>"] {
        assert!(read(who), "{who}");
    }
    for who in [
        "Acme",
        "<a@b>",
        " <a@b>",
        " Acme <a@b>",
        "Acme  <a@b>",
        "Acme <a@b> ",
        "Acme <a@b> x",
        "Acme <>",
        "Acme < a@b>",
        "Acme <a@b >",
        "Acme <a@b",
        "Acme a@b>",
        "A<me <a@b>",
        "Acme> <a@b>",
        "Acme <a@b>>",
        "Acme <a <b>",
        "Ac\\nme <a@b>",
        "Acme <a\\u0007@b>",
    ] {
        assert!(!read(who), "{who}");
    }
}

#[track_caller]
fn check_identity(keys: &str, expected: IdentityMode) {
    let manifest = parse(format!("version = 1\n[mirror.a]\n[identity]\n{keys}\n").as_bytes());
    assert_eq!(manifest.mirrors[0].shape.identity, expected);
}

#[test]
fn a_seam_is_for_all_mirrors_or_for_one() {
    let manifest = parse(&every_key());
    let [public, book] = &manifest.mirrors[..] else { panic!("two mirrors") };
    let [root, on] = &public.seams[..] else { panic!("two seams, not {:?}", public.seams) };
    assert_eq!((root.private, root.public, root.accept), (id('1'), None, None));
    assert_eq!(root.message, "Public snapshot");
    assert_eq!((on.private, on.public), (id('2'), Some((id('1'), id('3')))));
    assert_eq!((on.message.as_str(), on.accept), ("Go on from here", Some(id('2'))));
    assert!(on.line > root.line);
    assert_eq!(book.seams, std::slice::from_ref(root));
}

#[test]
fn one_commit_or_a_range_is_withheld() {
    let manifest = parse(&every_key());
    let withheld = &manifest.mirrors[1].withhold;
    let commits = withheld.iter().map(|it| it.commits).collect::<Vec<_>>();
    let expected = [WithheldCommits::One(id('1')), WithheldCommits::Range(id('1'), id('2'))];
    assert_eq!(commits, expected);
    assert_eq!(withheld[0].reason, "manifest typo");
}

#[test]
fn levels_and_waivers_are_stated_for_every_mirror() {
    for mirror in parse(&every_key()).mirrors {
        assert_eq!(mirror.guard.level(Check::Secret), Level::Warn);
        assert_eq!(mirror.guard.level(Check::MixedCommit), Level::Off);
        assert_eq!(mirror.guard.level(Check::SimilarToPrivate), Level::Refuse);
        assert_eq!(mirror.guard.level(Check::Submodule), Level::Refuse);
        let [path, object, until] = &mirror.waivers[..] else { panic!("three waivers") };
        let vendor = Pattern::parse("vendor/*").expect("it is a pattern");
        check_waiver(path, Check::Submodule, WaiverScope::Path(vendor), Some("2026-01-31"));
        check_waiver(object, Check::Secret, WaiverScope::Object(id('3')), Some("2026-12-01"));
        check_waiver(until, Check::PrivateReference, WaiverScope::Until(id('2')), None);
    }
    let (early, late) =
        (Date { year: 2026, month: 1, day: 31 }, Date { year: 2026, month: 2, day: 1 });
    assert!(early < late);
}

#[test]
fn what_is_looked_for_is_stated_with_its_place() {
    let manifest = parse(&every_key());
    let found = &manifest.mirrors[0].check;
    let terms = |list: &[Term]| -> Vec<_> {
        list.iter().map(|term| (term.text.clone(), term.line)).collect()
    };
    let expected = [("Project Bluebird".to_owned(), 83), ("acme-deal".to_owned(), 83)];
    assert_eq!(terms(&found.terms), expected);
    assert_eq!(terms(&found.phrases), [("property of Acme".to_owned(), 84)]);
    assert_eq!(found.gitleaks.as_deref(), Some("ops/gitleaks.toml"));
    assert_eq!(manifest.mirrors[1].check, *found, "for every mirror");
}

#[track_caller]
fn check_waiver(waiver: &Waiver, check: Check, scope: WaiverScope, expires: Option<&str>) {
    assert_eq!((waiver.check, &waiver.scope), (check, &scope));
    assert_eq!(waiver.expires.map(|day| day.to_string()).as_deref(), expires);
}

#[test]
fn manifests_that_shape_alike_are_equal_on_whatever_lines() {
    let tight = "version = 1\ninclude = ['docs']\n[mirror.a]\n\
                 [[move]]\nfrom = 'docs'\nto = ''\n[[move]]\nfrom = 'b'\nto = 'c'\n";
    let loose = "version = 1\n\n[mirror.a]\ntags = ['v*']\ninclude = [\n  'docs',\n]\n\n\
                 [[move]]\nfrom = 'b/'\nto = 'c/'\n\n[[move]]\nfrom = 'docs'\nto = ''\n";
    let other = tight.replace("to = 'c'", "to = 'd'");
    let shape = |text: &str| parse(text.as_bytes()).mirrors.remove(0).shape;
    assert_eq!(shape(tight), shape(loose));
    assert_ne!(shape(tight), shape(&other));
    assert_eq!(Some(&shape(tight)), past(loose).shape("a", &[]));
}

#[test]
fn line_endings_and_a_byte_order_mark_say_nothing() {
    let text = String::from_utf8(every_key()).expect("the sample is UTF-8");
    assert_eq!(parse(text.replace('\n', "\r\n").as_bytes()), parse(text.as_bytes()));
    assert_eq!(parse(format!("\u{feff}{text}").as_bytes()), parse(text.as_bytes()));
    let wrong = "\u{feff}version = 1\r\n[mirror.a]\r\nulr = 'x'\r\n";
    let error = Manifest::parse(wrong.as_bytes(), "sync.toml").expect_err("`ulr` is unknown");
    let expected = ManifestError {
        file: "sync.toml".to_owned(),
        line: 3,
        column: 1,
        length: 3,
        source_line: "ulr = 'x'".to_owned(),
        message: "unknown field `ulr`".to_owned(),
        near: Some("url".to_owned()),
    };
    assert_eq!(error, expected);
}

#[test]
fn an_older_manifest_is_found_by_an_older_name() {
    let text = "version = 1\ninclude = ['docs']\n[mirror.open]\n[mirror.book]\ninclude = ['b']\n";
    let past = past(text);
    assert_eq!(past.mirror_names().collect::<Vec<_>>(), ["open", "book"]);
    let include = |name: &str, was: &[&str]| {
        let was = was.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        past.shape(name, &was).map(|shape| patterns(shape.rules.include()))
    };
    assert_eq!(include("open", &[]), Some(vec!["docs"]));
    assert_eq!(include("public", &["first", "open", "book"]), Some(vec!["docs"]));
    assert_eq!(include("public", &["book", "open"]), Some(vec!["b"]));
    assert_eq!(include("book", &["open"]), Some(vec!["b"]), "its own name comes first");
    assert_eq!(include("public", &["first"]), None);
}

#[test]
fn what_shapes_no_image_may_hold_anything_in_an_older_manifest() {
    let text = "version = 1\ninclude = ['docs']\ncolour = 'blue'\nadopt = []\nguard = 3\n\
                waiver = 'all'\ncheck = 'all'\nseam = { private = 1 }\nwithhold = true\nstandalone = 1.5\n\
                [mirror.a]\nurl = 7\ntags = { v = 1 }\nwas = 'b'\nadopt = 0\nbackend = []\n";
    assert!(Manifest::parse(text.as_bytes(), "sync.toml").is_err());
    let past = past(text);
    let shape = past.shape("a", &[]).expect("it is named");
    assert_eq!(patterns(shape.rules.include()), ["docs"]);
}

#[test]
fn the_first_branch_is_read_even_from_a_doubtful_list() {
    let check = |branches: &str, expected: Option<&str>| {
        let text = format!("version = 1\n[mirror.a]\n{branches}\n");
        assert_eq!(past(&text).first_branch("a", &[]), expected, "{branches}");
    };
    check("", Some("main"));
    check("branches = ['trunk', 'release/*']", Some("trunk"));
    check("branches = ['trunk', 7]", Some("trunk"));
    check("branches = []", None);
    check("branches = 'trunk'", None);
    assert_eq!(past("version = 1\n[mirror.a]\n").first_branch("b", &[]), None);
    let renamed = past("version = 1\n[mirror.a]\nbranches = ['trunk']\n");
    assert_eq!(renamed.first_branch("b", &["a".to_owned()]), Some("trunk"));
}

/// However a manifest is cut or torn, the answer is an error at a place within it.
#[test]
fn no_torn_manifest_stops_the_reader() {
    let text = every_key();
    for end in 0..text.len() {
        check_torn(&text[..end]);
    }
    let lines = text.split_inclusive(|&byte| byte == b'\n').collect::<Vec<_>>();
    for skipped in 0..lines.len() {
        check_torn(&[lines[..skipped].concat(), lines[skipped + 1..].concat()].concat());
    }
    check_torn(format!("version = 1\nstandalone = {}", "[".repeat(100_000)).as_bytes());
}

fn check_torn(text: &[u8]) {
    let lines = text.split(|&byte| byte == b'\n').count();
    let strict = Manifest::parse(text, "sync.toml").err();
    let past = PastManifest::parse(text, "sync.toml").err();
    assert!(strict.is_some() || past.is_none(), "{past:?} is an error in the lenient reading only");
    for error in [strict, past].into_iter().flatten() {
        assert!((1..=lines).contains(&(error.line as usize)), "{error}");
        assert!(error.column as usize <= error.source_line.chars().count() + 1, "{error}");
        assert_eq!(error.to_string().lines().count(), 5, "{error}");
    }
}
