// SPDX-License-Identifier: Apache-2.0
//! The text of the files that `init` writes.

use std::fmt::Write as _;

use repo_sync_shared::ObjectId;

const MANIFEST: &str = include_str!("templates/sync.toml");
const WORKFLOW: &str = include_str!("templates/repo-sync.yml");

/// What the starter says where a mirror is new, and in its place where there is one.
const NOTHING_YET: &str = "\
# Nothing is public yet. Take the `#` off what may be, one line at a time:
# a folder means everything in it, today and later.
";
const ALL_OF_IT: &str = "\
# What the mirror shows already. A folder means everything in it, today and later.
";
const NO_URL: &str = "\
# The public repository. Create it empty, then name it here.
# url = \"git@github.com:OWNER/NAME.git\"
";

/// How to leave the past where it is, which we advise.
const SEAM: &str = "
# The commits from before this file become public too, with their messages and
# authors, although nobody wrote them to be read by everyone. To begin with one
# snapshot of today instead, take the `#` off these lines.
# [[seam]]
# private = \"@HEAD@\"
# message = \"Public snapshot\"
";

/// What is always on the floor, and so not worth suggesting.
const FLOOR: [&str; 3] = ["cloud", "sync.toml", "sync.lock"];

/// What to do once the files are there.
pub(super) const NEXT: &str = "\
Next:
  1. Say what is public: take the `#` off lines of `include` in sync.toml.
  2. Create an empty public repository, and name it as `url` under [mirror.public].
  3. Set up the deploy key, as the head of .github/workflows/repo-sync.yml says.
  4. Run `repo-sync plan --write-lock`: sync.lock then lists what is public, and
     whatever widens it later has to be reviewed there.
  5. Commit all three; not before, for the first version of sync.toml also decides
     about all that came before it.";

/// A manifest that publishes nothing and suggests what could be public, and where
/// to begin if there are commits already.
pub(super) fn manifest(branch: &str, head: Option<ObjectId>, entries: &[Vec<u8>]) -> String {
    let mut suggestions = String::new();
    let (mut others, mut write) = (0, |line: &str| {
        writeln!(suggestions, "    # {line}").expect("writing to a String cannot fail");
    });
    for entry in entries {
        match std::str::from_utf8(entry) {
            Ok(name) if FLOOR.contains(&name) => {}
            Ok(name) if is_plain(name) => write(&format!("\"{name}\",")),
            Ok(_) | Err(_) => others += 1,
        }
    }
    if others > 0 {
        write(&format!("(and {others} more, whose names need care in a pattern)"));
    }
    if entries.is_empty() {
        write("\"README.md\",");
    }
    let seam = head.map_or_else(String::new, |head| SEAM.replace("@HEAD@", &head.to_string()));
    MANIFEST.replace("@SEAM@", &seam).replace("@BRANCH@", branch).replace("@ENTRIES@", &suggestions)
}

/// A manifest that publishes what a mirror shows already, at the address where it is.
/// A name may hold anything but control characters.
pub(super) fn adopting(branch: &str, url: &str, include: &[String]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let lines = include.iter().map(|pattern| format!("    {},\n", quoted(pattern)));
    MANIFEST
        .replace(NOTHING_YET, ALL_OF_IT)
        .replace(NO_URL, &format!("url = {}\n", quoted(url)))
        .replace("@SEAM@", "")
        .replace("@BRANCH@", branch)
        .replace("@ENTRIES@", &lines.collect::<String>())
}

/// A workflow that syncs whenever this branch is pushed.
pub(super) fn workflow(branch: &str) -> String {
    WORKFLOW.replace("@BRANCH@", branch)
}

/// Whether a name means itself between quotes in TOML and YAML, as a pattern, and
/// within a comment.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ' ' | '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_starter_manifest_publishes_nothing() {
        let text = manifest("trunk", None, &entries(&["README.md", "cloud", "src", "sync.toml"]));
        let parsed: toml::Table = text.parse().expect("it is valid TOML");
        let keys: Vec<_> = parsed.keys().map(String::as_str).collect();
        assert_eq!(keys, ["include", "mirror", "private", "version"]);
        assert_eq!(parsed["version"].as_integer(), Some(1));
        assert_eq!(parsed["include"].as_array().map(Vec::len), Some(0));
        assert_eq!(parsed["mirror"].to_string(), "{ public = { branches = [\"trunk\"] } }");
    }

    #[test]
    fn what_could_be_public_is_suggested() {
        check(&["README.md", "src"], &["# \"README.md\",", "# \"src\","]);
        check(&["cloud", "docs", "sync.toml", "sync.lock"], &["# \"docs\","]);
        check(
            &["a\"b", "x*", "new\nline", "ok"],
            &["# \"ok\",", "# (and 3 more, whose names need care in a pattern)"],
        );
        check(&[], &["# \"README.md\","]);

        #[track_caller]
        fn check(names: &[&str], expected: &[&str]) {
            let text = manifest("main", None, &entries(names));
            let list = text.split_once("include = [\n").unwrap().1.split_once(']').unwrap().0;
            assert_eq!(list.lines().map(str::trim).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn every_suggestion_can_be_taken() {
        let text = manifest("main", None, &entries(&["README.md", "src", ".github"]));
        let taken = text.replace("    # \"", "    \"");
        let parsed: toml::Table = taken.parse().expect("it is still valid TOML");
        assert_eq!(parsed["include"].to_string(), "[\"README.md\", \"src\", \".github\"]");
    }

    #[test]
    fn a_repository_with_a_past_is_offered_a_seam() {
        let text = manifest("main", Some(ObjectId::EMPTY_TREE), &entries(&["src"]));
        let taken = text.replace("# [[seam]]", "[[seam]]").replace("# private =", "private =");
        let parsed: toml::Table = taken.parse().expect("it is valid TOML");
        let id = parsed["seam"][0]["private"].as_str();
        assert_eq!(id, Some(&*ObjectId::EMPTY_TREE.to_string()));
        assert!(!manifest("main", None, &entries(&["src"])).contains("[[seam]]"));
    }

    #[test]
    fn a_manifest_for_a_mirror_that_is_there_includes_what_it_shows() {
        let include = ["src", "a\\*b", "say \"hi\""].map(str::to_owned);
        let text = adopting("main", "/srv/a \"b\".git", &include);
        let parsed: toml::Table = text.parse().expect("it is valid TOML");
        let found: Vec<_> =
            parsed["include"].as_array().unwrap().iter().map(toml::Value::as_str).collect();
        assert_eq!(found, include.each_ref().map(|pattern| Some(pattern.as_str())));
        assert_eq!(parsed["mirror"]["public"]["url"].as_str(), Some("/srv/a \"b\".git"));
        for gone in ["OWNER", "Nothing is public", "@"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
    }

    #[test]
    fn a_workflow_leaves_no_blank_to_fill_in() {
        let text = workflow("release/1.x");
        assert!(text.contains("branches: [\"release/1.x\"]"), "{text}");
        assert!(!text.contains("@BRANCH@"), "{text}");
    }

    fn entries(names: &[&str]) -> Vec<Vec<u8>> {
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    }
}
