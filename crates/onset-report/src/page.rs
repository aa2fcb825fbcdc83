//! What the two pages share: the skeleton, data addresses, figures.

use crate::figures::Figure;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use onset_plot::Scene;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A page from its parts, in pieces to be written one after the other. Style and script stand in the file; a
/// content security policy allows these two by their hashes and nothing else.
pub(crate) fn page(title: &str, style: &str, script: &str, body: Vec<Markup>) -> Vec<String> {
    let mut policy = format!(
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src 'sha256-{}'",
        digest(style)
    );
    if !script.is_empty() {
        policy.push_str(&format!("; script-src 'sha256-{}'", digest(script)));
    }
    let head = html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="referrer" content="no-referrer";
            meta name="color-scheme" content="light dark";
            title { (title) }
            style { (PreEscaped(style)) }
        }
    };
    let mut pieces = vec![
        DOCTYPE.into_string(),
        "<html lang=\"en-GB\">".to_owned(),
        head.into_string(),
        "<body>".to_owned(),
    ];
    pieces.extend(body.into_iter().map(|piece| piece.0));
    if !script.is_empty() {
        pieces.push(format!("<script>{script}</script>"));
    }
    pieces.push("</body></html>\n".to_owned());
    pieces
}

fn digest(text: &str) -> String {
    base64(&Sha256::digest(text.as_bytes()))
}

/// Bytes as a `data:` address.
pub(crate) fn data_address(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", base64(bytes))
}

/// A longer file stands beside the page, not in it.
pub(crate) const EMBEDDED: usize = 500_000;

/// A link that saves a file of the bundle: one that stands in the page, or, where it is long, one that leads
/// to the folder beside it.
pub(crate) fn saved(kind: &str, folder: &str, file: &str, bytes: &[u8], words: &str) -> Markup {
    if bytes.len() <= EMBEDDED {
        html! { a.save href=(data_address(kind, bytes)) download=(file) { (words) } }
    } else {
        let path = format!("{folder}/{file}");
        html! { a.save href=(path) download=(file) { (words) ", in the folder of this page" } }
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |six: u32| char::from(LETTERS[(six & 63) as usize]);
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(letter(bits >> (18 - 6 * i)));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// Widths are rounded up to a multiple of this, so that few rules choose between two drawings.
const STEP: u32 = 10;
/// On paper a drawing may shrink this much: pixels are no limit there.
const ON_PAPER: f64 = 0.95;

/// The class of a figure: from which width of its place on the wide drawing is legible.
pub(crate) fn width_class(scene: &Scene) -> String {
    format!("from{}", threshold(scene))
}

fn threshold(scene: &Scene) -> u32 {
    // Widths of scenes are a few hundred pixels.
    (scene.narrowest().ceil() as u32).div_ceil(STEP) * STEP
}

/// Rules that choose the wide or the narrow drawing of each figure.
pub(crate) fn width_rules<'a>(figures: impl Iterator<Item = &'a Figure>) -> String {
    let widths: BTreeSet<u32> = figures.map(|figure| threshold(&figure.wide)).collect();
    let rule = |width: u32, from: u32| {
        format!(
            "@container drawing (min-width:{from}px){{.from{width} .wide{{display:block}}.from{width} \
             .narrow{{display:none}}}}\n"
        )
    };
    let on_screen: String = widths.iter().map(|&width| rule(width, width)).collect();
    let on_paper: String = widths
        .iter()
        .map(|&width| rule(width, (f64::from(width) * ON_PAPER) as u32))
        .collect();
    format!("{on_screen}@media print{{\n{on_paper}}}\n")
}

/// Both drawings of a figure.
pub(crate) fn drawings(figure: &Figure) -> Markup {
    html! {
        div.drawing.(width_class(&figure.wide)) {
            div.wide { (PreEscaped(figure.wide.to_inline())) }
            div.narrow { (PreEscaped(figure.narrow.to_inline())) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EMBEDDED, base64, saved};

    #[test]
    fn long_files_are_linked_and_short_ones_embedded() {
        let link = |length| saved("text/csv", "tables", "t.csv", &vec![b'x'; length], "t").into_string();
        assert!(link(EMBEDDED).contains("href=\"data:text/csv;base64,eHh4"));
        let long = link(EMBEDDED + 1);
        assert!(
            long.contains("href=\"tables/t.csv\"") && !long.contains("base64"),
            "{long}"
        );
    }

    #[test]
    fn base64_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
