//! Why a command failed: one finding or many, each on its own line.

use crate::arguments::USAGE;
use onset::data::Diagnostic;
use std::process::ExitCode;

/// The findings that stopped a command.
#[derive(Debug)]
pub struct Failure(Vec<Diagnostic>);

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Failure(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Failure(diagnostics)
    }
}

impl Failure {
    /// Prints every finding to standard error; 2 for bad use, 1 for an error in the data.
    pub fn report(&self) -> ExitCode {
        for diagnostic in &self.0 {
            eprintln!("error: {diagnostic}");
        }
        let usage = self.0.iter().any(|diagnostic| diagnostic.code == USAGE);
        ExitCode::from(if usage { 2 } else { 1 })
    }
}
