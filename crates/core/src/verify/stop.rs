// SPDX-License-Identifier: Apache-2.0
//! Why the verifier cannot go on with something.

use crate::error::RunError;
use crate::git::{GitError, ObjectError};

/// The end of one question, or of the audit.
#[derive(Debug)]
pub(super) enum Stop {
    /// The run has to end: an object cannot be read, git failed.
    Run(Box<RunError>),
    /// What was found can be no image of anything.
    Unsound(String),
    /// Only the whole history has the answer.
    Narrow,
}

impl Stop {
    pub(super) fn unsound(what: impl Into<String>) -> Self {
        Self::Unsound(what.into())
    }
}

impl From<RunError> for Stop {
    fn from(err: RunError) -> Self {
        Self::Run(Box::new(err))
    }
}

impl From<ObjectError> for Stop {
    fn from(err: ObjectError) -> Self {
        RunError::from(err).into()
    }
}

impl From<GitError> for Stop {
    fn from(err: GitError) -> Self {
        RunError::from(err).into()
    }
}
