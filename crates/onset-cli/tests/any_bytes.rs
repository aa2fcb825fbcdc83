//! Any bytes as a table: every statistics command answers or refuses, and never stops halfway.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it fails")]

mod transcript;

use transcript::{onset, table};

/// Tables tried with each command.
const CASES: u64 = 200;

/// A stream of numbers that is the same on every run.
struct Stream(u64);

impl Stream {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    /// A table that is sound but for its numbers, then a few bytes changed in every second one.
    fn bytes(&mut self, case: u64) -> Vec<u8> {
        const CELLS: [&str; 24] = [
            "0",
            "1",
            "2",
            "3",
            "5",
            "8",
            "13",
            "40",
            "0.5",
            "-0.5",
            "1.25",
            "-3",
            "0.001",
            "1e-300",
            "1e300",
            "1e308",
            "",
            "NA",
            "x",
            "=1",
            "NaN",
            "1,5",
            "\"\"",
            "9007199254740993",
        ];
        let sound = !case.is_multiple_of(3);
        let mut text = String::from("a,b,c,d,e,f\n");
        for _ in 0..self.below(9) {
            let cells: Vec<&str> = (0..6)
                .map(|_| {
                    if sound {
                        self.pick(&CELLS[..16])
                    } else {
                        self.pick(&CELLS)
                    }
                })
                .collect();
            text += &(cells.join(",") + "\n");
        }
        let mut bytes = text.into_bytes();
        if case.is_multiple_of(2) {
            for _ in 0..=self.below(3) {
                let at = usize::try_from(self.below(bytes.len() as u64)).unwrap();
                bytes[at] = u8::try_from(self.below(256)).unwrap();
            }
        }
        if case % 20 == 7 {
            bytes = (0..self.below(200))
                .map(|_| u8::try_from(self.below(256)).unwrap())
                .collect();
        }
        bytes
    }
}

fn never_stops_halfway(name: &str, arguments: &[&str]) {
    let mut stream = Stream(0x5EED);
    for case in 0..CASES {
        let bytes = stream.bytes(case);
        let path = table(&format!("any-bytes-{name}.csv"), &bytes);
        let mut all = vec![arguments[0], path.as_str()];
        all.extend(&arguments[1..]);
        all.extend(["--format", "json"]);
        let said = onset(&all);
        let what = String::from_utf8_lossy(&bytes);
        assert!([0, 1, 2].contains(&said.status), "{name}: {said:?} on {what}");
        assert!(!said.stderr.contains("panicked"), "{name}: {said:?} on {what}");
        assert_eq!(
            said.stdout.is_empty(),
            said.status != 0,
            "{name}: {said:?} on {what}"
        );
        if said.status == 0 {
            assert!(
                serde_json::from_str::<serde_json::Value>(&said.stdout).is_ok(),
                "{name}: {what}"
            );
        }
    }
}

#[test]
fn effects_of_any_bytes() {
    never_stops_halfway(
        "or",
        &[
            "effects",
            "--measure",
            "OR",
            "--ai",
            "a",
            "--bi",
            "b",
            "--ci",
            "c",
            "--di",
            "d",
        ],
    );
    let means = [
        "--m1i", "a", "--sd1i", "b", "--n1i", "c", "--m2i", "d", "--sd2i", "e", "--n2i", "f",
    ];
    never_stops_halfway("smd", &[&["effects", "--measure", "SMD"], &means[..]].concat());
}

#[test]
fn pools_of_any_bytes() {
    never_stops_halfway("pool", &["pool", "--yi", "a", "--vi", "b"]);
    never_stops_halfway("mods", &["pool", "--yi", "a", "--vi", "b", "--mods", "c"]);
}

#[test]
fn rows_of_any_bytes() {
    never_stops_halfway("diagnose", &["diagnose", "--yi", "a", "--vi", "b"]);
    never_stops_halfway(
        "multilevel",
        &["multilevel", "--yi", "a", "--vi", "b", "--random", "c"],
    );
}

#[test]
fn numbers_of_any_bytes() {
    let columns = [
        "--mean",
        "a",
        "--sd",
        "b",
        "--n",
        "c",
        "--events",
        "d",
        "--estimate",
        "a",
        "--ci-low",
        "e",
        "--ci-high",
        "f",
    ];
    never_stops_halfway("trust", &[&["trust"], &columns[..]].concat());
    never_stops_halfway("blinding", &["blinding", "--arm", "c", "--guess", "d"]);
    never_stops_halfway(
        "permute",
        &["permute", "--yi", "a", "--vi", "b", "--iterations", "20"],
    );
}
