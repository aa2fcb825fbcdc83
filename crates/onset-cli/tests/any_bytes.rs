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

/// One command with its fixed words, and the words of which each run takes one set of each list.
struct Command {
    name: &'static str,
    words: &'static [&'static str],
    choices: &'static [&'static [&'static str]],
}

const EFFECTS: &[&str] = &[
    "--yi a --vi b",
    "--yi a --sei b",
    "--measure OR --ai a --bi b --ci c --di d",
    "--measure RR --ai a --n1i b --ci c --n2i d --to all",
    "--measure RD --ai a --bi b --ci c --di d --drop00",
    "--measure SMD --m1i a --sd1i b --n1i c --m2i d --sd2i e --n2i f",
    "--measure ROM --m1i a --sd1i b --n1i c --m2i d --sd2i e --n2i f",
    "--measure IRR --x1i a --t1i b --x2i c --t2i d",
    "--measure ZCOR --ri a --ni b",
    "--measure PLO --xi a --ni b",
];
const METHODS: &[&str] = &[
    "",
    "--method REML",
    "--method ML",
    "--method DL",
    "--method PM",
    "--method SJ",
    "--method GENQ",
    "--method HE --level 0.9",
];
const MODERATORS: &[&str] = &[
    "",
    "--mods c",
    "--mods factor(c),d",
    "--mods c,c",
    "--mods c:d --no-intercept",
    "--mods e",
];

/// Every command that reads a table of statistics.
const COMMANDS: &[Command] = &[
    Command {
        name: "effects",
        words: &["effects"],
        choices: &[EFFECTS],
    },
    Command {
        name: "pool",
        words: &["pool"],
        choices: &[
            EFFECTS,
            METHODS,
            MODERATORS,
            &[
                "",
                "--test z",
                "--test knha",
                "--test adhoc",
                "--test kr",
                "--model common",
                "--scale f",
                "--subgroup f",
                "--subgroup c --common-tau2",
            ],
            &[
                "",
                "--tau2-ci PL",
                "--tau2-ci GENQ",
                "--tau2-ci J",
                "--tau2-ci none",
                "--predict-type HTS",
                "--predict-type NNF --seed 1",
                "--threshold 0.2",
            ],
            &["", "", "--weights d", "--weights f", "--unweighted"],
        ],
    },
    Command {
        name: "chosen coefficients",
        words: &["pool"],
        choices: &[
            EFFECTS,
            &[
                "",
                "--method DL --test t",
                "--method GENQ --weights e",
                "--test kr",
                "--unweighted",
            ],
            &[
                "--mods c",
                "--mods factor(c),d",
                "--mods factor(c),d --no-intercept",
                "--mods poly2(e)",
            ],
            &["--btt c", "--btt 2,3", "--btt 1:2 --btt d", "--btt factor(c)"],
            &[
                "",
                "--contrast c=1,d=-1",
                "--contrast 2=1 --contrast 1=2,2=-1e300",
            ],
        ],
    },
    Command {
        name: "counts",
        words: &["pool", "--ai", "a", "--bi", "b", "--ci", "c", "--di", "d"],
        choices: &[
            &["--measure OR", "--measure RR", "--measure RD"],
            &[
                "--method MH",
                "--method PETO",
                "--method MH --mh-add",
                "--method GLMM --glmm UM.FS",
                "--method GLMM --glmm CM.EL",
                "--method GLMM --glmm CM.AL",
                "--method GLMM --glmm UM.RS",
                "--method BB",
                "--method FIRTH",
                "--method MH --subgroup e",
            ],
        ],
    },
    Command {
        name: "diagnose",
        words: &["diagnose"],
        choices: &[
            EFFECTS,
            METHODS,
            &["", "--gosh all", "--gosh 20 --seed 3", "--order c", "--mods c"],
        ],
    },
    Command {
        name: "smallstudy",
        words: &["smallstudy"],
        choices: &[
            EFFECTS,
            &["", "--method ML", "--method DL"],
            &[
                "",
                "--selection stepfun:0.025",
                "--selection stepfun:0.05,0.5 --side less",
                "--selection beta",
                "--selection halfnorm",
                "--selection power --side less",
                "--selection stepfun:0.025 --delta 1,0.5",
            ],
        ],
    },
    Command {
        name: "permute",
        words: &["permute", "--iterations", "20"],
        choices: &[EFFECTS, &["", "--method DL", "--test knha"], MODERATORS],
    },
    Command {
        name: "multilevel",
        words: &["multilevel", "--yi", "a", "--vi", "b"],
        choices: &[
            &[
                "--random c",
                "--random c/d",
                "--random c+d",
                "--inner c --outer d --struct UN",
                "--inner c --outer d --struct CS",
                "--inner c --outer d --struct HAR",
                "--inner c --outer d --struct CAR",
                "--inner c --outer d --struct DIAG",
            ],
            &[
                "",
                "--rho 0.5 --cluster c",
                "--phi 0.5 --time e --cluster c",
                "--cluster c --robust CR2",
                "--cluster d --robust CR0",
                "--cluster d --robust CR3 --wild 20",
            ],
            &[
                "",
                "--mods e",
                "--mods factor(e)",
                "--method ML --predict --blup --lrt",
                "--influence",
            ],
        ],
    },
    Command {
        name: "network arms",
        words: &["network", "--study", "a", "--treat", "b"],
        choices: &[
            &[
                "--events c --n d --measure OR",
                "--events c --n d --measure RD",
                "--mean c --sd d --n e --measure MD",
                "--mean c --sd d --n e --measure SMD",
                "--events c --n d --measure OR --method MH",
            ],
            &[
                "",
                "--reference 1",
                "--method DL --side",
                "--funnel",
                "--covariate f",
                "--covariate e,f --covariate-effect independent",
                "--covariate f --covariate-effect exchangeable",
                "--test knha --study-shares",
                "--rankogram 50 --seed 2",
            ],
        ],
    },
    Command {
        name: "network contrasts",
        words: &[
            "network",
            "--studlab",
            "a",
            "--treat1",
            "b",
            "--treat2",
            "c",
            "--te",
            "d",
            "--sete",
            "e",
        ],
        choices: &[&[
            "",
            "--reference 2",
            "--method ML --side",
            "--components + --inactive 1",
            "--contribution shortestpath",
            "--level 0.9",
        ]],
    },
    Command {
        name: "timecourse",
        words: &[
            "timecourse",
            "--study",
            "a",
            "--arm",
            "b",
            "--treat",
            "b",
            "--time",
            "c",
            "--mean",
            "d",
            "--n",
            "f",
            "--reference",
            "1",
        ],
        choices: &[
            &["--sd e", "--se e"],
            &[
                "--form emax",
                "--form hill",
                "--form exponential",
                "--form bateman",
                "--form emax-decay",
                "--form linear",
                "--form loglinear",
                "--form spline",
                "--windows 0-6,6-30 --struct UN",
            ],
            &[
                "",
                "--effects random",
                "--rho 0.5 --time-scale log",
                "--threshold 1",
                "--dispersion 1",
                "--compare",
                "--leave-one-out",
            ],
        ],
    },
    Command {
        name: "bayes",
        words: &["bayes"],
        choices: &[
            EFFECTS,
            &[
                "--tau-prior halfnormal:0.5",
                "--tau-prior halfcauchy:0.5",
                "--tau-prior uniform",
                "--tau-prior uniform:4",
                "--tau-prior jeffreys",
            ],
            &[
                "",
                "--mu-prior normal:0:2",
                "--threshold 0.2",
                "--mu-prior normal:0:1 --average-bias negative",
            ],
        ],
    },
    Command {
        name: "blinding",
        words: &["blinding", "--arm", "c", "--guess", "d"],
        choices: &[&["", "--n a", "--active 1", "--outcome e"]],
    },
    Command {
        name: "survival rmst",
        words: &[
            "survival", "rmst", "--time", "a", "--event", "b", "--arm", "c", "--trial", "d", "--tau", "1,5",
        ],
        choices: &[],
    },
    Command {
        name: "trust",
        words: &["trust"],
        choices: &[&[
            "--mean a --sd b --n c",
            "--events d --n c",
            "--estimate a --ci-low e --ci-high f --p b",
            "--events d --n c --percent b",
            "--mean a --se b --n c --items 21",
        ]],
    },
];

/// Tables tried with each command; `ONSET_ANY_BYTES` asks for more.
fn cases() -> u64 {
    let asked = std::env::var("ONSET_ANY_BYTES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

fn never_stops_halfway(command: &Command) {
    let mut stream = Stream(0x5EED);
    for case in 0..cases() {
        let bytes = stream.bytes(case);
        let file = format!("any-bytes-{}.csv", command.name.replace(' ', "-"));
        let path = table(&file, &bytes);
        // the file is the first argument after the command's own name
        let named = if command.words[0] == "survival" { 2 } else { 1 };
        let mut all = command.words[..named].to_vec();
        all.push(&path);
        all.extend(&command.words[named..]);
        for choice in command.choices {
            all.extend(stream.pick(choice).split_whitespace());
        }
        all.extend(["--format", "json"]);
        let said = onset(&all);
        let what = format!("{all:?}: {said:?} on {}", String::from_utf8_lossy(&bytes));
        assert!([0, 1, 2].contains(&said.status), "{what}");
        assert!(!said.stderr.contains("panicked"), "{what}");
        assert_eq!(said.stdout.is_empty(), said.status != 0, "{what}");
        if said.status == 0 {
            assert!(
                serde_json::from_str::<serde_json::Value>(&said.stdout).is_ok(),
                "{what}"
            );
        }
    }
}

macro_rules! each {
    ($($test:ident: $($name:literal),+;)+) => { $(
        #[test]
        fn $test() {
            for command in COMMANDS {
                if [$($name),+].contains(&command.name) {
                    never_stops_halfway(command);
                }
            }
        }
    )+ };
}

each! {
    effects_and_pools_of_any_bytes: "effects", "pool", "chosen coefficients", "counts";
    analyses_around_a_pool_of_any_bytes: "diagnose", "smallstudy", "permute";
    dependent_rows_of_any_bytes: "multilevel", "network arms", "network contrasts", "timecourse";
    other_tables_of_any_bytes: "bayes", "blinding", "survival rmst", "trust";
}
