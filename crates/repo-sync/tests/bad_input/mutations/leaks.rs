// SPDX-License-Identifier: Apache-2.0
//! Ways out for private material.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use repo_sync_testing::{CommitText, TagText};

use super::{MANIFEST, Mutation, edit, file, file_at, gzip, lines, name, said, token};

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The beginning of an id. Fewer than twelve digits that are all decimal are a number.
fn shortened(id: &str, digits: usize) -> &str {
    let is_number = id[..digits].bytes().all(|byte| byte.is_ascii_digit());
    if is_number { &id[..digits.max(12)] } else { &id[..digits] }
}

/// The tip's private file, whatever it is called.
const INVOICE: &str = "cloud/billing/src/invoice.rs";

/// What happens, which check finds it, and how it is done.
pub(super) const MUTATIONS: &[Mutation] = &[
    ("a commit's own manifest shows the floor", "path-denied", |rng, history| {
        let loose = MANIFEST
            .replace("private = [\"secrets\"]", "")
            .replace("\"src\"", "\"src\", \"secrets\"");
        let text = lines(rng);
        edit(history, |tree| tree.file("sync.toml", loose).file("secrets/plan.txt", text))
            .commit("tighten", |tree| tree.file("sync.toml", MANIFEST).delete("secrets"))
    }),
    ("a commit's own manifest shows more than the tip's", "path-narrowed", |rng, history| {
        let loose = MANIFEST.replace("exclude = [\"docs/internal\"]", "");
        let path = name(rng, "docs/internal");
        let text = lines(rng);
        edit(history, |tree| tree.file("sync.toml", loose).file(path, text))
            .commit("tighten", |tree| tree.file("sync.toml", MANIFEST).delete("docs/internal"))
    }),
    ("the floor in other letters", "path-alias", |rng, history| {
        let spelt = ["Cloud", "CLOUD", "cloud.", "cloud ", "cl\u{200c}oud", "CLOUD~1", "SECRETS"];
        let path = format!("{}/{}.rs", spelt[rng.usize(..spelt.len())], rng.lowercase());
        file_at(rng, history, path)
    }),
    ("a name that some systems take for its sibling's", "path-collision", |rng, history| {
        let (a, b) = [("Name", "name"), ("caf\u{e9}", "cafe\u{301}"), ("a", "a.")][rng.usize(..3)];
        let text = lines(rng);
        edit(history, |tree| tree.file(format!("src/{a}"), "//\n").file(format!("src/{b}"), text))
    }),
    ("a private file is renamed", "moved-from-private", |rng, history| {
        let path = name(rng, "src");
        edit(history, |tree| tree.rename(INVOICE, path))
    }),
    ("a private file of long ago is brought back", "moved-from-private", |rng, history| {
        let (path, text) = (name(rng, "src"), lines(rng));
        let old = name(rng, "cloud");
        let same = text.clone();
        edit(history, |tree| tree.file(old.clone(), text))
            .commit("gone", |tree| tree.delete(old))
            .commit("back", |tree| tree.file(path, same))
    }),
    ("a private file is copied, with edits", "similar-to-private", |rng, history| {
        let (from, to) = (name(rng, "cloud"), name(rng, "src"));
        let private: Vec<_> = (0..4).map(|_| lines(rng)).collect();
        let public = [&*private[0], "\n// edited\n", &private[1], &private[2], "// so\n"].concat();
        edit(history, |tree| tree.file(from, private.concat()))
            .commit("copy", |tree| tree.file(to, public))
    }),
    ("a link to a private directory", "symlink-private", |rng, history| {
        let target = ["../cloud/billing", "../cloud/billing/src/invoice.rs", "../secrets"];
        let target = target[rng.usize(..target.len())];
        edit(history, |tree| tree.symlink("src/link", target))
    }),
    ("a link by way of a link", "symlink-private", |_, history| {
        edit(history, |tree| {
            tree.symlink("src/one", "two").symlink("src/two", "../secrets/plan.txt")
        })
    }),
    ("a link out of the repository", "symlink-escape", |rng, history| {
        let target = ["/etc/passwd", "../../elsewhere", "C:\\Users", "../../../x"][rng.usize(..4)];
        edit(history, |tree| tree.symlink("src/link", target))
    }),
    ("a submodule", "submodule", |rng, history| {
        let id = repo_sync_shared::ObjectId::from_bytes(std::array::from_fn(|_| rng.u8(..)));
        edit(history, |tree| tree.gitlink("src/module", id))
    }),
    ("a submodule that is the private repository", "submodule", |_, history| {
        let id = history.find("main");
        edit(history, |tree| tree.gitlink("src/module", id))
    }),
    ("the pointer of a large file", "lfs-pointer", |rng, history| {
        let oid: String =
            (0..64).map(|_| char::from(b"0123456789abcdef"[rng.usize(..16)])).collect();
        let text =
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 9\n");
        file(rng, history, text)
    }),
    ("ciphertext", "encrypted-file", |rng, history| {
        let start: [&[u8]; 3] =
            [b"\0GITCRYPT\0abc", b"age-encryption.org/v1\n->", b"$ANSIBLE_VAULT;1.1;AES256\n"];
        let start = start[rng.usize(..3)];
        file(rng, history, start)
    }),
    ("a private path in a file", "private-reference", |rng, history| {
        let text = format!("{}// see {INVOICE}\n", lines(rng));
        file(rng, history, text)
    }),
    ("a private path, seen from the file", "private-reference", |rng, history| {
        let text = "include_str!(\"../cloud/billing/src/invoice.rs\");\n";
        let _ = rng;
        edit(history, |tree| tree.file("src/include.rs", text))
    }),
    ("a private path in a message", "private-reference", |rng, history| {
        said(rng, history, format!("fix {INVOICE}").into())
    }),
    ("a private path among bytes", "private-reference", |rng, history| {
        let text = format!("\0\u{1}{INVOICE}\0{}", lines(rng));
        file(rng, history, text)
    }),
    ("a private path in a source map", "private-reference", |_, history| {
        let text = format!("{{\"version\":3,\"sources\":[\"../../{INVOICE}\"]}}\n");
        edit(history, |tree| tree.file("src/ui/app.js.map", text))
    }),
    ("a private path in a file that git or a forge reads", "private-reference", |rng, history| {
        let (path, text) = [
            ("docs/CODEOWNERS", "/cloud/billing/ @acme/money\n"),
            ("src/.gitattributes", "/cloud/billing/src/*.rs linguist-generated\n"),
            ("src/.gitignore", "!/cloud/billing/src\n"),
        ][rng.usize(..3)];
        edit(history, |tree| tree.file(path, text))
    }),
    ("a private branch in the message of a merge", "private-reference", |rng, history| {
        let branch = format!("deal-{}", rng.u32(10_000..));
        let (path, text) = (name(rng, "src"), lines(rng));
        history
            .on(&branch)
            .commit("in secret", |tree| tree.file("cloud/deal.rs", "//\n"))
            .on("main")
            .merge(format!("Merge branch '{branch}'"), [&*branch], |tree| tree.file(path, text))
    }),
    ("a term of one's own, in any case", "private-reference", |rng, history| {
        let text = format!(
            "{}// the {} team\n",
            lines(rng),
            ["Bluebird", "BLUEBIRD", "bluebird"][rng.usize(..3)]
        );
        file(rng, history, text)
    }),
    ("a term of one's own, in another charset", "private-reference", |rng, history| {
        let (charset, term) = [
            ("ISO-8859-1", b"Zaunk\xf6nig"),
            ("windows-1252", b"ZAUNK\xd6NIG"),
            ("macintosh", b"Zaunk\x9anig"),
        ][rng.usize(..3)];
        let text = CommitText::raw("charset", [b"for ", &term[..], b"\n"].concat());
        said(rng, history, text.header("encoding", charset))
    }),
    ("a term in the message of a tag", "private-reference", |rng, history| {
        file(rng, history, "//\n").annotate("v9", "main", "the Bluebird release")
    }),
    ("a term in the name of a tag", "private-reference", |rng, history| {
        file(rng, history, "//\n").tag("v9-bluebird")
    }),
    ("a dependency on a private package", "private-dependency", |_, history| {
        let text = "[package]\nname = \"w\"\n[dependencies]\nacme-billing = \"1\"\n";
        edit(history, |tree| tree.file("src/Cargo.toml", text))
    }),
    ("a lock file that names a private package", "private-dependency", |_, history| {
        edit(history, |tree| tree.file("Cargo.lock", "[[package]]\nname = \"acme-billing\"\n"))
    }),
    ("a member of the workspace that is private", "private-dependency", |_, history| {
        let text = "[workspace]\nmembers = [\"src\", \"cloud/billing\"]\n";
        edit(history, |tree| tree.file("Cargo.toml", text))
    }),
    ("a dependency of another language", "private-dependency", |rng, history| {
        let (path, text) = [
            ("src/package.json", "{\"dependencies\": {\"@acme/billing-ui\": \"1\"}}\n"),
            ("src/go.mod", "module w\nreplace acme.example/pay => ../cloud/pay\n"),
            ("src/pyproject.toml", "[project]\nname = \"w\"\ndependencies = [\"acme-pay\"]\n"),
        ][rng.usize(..3)];
        edit(history, |tree| {
            tree.file("cloud/ui/package.json", "{\"name\": \"@acme/billing-ui\"}\n")
                .file("cloud/pay/go.mod", "module acme.example/pay\n")
                .file("cloud/pay/pyproject.toml", "[project]\nname = \"acme-pay\"\n")
        })
        .commit("depend", |tree| tree.file(path, text))
    }),
    ("the id of a private commit in a message", "private-id", |rng, history| {
        let history = history.commit("hide", |tree| tree.file("cloud/x.rs", "x\n"));
        let id = history.find("hide").to_string();
        let digits = [7, 10, 12, 40][rng.usize(..4)];
        said(rng, history, CommitText::raw("quote", format!("as in {}\n", shortened(&id, digits))))
    }),
    ("the id of a private commit in a file", "private-id", |rng, history| {
        let history = history.commit("hide", |tree| tree.file("cloud/x.rs", "x\n"));
        let id = history.find("hide");
        file(rng, history, format!("{id}\n"))
    }),
    ("the id of a private commit in a list for git", "private-id", |_, history| {
        let history = history.commit("hide", |tree| tree.file("cloud/x.rs", "x\n"));
        let list = format!("# formatting\n{}\n", history.find("hide"));
        edit(history, |tree| tree.file("src/.git-blame-ignore-revs", list))
    }),
    ("the id of a private commit as git describes it", "private-id", |rng, history| {
        let history = history.commit("hide", |tree| tree.file("cloud/x.rs", "x\n"));
        let id = history.find("hide").to_string();
        let text = format!("built from v1-3-g{}\n", shortened(&id, rng.usize(7..=12)));
        said(rng, history, CommitText::raw("quote", text))
    }),
    ("the id of a private commit in the message of a tag", "private-id", |rng, history| {
        let history = history.commit("hide", |tree| tree.file("cloud/x.rs", "x\n"));
        let text = format!("as in {}", history.find("hide"));
        file(rng, history, "//\n").annotate("v9", "main", &*text)
    }),
    ("an author of another domain", "identity", |rng, history| {
        let who = "A U Thor <me@build7.internal> 1700000000 +0000";
        said(rng, history, CommitText::from("change").author(who))
    }),
    ("a committer of another domain", "identity", |rng, history| {
        let who = "A U Thor <me@build7.internal> 1700000000 +0000";
        said(rng, history, CommitText::from("change").committer(who))
    }),
    ("a tagger of another domain", "identity", |rng, history| {
        let who = "A U Thor <me@build7.internal> 1700000000 +0000";
        let text = TagText::from("nine").tagger(who);
        file(rng, history, "//\n").annotate("v9", "main", text)
    }),
    ("a trailer of another domain", "identity", |rng, history| {
        let text = "change\n\nbody\n\nCo-authored-by: A U Thor <me@build7.internal>\n";
        said(rng, history, CommitText::raw("change", text))
    }),
    ("a secret in a file", "secret", |rng, history| {
        let text = format!("{}const T: &str = \"{}\";\n", lines(rng), token(rng));
        file(rng, history, text)
    }),
    ("a secret in UTF-16", "secret", |rng, history| {
        let text = utf16(&format!("a line\ntoken={}\n", token(rng)));
        file(rng, history, text)
    }),
    ("a secret in hex", "secret", |rng, history| {
        let text = format!("blob: {}\n", hex(&format!("token={} end", token(rng))));
        file(rng, history, text)
    }),
    ("a secret in base64", "secret", |rng, history| {
        let plain = format!("{}token={} end", &"abc"[rng.usize(..3)..], token(rng));
        let text = format!("data: {}\n", STANDARD.encode(plain));
        file(rng, history, text)
    }),
    ("a secret behind percent signs", "secret", |rng, history| {
        let plain = token(rng);
        let text: String = plain.bytes().map(|byte| format!("%{byte:02X}")).collect();
        file(rng, history, format!("GET /?token={text} HTTP\n"))
    }),
    ("a secret that is compressed", "secret", |rng, history| {
        let plain = format!("{}token={} end\n", lines(rng), token(rng));
        file(rng, history, gzip(plain.as_bytes()))
    }),
    ("a secret with a comment that allows it", "secret", |rng, history| {
        let comment = ["gitleaks:allow", "nosec", "pragma: allowlist secret"][rng.usize(..3)];
        let text = format!("const T: &str = \"{}\"; // {comment}\n", token(rng));
        file(rng, history, text)
    }),
    ("a secret with a word in it that some scanners stop at", "secret", |rng, history| {
        let word = ["false", "true", "null", "test"][rng.usize(..4)];
        let secret = token(rng);
        let (start, end) = (&secret[..10], &secret[10 + word.len()..]);
        let text = format!("const T: &str = \"{start}{word}{end}\";\n");
        file(rng, history, text)
    }),
    ("a secret among NULs", "secret", |rng, history| {
        let text =
            [b"\0\x01\x02", format!(" {} ", token(rng)).as_bytes(), b"\0\xff\xfe\0"].concat();
        file(rng, history, text)
    }),
    ("a secret in a message", "secret", |rng, history| {
        let text = format!("use {}", token(rng));
        said(rng, history, text.into())
    }),
    ("a secret that only a merge adds", "secret", |rng, history| {
        let (path, text) = (name(rng, "src"), lines(rng));
        let secret = format!("T={}\n", token(rng));
        history
            .on("side")
            .commit("side", |tree| tree.file(path, text))
            .on("main")
            .merge("join", ["side"], |tree| tree.file("src/env", secret))
            .delete_branch("side")
    }),
    ("a secret that was taken out again", "secret", |rng, history| {
        let secret = format!("T={}\n", token(rng));
        edit(history, |tree| tree.file("src/env", secret))
            .commit("oops", |tree| tree.file("src/env", "T=\n"))
    }),
    ("a secret in the target of a link", "secret", |rng, history| {
        let target = token(rng);
        edit(history, |tree| tree.symlink("src/link", target))
    }),
    ("a header that says it is for nobody", "licence-header", |rng, history| {
        let text = format!("// Copyright Acme. Proprietary and confidential.\n{}", lines(rng));
        file(rng, history, text)
    }),
    ("one of our markers", "left-marker", |rng, history| {
        let marker = ["// repo-sync", ": private\n"].concat();
        let text = marker + &lines(rng);
        file(rng, history, text)
    }),
    ("a commit without a manifest", "manifest-missing", |_, history| {
        let text = MANIFEST;
        edit(history, |tree| tree.delete("sync.toml").file("src/a", "a\n"))
            .commit("back", |tree| tree.file("sync.toml", text))
    }),
    ("a commit whose manifest does not read", "manifest-invalid", |_, history| {
        edit(history, |tree| tree.file("sync.toml", "version = ").file("src/a", "a\n"))
            .commit("back", |tree| tree.file("sync.toml", MANIFEST))
    }),
    ("a root of nowhere", "new-root", |rng, history| {
        let (path, text) = (name(rng, "src"), lines(rng));
        history
            .orphan("other")
            .commit("other", |tree| tree.file("sync.toml", MANIFEST).file(path, text))
            .on("main")
            .merge("join", ["other"], |tree| tree)
            .delete_branch("other")
    }),
    ("a tag of a tag", "tag-target", |rng, history| {
        file(rng, history, "//\n").annotate("v8", "main", TagText::raw("one\n")).annotate(
            "v9",
            "v8",
            TagText::raw("two\n"),
        )
    }),
];
