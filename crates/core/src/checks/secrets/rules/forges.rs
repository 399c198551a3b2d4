// SPDX-License-Identifier: Apache-2.0
//! Code hosting and continuous integration.

use super::{BuiltIn, token};

pub(super) const RULES: &[BuiltIn] = &[
    token(
        "github-token",
        "GitHub token of a person, app or OAuth login",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"gh[pousr]_[A-Za-z0-9]{36,}",
        3.5,
    ),
    token(
        "github-fine-grained-token",
        "GitHub fine-grained token of a person",
        &["github_pat_"],
        r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        3.5,
    ),
    token(
        "gitlab-token",
        "GitLab token",
        &[
            "glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-",
            "glagent-", "gloas-", "glsoat-", "glffct-", "glwt-",
        ],
        r"gl(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_-]{20,}",
        3.5,
    ),
    token(
        "gitlab-runner-registration",
        "GitLab runner registration token",
        &["gr1348941"],
        r"GR1348941[A-Za-z0-9_-]{20}",
        3.5,
    ),
    token(
        "bitbucket-app-password",
        "Bitbucket app password",
        &["atbb"],
        r"(?:\b|\\[nrt])ATBB[A-Za-z0-9]{32}\b",
        3.8,
    ),
    token(
        "atlassian-token",
        "Atlassian API token",
        &["atatt3", "atctt3"],
        r"AT(?:A|C)TT3[A-Za-z0-9_=-]{150,}",
        4.0,
    ),
    token(
        "azure-devops-token",
        "Azure DevOps token",
        &["azdo"],
        r"\b[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}\b",
        4.0,
    ),
    token(
        "circleci-token",
        "CircleCI token",
        &["ccipat_", "ccipra_"],
        r"CCIP(?:AT|RA)_[A-Za-z0-9]{22}_[a-f0-9]{40}",
        3.5,
    ),
    token(
        "buildkite-token",
        "Buildkite token",
        &["bkua_"],
        r"(?:\b|\\[nrt])bkua_[a-f0-9]{40}\b",
        3.0,
    ),
    token(
        "sourcegraph-token",
        "Sourcegraph token",
        &["sgp_"],
        r"(?:\b|\\[nrt])sgp_(?:(?:[a-f0-9]{16}|local)_)?[a-f0-9]{40}\b",
        3.0,
    ),
    token(
        "sonarqube-token",
        "SonarQube token",
        &["sqp_", "squ_", "sqa_"],
        r"(?:\b|\\[nrt])sq[pua]_[a-f0-9]{40}\b",
        3.0,
    ),
    token(
        "linear-key",
        "Linear API key",
        &["lin_api_", "lin_oauth_"],
        r"lin_(?:api_[A-Za-z0-9]{40}|oauth_[a-f0-9]{64})\b",
        3.0,
    ),
    token(
        "notion-token",
        "Notion integration token",
        &["ntn_"],
        r"(?:\b|\\[nrt])ntn_\d{10,12}[A-Za-z0-9]{32,36}\b",
        3.8,
    ),
    token(
        "figma-token",
        "Figma token",
        &["figd_", "figu_", "figor_"],
        r"(?:\b|\\[nrt])fig(?:d|u|or)_[A-Za-z0-9_-]{40}",
        3.8,
    ),
    token("postman-key", "Postman API key", &["pmak-"], r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}\b", 3.0),
    token(
        "airtable-token",
        "Airtable token",
        &["pat"],
        r"(?:\b|\\[nrt])pat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b",
        3.5,
    ),
];
