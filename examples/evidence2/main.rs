//! The runs of the evidence's second protocol (docs/evidence/protocol-2.md), by `evidence/plan-2.json`.
//!
//! `evidence2 PLAN DATA MODEL PROSE WORK COMMIT` makes one run after another on one thread, cell by cell in the plan's order: first each arm's search, on rows
//! that no run of the comparison sees, then the probe of twice the length, then the comparison, seed by seed. Every finished run is a line of
//! `WORK/CELL.jsonl`; the same command begun again goes on from there. A cell that another process works on is passed over. After each seed that is
//! complete, `WORK/CELL.json` holds what is kept of the cell.
//!
//! `evidence2 report` writes the results in docs/evidence/protocol-2.md from the complete cells in `evidence/second/`.

mod report;

use guided_dropout_lab::data::dataset::{Dataset, ReadOptions, Task};
use guided_dropout_lab::device::DeviceKind;
use guided_dropout_lab::lab::choice::{Choice, Setting};
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::Job;
use guided_dropout_lab::lab::results::{BaselineRun, RunReport, metrics_of};
use guided_dropout_lab::lab::tune::{Trial, TuneGrid};
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::arms::{Arm, ArmRates, RateSources};
use guided_dropout_lab::method::fisher;
use guided_dropout_lab::method::schedule::{SiteRate, SiteScore, guided};
use guided_dropout_lab::selftest::open_checked;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Failure = Box<dyn Error>;

/// Rows of a set that are compared on, and rows after them that are searched on.
const ROWS: usize = 1500;
/// Of a whole training part: what `rows` of a cell is a fraction of.
const TRAINED: f64 = 1000.0;
/// A run is evaluated after each third of its length, for the rule of "flat".
const EVALUATIONS: usize = 3;

#[derive(Deserialize)]
struct Plan {
    cells: Vec<Cell>,
    arms: Vec<Arm>,
    spare_embeddings: String,
    tune: TuneGrid,
    epochs: BTreeMap<String, Vec<usize>>,
    config: Value,
}

#[derive(Deserialize)]
struct Cell {
    set: String,
    rows: usize,
}

impl Plan {
    fn seeds(&self) -> Result<Vec<u32>, Failure> {
        Ok(serde_json::from_value(self.config["seeds"].clone())?)
    }
}

impl Cell {
    fn name(&self) -> String {
        format!("{}-{}", self.set, self.rows)
    }

    fn fraction(&self) -> f64 {
        self.rows as f64 / TRAINED
    }
}

/// A finished run: its scores after each evaluation, or none where it diverged.
#[derive(Serialize, Deserialize)]
struct Line {
    part: Part,
    arm: Arm,
    seed: u32,
    setting: Setting,
    scores: Option<Vec<f64>>,
    seconds: f64,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Search,
    Probe,
    Comparison,
}

/// One cell under way.
struct Work<'a> {
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

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["report"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        return report::write(&serde_json::from_slice(&fs::read(root.join("evidence/plan-2.json"))?)?, root);
    }
    let [plan, data, model, prose, work, commit] = &arguments[..] else {
        return Err("evidence2 PLAN DATA MODEL PROSE WORK COMMIT, or evidence2 report".into());
    };
    let plan: Plan = serde_json::from_slice(&fs::read(plan)?)?;
    for cell in &plan.cells {
        let lock = File::create(Path::new(work).join(format!("{}.lock", cell.name())))?;
        if lock.try_lock().is_err() {
            continue;
        }
        Work::open(&plan, cell, [data, model, prose, work], commit)?.finish()?;
    }
    Ok(())
}

impl<'a> Work<'a> {
    fn open(
        plan: &'a Plan,
        cell: &'a Cell,
        [data, model, prose, work]: [&String; 4],
        commit: &'a str,
    ) -> Result<Work<'a>, Failure> {
        let [searched, compared] = parts(Path::new(data), &cell.set)?;
        let metric = metrics_of(compared.task)[0];
        let mut labs = Vec::new();
        for dataset in [searched, compared] {
            let mut lab = Lab::new(pollster::block_on(open_checked(DeviceKind::Cpu))?);
            let file = |name: &str| fs::read(Path::new(model).join(name));
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
        let path = Path::new(work).join(format!("{}.jsonl", cell.name()));
        let journal = OpenOptions::new().create(true).append(true).open(&path)?;
        // A line cut short by a crash is a run that is made again.
        let done = fs::read_to_string(&path)?.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let kept = path.with_extension("json");
        let (sites, guided, baselines) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Work { plan, cell, arms, config, grid, metric, labs, sites, guided, done, baselines, journal, kept, commit })
    }

    fn finish(mut self) -> Result<(), Failure> {
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
        let job = Job::Fisher { id: "fisher".into(), from: 0, to: self.config.fisher_texts, work: 1.0 };
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
        let rates: ArmRates =
            arm.rates(RateSources { tuned: setting.rate, ..RateSources::guided(&self.guided) }, seed)?;
        let fraction = self.cell.fraction();
        let job = Job::Run { id: "run".into(), arm, seed, fraction, steps: 1, work: 1.0, evaluation: 0.0 };
        let lab = &mut self.labs[usize::from(part == Part::Comparison)];
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
        let line = Line { part, arm, seed, setting, scores, seconds: started.elapsed().as_secs_f64() };
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
        let split = compared.dataset()?.split(seeds[0], self.config.test_share)?;
        let hours = self.done.iter().map(|l| l.seconds).sum::<f64>() / 3600.0;
        let kept = json!({
            "name": self.cell.name(), "metric": self.metric, "rows": self.cell.rows,
            "test_rows": split.test.len(), "rows_searched": searched.dataset()?.examples.len(),
            "seeds": seeds, "planned_seeds": self.config.seeds.len(), "sites": self.sites,
            "chosen": choices, "trials": trials, "probe": {"seeds": self.grid.seeds, "scores": probe},
            "scores": scores, "baselines": self.baselines, "hours": hours, "commit": self.commit, "tune": self.plan.tune,
        });
        Ok(fs::write(&self.kept, serde_json::to_string(&kept)?)?)
    }
}

/// The rows of a set that are searched on, and those that are compared on. Of `clinc30`, whose training file has no more rows than are compared on, the
/// development and test files are searched on.
fn parts(data: &Path, set: &str) -> Result<[Dataset; 2], Failure> {
    let read =
        |file: &str| fs::read_to_string(data.join(set).join(file)).map_err(|error| format!("{set}/{file}: {error}"));
    let train = read("train.tsv")?;
    let (header, rows) = train.split_once('\n').ok_or("no rows")?;
    let rows: Vec<&str> = rows.lines().collect();
    let others = if set == "clinc30" { [read("dev.tsv")?, read("test.tsv")?] } else { [String::new(), String::new()] };
    let others: Vec<&str> = others.iter().flat_map(|file| file.lines().skip(1)).collect();
    let searched: Vec<&str> = rows.iter().skip(ROWS).chain(&others).take(ROWS).copied().collect();
    let compared: Vec<&str> = rows.iter().take(ROWS).copied().collect();
    let options = match set {
        "stsb" => ReadOptions {
            text_column: Some("s1".into()),
            pair_column: Some("s2".into()),
            label_column: Some("score".into()),
            task: Some(Task::Regression),
            ..ReadOptions::default()
        },
        _ => ReadOptions {
            text_column: Some("text".into()),
            pair_column: Some(String::new()),
            label_column: Some("label".into()),
            ..ReadOptions::default()
        },
    };
    let read = |rows: &[&str]| {
        let options = ReadOptions { name: format!("{set}.tsv"), ..options.clone() };
        Dataset::read(format!("{header}\n{}\n", rows.join("\n")).as_bytes(), &options)
    };
    Ok([read(&searched)?, read(&compared)?])
}
