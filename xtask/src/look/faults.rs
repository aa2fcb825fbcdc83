//! What counts as a fault on a page.

use super::browser::Browser;
use crate::process::Fallible;
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// Walks the rendered page; returns `[[kind, detail], ...]`.
const CHECKER: &str = include_str!("checker.js");

/// Kind of fault, as named in `checker.js` or below, and where.
pub struct Fault {
    pub kind: String,
    detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind, self.detail)
    }
}

/// Faults of layout, found by a script in the page.
pub fn in_page(browser: &mut Browser, width: u32) -> Fallible<Vec<Fault>> {
    let found = browser.evaluate(&format!("({CHECKER})({width})"))?;
    let found = found.as_array().ok_or("the checker returned no list")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(found
        .iter()
        .map(|fault| Fault {
            kind: text(&fault[0]),
            detail: text(&fault[1]),
        })
        .collect())
}

/// Faults that the browser reported while the page loaded.
pub fn in_events(events: &[Value], page: &Path) -> Vec<Fault> {
    let folder = page
        .parent()
        .map(|folder| format!("file://{}/", folder.display()))
        .unwrap_or_default();
    events
        .iter()
        .filter_map(|event| in_event(event, &folder))
        .collect()
}

fn in_event(event: &Value, folder: &str) -> Option<Fault> {
    let parameters = &event["params"];
    let fault = |kind: &str, detail: &Value| {
        let detail = detail.as_str().map_or_else(|| detail.to_string(), str::to_owned);
        Some(Fault {
            kind: kind.to_owned(),
            detail,
        })
    };
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => fault(
            "console",
            &parameters["exceptionDetails"]["exception"]["description"],
        ),
        "Runtime.consoleAPICalled" if parameters["type"] == "error" => {
            fault("console", &parameters["args"][0]["value"])
        }
        "Log.entryAdded"
            if parameters["entry"]["level"] == "error" && parameters["entry"]["source"] != "network" =>
        {
            fault("console", &parameters["entry"]["text"])
        }
        "Network.requestWillBeSent" => {
            let url = parameters["request"]["url"].as_str()?;
            let inside = url.starts_with("data:") || url.starts_with("blob:") || url.starts_with(folder);
            if inside {
                None
            } else {
                fault("network", &parameters["request"]["url"])
            }
        }
        "Network.loadingFailed" => fault("missing-file", &parameters["errorText"]),
        "Network.webSocketCreated" => fault("network", &parameters["url"]),
        _ => None,
    }
}
