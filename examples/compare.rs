//! The page's experiment, natively: a labelled file in, `results.json` out.
//!
//! Jobs are spread over all cores, longest first, and give the same numbers as in the page, whatever the number of threads.
//! Finished jobs are kept beside the output, in `OUT.jobs.jsonl`; the same command run again goes on from there.

use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::device::DeviceKind;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, Plan, PlanFile};
use guided_dropout_lab::lab::results::{DeviceSummary, Results, RunReport};
use guided_dropout_lab::lab::{Divergence, Event, Lab};
use guided_dropout_lab::method::fisher::{self, TextFisher};
use guided_dropout_lab::method::schedule::{Arm, ArmRates, guided};
use guided_dropout_lab::selftest::open_checked;
use guided_dropout_lab::settings::MAXIMUM_SEEDS;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

const USAGE: &str = "\
compare FILE [options]      compares dropout arms on a labelled CSV, TSV, JSON or JSON Lines file

  --out FILE                where results go                       [results.json]
  --model DIR               config.json, model.safetensors, tokenizer.json   [www/data/models/mini-4x256]
  --head FILE               a masked-language-model head, for a model that has none
  --prose FILE              plain text for Fisher, a passage a line  [www/data/samples/prose.txt]
  --plan FILE               settings: a results.json, the experiment.json of a zip that the page exported, or only the
                            \"config\" of either; options below override them
  --arms A,B,…              guided standard gaussian none uniform-mean shuffled reversed
  --seeds N or A,B,…        a number of seeds, or the seeds themselves followed by a comma
  --fractions A,B,…         shares of the training part
  --epochs N  --learning-rate X  --batch-size N  --max-tokens N  --fisher-texts N  --p-upper X  --p-lower X
  --text-column NAME  --pair-column NAME  --label-column NAME  --max-rows N
  --task classification|regression
  --device cpu|webgpu       webgpu needs a build with --features gpu   [cpu]
  --threads N               [all cores]";

type Failure = Box<dyn Error + Send + Sync>;

struct Options {
    file: PathBuf,
    out: PathBuf,
    model: PathBuf,
    head: Option<PathBuf>,
    prose: PathBuf,
    device: DeviceKind,
    threads: usize,
    read: ReadOptions,
    config: RawConfig,
    /// The SHA-256 of each file that the plan was made with.
    planned: BTreeMap<String, String>,
}

fn options(arguments: Vec<OsString>) -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut options = Options {
        file: PathBuf::new(),
        out: "results.json".into(),
        model: "www/data/models/mini-4x256".into(),
        head: None,
        prose: "www/data/samples/prose.txt".into(),
        device: DeviceKind::Cpu,
        threads: cores,
        read: ReadOptions::default(),
        config: RawConfig::default(),
        planned: BTreeMap::new(),
    };
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut overrides = Vec::new();
    while let Some(argument) = parser.next()? {
        let name = match argument {
            Value(file) => {
                options.file = file.into();
                continue;
            }
            Short('h') | Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            Long(name) => name.to_string(),
            other => return Err(other.unexpected().into()),
        };
        let value = parser.value()?.string()?;
        match name.as_str() {
            "out" => options.out = value.into(),
            "model" => options.model = value.into(),
            "head" => options.head = Some(value.into()),
            "prose" => options.prose = value.into(),
            "plan" => {
                let bytes = fs::read(&value).map_err(|error| format!("{value}: {error}"))?;
                let plan = PlanFile::read(&bytes)?;
                options.config = plan.config;
                options.read = plan.reading.unwrap_or_default();
                options.planned = plan.sha256;
            }
            "device" => options.device = serde_json::from_value(value.into())?,
            "threads" => options.threads = value.parse::<usize>()?.max(1),
            _ => overrides.push((name, value)),
        }
    }
    if options.file.as_os_str().is_empty() {
        return Err(format!("which file?\n\n{USAGE}").into());
    }
    let Options { config, read, .. } = &mut options;
    for (name, value) in overrides {
        match name.as_str() {
            "text-column" => read.text_column = Some(value),
            "pair-column" => read.pair_column = Some(value),
            "label-column" => read.label_column = Some(value),
            "task" => read.task = Some(serde_json::from_value(value.into())?),
            "max-rows" => read.max_rows = Some(value.parse()?),
            "arms" => config.arms = list(&value, |a| Ok(serde_json::from_value::<Arm>(a.into())?))?,
            "seeds" if value.contains(',') => config.seeds = list(&value, |s| Ok(s.parse()?))?,
            // One more than are allowed is refused as any greater number is, and takes no memory.
            "seeds" => config.seeds = (1..=value.parse()?).take(MAXIMUM_SEEDS + 1).collect(),
            "fractions" => config.fractions = list(&value, |f| Ok(f.parse()?))?,
            "epochs" => config.epochs = value.parse()?,
            "learning-rate" => config.learning_rate = value.parse()?,
            "batch-size" => config.batch_size = value.parse()?,
            "max-tokens" => config.max_tokens = value.parse()?,
            "fisher-texts" => config.fisher_texts = value.parse()?,
            "p-upper" => config.p_upper = value.parse()?,
            "p-lower" => config.p_lower = value.parse()?,
            _ => return Err(format!("no option --{name}\n\n{USAGE}").into()),
        }
    }
    options.read.name = file_name(&options.file);
    options.config.model = file_name(&options.model);
    Ok(options)
}

fn list<T>(values: &str, parse: impl Fn(&str) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
    values.split(',').map(str::trim).filter(|v| !v.is_empty()).map(parse).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

/// The bytes that every thread's lab is filled from.
struct Inputs {
    dataset: Dataset,
    prose: String,
    name: String,
    model: [Vec<u8>; 3],
    head: Option<Vec<u8>>,
    device: DeviceKind,
    /// SHA-256 of each file above.
    sha256: Vec<String>,
    /// SHA-256 of all of them and of how the labelled one is read.
    digest: String,
}

impl Inputs {
    fn read(options: &Options) -> Result<Inputs, Failure> {
        let mut digest = Sha256::new_with_prefix(format!("{:?} {:?}", options.device, options.read));
        let mut sha256 = Vec::new();
        let mut read = |path: &Path| {
            let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(&bytes);
            sha256.push(format!("{:x}", Sha256::digest(&bytes)));
            Ok::<_, Failure>(bytes)
        };
        let mut part = |name: &str| read(&options.model.join(name));
        let model = [part("config.json")?, part("model.safetensors")?, part("tokenizer.json")?];
        let rows = read(&options.file)?;
        Ok(Inputs {
            dataset: Dataset::read(&rows, &options.read)?,
            prose: String::from_utf8(read(&options.prose)?)?,
            name: file_name(&options.model),
            model,
            head: options.head.as_deref().map(read).transpose()?,
            device: options.device,
            sha256,
            digest: format!("{:x}", digest.finalize()),
        })
    }

    fn lab(&self) -> Result<Lab, Failure> {
        let mut lab = Lab::new(pollster::block_on(open_checked(self.device))?);
        let [config, weights, tokenizer] = &self.model;
        lab.load_model(&self.name, config, weights, tokenizer)?;
        if let Some(head) = &self.head {
            lab.add_head(head)?;
        }
        lab.set_dataset(self.dataset.clone());
        lab.set_corpus(&self.prose);
        Ok(lab)
    }
}

/// What a finished job leaves.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Finished {
    Fisher(Vec<TextFisher>),
    Run(RunReport),
}

/// Finished jobs on disk: a line that says which experiment, then a line for each job.
struct Journal {
    done: HashMap<String, Finished>,
    file: File,
}

impl Journal {
    fn open(path: &Path, experiment: &str) -> Result<Journal, Failure> {
        let mut done = HashMap::new();
        if let Ok(file) = File::open(path) {
            let mut lines = BufReader::new(file).lines();
            // Killed before its first line was written, it is empty and nobody's.
            if lines.next().transpose()?.is_some_and(|first| first != experiment) {
                let path = path.display();
                return Err(format!("{path} holds another experiment: remove it, or choose another --out").into());
            }
            for line in lines {
                // A line cut short by a crash is a job that is done again.
                if let Ok((id, finished)) = serde_json::from_str::<(String, Finished)>(&line?) {
                    done.insert(id, finished);
                }
            }
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        match fs::read(path)?.last() {
            None => writeln!(file, "{experiment}")?,
            Some(b'\n') => {}
            Some(_) => writeln!(file)?, // ends the line that was cut short
        }
        Ok(Journal { done, file })
    }

    fn keep(&mut self, id: &str, finished: Finished) -> Result<(), Failure> {
        writeln!(self.file, "{}", serde_json::to_string(&(id, &finished))?)?;
        self.done.insert(id.to_string(), finished);
        Ok(())
    }
}

/// Does `jobs` on `threads` threads, those that the journal has left out.
fn perform(
    inputs: &Inputs,
    config: &Config,
    jobs: Vec<Job>,
    arms: &BTreeMap<Arm, ArmRates>,
    journal: &Mutex<Journal>,
    threads: usize,
    label: &'static str,
) -> Result<(), Failure> {
    let mut jobs: Vec<Job> = jobs.into_iter().filter(|j| !journal.lock().unwrap().done.contains_key(j.id())).collect();
    jobs.sort_by(|a, b| b.work().total_cmp(&a.work()));
    let waiting = VecDeque::from(jobs);
    let style = ProgressStyle::with_template("{prefix:8} {bar:40} {pos}/{len} jobs, {elapsed} so far, {eta} left")?;
    let total = ProgressBar::new(waiting.len() as u64).with_style(style).with_prefix(label);
    let threads = threads.min(waiting.len()).max(1);
    let queue = Mutex::new(waiting);
    std::thread::scope(|scope| {
        let work = || -> Result<(), Failure> {
            let mut lab = inputs.lab()?;
            loop {
                let Some(job) = queue.lock().unwrap().pop_front() else { return Ok(()) };
                match finish(&mut lab, config, &job, arms)? {
                    Ok(finished) => journal.lock().unwrap().keep(job.id(), finished)?,
                    Err(divergence) => total.suspend(|| eprintln!("{}", lost(&job, divergence))),
                }
                total.inc(1);
            }
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().try_for_each(|h| h.join().expect("a worker thread"))
    })?;
    total.finish();
    Ok(())
}

/// A run that diverged is lost, and the others go on: the comparison counts it as missing.
fn lost(job: &Job, divergence: Divergence) -> String {
    let Divergence { step, what, learning_rate, largest_gradient_norm } = divergence;
    format!(
        "{} is lost: {what:?} not finite at step {step}, learning rate {learning_rate:.2e}; largest gradient norm until \
         then {largest_gradient_norm:.3}",
        job.id()
    )
}

fn finish(
    lab: &mut Lab,
    config: &Config,
    job: &Job,
    arms: &BTreeMap<Arm, ArmRates>,
) -> Result<Result<Finished, Divergence>, Failure> {
    let arm = if let Job::Run { arm, .. } = job { arms.get(arm) } else { None };
    lab.start(config, job, arm)?;
    let (started, mut texts) = (Instant::now(), Vec::new());
    loop {
        for event in pollster::block_on(lab.advance(20))? {
            match event {
                Event::FisherText(text) => texts.push(text),
                Event::FisherDone { .. } => return Ok(Ok(Finished::Fisher(texts))),
                Event::RunDone { mut run } => {
                    run.elapsed_ms = started.elapsed().as_secs_f64() * 1e3;
                    return Ok(Ok(Finished::Run(run)));
                }
                Event::Diverged(divergence) => return Ok(Err(divergence)),
                Event::Step { .. } | Event::Epoch(_) => {}
                // Of surfaces and planes, which an experiment's plan does not hold.
                Event::SurfacePoint { .. } | Event::SurfaceDone => {}
                Event::PathPoint { .. } | Event::PathDone | Event::PlanePoint { .. } | Event::PlaneDone => {}
            }
        }
    }
}

fn main() {
    if let Err(error) = compare(std::env::args_os().skip(1).collect()) {
        eprintln!("compare: {error}");
        std::process::exit(1);
    }
}

/// What the command line asks for.
pub fn compare(arguments: Vec<OsString>) -> Result<(), Failure> {
    let options = options(arguments)?;
    let inputs = Inputs::read(&options)?;
    for (name, _) in options.planned.iter().filter(|(_, digest)| !inputs.sha256.contains(digest)) {
        eprintln!("{name} of the plan is none of the files given here: other numbers are to be expected");
    }
    let lab = inputs.lab()?;
    for rejected in &inputs.dataset.rejected {
        eprintln!("{}, line {}: {}", inputs.dataset.name, rejected.line, rejected.reason);
    }
    let Plan { config, jobs, train_rows, test_rows } = lab.plan(options.config.clone().check()?)?;
    eprintln!("{}: {train_rows} rows to train on, {test_rows} to test on, {} jobs", inputs.dataset.name, jobs.len());
    let experiment = serde_json::json!({"config": config, "dataset": inputs.dataset.name, "inputs": inputs.digest});
    let journal = options.out.with_extension("jobs.jsonl");
    let journal = Mutex::new(Journal::open(&journal, &experiment.to_string())?);
    let (fisher_jobs, run_jobs): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|j| matches!(j, Job::Fisher { .. }));

    let has_fisher = !fisher_jobs.is_empty();
    perform(&inputs, &config, fisher_jobs, &BTreeMap::new(), &journal, options.threads, "fisher")?;
    let estimate = if has_fisher {
        let journal = journal.lock().unwrap();
        let texts = |f: &Finished| if let Finished::Fisher(texts) = f { texts.clone() } else { Vec::new() };
        let texts: Vec<TextFisher> = journal.done.values().flat_map(texts).collect();
        Some(fisher::estimate(&lab.tensor_names()?, &texts)?)
    } else {
        None
    };
    let arms = lab.arms(&config, estimate.as_ref().map(|e| guided(&e.sites, config.p_upper, config.p_lower)))?;
    perform(&inputs, &config, run_jobs, &arms, &journal, options.threads, "runs")?;
    let run = |f: &Finished| if let Finished::Run(run) = f { Some(run.clone()) } else { None };
    let runs: Vec<RunReport> = journal.lock().unwrap().done.values().filter_map(run).collect();
    let kind = if options.device == DeviceKind::Cpu { "cpu" } else { "webgpu" };
    let device = DeviceSummary { kind: kind.into(), adapter: None };
    let results = Results::new(&config, device, lab.dataset()?, lab.pretrained()?, estimate, &arms, runs)?;
    fs::write(&options.out, serde_json::to_vec_pretty(&results)?)?;

    for c in results.comparisons() {
        let interval = c.paired.ci95.map_or("–".into(), |[low, high]| format!("{low:+.4} to {high:+.4}"));
        let p = c.p_holm.map_or("–".into(), |p| format!("{p:.3}"));
        let (arm, baseline, difference) = (c.arm.name(), c.baseline.name(), c.paired.mean_difference);
        println!(
            "{:10} {arm:>12} − {baseline:12} at {:>4}: {difference:+.4} ({interval}), Holm p {p}",
            c.metric, c.fraction
        );
    }
    println!("\n{}\n\nwritten to {}", results.verdict(), options.out.display());
    Ok(())
}
