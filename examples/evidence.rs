//! The evidence's tables, from its runs.
//!
//! `evidence COMMIT DAY RESULTS.json…` takes results, named SET.….json by `scripts/evidence.sh`, into `evidence/SET.json`, one score a
//! run; COMMIT is that of the core which made them. With or without any, it then writes everything below "Results" in EVIDENCE.md, and
//! `www/evidence.json` for the page's figure, from those sets that have all seeds of `evidence/plan.json`. The rules are those of the
//! protocol in EVIDENCE.md. The larger model's set, and the sets of all rows, are tabled by themselves: Holm's families are their own.

use guided_dropout_lab::schedule::Arm;
use guided_dropout_lab::stats::{PairedComparison, SIGNIFICANCE, compare_paired, holm};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Of the built-in model, in the protocol's order, which is that of the tables.
const SETS: [&str; 5] = ["trec", "snips", "stsb", "subjectivity", "rte123"];
/// Of the larger model.
const LARGER: [&str; 1] = ["trec-minilm"];
/// Every row of the smallest files.
const ALL_ROWS: [&str; 2] = ["trec-all", "rte123-all"];
const ARMS: [Arm; 7] =
    [Arm::Standard, Arm::Guided, Arm::UniformMean, Arm::Shuffled, Arm::Reversed, Arm::Gaussian, Arm::None];
/// A difference that lies within this is too small to matter.
const MARGIN: f64 = 0.01;
const TABLES: &str = "\n## Results\n";
const CONCLUSIONS: &str = "\n## Conclusions\n";
/// Two machines' Fisher information of one model differs by rounding, relative to the site's own.
const ROUNDING: f64 = 1e-3;

type Failure = Box<dyn Error>;

/// All scores of one set.
#[derive(Serialize, Deserialize)]
pub struct Set {
    name: String,
    metric: String,
    train_rows: usize,
    test_rows: usize,
    seeds: Vec<u32>,
    /// Fisher information of each site.
    sites: Vec<Site>,
    /// By arm, then by fraction: a score for each seed.
    scores: BTreeMap<String, BTreeMap<String, Vec<f64>>>,
    /// Hours of one thread.
    hours: f64,
    /// The commits of the cores that made them, in their order. All runs of a seed are made by one core.
    commits: Vec<String>,
    /// The day of the newest runs.
    date: String,
}

#[derive(Serialize, Deserialize)]
struct Site {
    score: f64,
    site: String,
}

impl Set {
    /// # Errors
    /// Where a run of one of its seeds is missing, or it was not made by the plan.
    pub fn of(results: &Value, plan: &Value, name: &str, commit: &str, date: &str) -> Result<Set, Failure> {
        let mut plan = plan.clone();
        if ALL_ROWS.contains(&name) {
            plan["fractions"] = json!([1.0]);
        }
        // The larger model has another rate; what a seed is, the plan leaves to the four that are run together.
        let free: &[&str] =
            if LARGER.contains(&name) { &["model", "seeds", "learning_rate"] } else { &["model", "seeds"] };
        let planned = plan.as_object().ok_or("no plan")?.iter().filter(|(key, _)| !free.contains(&key.as_str()));
        for (key, value) in planned {
            if results["config"][key] != *value {
                return Err(format!("{name}: {key} is {}, planned {value}", results["config"][key]).into());
            }
        }
        let fractions: Vec<f64> = serde_json::from_value(plan["fractions"].take())?;
        let regression = results["dataset"]["task"] == "regression";
        let metric = if regression { "pearson" } else { "accuracy" };
        let seeds: Vec<u32> = serde_json::from_value(results["config"]["seeds"].clone())?;
        let runs = results["runs"].as_array().ok_or("no runs")?;
        let mut scores = BTreeMap::new();
        for arm in ARMS {
            let by_fraction: &mut BTreeMap<_, _> = scores.entry(arm.to_string()).or_default();
            for &fraction in &fractions {
                let score = |seed: &u32| {
                    let run = runs.iter().find(|r| {
                        r["arm"] == arm.to_string() && r["seed"] == *seed && r["fraction"].as_f64() == Some(fraction)
                    });
                    let last = run.and_then(|r| r["epochs"].as_array()?.last()?[metric].as_f64());
                    last.ok_or_else(|| format!("{name}: no {metric} of {arm}, seed {seed}, {fraction}"))
                };
                by_fraction.insert(fraction.to_string(), seeds.iter().map(score).collect::<Result<Vec<_>, _>>()?);
            }
        }
        let rows = |part: &str| results["dataset"][part].as_u64().unwrap_or_default() as usize;
        let milliseconds: f64 = runs.iter().filter_map(|r| r["elapsed_ms"].as_f64()).sum();
        Ok(Set {
            name: name.into(),
            metric: metric.into(),
            train_rows: rows("train_rows"),
            test_rows: rows("test_rows"),
            seeds,
            sites: serde_json::from_value(results["fisher"]["sites"].clone())?,
            scores,
            hours: milliseconds / 3.6e6,
            commits: vec![commit.into()],
            date: date.into(),
        })
    }

    /// Adds the runs of other seeds.
    ///
    /// # Errors
    /// If a seed has runs in both, or the rows are not the same.
    pub fn add(&mut self, other: Set) -> Result<(), Failure> {
        if let Some(seed) = other.seeds.iter().find(|seed| self.seeds.contains(seed)) {
            return Err(format!("{}: seed {seed} is there already", self.name).into());
        }
        let same = |(a, b): (&Site, &Site)| a.site == b.site && (a.score - b.score).abs() <= ROUNDING * a.score;
        let sites = self.sites.len() == other.sites.len() && self.sites.iter().zip(&other.sites).all(same);
        if (self.train_rows, self.test_rows) != (other.train_rows, other.test_rows) || !sites {
            return Err(format!("{}: other rows or other Fisher information", self.name).into());
        }
        for (arm, fraction, scores) in
            self.scores.iter_mut().flat_map(|(arm, of)| of.iter_mut().map(move |(f, s)| (arm, f, s)))
        {
            scores.extend(&other.scores[arm][fraction]);
        }
        self.seeds.extend(other.seeds);
        self.hours += other.hours;
        self.commits.extend(other.commits);
        self.commits.dedup();
        self.date = other.date;
        Ok(())
    }

    /// The largest first.
    fn fractions(&self) -> Vec<f64> {
        let of_one_arm = self.scores.values().next().into_iter().flatten();
        let mut fractions: Vec<f64> = of_one_arm.filter_map(|(fraction, _)| fraction.parse().ok()).collect();
        fractions.sort_by(|a, b| b.total_cmp(a));
        fractions
    }

    fn scores(&self, arm: Arm, fraction: f64) -> &[f64] {
        &self.scores[arm.name()][&fraction.to_string()]
    }

    /// Arm minus baseline, seed by seed.
    fn differences(&self, arm: Arm, baseline: Arm, fraction: f64) -> Vec<f64> {
        self.scores(arm, fraction).iter().zip(self.scores(baseline, fraction)).map(|(a, b)| a - b).collect()
    }
}

/// One line of a family.
struct Test<'a> {
    set: &'a Set,
    what: String,
    fraction: Option<f64>,
    paired: PairedComparison,
    p_holm: f64,
}

/// Compares, and corrects over all of them.
fn family<'a>(members: impl Iterator<Item = (&'a Set, String, Option<f64>, Vec<f64>)>) -> Vec<Test<'a>> {
    let mut tests: Vec<Test> = members
        .map(|(set, what, fraction, differences)| {
            let paired = compare_paired(&differences, 0);
            // Without any difference there is nothing to test, and no evidence of one.
            Test { set, what, fraction, p_holm: paired.p_value.unwrap_or(1.0), paired }
        })
        .collect();
    let corrected = holm(&tests.iter().map(|t| t.p_holm).collect::<Vec<_>>());
    tests.iter_mut().zip(corrected).for_each(|(test, p)| test.p_holm = p);
    tests
}

impl Test<'_> {
    fn cells(&self) -> String {
        let p = |p: f64| if p < 1e-4 { "< .0001".into() } else { format!("{p:.4}") };
        let (raw, corrected) = (self.paired.p_value.map_or("–".into(), p), p(self.p_holm));
        let dz = self.paired.effect_size.map_or("–".into(), |dz| format!("{dz:.2}").replace('-', "−"));
        format!("{} | {raw} | {corrected} | {dz} | {}", difference(&self.paired), outcome(&self.paired, self.p_holm))
    }
}

/// The protocol's word for a comparison with this corrected p.
pub fn outcome(paired: &PairedComparison, p_holm: f64) -> String {
    let within = |[low, high]: [f64; 2]| low > -MARGIN && high < MARGIN;
    if p_holm < SIGNIFICANCE {
        return if paired.mean_difference > 0.0 { "**holds**" } else { "**contradicted**" }.into();
    }
    if paired.ci95.is_none_or(within) {
        return "too small to matter".into();
    }
    match paired.seeds_needed {
        Some(seeds) => format!("undecided ({seeds} seeds)"),
        None => "undecided (more seeds than can be told)".into(),
    }
}

/// In points, with its interval.
fn difference(paired: &PairedComparison) -> String {
    let points = |value: f64| format!("{:+.1}", 100.0 * value).replace('-', "−");
    let interval = paired.ci95.map_or("–".into(), |[low, high]| format!("{} to {}", points(low), points(high)));
    format!("{} ({interval})", points(paired.mean_difference))
}

fn share(fraction: f64) -> String {
    format!("{} %", 100.0 * fraction)
}

/// Everything below "Results", and the page's figure.
fn report(sets: &[Set], larger: &[Set], all_rows: &[Set]) -> Result<(String, Value), Failure> {
    let all = || sets.iter().chain(larger).chain(all_rows);
    let names: Vec<&str> = all().map(|s| s.name.as_str()).collect();
    let mut text = format!(
        "Sets whose runs are complete: {}. Differences are in points (hundredths of the metric). The seeds that an undecided one would take \
         are those for 80 % power at p < .05 of that comparison alone; to pass Holm's correction it would take more.\n",
        names.join(", ")
    );
    for set in all() {
        writeln!(
            text,
            "{}: {} rows to train on, {} to test on; {:.1} hours of one thread.",
            set.name, set.train_rows, set.test_rows, set.hours
        )?;
    }
    let mut tests = tables(&mut text, sets, "###")?;
    for (title, sets) in
        [("4. The same questions of the larger model", larger), ("5. The same questions of all rows", all_rows)]
    {
        if !sets.is_empty() {
            writeln!(text, "### {title}")?;
            tests.extend(tables(&mut text, sets, "####")?);
        }
    }
    let commits: BTreeSet<&str> = all().flat_map(|set| &set.commits).map(String::as_str).collect();
    let date = all().map(|set| set.date.as_str()).max();
    Ok((text, json!({"recorded": {"date": date, "commits": commits}, "tests": tests})))
}

/// The tables of sets whose families are common, and the lines of the page's figure.
fn tables(out: &mut String, sets: &[Set], heading: &str) -> Result<Vec<Value>, Failure> {
    let pairs = |arms: &'static [(Arm, Arm)]| {
        family(sets.iter().flat_map(move |set| {
            set.fractions().into_iter().flat_map(move |f| {
                arms.iter().map(move |&(a, b)| (set, format!("{a} − {b}"), Some(f), set.differences(a, b, f)))
            })
        }))
    };
    let claim = pairs(&[(Arm::Guided, Arm::Standard)]);
    let information = pairs(&[(Arm::Guided, Arm::UniformMean), (Arm::Guided, Arm::Shuffled)]);
    let shared_out = sets.iter().filter(|set| set.fractions().len() > 1);
    let scarcity = family(shared_out.map(|set| {
        let [few, all] = [0.1, 1.0].map(|f| set.differences(Arm::Guided, Arm::Standard, f));
        let growth = few.iter().zip(all).map(|(few, all)| few - all).collect();
        (set, "10 % − 100 %".into(), None, growth)
    }));

    for (title, tests) in [
        ("1. The paper's claim: guided against standard", &claim),
        ("2. Does information help: guided against its controls", &information),
        ("3. The less data, the more it helps", &scarcity),
    ] {
        if tests.is_empty() {
            continue; // of sets with all rows alone
        }
        writeln!(
            out,
            "\n{heading} {title}\n\n| set | share | pair | difference (95 % interval) | p | Holm p of {} | d_z | the claim |",
            tests.len()
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|---|")?;
        for test in tests {
            let of = test.fraction.map_or("–".into(), share);
            writeln!(out, "| {} | {of} | {} | {} |", test.set.name, test.what, test.cells())?;
        }
    }
    writeln!(
        out,
        "\n{heading} What the other arms did, without tests\n\nMean score × 100, and in brackets the difference from `standard` with its 95 % interval.\n"
    )?;
    for set in sets {
        let fractions = set.fractions();
        let row = |cell: &dyn Fn(f64) -> String| fractions.iter().map(|&f| cell(f)).collect::<Vec<_>>().join(" | ");
        writeln!(out, "| {} | {} |\n|---|{}", set.name, row(&share), "---|".repeat(fractions.len()))?;
        for arm in ARMS {
            let cell = |fraction| {
                let scores = set.scores(arm, fraction);
                let mean = 100.0 * scores.iter().sum::<f64>() / scores.len() as f64;
                let mean = format!("{mean:.1}").replace('-', "−");
                if arm == Arm::Standard {
                    return mean;
                }
                format!("{mean} [{}]", difference(&compare_paired(&set.differences(arm, Arm::Standard, fraction), 0)))
            };
            writeln!(out, "| `{arm}` | {} |", row(&cell))?;
        }
        let of_none = |fraction| difference(&compare_paired(&set.differences(Arm::None, Arm::Guided, fraction), 0));
        writeln!(out, "| none − guided | {} |", row(&of_none))?;
        writeln!(out)?;
    }
    let row = |test: &Test| {
        json!({
            "set": test.set.name, "fraction": test.fraction, "baseline": test.what.rsplit(' ').next(), "mean": test.paired.mean_difference,
            "ci95": test.paired.ci95, "p_holm": test.p_holm, "seeds": test.paired.seeds,
        })
    };
    Ok(claim.iter().chain(&information).map(row).collect())
}

/// `EVIDENCE.md` with the tables of the complete sets in `evidence/` between what stands above and below them, and the page's figure.
pub fn written() -> Result<(String, String), Failure> {
    let planned: Vec<u32> = serde_json::from_value(plan()?["seeds"].take())?;
    let complete = |names: &[&str]| {
        let mut sets = Vec::new();
        for path in names.iter().copied().map(kept).filter(|path| path.exists()) {
            let set: Set = serde_json::from_slice(&fs::read(path)?)?;
            if planned.iter().all(|seed| set.seeds.contains(seed)) {
                sets.push(set); // a set is looked at when it is complete
            }
        }
        Ok::<_, Failure>(sets)
    };
    let (results, figure) = report(&complete(&SETS)?, &complete(&LARGER)?, &complete(&ALL_ROWS)?)?;
    let text = fs::read_to_string(root().join("EVIDENCE.md"))?;
    let protocol = text.split(TABLES).next().unwrap_or_default().trim_end();
    let conclusions = text.split_once(CONCLUSIONS).map_or("", |(_, below)| below);
    Ok((format!("{protocol}\n{TABLES}\n{results}{CONCLUSIONS}{conclusions}"), serde_json::to_string(&figure)?))
}

/// What was fixed beforehand.
pub fn plan() -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&fs::read(root().join("evidence/plan.json"))?)?)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn kept(set: &str) -> PathBuf {
    root().join("evidence").join(set).with_extension("json")
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (commit, day, files) = match &arguments[..] {
        [] => ("", "", &arguments[..]),
        [commit, day, files @ ..] => (commit.as_str(), day.as_str(), files),
        _ => return Err("evidence [COMMIT DAY RESULTS.json…]".into()),
    };
    for path in files.iter().map(Path::new) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = stem.split('.').next().unwrap_or_default();
        if !SETS.iter().chain(&LARGER).chain(&ALL_ROWS).any(|set| *set == name) {
            return Err(format!("{}: no set of the protocol is named {name}", path.display()).into());
        }
        let more = Set::of(&serde_json::from_slice(&fs::read(path)?)?, &plan()?, name, commit, day)?;
        let set = if kept(name).exists() {
            let mut set: Set = serde_json::from_slice(&fs::read(kept(name))?)?;
            set.add(more)?;
            set
        } else {
            more
        };
        fs::write(kept(name), serde_json::to_string_pretty(&set)?)?;
    }
    let (page, figure) = written()?;
    fs::write(root().join("EVIDENCE.md"), page)?;
    fs::write(root().join("www/evidence.json"), figure)?;
    Ok(())
}
