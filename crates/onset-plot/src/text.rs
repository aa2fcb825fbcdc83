//! The one place where a number becomes text.
//!
//! A real minus sign, "to" between limits, no more digits than the data carry:
//!
//! | scale | decimals |
//! | --- | --- |
//! | standardised mean difference, correlation | 2 |
//! | points of a rating scale | 1 |
//! | ratio | 2; three significant digits from 10 up and below 0.1 |
//! | percent | 0 or 1 |
//! | p | 3, "< 0.001" below |

/// U+2212, as wide as a plus sign.
pub const MINUS: char = '\u{2212}';
/// Between groups of three digits: a narrow space that does not break.
const GROUP: char = '\u{202f}';
/// What stands where a number could not be computed.
const NOT_AVAILABLE: &str = "not available";

/// The scale a number is on; decides its decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Standardised mean difference: two decimals.
    #[default]
    Smd,
    /// Points of a rating scale: one decimal.
    Points,
    /// Ratio: two decimals, three significant digits from 10 up and below 0.1.
    Ratio,
    /// A percentage, already times 100: no decimal.
    Percent,
    /// Any other number with so many decimals.
    Decimals(usize),
}

impl Scale {
    /// The scale of an effect measure by its code ("MD", "SMD", "OR", ...); two decimals for others.
    pub fn of(measure: &str) -> Scale {
        match measure {
            "MD" | "MC" | "MEAN" => Scale::Points,
            "OR" | "RR" | "HR" | "IRR" | "ROM" | "PETO" => Scale::Ratio,
            "SMD" | "SMDH" | "SMCC" | "SMCR" => Scale::Smd,
            _ => Scale::Decimals(2),
        }
    }
}

/// A number with so many decimals, a real minus sign, and digits grouped from 10 000 up.
///
/// ```
/// use onset_plot::text;
/// assert_eq!(text::number(-6.94, 1), "\u{2212}6.9");
/// assert_eq!(text::number(-0.04, 1), "0.0");
/// ```
pub fn number(x: f64, decimals: usize) -> String {
    if x.is_nan() {
        return NOT_AVAILABLE.to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 {
            "\u{221e}".to_owned()
        } else {
            format!("{MINUS}\u{221e}")
        };
    }
    let digits = format!("{:.*}", decimals, x.abs());
    let zero = digits.bytes().all(|b| b == b'0' || b == b'.');
    let sign = if x < 0.0 && !zero {
        MINUS.to_string()
    } else {
        String::new()
    };
    format!("{sign}{}", grouped(&digits))
}

/// Puts a narrow space between groups of three digits where the whole part has five or more.
fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.find('.').map_or((digits, ""), |dot| digits.split_at(dot));
    if whole.len() < 5 {
        return digits.to_owned();
    }
    let mut out = String::new();
    for (index, c) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(GROUP);
        }
        out.push(c);
    }
    out + rest
}

/// A value on its scale: "−6.9", "3.94", "12.3".
pub fn value(x: f64, scale: Scale) -> String {
    number(x, decimals(x, scale))
}

/// Decimals of one value on a scale.
fn decimals(x: f64, scale: Scale) -> usize {
    match scale {
        Scale::Smd => 2,
        Scale::Points => 1,
        Scale::Percent => 0,
        Scale::Decimals(n) => n,
        Scale::Ratio => ratio_decimals(x.abs()),
    }
}

/// Two decimals from 0.1 to 10, three significant digits outside; 1e-6 and less is all zeros anyhow.
fn ratio_decimals(x: f64) -> usize {
    if !x.is_finite() || x == 0.0 {
        return 2;
    }
    // What rounds up to the next power of ten is that power of ten: 9.996 is 10.0.
    if x >= 99.95 {
        0
    } else if x >= 9.995 {
        1
    } else if x >= 0.0995 {
        2
    } else {
        (1..=6)
            .find(|&n| x * 10f64.powi(n) >= 0.995)
            .map_or(8, |n| n as usize + 2)
    }
}

/// Two limits: "−9.5 to −4.3".
pub fn range(lower: f64, upper: f64, scale: Scale) -> String {
    format!("{} to {}", value(lower, scale), value(upper, scale))
}

/// A value with its 95 % interval: "−6.9 (95 % CI −9.5 to −4.3)".
///
/// ```
/// use onset_plot::text::{self, Scale};
/// assert_eq!(
///     text::interval(-6.87, -9.46, -4.28, Scale::Points),
///     "\u{2212}6.9 (95 % CI \u{2212}9.5 to \u{2212}4.3)"
/// );
/// ```
pub fn interval(x: f64, lower: f64, upper: f64, scale: Scale) -> String {
    interval_at(x, lower, upper, 0.95, scale)
}

/// A value with its interval at `level` (0.95 is "95 % CI").
pub fn interval_at(x: f64, lower: f64, upper: f64, level: f64, scale: Scale) -> String {
    format!(
        "{} ({} {})",
        value(x, scale),
        level_name(level),
        range(lower, upper, scale)
    )
}

/// "95 %"; one decimal where the level needs it ("99.5 %").
pub fn level(level: f64) -> String {
    let per_cent = level * 100.0;
    let whole = (per_cent - per_cent.round()).abs() < 1e-9;
    format!("{} %", number(per_cent, usize::from(!whole)))
}

/// "95 % CI".
pub fn level_name(level: f64) -> String {
    format!("{} CI", self::level(level))
}

/// A value with its interval in a table whose header says what the interval is: "−6.9 (−9.5 to −4.3)".
pub fn cell(x: f64, lower: f64, upper: f64, scale: Scale) -> String {
    format!("{} ({})", value(x, scale), range(lower, upper, scale))
}

/// A p-value: "0.012", "< 0.001", "> 0.999".
pub fn p(p: f64) -> String {
    if !(0.0..=1.0).contains(&p) {
        NOT_AVAILABLE.to_owned()
    } else if p < 0.001 {
        "< 0.001".to_owned()
    } else if p > 0.999 {
        "> 0.999".to_owned()
    } else {
        number(p, 3)
    }
}

/// A p-value in a sentence: "p = 0.012", "p < 0.001".
pub fn p_phrase(value: f64) -> String {
    let text = p(value);
    if text.starts_with(['<', '>']) {
        format!("p {text}")
    } else {
        format!("p = {text}")
    }
}

/// A percentage (already times 100): "12 %", "12.3 %".
pub fn percent(x: f64, decimals: usize) -> String {
    if x.is_finite() {
        format!("{} %", number(x, decimals))
    } else {
        NOT_AVAILABLE.to_owned()
    }
}

/// Whole people per 100 from a probability, 0 to 1: "18", "fewer than 1", "more than 99".
pub fn per_100(probability: f64) -> String {
    if !(0.0..=1.0).contains(&probability) {
        return NOT_AVAILABLE.to_owned();
    }
    let whole = number(probability * 100.0, 0);
    match whole.as_str() {
        "0" if probability > 0.0 => "fewer than 1".to_owned(),
        "100" if probability < 1.0 => "more than 99".to_owned(),
        _ => whole,
    }
}

/// Limits in whole people per 100: "10 to 29".
pub fn per_100_range(lower: f64, upper: f64) -> String {
    format!("{} to {}", per_100(lower), per_100(upper))
}

/// A count: "1234", "12 345".
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// "1 trial", "3 trials".
pub fn trials(k: usize) -> String {
    format!("{} {}", count(k as u64), if k == 1 { "trial" } else { "trials" })
}

/// "1 person", "118 people".
pub fn people(n: u64) -> String {
    format!("{} {}", count(n), if n == 1 { "person" } else { "people" })
}

/// A time after the first dose, in the unit one would say it in: "40 min", "4 h", "1 day", "2 weeks".
///
/// ```
/// use onset_plot::text;
/// assert_eq!(text::hours(2.0 / 3.0), "40 min");
/// assert_eq!(text::hours(168.0), "1 week");
/// ```
pub fn hours(hours: f64) -> String {
    if !hours.is_finite() {
        return NOT_AVAILABLE.to_owned();
    }
    let (week, day) = (168.0, 24.0);
    let size = hours.abs();
    if size >= week && whole(size / week) {
        unit(hours / week, "week", "weeks")
    } else if size >= 3.0 * day || (size >= day && whole(size / day)) {
        unit(hours / day, "day", "days")
    } else if size >= 1.0 || size == 0.0 {
        format!("{} h", short(hours))
    } else {
        format!("{} min", number(hours * 60.0, 0))
    }
}

/// "12 h to 36 h" said once where the unit is the same: "12 to 36 h".
pub fn hours_range(from: f64, to: f64) -> String {
    let (from, to) = (hours(from), hours(to));
    match (from.rsplit_once(' '), to.rsplit_once(' ')) {
        (Some((number, unit)), Some((_, other)))
            if unit.trim_end_matches('s') == other.trim_end_matches('s') =>
        {
            format!("{number} to {to}")
        }
        _ => format!("{from} to {to}"),
    }
}

fn whole(x: f64) -> bool {
    (x - x.round()).abs() < 1e-6
}

fn unit(x: f64, one: &str, many: &str) -> String {
    let text = short(x);
    let name = if text == "1" { one } else { many };
    format!("{text} {name}")
}

/// As few decimals as say it, at most one.
fn short(x: f64) -> String {
    number(x, usize::from(!whole(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_real_minus_and_no_minus_zero() {
        assert_eq!(number(-6.94, 1), "−6.9");
        assert_eq!(number(-0.04, 1), "0.0");
        assert_eq!(number(-0.06, 1), "−0.1");
        assert_eq!(number(f64::NAN, 1), "not available");
        assert_eq!(number(f64::NEG_INFINITY, 1), "−∞");
    }

    #[test]
    fn long_numbers_are_grouped_and_four_digits_are_not() {
        assert_eq!(number(9999.0, 0), "9999");
        assert_eq!(number(-1_234_567.25, 2), "−1\u{202f}234\u{202f}567.25");
        assert_eq!(count(10_945), "10\u{202f}945");
        assert_eq!(count(118), "118");
    }

    #[test]
    fn decimals_follow_the_scale() {
        assert_eq!(value(-0.874, Scale::Smd), "−0.87");
        assert_eq!(value(-6.87, Scale::Points), "−6.9");
        assert_eq!(value(42.4, Scale::Percent), "42");
        assert_eq!(value(0.5, Scale::Decimals(3)), "0.500");
    }

    #[test]
    fn ratios_have_two_decimals_and_extremes_three_significant_digits() {
        let cases = [
            (3.94, "3.94"),
            (10.1, "10.1"),
            (9.996, "10.0"),
            (99.96, "100"),
            (29.46, "29.5"),
            (1234.4, "1234"),
            (0.1, "0.10"),
            (0.0512, "0.0512"),
            (0.00123, "0.00123"),
            (0.0, "0.00"),
        ];
        for (x, text) in cases {
            assert_eq!(value(x, Scale::Ratio), text);
        }
    }

    #[test]
    fn intervals_say_to() {
        assert_eq!(
            interval(-6.87, -9.46, -4.28, Scale::Points),
            "−6.9 (95 % CI −9.5 to −4.3)"
        );
        assert_eq!(
            interval_at(3.94, 1.54, 10.1, 0.9, Scale::Ratio),
            "3.94 (90 % CI 1.54 to 10.1)"
        );
        assert_eq!(level_name(0.995), "99.5 % CI");
        assert_eq!(cell(0.1, -0.2, 0.4, Scale::Smd), "0.10 (−0.20 to 0.40)");
    }

    #[test]
    fn p_has_three_decimals() {
        assert_eq!(p(0.0124), "0.012");
        assert_eq!(p(0.0009), "< 0.001");
        assert_eq!(p(1.0), "> 0.999");
        assert_eq!(p(1.2), "not available");
        assert_eq!(p_phrase(0.0124), "p = 0.012");
        assert_eq!(p_phrase(1e-9), "p < 0.001");
    }

    #[test]
    fn people_are_whole() {
        assert_eq!(per_100(0.184), "18");
        assert_eq!(per_100(0.001), "fewer than 1");
        assert_eq!(per_100(0.0), "0");
        assert_eq!(per_100(0.999), "more than 99");
        assert_eq!(per_100_range(0.104, 0.286), "10 to 29");
        assert_eq!(people(1), "1 person");
        assert_eq!(trials(3), "3 trials");
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        let cases = [
            (2.0 / 3.0, "40 min"),
            (2.0, "2 h"),
            (1.5, "1.5 h"),
            (24.0, "1 day"),
            (36.0, "36 h"),
            (48.0, "2 days"),
            (72.0, "3 days"),
            (100.0, "4.2 days"),
            (168.0, "1 week"),
            (240.0, "10 days"),
            (336.0, "2 weeks"),
            (672.0, "4 weeks"),
            (0.0, "0 h"),
        ];
        for (x, text) in cases {
            assert_eq!(hours(x), text);
        }
        assert_eq!(hours_range(12.0, 36.0), "12 to 36 h");
        assert_eq!(hours_range(24.0, 72.0), "1 to 3 days");
        assert_eq!(hours_range(12.0, 72.0), "12 h to 3 days");
    }

    #[test]
    fn percent_keeps_its_decimals() {
        assert_eq!(percent(42.44, 0), "42 %");
        assert_eq!(percent(42.44, 1), "42.4 %");
        assert_eq!(percent(f64::NAN, 1), "not available");
    }
}
