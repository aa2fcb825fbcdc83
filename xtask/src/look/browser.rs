//! Headless Chromium, spoken to through its debugging pipe (Chrome DevTools Protocol).
//!
//! Chromium reads commands from descriptor 3 and writes answers to 4, each a JSON text ended by a
//! zero byte; a shell ties them to our stdin and stdout pipes. Nothing leaves the machine: every host
//! name resolves to nothing.

use crate::process::Fallible;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
];

const PATIENCE: Duration = Duration::from_secs(60);

/// A running Chromium with one page open.
pub struct Browser {
    child: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    profile: PathBuf,
    session: String,
    last_id: u64,
    events: Vec<Value>,
}

impl Browser {
    /// Starts Chromium with a fresh profile below `folder`.
    pub fn start(folder: &Path) -> Fallible<Self> {
        let profile = folder.join("profile");
        let log = std::fs::File::create(folder.join("chromium.log"))?;
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >&2", program()?])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let commands = child.stdin.take().ok_or("no pipe to chromium")?;
        let answers = child.stdout.take().ok_or("no pipe from chromium")?;
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut answers = BufReader::new(answers);
            let mut bytes = Vec::new();
            while answers.read_until(0, &mut bytes).is_ok_and(|read| read > 0) {
                bytes.pop();
                let Ok(message) = serde_json::from_slice(&bytes) else {
                    break;
                };
                if sender.send(message).is_err() {
                    break;
                }
                bytes.clear();
            }
        });
        let (session, last_id, events) = (String::new(), 0, Vec::new());
        let mut browser = Browser {
            child,
            commands,
            messages,
            profile,
            session,
            last_id,
            events,
        };
        browser.open_page()?;
        Ok(browser)
    }

    fn open_page(&mut self) -> Fallible<()> {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", attach)?;
        self.session = attached["sessionId"].as_str().ok_or("no session")?.to_owned();
        for domain in ["Page", "Runtime", "Network", "Log"] {
            self.call(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(())
    }

    /// Sends a command and waits for its answer; events that arrive meanwhile are kept.
    pub fn call(&mut self, method: &str, parameters: Value) -> Fallible<Value> {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let mut bytes = serde_json::to_vec(&message)?;
        bytes.push(0);
        self.commands.write_all(&bytes)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut answer = self
                .next(deadline)
                .ok_or_else(|| format!("no answer to {method}"))?;
            if answer["id"].as_u64() != Some(self.last_id) {
                self.events.push(answer);
            } else if answer["error"].is_object() {
                return Err(format!("{method}: {}", answer["error"]["message"]).into());
            } else {
                return Ok(answer["result"].take());
            }
        }
    }

    /// Opens a file and waits until it has loaded and stayed quiet for a moment.
    pub fn navigate(&mut self, page: &Path) -> Fallible<()> {
        self.events.clear();
        let url = format!("file://{}", page.display());
        let answer = self.call("Page.navigate", json!({ "url": url }))?;
        if let Some(error) = answer["errorText"].as_str() {
            return Err(format!("{url}: {error}").into());
        }
        let deadline = Instant::now() + PATIENCE;
        while !self
            .events
            .iter()
            .any(|event| event["method"] == "Page.loadEventFired")
        {
            let event = self
                .next(deadline)
                .ok_or_else(|| format!("{url} does not load"))?;
            self.events.push(event);
        }
        let settle = "new Promise(done => document.fonts.ready.then(() => setTimeout(done, 250)))";
        self.evaluate(settle)?;
        Ok(())
    }

    /// Value of a JavaScript expression in the page; a promise is waited for.
    pub fn evaluate(&mut self, expression: &str) -> Fallible<Value> {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", parameters)?;
        if answer["exceptionDetails"].is_object() {
            return Err(format!("in the page: {}", answer["exceptionDetails"]).into());
        }
        Ok(answer["result"]["value"].take())
    }

    /// What happened since the last `navigate`.
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// Ends Chromium and removes its profile.
    pub fn close(mut self) {
        self.session.clear();
        // Chromium may be gone before it answers; it is waited for either way.
        let _ = self.call("Browser.close", json!({}));
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }

    fn next(&self, deadline: Instant) -> Option<Value> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.messages.recv_timeout(left).ok()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Fallible<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| {
            std::env::var_os("PATH")
                .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
        })
        .ok_or_else(|| "no chromium on the path (Debian: apt-get install chromium)".into())
}
