//! What is wrong or doubtful about the data, and where.

use serde::Serialize;
use std::fmt;

/// How much a [`Diagnostic`] weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Told for completeness; nothing is wrong.
    Note,
    /// Something a reviewer should look at; the run goes on.
    Warning,
    /// A broken rule; the run stops.
    Error,
}

/// One finding about the data: the rule, where, what was found, what is allowed, and a hint.
///
/// Every place is optional because not every rule has a line or a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnostic {
    /// Stable name of the rule, in snake case: `missing_value`, `unknown_study`.
    pub code: String,
    /// How much it weighs.
    pub severity: Severity,
    /// One sentence a reviewer understands.
    pub message: String,
    /// File name.
    pub file: Option<String>,
    /// Line, counted from 1 (the header).
    pub line: Option<u64>,
    /// Study, by its id or label.
    pub study: Option<String>,
    /// Column header, or key of a protocol.
    pub column: Option<String>,
    /// What was found, as written.
    pub found: Option<String>,
    /// What is allowed there.
    pub allowed: Option<String>,
    /// What to try.
    pub hint: Option<String>,
}

impl Diagnostic {
    fn new(severity: Severity, code: &str, message: impl Into<String>) -> Self {
        Diagnostic {
            code: code.to_owned(),
            severity,
            message: message.into(),
            file: None,
            line: None,
            study: None,
            column: None,
            found: None,
            allowed: None,
            hint: None,
        }
    }

    /// A broken rule.
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// Something to look at.
    pub fn warning(code: &str, message: impl Into<String>) -> Self {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// Something told for completeness.
    pub fn note(code: &str, message: impl Into<String>) -> Self {
        Diagnostic::new(Severity::Note, code, message)
    }

    /// In this file.
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// At this line (the header is line 1).
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// In this study.
    pub fn study(mut self, study: impl Into<String>) -> Self {
        self.study = Some(study.into());
        self
    }

    /// In this column.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// With this text found there; long texts are cut at 80 characters.
    pub fn found(mut self, found: impl Into<String>) -> Self {
        let text: String = found.into();
        let mut short: String = text.chars().take(80).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        self.found = Some(short);
        self
    }

    /// Where this is allowed.
    pub fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    /// With this to try.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    /// `observations.csv, line 17, study 'x', column 'n': message. Found '…'; allowed: …. Hint: …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place: Vec<String> = Vec::new();
        place.extend(self.file.clone());
        place.extend(self.line.map(|line| format!("line {line}")));
        place.extend(self.study.as_ref().map(|study| format!("study '{study}'")));
        let kind = match &self.file {
            Some(file) if file.ends_with(".toml") => "key",
            _ => "column",
        };
        place.extend(self.column.as_ref().map(|column| format!("{kind} '{column}'")));
        if !place.is_empty() {
            write!(f, "{}: ", place.join(", "))?;
        }
        write!(f, "{}", self.message)?;
        if !self.message.ends_with('.') {
            write!(f, ".")?;
        }
        match (&self.found, &self.allowed) {
            (Some(found), Some(allowed)) => write!(f, " Found '{found}'; allowed: {allowed}.")?,
            (Some(found), None) => write!(f, " Found '{found}'.")?,
            (None, Some(allowed)) => write!(f, " Allowed: {allowed}.")?,
            (None, None) => {}
        }
        if let Some(hint) = &self.hint {
            write!(f, " Hint: {hint}")?;
        }
        Ok(())
    }
}

/// A value together with what was noticed on the way to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Warned<T> {
    /// The value.
    pub value: T,
    /// What was noticed; never errors.
    pub warnings: Vec<Diagnostic>,
}

impl<T> Warned<T> {
    /// A value about which nothing was noticed.
    pub fn clean(value: T) -> Self {
        Warned {
            value,
            warnings: Vec::new(),
        }
    }

    /// The same warnings about another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Warned<U> {
        Warned {
            value: change(self.value),
            warnings: self.warnings,
        }
    }
}
