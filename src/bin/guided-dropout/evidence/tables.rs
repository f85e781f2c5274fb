//! The tables of the protocol's questions.

use super::checks::checks;
use super::length::length;
use super::predictions::predictions;
use super::set::Set;
use super::{ARMS, Failure};
use guided_dropout_lab::analysis::stats::{PairedComparison, SIGNIFICANCE, compare_paired, holm};
use guided_dropout_lab::method::arms::Arm;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// One line of a family.
pub struct Test<'a> {
    pub set: &'a Set,
    pub what: String,
    pub fraction: Option<f64>,
    pub differences: Vec<f64>,
    pub paired: PairedComparison,
    pub p_holm: f64,
}

/// The protocol's three questions.
pub struct Families<'a> {
    pub claim: Vec<Test<'a>>,
    /// Two of each set and share.
    pub information: Vec<Test<'a>>,
    /// Of sets that are divided.
    pub scarcity: Vec<Test<'a>>,
}

/// Compares, and corrects over all of them.
pub fn family<'a>(members: impl Iterator<Item = (&'a Set, String, Option<f64>, Vec<f64>)>) -> Vec<Test<'a>> {
    let mut tests: Vec<Test> = members
        .map(|(set, what, fraction, differences)| {
            let paired = compare_paired(&differences, 0);
            // Without any difference there is nothing to test, and no evidence of one.
            Test { set, what, fraction, differences, p_holm: paired.p_value.unwrap_or(1.0), paired }
        })
        .collect();
    let corrected = holm(&tests.iter().map(|t| t.p_holm).collect::<Vec<_>>());
    tests.iter_mut().zip(corrected).for_each(|(test, p)| test.p_holm = p);
    tests
}

impl Test<'_> {
    pub fn holds(&self) -> bool {
        self.p_holm < SIGNIFICANCE && self.paired.mean_difference > 0.0
    }

    /// Its p, and the corrected one.
    pub fn p_values(&self) -> (String, String) {
        let p = |p: f64| if p < 1e-4 { "< .0001".into() } else { format!("{p:.4}") };
        (self.paired.p_value.map_or("–".into(), p), p(self.p_holm))
    }

    fn cells(&self) -> String {
        let (raw, corrected) = self.p_values();
        let dz = self.paired.effect_size.map_or("–".into(), |dz| format!("{dz:.2}").replace('-', "−"));
        format!("{} | {raw} | {corrected} | {dz} | {}", difference(&self.paired), outcome(&self.paired, self.p_holm))
    }
}

/// A difference that lies within this is too small to matter.
pub const MARGIN: f64 = 0.01;

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
pub fn difference(paired: &PairedComparison) -> String {
    let points = |value: f64| format!("{:+.1}", 100.0 * value).replace('-', "−");
    let interval = paired.ci95.map_or("–".into(), |[low, high]| format!("{} to {}", points(low), points(high)));
    format!("{} ({interval})", points(paired.mean_difference))
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub fn share(fraction: f64) -> String {
    format!("{} %", 100.0 * fraction)
}

/// The tables, and the page's figure.
pub fn report(
    plan: &Value,
    sets: &[Set],
    larger: &[Set],
    all_rows: &[Set],
    long: &[Set],
) -> Result<(String, Value), Failure> {
    let all = || sets.iter().chain(larger).chain(all_rows).chain(long);
    let names: Vec<&str> = all().map(|s| s.name.as_str()).collect();
    let mut text = format!(
        "Sets whose runs are complete: {}. Differences are in points (hundredths of the metric).\nThe seeds that an undecided one would take \
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
    let families = Families::of(sets);
    let [of_larger, of_all_rows] = [larger, all_rows].map(Families::of);
    let of_plan = long.iter().map(|set| whole(set, sets)).collect::<Result<Vec<_>, _>>()?;
    let pairs = long.iter().zip(of_plan.iter().copied());
    let of_long = Families { scarcity: scarcity(pairs), ..Families::of(long) };
    let mut tests = tables(&mut text, sets, &families, "##")?;
    for (title, sets, families) in [
        ("4. The same questions of the larger model", larger, &of_larger),
        ("5. The same questions of all rows", all_rows, &of_all_rows),
    ] {
        if !sets.is_empty() {
            writeln!(text, "## {title}")?;
            tests.extend(tables(&mut text, sets, families, "###")?);
        }
    }
    let groups = [
        ("built-in model", &families),
        ("larger model", &of_larger),
        ("all rows", &of_all_rows),
        ("as many steps", &of_long),
    ];
    let towards_none = checks(&mut text, sets, larger, &groups, plan)?;
    let mut along = Value::Null;
    if !long.is_empty() {
        writeln!(text, "## 7. A tenth of the rows, for as many steps as all of them")?;
        tests.extend(tables(&mut text, long, &of_long, "###")?);
        predictions(&mut text, long, &of_long.claim)?;
        along = length(&mut text, long, &of_plan)?;
    }
    Ok((text, json!({"recorded": recorded(all()), "tests": tests, "towards_none": towards_none, "along": along})))
}

/// When, and by which cores.
pub fn recorded<'a>(sets: impl Iterator<Item = &'a Set> + Clone) -> Value {
    let commits: BTreeSet<&str> = sets.clone().flat_map(|set| &set.commits).map(String::as_str).collect();
    json!({"date": sets.map(|set| set.date.as_str()).max(), "commits": commits})
}

impl Families<'_> {
    /// Each corrected over all of these sets.
    pub fn of(sets: &[Set]) -> Families<'_> {
        let pairs = |arms: &'static [(Arm, Arm)]| {
            family(sets.iter().flat_map(move |set| {
                set.fractions().into_iter().flat_map(move |f| {
                    arms.iter().map(move |&(a, b)| (set, format!("{a} − {b}"), Some(f), set.differences(a, b, f)))
                })
            }))
        };
        let shared_out = sets.iter().filter(|set| set.fractions().len() > 1);
        Families {
            claim: pairs(&[(Arm::Guided, Arm::Standard)]),
            information: pairs(&[(Arm::Guided, Arm::UniformMean), (Arm::Guided, Arm::Shuffled)]),
            scarcity: scarcity(shared_out.map(|set| (set, set))),
        }
    }
}

/// The set of the plan whose rows a long one has a tenth of.
fn whole<'a>(long: &Set, sets: &'a [Set]) -> Result<&'a Set, Failure> {
    let of_plan = sets.iter().find(|set| long.name.strip_suffix("-long") == Some(set.name.as_str()));
    let whole = of_plan.ok_or_else(|| format!("{} is compared with a set that is not complete", long.name))?;
    if !long.has_rows_and_sites_of(whole) || long.seeds != whole.seeds {
        return Err(
            format!("{} and {}: other rows, other seeds or other Fisher information", long.name, whole.name).into()
        );
    }
    Ok(whole)
}

/// By how much more guided rates help at a tenth, of the first of each pair, than at all rows, of the second.
fn scarcity<'a>(pairs: impl Iterator<Item = (&'a Set, &'a Set)>) -> Vec<Test<'a>> {
    family(pairs.map(|(few, all)| {
        let [few_by, all_by] = [(few, 0.1), (all, 1.0)].map(|(s, f)| s.differences(Arm::Guided, Arm::Standard, f));
        let growth = few_by.iter().zip(all_by).map(|(few, all)| few - all).collect();
        (few, "10 % − 100 %".into(), None, growth)
    }))
}

/// The tables of sets whose families are common, and the lines of the page's figure.
fn tables(out: &mut String, sets: &[Set], families: &Families, heading: &str) -> Result<Vec<Value>, Failure> {
    let Families { claim, information, scarcity } = families;
    for (title, tests) in [
        ("1. The paper's claim: guided against standard", claim),
        ("2. Does information help: guided against its controls", information),
        ("3. The less data, the more it helps", scarcity),
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
                let mean = 100.0 * mean(set.scores(arm, fraction));
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
    Ok(claim.iter().chain(information).map(row).collect())
}
