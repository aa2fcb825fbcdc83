//! One way of looking at a page, and what was seen.

use super::browser::Browser;
use super::faults;
use crate::process::Fallible;
use serde_json::json;
use std::path::Path;

/// Size, colour scheme and medium.
pub struct View {
    pub name: &'static str,
    width: u32,
    height: u32,
    mobile: bool,
    dark: bool,
    print: bool,
}

const WIDE: View = View {
    name: "1280-light",
    width: 1280,
    height: 900,
    mobile: false,
    dark: false,
    print: false,
};
const NARROW: View = View {
    name: "390-light",
    width: 390,
    height: 844,
    mobile: true,
    dark: false,
    print: false,
};
/// A4 less 1.5 cm on either side, at 96 pixels an inch.
const PRINT: View = View {
    name: "print",
    width: 680,
    height: 1010,
    mobile: false,
    dark: false,
    print: true,
};

/// How a page is looked at.
pub const PAGE: &[View] = &[
    WIDE,
    View {
        name: "1280-dark",
        dark: true,
        ..WIDE
    },
    NARROW,
    View {
        name: "390-dark",
        dark: true,
        ..NARROW
    },
    PRINT,
];

/// How a figure on its own is looked at.
pub const FIGURE: &[View] = &[
    WIDE,
    View {
        name: "1280-dark",
        dark: true,
        ..WIDE
    },
];

/// Pictures of the page and what is wrong with it.
pub struct Sight {
    pub screenshots: Vec<Vec<u8>>,
    pub faults: Vec<faults::Fault>,
}

/// Height of a part of a long page.
const TALLEST: f64 = 6_000.0;
/// Pictures of a page at most; what is beyond is checked all the same.
const MOST_PARTS: usize = 20;

impl View {
    /// Opens a file in this view.
    pub fn open(&self, browser: &mut Browser, page: &Path) -> Fallible<Sight> {
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": self.width, "height": self.height, "deviceScaleFactor": 1, "mobile": self.mobile }),
        )?;
        let scheme = if self.dark { "dark" } else { "light" };
        let medium = if self.print { "print" } else { "screen" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        browser.call(
            "Emulation.setEmulatedMedia",
            json!({ "media": medium, "features": features }),
        )?;
        browser.navigate(page)?;
        let mut faults = faults::in_page(browser, self.width)?;
        faults.extend(faults::in_events(browser.events(), page));
        let screenshots = self.screenshots(browser)?;
        Ok(Sight { screenshots, faults })
    }

    /// The whole page from top to bottom, in parts that a viewer can open.
    fn screenshots(&self, browser: &mut Browser) -> Fallible<Vec<Vec<u8>>> {
        let height = browser
            .evaluate("document.documentElement.scrollHeight")?
            .as_f64();
        let height = height.unwrap_or_default().max(f64::from(self.height));
        let mut parts = Vec::new();
        let mut top = 0.0;
        while top < height && parts.len() < MOST_PARTS {
            let tall = (height - top).min(TALLEST);
            let clip = json!({ "x": 0, "y": top, "width": self.width, "height": tall, "scale": 1 });
            let parameters = json!({ "captureBeyondViewport": true, "clip": clip });
            let picture = browser.call("Page.captureScreenshot", parameters)?;
            parts.push(decode_base64(picture["data"].as_str().ok_or("no picture")?)?);
            top += TALLEST;
        }
        Ok(parts)
    }
}

fn decode_base64(text: &str) -> Fallible<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err("the picture is not base64".into()),
        };
        held = (held << 6 | u32::from(value)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff)?);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode_base64;

    #[test]
    fn base64_of_rfc_4648() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(decode_base64(text).unwrap(), bytes.as_bytes());
        }
        assert!(decode_base64("Zg!=").is_err());
    }
}
