// SPDX-License-Identifier: Apache-2.0
//! Package and image registries.

use super::{BuiltIn, token};

pub(super) const RULES: &[BuiltIn] = &[
    token("npm-token", "npm access token", &["npm_"], r"(?:\b|\\[nrt])npm_[A-Za-z0-9]{36}\b", 3.5),
    BuiltIn {
        except_secret: &[r"^[A-Za-z]+$", r"(?i)^process\.env", r"^\$"],
        ..token(
            "npmrc-auth",
            "password of a registry in an .npmrc",
            &[":_authtoken", ":_password", "_auth"],
            r#":_(?:authToken|password)[ \t]{0,2}=[ \t]{0,2}["']?([A-Za-z0-9_./+-]{20,}={0,2})|\b_auth[ \t]{0,2}=[ \t]{0,2}["']?([A-Za-z0-9+/]{16,}={0,2})"#,
            3.0,
        )
    },
    token(
        "pypi-token",
        "PyPI upload token",
        &["pypi-ageichlwas5vcmc", "pypi-agendgvzdc5wexbplm9yzw"],
        r"pypi-(?:AgEIcHlwaS5vcmc|AgENdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,}",
        4.0,
    ),
    token(
        "crates-io-token",
        "crates.io token",
        &["cio"],
        r"(?:\b|\\[nrt])cio[A-Za-z0-9]{32}\b",
        3.8,
    ),
    token("rubygems-key", "RubyGems API key", &["rubygems_"], r"rubygems_[a-f0-9]{48}\b", 3.0),
    token("nuget-key", "NuGet API key", &["oy2"], r"(?:\b|\\[nrt])oy2[a-z0-9]{43}\b", 3.5),
    token("clojars-token", "Clojars deploy token", &["clojars_"], r"CLOJARS_[a-z0-9]{60}\b", 3.5),
    token(
        "docker-token",
        "Docker Hub token",
        &["dckr_pat_", "dckr_oat_"],
        r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,40}",
        3.5,
    ),
    token(
        "artifactory-key",
        "Artifactory API key or reference token",
        &["akcp", "cmvmdgtu"],
        r"(?:\b|\\[nrt])(?:AKCp[A-Za-z0-9]{69}|cmVmdGtu[A-Za-z0-9]{56})\b",
        4.0,
    ),
    token(
        "huggingface-token",
        "Hugging Face token",
        &["hf_", "api_org_"],
        r"(?:\b|\\[nrt])(?:hf|api_org)_[A-Za-z]{34}\b",
        3.5,
    ),
    token(
        "openai-key",
        "OpenAI API key",
        &["t3blbkfj"],
        r"sk-(?:[a-z]{3,10}-)?[A-Za-z0-9_-]{20,90}T3BlbkFJ[A-Za-z0-9_-]{20,90}",
        4.0,
    ),
    token(
        "anthropic-key",
        "Anthropic API key or token",
        &["sk-ant-"],
        r"sk-ant-[a-z]{3,8}\d{2}-[A-Za-z0-9_-]{80,120}",
        4.0,
    ),
    token("xai-key", "xAI API key", &["xai-"], r"(?:\b|\\[nrt])xai-[A-Za-z0-9]{80}\b", 4.0),
    token("groq-key", "Groq API key", &["gsk_"], r"(?:\b|\\[nrt])gsk_[A-Za-z0-9]{52}\b", 4.0),
    token(
        "replicate-token",
        "Replicate API token",
        &["r8_"],
        r"(?:\b|\\[nrt])r8_[A-Za-z0-9]{37}\b",
        3.8,
    ),
    token(
        "perplexity-key",
        "Perplexity API key",
        &["pplx-"],
        r"(?:\b|\\[nrt])pplx-[A-Za-z0-9]{48}\b",
        3.8,
    ),
    token("openrouter-key", "OpenRouter API key", &["sk-or-v1-"], r"sk-or-v1-[a-f0-9]{64}\b", 3.0),
];
