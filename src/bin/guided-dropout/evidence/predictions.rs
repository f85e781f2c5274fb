//! The pre-registered predictions about the long sets, and whether they are confirmed.

use super::Failure;
use super::length::SHARE;
use super::set::Set;
use super::tables::{MARGIN, Test, difference, family};
use guided_dropout_lab::analysis::stats::SIGNIFICANCE;
use guided_dropout_lab::method::arms::Arm;
use std::fmt::Write;

/// `claim`: guided − standard of the long sets.
pub fn predictions(out: &mut String, long: &[Set], claim: &[Test]) -> Result<(), Failure> {
    let ends = family(
        long.iter()
            .map(|set| (set, "none − standard".into(), Some(SHARE), set.differences(Arm::None, Arm::Standard, SHARE))),
    );
    // Both in the direction of `none`, whichever that is.
    let middle = contrasts(&ends, "guided − middle", |[guided, standard, none]| guided - (standard + none) / 2.0);
    let beyond = contrasts(&ends, "none − guided", |[guided, _, none]| none - guided);

    writeln!(out, "### Prediction (a): none is behind standard\n")?;
    writeln!(out, "| set | none − standard | p | Holm p of {} | prediction |\n|---|---|---|---|---|", ends.len())?;
    for end in &ends {
        let (raw, corrected) = end.p_values();
        writeln!(out, "| {} | {} | {raw} | {corrected} | {} |", end.set.name, difference(&end.paired), reversal(end))?;
    }
    writeln!(out, "\n### Prediction (b): guided goes more than half of the way from standard to none\n")?;
    writeln!(
        out,
        "| set | beyond the middle, towards none | Holm p of {0} | from guided on to none | Holm p of {0} | prediction |\n|---|---|---|---|---|---|",
        ends.len()
    )?;
    for (((end, middle), beyond), guided) in ends.iter().zip(&middle).zip(&beyond).zip(claim) {
        let [to_middle, to_end] = [middle, beyond].map(|t| format!("{} | {}", difference(&t.paired), t.p_values().1));
        let word = most_of_the_way(end, middle, beyond, guided);
        writeln!(out, "| {} | {to_middle} | {to_end} | {word} |", end.set.name)?;
    }
    writeln!(
        out,
        "\n\"Has one\", in the rule of (b): has a p below the bound, for better or worse. Signs are turned so that the mean of `none` is ahead, \
         also where it is not shown to differ; no word depends on those.\n"
    )?;
    Ok(())
}

/// Of guided, standard and none, seed by seed; turned about where `none` is behind `standard`.
fn contrasts<'a>(ends: &[Test<'a>], what: &str, of: impl Fn([f64; 3]) -> f64) -> Vec<Test<'a>> {
    family(ends.iter().map(|end| {
        let direction = end.paired.mean_difference.signum();
        let [guided, standard, none] =
            [Arm::Guided, Arm::Standard, Arm::None].map(|arm| end.set.scores(arm, SHARE).to_vec());
        let values = (0..guided.len()).map(|i| direction * of([guided[i], standard[i], none[i]])).collect();
        (end.set, what.into(), Some(SHARE), values)
    }))
}

/// Whether (a) is confirmed.
fn reversal(end: &Test) -> &'static str {
    match end.p_holm < SIGNIFICANCE {
        true if end.paired.mean_difference < 0.0 => "**confirmed**",
        true => "**failed**",
        false => "undecided",
    }
}

/// Whether (b) is confirmed.
fn most_of_the_way(end: &Test, middle: &Test, beyond: &Test, guided: &Test) -> &'static str {
    let shown = |test: &Test, sign: f64| test.p_holm < SIGNIFICANCE && test.paired.mean_difference * sign > 0.0;
    if end.p_holm >= SIGNIFICANCE {
        let level = end.paired.ci95.is_none_or(|[low, high]| low > -MARGIN && high < MARGIN);
        return if level && guided.p_holm < SIGNIFICANCE { "**failed**" } else { "says nothing here" };
    }
    if shown(middle, -1.0) || shown(beyond, -1.0) {
        "**failed**"
    } else if shown(middle, 1.0) {
        "**confirmed**"
    } else {
        "undecided"
    }
}
