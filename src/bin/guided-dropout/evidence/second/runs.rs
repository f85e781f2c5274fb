//! The runs of one cell: search, probe and comparison, each kept as soon as it has finished.

use super::data::parts;
use super::{Cell, Failure, Plan, RunArguments};
use guided_dropout_lab::device::DeviceKind;
use guided_dropout_lab::lab::choice::{Choice, Setting};
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::metric::metrics_of;
use guided_dropout_lab::lab::plan::{Job, JobKind, RunKey};
use guided_dropout_lab::lab::results::{BaselineRun, RunReport};
use guided_dropout_lab::lab::tune::{Trial, TuneGrid};
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher;
use guided_dropout_lab::method::rates::{ArmRates, RateSources};
use guided_dropout_lab::method::schedule::{SiteRate, SiteScore, guided};
use guided_dropout_lab::selftest::open_checked;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

/// A run is evaluated after each third of its length, for the rule of "flat".
const EVALUATIONS: usize = 3;

/// A finished run: its scores after each evaluation, or none where it diverged.
#[derive(Serialize, Deserialize)]
struct Line {
    part: Part,
    arm: Arm,
    seed: u32,
    setting: Setting,
    scores: Option<Vec<f64>>,
    seconds: f64,
    /// Of the build that made it.
    commit: String,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Search,
    Probe,
    Comparison,
}

/// One cell under way.
pub struct Work<'a> {
    plan: &'a Plan,
    cell: &'a Cell,
    arms: Vec<Arm>,
    config: Config,
    grid: TuneGrid,
    metric: &'static str,
    /// On the rows that are searched on, and on those that are compared on.
    labs: [Lab; 2],
    sites: Vec<SiteScore>,
    guided: Vec<SiteRate>,
    done: Vec<Line>,
    baselines: Vec<BaselineRun>,
    journal: File,
    kept: PathBuf,
    commit: &'a str,
}

impl<'a> Work<'a> {
    /// The cell with what its journal holds.
    pub fn open(
        plan: &'a Plan,
        cell: &'a Cell,
        RunArguments { data, model, prose, work, commit, .. }: &'a RunArguments,
    ) -> Result<Work<'a>, Failure> {
        let [searched, compared] = parts(data, &cell.set)?;
        let metric = metrics_of(compared.task)[0];
        let mut labs = Vec::new();
        for dataset in [searched, compared] {
            let mut lab = Lab::new(pollster::block_on(open_checked(DeviceKind::Cpu))?);
            let file = |name: &str| fs::read(model.join(name));
            lab.load_model("mini-4x256", &file("config.json")?, &file("model.safetensors")?, &file("tokenizer.json")?)?;
            lab.set_dataset(dataset);
            lab.set_corpus(&fs::read_to_string(prose)?);
            labs.push(lab);
        }
        let labs: [Lab; 2] = labs.try_into().map_err(|_| "two labs")?;
        let mut arms = plan.arms.clone();
        arms.extend((plan.spare_embeddings == cell.set).then_some(Arm::SpareEmbeddings));
        let mut raw: RawConfig = serde_json::from_value(plan.config.clone())?;
        (raw.arms, raw.tuned_rate, raw.fractions) = (arms.clone(), Some(0.0), vec![cell.fraction()]);
        let config = raw.check()?;
        let grid = TuneGrid { epochs: plan.epochs[&cell.rows.to_string()].clone(), ..plan.tune.clone() };
        grid.check(&config)?;
        let path = work.join(format!("{}.jsonl", cell.name()));
        let journal = OpenOptions::new().create(true).append(true).open(&path)?;
        // A line cut short by a crash is a run that is made again.
        let done = fs::read_to_string(&path)?.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let kept = path.with_extension("json");
        let (sites, guided, baselines) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Work { plan, cell, arms, config, grid, metric, labs, sites, guided, done, baselines, journal, kept, commit })
    }

    /// Makes the runs that are left, one after another.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.estimate_fisher()?;
        let mut choices = BTreeMap::new();
        for arm in self.arms.clone() {
            choices.insert(arm, self.search(arm)?);
        }
        let standard = choices[&Arm::Standard].setting;
        let twice = Setting { epochs: 2 * standard.epochs, ..standard };
        for seed in self.grid.seeds.clone() {
            self.run(Part::Probe, Arm::Standard, twice, seed)?;
        }
        for (i, seed) in self.config.seeds.clone().into_iter().enumerate() {
            for arm in self.arms.clone() {
                self.run(Part::Comparison, arm, choices[&arm].setting, seed)?;
            }
            let fraction = self.cell.fraction();
            self.baselines.extend(BaselineRun::both(&self.config, self.labs[1].dataset()?, seed, fraction)?);
            self.keep(&choices, i + 1)?;
        }
        Ok(())
    }

    fn estimate_fisher(&mut self) -> Result<(), Failure> {
        let to = self.config.fisher_texts;
        let job = Job { id: "fisher".into(), work: 1.0, units: to, kind: JobKind::Fisher { from: 0, to } };
        let lab = &mut self.labs[1];
        lab.start(&self.config, &job, None)?;
        let mut texts = Vec::new();
        loop {
            for event in pollster::block_on(lab.advance(20))? {
                match event {
                    Event::FisherText(text) => texts.push(text),
                    Event::FisherDone { .. } => {
                        self.sites = fisher::estimate(&lab.tensor_names()?, &texts)?.sites;
                        self.guided = guided(&self.sites, self.config.p_upper, self.config.p_lower);
                        return Ok(());
                    }
                    _ => {}
                }
            }
        }
    }

    fn search(&mut self, arm: Arm) -> Result<Choice, Failure> {
        loop {
            let trial = |line: &Line| Trial {
                setting: line.setting,
                seed: line.seed,
                score: line.scores.as_ref().and_then(|scores| scores.last().copied()),
            };
            let of_arm = |line: &&Line| line.part == Part::Search && line.arm == arm;
            let trials: Vec<Trial> = self.done.iter().filter(of_arm).map(trial).collect();
            let next = self.grid.next(arm, &trials);
            if next.is_empty() {
                return self
                    .grid
                    .choose(arm, self.cell.fraction(), &trials)
                    .ok_or_else(|| format!("every run of {arm} diverged").into());
            }
            for (setting, seed) in next {
                self.run(Part::Search, arm, setting, seed)?;
            }
        }
    }

    /// Makes a run that the journal has not.
    fn run(&mut self, part: Part, arm: Arm, setting: Setting, seed: u32) -> Result<(), Failure> {
        let is_same = |l: &Line| l.part == part && l.arm == arm && l.seed == seed && l.setting == setting;
        if self.done.iter().any(is_same) {
            return Ok(());
        }
        let evaluate_every = setting.epochs.div_ceil(EVALUATIONS);
        let config = RawConfig { evaluate_every, ..(*self.config.with(&setting)).clone() }.check()?;
        let fraction = self.cell.fraction();
        let kind = JobKind::Run { run: RunKey { arm, seed, fraction }, evaluation: 0.0 };
        let job = Job { id: "run".into(), work: 1.0, units: 1, kind };
        let lab = &mut self.labs[usize::from(part == Part::Comparison)];
        let shipped = lab.pretrained()?.config.shipped;
        let sources = RateSources { tuned: setting.rate, shipped, ..RateSources::guided(&self.guided) };
        let rates: ArmRates = arm.rates(sources, seed)?;
        lab.start(&config, &job, Some(&rates))?;
        let started = Instant::now();
        let report = loop {
            match pollster::block_on(lab.advance(20))?.pop() {
                Some(Event::RunDone { run }) => break Some(run),
                Some(Event::Diverged(_)) => break None,
                _ => {}
            }
        };
        let score = |report: RunReport| report.epochs.iter().map(|e| e.scores.get(self.metric)).collect::<Option<_>>();
        let scores = report.and_then(score);
        let (seconds, commit) = (started.elapsed().as_secs_f64(), self.commit.to_owned());
        let line = Line { part, arm, seed, setting, scores, seconds, commit };
        writeln!(self.journal, "{}", serde_json::to_string(&line)?)?;
        println!("{} {}", self.cell.name(), serde_json::to_string(&line)?);
        self.done.push(line);
        Ok(())
    }

    /// Writes what is kept of the cell, with its first seeds.
    fn keep(&self, choices: &BTreeMap<Arm, Choice>, seeds: usize) -> Result<(), Failure> {
        let seeds = &self.config.seeds[..seeds];
        let of = |part: Part, arm: Arm, seed: u32| {
            self.done.iter().find(|l| l.part == part && l.arm == arm && l.seed == seed).map(|l| &l.scores)
        };
        let scores: BTreeMap<Arm, Vec<_>> = self
            .arms
            .iter()
            .map(|&arm| (arm, seeds.iter().map(|&seed| of(Part::Comparison, arm, seed)).collect()))
            .collect();
        let trials: BTreeMap<Arm, Vec<Value>> = self
            .arms
            .iter()
            .map(|&arm| {
                let of_arm = self.done.iter().filter(|l| l.part == Part::Search && l.arm == arm);
                (arm, of_arm.map(|l| json!({"setting": l.setting, "seed": l.seed, "scores": l.scores})).collect())
            })
            .collect();
        let probe: Vec<_> = self.grid.seeds.iter().map(|&seed| of(Part::Probe, Arm::Standard, seed)).collect();
        let [searched, compared] = &self.labs;
        let split = compared.dataset()?.split(seeds[0], self.config.test_fraction)?;
        let hours = self.done.iter().map(|l| l.seconds).sum::<f64>() / 3600.0;
        let commits: BTreeSet<&str> = self.done.iter().map(|l| l.commit.as_str()).collect();
        let commit = commits.into_iter().collect::<Vec<_>>().join(", ");
        let kept = json!({
            "name": self.cell.name(), "metric": self.metric, "rows": self.cell.rows,
            "test_rows": split.test.len(), "rows_searched": searched.dataset()?.examples.len(),
            "seeds": seeds, "planned_seeds": self.config.seeds.len(), "sites": self.sites,
            "chosen": choices, "trials": trials, "probe": {"seeds": self.grid.seeds, "scores": probe},
            "scores": scores, "baselines": self.baselines, "hours": hours, "commit": commit, "tune": self.plan.tune,
        });
        Ok(fs::write(&self.kept, serde_json::to_string(&kept)?)?)
    }
}
