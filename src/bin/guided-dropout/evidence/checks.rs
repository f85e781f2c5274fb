//! Post-hoc checks of the results. They change no conclusion.

use super::Failure;
use super::set::Set;
use super::tables::{Families, Test, difference, family, mean, share};
use guided_dropout_lab::analysis::metrics::pearson;
use guided_dropout_lab::analysis::stats::{SIGNIFICANCE, compare_paired, holm, t_interval, t_test_p};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::rates::RateSources;
use guided_dropout_lab::method::schedule::guided;
use guided_dropout_lab::models::site::Site;
use serde_json::{Value, json};
use std::fmt::Write;

/// `groups`: the families of the built-in model's sets, `sets`, first, and of each addition, by name. Returns the lines of the last table,
/// for the page.
pub fn checks(
    out: &mut String,
    sets: &[Set],
    larger: &[Set],
    groups: &[(&str, &Families)],
    plan: &Value,
) -> Result<Vec<Value>, Failure> {
    writeln!(out, "## 6. Checks made after the results\n")?;
    writeln!(out, "The protocol has none of them, and they change no word above.\n")?;
    without_dropout(out, sets)?;
    wider_intervals(out, groups)?;
    embeddings(out, groups[0].1, plan)?;
    two_models(out, sets, larger)?;
    towards_none(out, sets, larger)
}

/// A table of tests, with a word on each in the last column.
fn list(out: &mut String, what: &str, tests: &[Test], last: (&str, fn(&Test) -> &'static str)) -> Result<(), Failure> {
    let (heading, word) = last;
    writeln!(out, "| set | share | pair | {what} (95 % interval) | p | Holm p of {} | {heading} |", tests.len())?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for test in tests {
        let (raw, corrected) = test.p_values();
        let [of, set, pair] = [&test.fraction.map_or("–".into(), share), &test.set.name, &test.what];
        writeln!(
            out,
            "| {set} | {of} | {pair} | {} | {raw} | {corrected} | {} |",
            difference(&test.paired),
            word(test)
        )?;
    }
    writeln!(out)?;
    Ok(())
}

/// Of the built-in model's sets.
fn without_dropout(out: &mut String, sets: &[Set]) -> Result<(), Failure> {
    let tests = family(sets.iter().flat_map(|set| {
        let of = move |f| (set, "none − guided".into(), Some(f), set.differences(Arm::None, Arm::Guided, f));
        set.fractions().into_iter().map(of)
    }));
    writeln!(out, "**No dropout against guided.**\n")?;
    list(out, "difference", &tests, ("ahead", |test| ahead(test, ["`none`", "`guided`"])))
}

/// Which of the two is, where one is shown to be.
fn ahead(test: &Test, [first, second]: [&'static str; 2]) -> &'static str {
    match test.p_holm < SIGNIFICANCE {
        true if test.paired.mean_difference > 0.0 => first,
        true => second,
        false => "–",
    }
}

/// Seeds divide the same rows anew, so their differences are not independent draws from all rows there could be.
fn wider_intervals(out: &mut String, groups: &[(&str, &Families)]) -> Result<(), Failure> {
    writeln!(
        out,
        "**Wider intervals.** Claims that hold, and that are contradicted, by Student's t and Holm's correction if each standard error is larger \
         than that of independent seeds.\nThe last factor is Nadeau and Bengio's (2003), which is for parts that are all of the data: here, for all rows; \
         where there is no such share it is left out.\n"
    )?;
    writeln!(out, "| sets of | standard errors | {} |", ["1", "2", "3"].map(|q| format!("question {q}")).join(" | "))?;
    writeln!(out, "|---|---|---|---|---|")?;
    for (group, families) in groups {
        let Some(set) = families.claim.first().map(|test| test.set) else { continue };
        let counted = [&families.claim, &families.information, &families.scarcity];
        let overlap = set.test_rows as f64 / set.train_rows as f64;
        // 1/n + n_test/n_train instead of 1/n.
        let nadeau_bengio = (1.0 + set.seeds.len() as f64 * overlap).sqrt();
        let whole = set.fractions().contains(&1.0);
        for factor in [1.0, 1.5, 2.0].into_iter().chain(whole.then_some(nadeau_bengio)) {
            let hold = counted.map(|tests| {
                let p: Vec<f64> = tests.iter().map(|t| t_test_p(&t.differences, factor).unwrap_or(1.0)).collect();
                let found = |sign: f64| {
                    let is = |&(test, p): &(&Test, f64)| p < SIGNIFICANCE && test.paired.mean_difference * sign > 0.0;
                    tests.iter().zip(holm(&p)).filter(is).count()
                };
                if tests.is_empty() {
                    return "–".into();
                }
                format!("{} and {} of {}", found(1.0), found(-1.0), tests.len())
            });
            writeln!(out, "| {group} | × {factor:.1} | {} |", hold.join(" | "))?;
        }
    }
    Ok(())
}

/// `shuffled` spares the embeddings, which guided rates spare most, by chance in some seeds.
fn embeddings(out: &mut String, families: &Families, plan: &Value) -> Result<(), Failure> {
    let [upper, lower] = ["p_upper", "p_lower"].map(|name| plan[name].as_f64().unwrap_or_default());
    let mut rows = Vec::new();
    for pair in families.information.chunks(2).filter(|pair| pair.iter().all(Test::holds)) {
        let (set, Some(fraction)) = (pair[0].set, pair[0].fraction) else { continue };
        let rates = guided(&set.sites, upper, lower);
        let mut of_embeddings = Vec::new();
        for &seed in &set.seeds {
            let shuffled = Arm::Shuffled.rates(RateSources::guided(&rates), seed)?.rates;
            of_embeddings.extend(shuffled.iter().find(|r| r.site == Site::Embeddings).map(|r| r.rate));
        }
        let lead = set.differences(Arm::Guided, Arm::Shuffled, fraction);
        let [spared, others] = [true, false].map(|spared| {
            let of = of_embeddings.iter().zip(&lead).filter(|&(&rate, _)| (rate == lower) == spared);
            of.map(|(_, lead)| *lead).collect::<Vec<f64>>()
        });
        let over_even = set.differences(Arm::Shuffled, Arm::UniformMean, fraction);
        let r = pearson(&of_embeddings, &over_even).map_or("–".into(), |r| format!("{r:+.2}").replace('-', "−"));
        rows.push((set, fraction, spared, others, r));
    }
    let Some((_, _, spared, others, _)) = rows.first() else { return Ok(()) };
    writeln!(
        out,
        "\n**The embeddings alone.** Where guided rates beat both controls: their lead over `shuffled` in the {} seeds whose shuffle left the \
         embeddings without noise too,\nand in the other {}; and, over all seeds, the correlation of the embeddings' rate in `shuffled` with \
         that arm's lead over `uniform-mean`.\n",
        spared.len(),
        others.len()
    )?;
    writeln!(out, "| set | share | embeddings spared | not spared | correlation |\n|---|---|---|---|---|")?;
    for (set, fraction, spared, others, r) in rows {
        let [spared, others] = [spared, others].map(|leads| difference(&compare_paired(&leads, 0)));
        writeln!(out, "| {} | {} | {spared} | {others} | {r} |", set.name, share(fraction))?;
    }
    writeln!(out)?;
    Ok(())
}

/// By how much more guided rates lead their controls with the built-in model than with the larger one, on the same rows.
fn two_models(out: &mut String, sets: &[Set], larger: &[Set]) -> Result<(), Failure> {
    let of_both = larger.iter().filter_map(|large| {
        let small = sets.iter().find(|set| large.name.strip_suffix("-minilm") == Some(set.name.as_str()))?;
        Some((large, small))
    });
    let tests = family(of_both.flat_map(|(large, small)| {
        large.fractions().into_iter().flat_map(move |f| {
            [Arm::UniformMean, Arm::Shuffled].map(|control| {
                let [here, there] = [small, large].map(|set| set.differences(Arm::Guided, control, f));
                let excess = here.iter().zip(there).map(|(here, there)| here - there).collect();
                (large, format!("guided − {control}"), Some(f), excess)
            })
        })
    }));
    if tests.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "**The two models.** The difference with the built-in model less that with the larger one, by seed.\n"
    )?;
    list(
        out,
        "built-in less larger",
        &tests,
        ("further ahead with", |test| ahead(test, ["the built-in", "the larger"])),
    )
}

/// The arms with half of standard's mean rate, and the one with all of it.
const ON_THE_WAY: [(Arm, &str); 5] = [
    (Arm::Guided, "half"),
    (Arm::UniformMean, "half"),
    (Arm::Shuffled, "half"),
    (Arm::Reversed, "half"),
    (Arm::Gaussian, "all"),
];

/// The difference of an arm to `standard`, beside that of `none`.
fn towards_none(out: &mut String, sets: &[Set], larger: &[Set]) -> Result<Vec<Value>, Failure> {
    let [cells, cells_of_larger] = [sets, larger].map(|sets| {
        let of_classes = sets.iter().filter(|set| set.metric == "accuracy");
        of_classes.flat_map(|set| set.fractions().into_iter().map(move |f| (set, f))).collect::<Vec<_>>()
    });
    writeln!(
        out,
        "**Towards none.** Over the {} shares of the sets of classes: how much of what `none` does against `standard`, for better or worse, each \
         arm does (least squares through zero; interval by leaving out a seed at a time).\nWeight of the sets in percent: {}.\nThe last column is that of \
         the larger model, over the shares of its set; weight of the shares in percent: {}.\n",
        cells.len(),
        weights(&cells, |set, _| set.name.clone()),
        weights(&cells_of_larger, |_, f| format!("at {}", share(f)))
    )?;
    writeln!(
        out,
        "| arm | mean rate, of standard's | of the way to `none` (95 % interval) | larger model |\n|---|---|---|---|"
    )?;
    let mut lines = Vec::new();
    for (arm, rate) in ON_THE_WAY {
        let [way, way_of_larger] = [&cells, &cells_of_larger].map(|cells| way_to_none(cells, arm));
        let percent = |share: f64| format!("{:.0}", 100.0 * share).replace('-', "−");
        let [built_in, larger] = [way, way_of_larger].map(|way| {
            let Some((share, ci95)) = way else { return "–".into() };
            let interval = ci95.map_or("–".into(), |[low, high]| format!("{} to {}", percent(low), percent(high)));
            format!("{} % ({interval})", percent(share))
        });
        writeln!(out, "| `{arm}` | {rate} | {built_in} | {larger} |")?;
        lines.extend(way.map(|(share, ci95)| json!({"arm": arm, "share": share, "ci95": ci95})));
    }
    writeln!(out)?;
    Ok(lines)
}

/// Of `none` − `standard`, `arm` − `standard` over sets and shares; with the jackknife's 95 % interval over seeds.
fn way_to_none(cells: &[(&Set, f64)], arm: Arm) -> Option<(f64, Option<[f64; 2]>)> {
    let seeds = cells.iter().map(|(set, _)| set.seeds.len()).min()?;
    let slope = |without: Option<usize>| {
        let sum = |arm, &(set, f): &(&Set, f64)| {
            let differences = set.differences(arm, Arm::Standard, f);
            let kept = differences.iter().enumerate().filter(|(seed, _)| Some(*seed) != without);
            kept.map(|(_, d)| d).sum::<f64>()
        };
        let pairs = cells.iter().map(|cell| (sum(Arm::None, cell), sum(arm, cell)));
        let (products, squares) = pairs.fold((0.0, 0.0), |(xy, xx), (x, y)| (xy + x * y, xx + x * x));
        products / squares
    };
    let whole = slope(None);
    let pseudo = (0..seeds).map(|seed| seeds as f64 * whole - (seeds - 1) as f64 * slope(Some(seed)));
    Some((whole, t_interval(&pseudo.collect::<Vec<_>>())))
}

/// How much sets, or shares, have to say of the way: the squares of what `none` does there, in percent.
fn weights(cells: &[(&Set, f64)], name: impl Fn(&Set, f64) -> String) -> String {
    let mut sums: Vec<(String, f64)> = Vec::new();
    for &(set, f) in cells {
        let square = mean(&set.differences(Arm::None, Arm::Standard, f)).powi(2);
        let name = name(set, f);
        match sums.last_mut().filter(|(last, _)| *last == name) {
            Some((_, sum)) => *sum += square,
            None => sums.push((name, square)),
        }
    }
    let total: f64 = sums.iter().map(|(_, square)| square).sum();
    sums.iter().map(|(name, square)| format!("{name} {:.1}", 100.0 * square / total)).collect::<Vec<_>>().join(", ")
}
