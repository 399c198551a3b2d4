// SPDX-License-Identifier: Apache-2.0
//! The feature matrix that people read is the one that the program computes, the extension
//! points are all explained, and the code in the guide is code that is built.

use std::fs;

use repo_sync_shared::edition::{Edition, Feature, Placement, Point};

use crate::{read, root};

#[test]
fn the_matrix_is_the_one_of_the_program() {
    let mut table =
        "| Feature | | Community | Cloud | Because |\n|---|---|---|---|---|\n".to_owned();
    for feature in Feature::ALL {
        let Placement { edition, because } = feature.placement();
        let [community, cloud] =
            Edition::ALL.map(|it| if it.includes(edition) { " yes " } else { " " });
        let (about, because) = (feature.about(), because.about());
        table += &format!("| `{feature}` | {about} |{community}|{cloud}| {because} |\n");
    }
    assert!(read("docs/editions.md").contains(&table), "docs/editions.md should have\n\n{table}");
}

#[test]
fn every_extension_point_is_explained() {
    let page = read("docs/guide/extension-points.md");
    for point in Point::ALL {
        assert!(page.contains(&format!("| `{point}` {} |", point.version())), "{point}");
    }
}

#[test]
fn what_the_guides_show_in_rust_is_built() {
    let examples = root().join("crates/repo-sync/examples");
    let files = fs::read_dir(examples).expect("it is part of the workspace");
    let built: Vec<String> = files
        .map(|file| fs::read_to_string(file.expect("it can be read").path()))
        .map(|text| text.expect("an example is text"))
        .collect();
    let mut seen = 0;
    for page in crate::pages_under("docs") {
        let text = read(&page);
        for block in text.split("```rust\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            seen += 1;
            assert!(built.iter().any(|file| file.contains(block)), "{page} shows\n{block}");
        }
    }
    assert!(seen > 0, "a guide shows some Rust");
}
