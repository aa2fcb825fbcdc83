//! How wide a text is: advance widths of the Helvetica/Arial family, so that columns are laid out before
//! any browser sees them. Digits are all equally wide there, as in every tabular numeral.

/// Room added to every measured width: other system fonts run up to about this much wider.
const SLACK: f64 = 1.03;

/// Width of `text` in pixels at `size` pixels.
///
/// ```
/// let digits = onset_plot::metrics::width("00", 10.0, false);
/// assert_eq!(digits, onset_plot::metrics::width("17", 10.0, false));
/// ```
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let thousandths: u64 = text.chars().map(|c| u64::from(advance(c, bold))).sum();
    thousandths as f64 / 1000.0 * size * SLACK
}

/// The widest of several texts.
pub fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64, bold: bool) -> f64 {
    texts
        .into_iter()
        .map(|text| width(text, size, bold))
        .fold(0.0, f64::max)
}

/// Breaks `text` into lines no wider than `room`: at spaces, then after hyphens and slashes, and inside a
/// word only where the word alone is wider than the room. Nothing is left out.
pub fn wrap(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let text = glued(text);
    for word in text.split_whitespace() {
        for (index, piece) in pieces(word, size, bold, room).into_iter().enumerate() {
            let gap = if line.is_empty() || index > 0 { "" } else { " " };
            let longer = format!("{line}{gap}{piece}");
            if line.is_empty() || width(&longer, size, bold) <= room {
                line = longer;
            } else {
                lines.push(std::mem::replace(&mut line, piece));
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines.iter().map(|line| line.replace(GLUE, " ")).collect()
}

/// Stands for a space that must not break, while lines are made.
const GLUE: char = '\u{e000}';

/// "95 % CI", "p = 0.47" and "I² 0 %" stay on one line.
fn glued(text: &str) -> String {
    let rules = [
        (" %", "_%"),
        ("% CI", "%_CI"),
        (" = ", "_=_"),
        (" < ", "_<_"),
        ("\u{b2} ", "\u{b2}_"),
    ];
    let glue = |joined: &str| joined.replace('_', GLUE.encode_utf8(&mut [0; 4]));
    rules.iter().fold(text.to_owned(), |out, (open, joined)| {
        out.replace(open, &glue(joined))
    })
}

/// The places where a word may break, if it must.
fn pieces(word: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    if width(word, size, bold) <= room {
        return vec![word.to_owned()];
    }
    let mut out: Vec<String> = Vec::new();
    let mut piece = String::new();
    for c in word.chars() {
        let mut longer = piece.clone();
        longer.push(c);
        if !piece.is_empty() && width(&longer, size, bold) > room {
            out.push(std::mem::take(&mut piece));
        }
        piece.push(c);
        if matches!(c, '-' | '/' | '_') {
            out.push(std::mem::take(&mut piece));
        }
    }
    if !piece.is_empty() {
        out.push(piece);
    }
    out
}

/// Advance width of one character, in thousandths of the font size.
fn advance(c: char, bold: bool) -> u16 {
    let code = c as usize;
    let known = match (code, bold) {
        (0x20..0x7F, false) => REGULAR_ASCII.get(code - 0x20),
        (0x20..0x7F, true) => BOLD_ASCII.get(code - 0x20),
        (0xA0..0x180, false) => REGULAR_LATIN.get(code - 0xA0),
        (0xA0..0x180, true) => BOLD_LATIN.get(code - 0xA0),
        _ => None,
    };
    known.copied().unwrap_or_else(|| other(c, bold))
}

/// Characters outside the tables: signs by name, scripts by their widest usual letter.
fn other(c: char, bold: bool) -> u16 {
    match c {
        '\u{200a}' => 100,
        '\u{2009}' | '\u{202f}' => 200,
        '\u{2007}' => 556,
        '\u{2013}' => 556,
        '\u{2018}' | '\u{2019}' => 278,
        '\u{201c}' | '\u{201d}' => 500,
        '\u{2212}' => 584,
        '\u{2264}' | '\u{2265}' | '\u{2248}' => 549,
        '\u{221e}' => 713,
        '\u{0300}'..='\u{036f}' => 0,
        '\u{0370}'..='\u{03ff}' if c.is_lowercase() => 690,
        '\u{0400}'..='\u{04ff}' if c.is_lowercase() => 800,
        '\u{0370}'..='\u{1fff}' => 900,
        '\u{2000}'..='\u{206f}' => 600,
        GLUE => 278,
        _ if bold => 1050,
        _ => 1000,
    }
}

/// U+0020 to U+007E, regular.
static REGULAR_ASCII: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// U+0020 to U+007E, bold.
static BOLD_ASCII: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278,
    556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584,
    556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556,
    333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];
/// U+00A0 to U+017F, regular.
static REGULAR_LATIN: [u16; 224] = [
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 552, 400, 549, 333, 333, 333,
    576, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611, 667, 667, 667, 667, 667, 667, 1000, 722, 667, 667,
    667, 667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667,
    611, 556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278, 556, 556, 556, 556,
    556, 556, 556, 549, 611, 556, 556, 556, 556, 500, 556, 500, 667, 556, 667, 556, 667, 556, 722, 500, 722,
    500, 722, 500, 722, 500, 722, 615, 722, 556, 667, 556, 667, 556, 667, 556, 667, 556, 667, 556, 778, 556,
    778, 556, 778, 556, 778, 556, 722, 556, 722, 556, 278, 278, 278, 278, 278, 278, 278, 222, 278, 278, 735,
    444, 500, 222, 667, 500, 500, 556, 222, 556, 222, 556, 292, 556, 334, 556, 222, 722, 556, 722, 556, 722,
    556, 604, 723, 556, 778, 556, 778, 556, 778, 556, 1000, 944, 722, 333, 722, 333, 722, 333, 667, 500, 667,
    500, 667, 500, 667, 500, 611, 278, 611, 375, 611, 278, 722, 556, 722, 556, 722, 556, 722, 556, 722, 556,
    722, 556, 944, 722, 667, 500, 667, 611, 500, 611, 500, 611, 500, 222,
];
/// U+00A0 to U+017F, bold.
static BOLD_LATIN: [u16; 224] = [
    278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 552, 400, 549, 333, 333, 333,
    576, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611, 722, 722, 722, 722, 722, 722, 1000, 722, 667, 667,
    667, 667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667,
    611, 556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278, 611, 611, 611, 611,
    611, 611, 611, 549, 611, 611, 611, 611, 611, 556, 611, 556, 722, 556, 722, 556, 722, 556, 722, 556, 722,
    556, 722, 556, 722, 556, 722, 719, 722, 611, 667, 556, 667, 556, 667, 556, 667, 556, 667, 556, 778, 611,
    778, 611, 778, 611, 778, 611, 722, 611, 722, 611, 278, 278, 278, 278, 278, 278, 278, 278, 278, 278, 785,
    556, 556, 278, 722, 556, 556, 611, 278, 611, 278, 611, 385, 611, 479, 611, 278, 722, 611, 722, 611, 722,
    611, 708, 723, 611, 778, 611, 778, 611, 778, 611, 1000, 944, 722, 389, 722, 389, 722, 389, 667, 556, 667,
    556, 667, 556, 667, 556, 611, 333, 611, 479, 611, 333, 722, 611, 722, 611, 722, 611, 722, 611, 722, 611,
    722, 611, 944, 778, 667, 556, 667, 611, 500, 611, 500, 611, 500, 278,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_they_fit() {
        let lines = wrap("Murrough and colleagues 2013", 13.0, false, 100.0);
        assert_eq!(lines, ["Murrough and", "colleagues 2013"]);
        assert!(lines.iter().all(|line| width(line, 13.0, false) <= 100.0));
    }

    #[test]
    fn a_word_wider_than_the_room_breaks_and_loses_nothing() {
        let word = "Pneumonoultramicroscopicsilicovolcanoconiosis-Trial/2024";
        let lines = wrap(word, 13.0, false, 60.0);
        assert!(lines.len() > 3);
        assert!(lines.iter().all(|line| width(line, 13.0, false) <= 60.0));
        assert_eq!(lines.concat(), word);
    }

    #[test]
    fn a_number_keeps_its_unit() {
        let lines = wrap("the interval (95 % CI 1 to 2), p = 0.47", 13.0, false, 95.0);
        assert_eq!(lines, ["the interval", "(95 % CI 1 to", "2), p = 0.47"]);
    }

    #[test]
    fn an_empty_text_is_one_empty_line() {
        assert_eq!(wrap("  ", 13.0, false, 60.0), [""]);
    }

    #[test]
    fn accents_and_other_scripts_have_a_width() {
        assert!(width("Díaz-Granados", 13.0, false) > 70.0);
        assert!(width("\u{7814}\u{7a76}", 10.0, false) >= 20.0);
    }
}
