//! Reading `review.toml`: keys and types, then the rules between them, each finding with its line.

mod document;
mod fit;
mod rules;

pub use fit::check;

use crate::protocol::Protocol;
use document::Document;
use onset_data::{Diagnostic, Evidence};

/// Name of the protocol in a review folder.
pub const FILE: &str = "review.toml";

/// The format of `review.toml` that this version reads.
pub const FORMAT: u32 = 1;

impl Protocol {
    /// Reads the text of a `review.toml` and checks it by itself; [`check`] holds it against the tables.
    ///
    /// ```
    /// use onset_review::Protocol;
    /// let refused = Protocol::parse("[review]\ntitel = 'x'\n").unwrap_err();
    /// assert_eq!(refused[0].line, Some(2));
    /// assert_eq!(refused[0].hint.as_deref(), Some("did you mean 'title'?"));
    /// ```
    ///
    /// # Errors
    /// `toml_syntax`, `unknown_format`, `unknown_key`, `missing_key`, `wrong_type`, `not_in_list`, and the
    /// broken rules between the parts: ids that stand twice or lead nowhere, windows that overlap, numbers
    /// that cannot be what their key says. Never empty.
    pub fn parse(text: &str) -> Result<Protocol, Vec<Diagnostic>> {
        read(text).map(|(protocol, _)| protocol)
    }
}

/// The protocol, and its text for finding lines again.
fn read(text: &str) -> Result<(Protocol, Document<'_>), Vec<Diagnostic>> {
    let document = Document::parse(text)?;
    let protocol = document.protocol()?;
    let broken = rules::check(&protocol, &document);
    if broken.is_empty() {
        Ok((protocol, document))
    } else {
        Err(broken)
    }
}

/// As [`check`], naming lines of the protocol's `text`.
pub(crate) fn check_with_lines(protocol: &Protocol, evidence: &Evidence, text: &str) -> Vec<Diagnostic> {
    fit::findings(protocol, evidence, Document::parse(text).ok().as_ref())
}

/// The JSON Schema of `review.toml`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Protocol).to_value()
}

#[cfg(test)]
mod tests;
