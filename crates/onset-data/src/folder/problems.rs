//! Everything found on the way through a folder, errors and warnings apart.

use crate::{Diagnostic, Severity};

/// Errors listed before the rest is only counted.
pub const MOST_ERRORS: usize = 200;

/// Findings so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    uncounted: usize,
}

impl Problems {
    pub(super) fn push(&mut self, finding: Diagnostic) {
        if finding.severity != Severity::Error {
            self.warnings.push(finding);
        } else if self.errors.len() < MOST_ERRORS {
            self.errors.push(finding);
        } else {
            self.uncounted += 1;
        }
    }

    /// The warnings when there was no error, else the errors.
    pub(super) fn finish(mut self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        if self.errors.is_empty() {
            return Ok(self.warnings);
        }
        if self.uncounted > 0 {
            let message = format!("{} more errors are not listed", self.uncounted);
            let last = Diagnostic::error("too_many_errors", message);
            self.errors.push(last.hint("mend the first ones and check again"));
        }
        Err(self.errors)
    }
}
