//! Numbers as printed: the value and the half-width of its rounding.

/// Room for the error of decimal fractions in binary, relative to the larger operand.
pub(crate) const ROOM: f64 = 1e-9;
/// More decimals than a double holds say nothing.
const MOST_DECIMALS: usize = 15;

/// A number with its decimals as printed: `3.50` is 3.5 with two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Printed {
    /// Its value; always finite.
    pub value: f64,
    /// Digits after the point.
    pub decimals: usize,
}

impl Printed {
    /// Reads digits with an optional sign and point; `None` for everything else.
    ///
    /// ```
    /// use onset_models::trust::Printed;
    /// let printed = Printed::parse(" 3.50 ").unwrap();
    /// assert_eq!((printed.value, printed.decimals), (3.5, 2));
    /// assert_eq!(Printed::parse("3,5"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Printed> {
        let text = text.trim();
        let digits = text.trim_start_matches(['+', '-']);
        let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
        if !plain || text.len() > digits.len() + 1 {
            return None;
        }
        let value: f64 = text.parse().ok().filter(|x: &f64| x.is_finite())?;
        let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
        Some(Printed {
            value,
            decimals: decimals.min(MOST_DECIMALS),
        })
    }

    /// The same value, said to be rounded to `decimals`.
    pub fn with_decimals(self, decimals: usize) -> Self {
        Printed {
            decimals: decimals.min(MOST_DECIMALS),
            ..self
        }
    }

    /// Half a unit of the last digit.
    pub fn half(self) -> f64 {
        0.5 * 10f64.powi(-(self.decimals as i32))
    }

    /// Smallest and largest number that is printed so, either way of rounding a five.
    pub fn range(self) -> (f64, f64) {
        let room = ROOM * self.value.abs().max(1.0);
        (self.value - self.half() - room, self.value + self.half() + room)
    }
}

impl std::fmt::Display for Printed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.*}", self.decimals, self.value)
    }
}

/// A p value as printed: exact, or below something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrintedP {
    /// Smallest p printed so.
    pub low: f64,
    /// Largest.
    pub high: f64,
}

impl PrintedP {
    /// Reads `0.03`, `.03`, `=0.03`, `<0.001`, `> .05`; `None` for everything else, also words behind it.
    pub fn parse(text: &str) -> Option<PrintedP> {
        let text = text.trim();
        let (bound, number) = match text.chars().next()? {
            sign @ ('<' | '>' | '=') => (sign, text.get(1..)?),
            _ => ('=', text),
        };
        let p = Printed::parse(number).filter(|p| (0.0..=1.0).contains(&p.value))?;
        let (low, high) = p.range();
        let (low, high) = match bound {
            '<' => (0.0, p.value),
            '>' => (p.value, 1.0),
            _ => (low, high),
        };
        Some(PrintedP {
            low: low.max(0.0),
            high: high.min(1.0),
        })
    }
}
