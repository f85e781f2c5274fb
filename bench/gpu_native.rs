//! Training steps, Fisher texts and memory on this machine's GPU, natively: one measurement a call, one line of JSON. `bench/gpu-native.sh` makes all.
//!
//! `cargo run --release --features cli,gpu --example gpu_native -- step --shape bert-base --batch 32 --tokens 128`
//!
//! The built-in model has its weights. Other shapes have random ones, which take the same time. Texts fill all tokens, and every loss is read.

use burn::tensor::Device;
use clap::{Parser, Subcommand, ValueEnum};
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::device::{self, DeviceKind};
use guided_dropout_lab::kernels::Kernels;
use guided_dropout_lab::kernels::choice::Way;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, JobKind, RunKey};
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::models::checkpoint::{HostTensor, encoder_shapes, lm_head_shapes, to_safetensors};
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::workload::Workload;
use pollster::block_on;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;
/// Milliseconds of each way of computing.
type Times = Vec<(Way, Option<f64>)>;

#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    what: What,
    #[arg(long, global = true, default_value = "built-in")]
    shape: Shape,
    /// Rows of a step
    #[arg(long, global = true, default_value_t = 16)]
    batch: usize,
    /// Of every text
    #[arg(long, global = true, default_value_t = 64)]
    tokens: usize,
    /// The CPU, for comparison
    #[arg(long, global = true)]
    cpu: bool,
    /// The usual kernels of the device, not the fastest
    #[arg(long, global = true)]
    usual_kernels: bool,
    /// Where the built-in model is
    #[arg(long, global = true, default_value = "www/data/models/mini-4x256")]
    model: PathBuf,
}

#[derive(Subcommand)]
enum What {
    /// Milliseconds of a training step
    Step {
        #[arg(long, default_value_t = 20)]
        steps: usize,
        #[arg(long, default_value_t = 5)]
        repeats: usize,
        /// Steps from one reading of losses to the next
        #[arg(long, default_value_t = 1)]
        together: usize,
    },
    /// Texts per second of Fisher information
    Fisher {
        #[arg(long, default_value_t = 64)]
        texts: usize,
        #[arg(long, default_value_t = 5)]
        repeats: usize,
    },
    /// Memory over many steps
    Memory {
        #[arg(long, default_value_t = 500)]
        steps: usize,
    },
}

/// Layers, width, heads, words and positions of a BERT.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Shape {
    /// The page's own model
    BuiltIn,
    /// For trying this program out
    Tiny,
    Minilm,
    BertBase,
}

impl Shape {
    fn config(self) -> Value {
        let [layers, width, heads, words] = match self {
            Shape::BuiltIn | Shape::Tiny => [2, 64, 2, 8192],
            Shape::Minilm => [12, 384, 12, 30_522],
            Shape::BertBase => [12, 768, 12, 30_522],
        };
        json!({
            "model_type": "bert", "num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads, "vocab_size": words,
            "intermediate_size": 4 * width, "max_position_embeddings": 512, "hidden_act": "gelu",
        })
    }

    fn name(self) -> String {
        self.to_possible_value().map(|it| it.get_name().to_string()).unwrap_or_default()
    }
}

/// Weights as BERT begins with: N(0, 0.02²) but for LayerNorm and biases, its language-model head among them.
fn random_weights(config: &ModelConfig) -> Outcome<Vec<u8>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut normal = || {
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        (0.02 * radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
    };
    let tensors = encoder_shapes(config).into_iter().chain(lm_head_shapes(config)).map(|(name, shape)| {
        let count = shape.iter().product();
        let values = match () {
            () if name.ends_with("LayerNorm.weight") => vec![1.0; count],
            () if name.ends_with("bias") => vec![0.0; count],
            () => std::iter::repeat_with(&mut normal).take(count).collect(),
        };
        (name, HostTensor { shape, values })
    });
    Ok(to_safetensors(&tensors.collect::<Vec<_>>())?)
}

/// A lab with a model, and so many rows and passages of at least so many tokens.
fn lab(options: &Options, device: &Device, rows: usize) -> Outcome<Lab> {
    let mut lab = Lab::new(device.clone());
    let file = |name: &str| std::fs::read(options.model.join(name));
    let tokenizer = file("tokenizer.json")?;
    if options.shape == Shape::BuiltIn {
        lab.load_model("built-in", &file("config.json")?, &file("model.safetensors")?, &tokenizer)?;
    } else {
        let config = serde_json::to_vec(&options.shape.config())?;
        let weights = random_weights(&ModelConfig::from_bytes(&config)?)?;
        lab.load_model(&options.shape.name(), &config, &weights, &tokenizer)?;
    }
    let words = ["river", "boat", "night", "teacher", "board", "clock", "rain", "street", "music", "story", "winter"];
    let text = |row: usize| (0..options.tokens).map(|i| words[(row * 5 + i * i + i) % words.len()]).collect::<Vec<_>>();
    let mut csv = String::from("text,label\n");
    for row in 0..rows {
        writeln!(csv, "{} {row},{}", text(row).join(" "), ["even", "odd"][row % 2])?;
    }
    lab.set_dataset(Dataset::read(csv.as_bytes(), &ReadOptions::default())?);
    lab.set_corpus(&(0..rows).map(|row| text(row).join(" ") + "\n").collect::<String>());
    Ok(lab)
}

/// The kernels that the page would choose: the usual ones, or in each part what is faster.
fn fastest(lab: &Lab) -> Outcome<(Kernels, Times)> {
    let (workload, usual) = (Workload::of(lab.model_config()?), lab.kernels());
    let mut times = Vec::new();
    for way in usual.ways() {
        let run = |rounds| -> Outcome<f64> {
            let begin = Instant::now();
            block_on(workload.run(way, rounds, lab.device()))?;
            Ok(begin.elapsed().as_secs_f64() * 1e3)
        };
        run(1)?;
        let idle = run(0)?;
        times.push((way, Some((run(8)? - idle) / 8.0)));
    }
    Ok((usual.fastest(&times), times))
}

/// A run that is never evaluated.
fn begin(lab: &mut Lab, options: &Options) -> Outcome<()> {
    let config = settings(options)?;
    let run = RunKey { arm: Arm::Standard, seed: 1, fraction: 1.0 };
    let job = Job { id: "run".into(), work: 1.0, units: 1, kind: JobKind::Run { run, evaluation: 0.0 } };
    let arms = lab.arms(&config, None)?;
    Ok(lab.start(&config, &job, arms.get(&Arm::Standard))?)
}

fn settings(options: &Options) -> Outcome<Config> {
    let raw = RawConfig {
        arms: vec![Arm::Standard],
        seeds: vec![1],
        batch_size: options.batch,
        max_tokens: options.tokens,
        test_fraction: 0.5,
        epochs: 1000,
        evaluate_every: 1000,
        ..RawConfig::default()
    };
    Ok(raw.check()?)
}

/// Trains so many steps, whose losses must be finite; gives the last.
fn train(lab: &mut Lab, steps: usize, together: usize) -> Outcome<f64> {
    let (mut done, mut last) = (0, f64::NAN);
    while done < steps {
        for event in block_on(lab.advance(together.min(steps - done)))? {
            match event {
                Event::Step { loss, .. } => (done, last) = (done + 1, loss),
                other => return Err(format!("expected a step, got {}", serde_json::to_string(&other)?).into()),
            }
        }
    }
    Ok(last)
}

/// Median, least and most.
fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [values[values.len() / 2], values[0], values[values.len() - 1]].map(|value| (value * 100.0).round() / 100.0)
}

fn measure_steps(lab: &mut Lab, options: &Options, [steps, repeats, together]: [usize; 3]) -> Outcome<Value> {
    begin(lab, options)?;
    train(lab, together.max(3), together)?; // compiles kernels
    let mut times = Vec::new();
    let mut loss = f64::NAN;
    for _ in 0..repeats {
        let begin = Instant::now();
        loss = train(lab, steps, together)?;
        times.push(begin.elapsed().as_secs_f64() * 1e3 / steps as f64);
    }
    Ok(json!({"ms_a_step": spread(times), "losses_read_every": together, "last_loss": loss}))
}

fn measure_fisher(lab: &mut Lab, options: &Options, texts: usize, repeats: usize) -> Outcome<Value> {
    let config = settings(options)?;
    let mut all = || -> Outcome<f64> {
        let job = Job { id: "fisher".into(), work: 1.0, units: texts, kind: JobKind::Fisher { from: 0, to: texts } };
        lab.start(&config, &job, None)?;
        let (begin, mut found) = (Instant::now(), 0);
        loop {
            let events = block_on(lab.advance(1))?;
            found += events.iter().filter(|event| matches!(event, Event::FisherText(_))).count();
            if events.iter().any(|event| matches!(event, Event::FisherDone { .. })) {
                break;
            }
        }
        assert_eq!(found, texts, "every text once");
        Ok(texts as f64 / begin.elapsed().as_secs_f64())
    };
    all()?; // compiles kernels
    let speeds = (0..repeats).map(|_| all()).collect::<Outcome<Vec<_>>>()?;
    Ok(json!({"texts": texts, "texts_per_second": spread(speeds)}))
}

fn measure_memory(lab: &mut Lab, options: &Options, steps: usize) -> Outcome<Value> {
    begin(lab, options)?;
    train(lab, 3, 1)?;
    let mut samples = vec![memory(lab.device())];
    for _ in 0..10 {
        train(lab, steps / 10, 1)?;
        samples.push(memory(lab.device()));
    }
    Ok(json!({"steps": steps / 10 * 10, "megabytes": samples}))
}

/// Of the process, where the system says it, and of the GPU's buffers.
fn memory(device: &Device) -> Value {
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
    let buffers = buffers(device).map(|sizes| sizes.map(megabytes));
    json!({"process": resident.map(|kilobytes: u64| megabytes(1024 * kilobytes)), "buffers_in_use_and_reserved": buffers})
}

#[cfg(feature = "gpu")]
fn buffers(device: &Device) -> Option<[u64; 2]> {
    use burn::backend::DispatchDevice;
    use burn::cubecl::MemoryScope;
    match device.clone().without_autodiff().as_dispatch() {
        DispatchDevice::Cube(device) => {
            let usage = device.client().memory_report(MemoryScope::Device).usage();
            Some([usage.bytes_in_use, usage.bytes_reserved])
        }
        _ => None,
    }
}

#[cfg(not(feature = "gpu"))]
fn buffers(_: &Device) -> Option<[u64; 2]> {
    None
}

fn main() -> Outcome<()> {
    let options = Options::parse();
    let kind = if options.cpu { DeviceKind::Cpu } else { DeviceKind::WebGpu };
    let device = block_on(device::open(kind))?;
    let rows = match options.what {
        What::Fisher { texts, .. } => texts.max(16),
        _ => 16 * options.batch, // half of them are trained on: eight steps an epoch
    };
    let mut lab = lab(&options, &device, rows)?;
    let mut times = Vec::new();
    if !options.cpu && !options.usual_kernels {
        let (kernels, timed) = fastest(&lab)?;
        lab.set_kernels(kernels);
        times = timed;
    }
    let (what, found) = match options.what {
        What::Step { steps, repeats, together } => {
            ("step", measure_steps(&mut lab, &options, [steps, repeats, together])?)
        }
        What::Fisher { texts, repeats } => ("fisher", measure_fisher(&mut lab, &options, texts, repeats)?),
        What::Memory { steps } => ("memory", measure_memory(&mut lab, &options, steps)?),
    };
    let mut line = json!({
        "what": what, "program": "lab", "device": kind, "shape": options.shape.name(), "parameters": lab.pretrained()?.parameters,
        "batch": options.batch, "tokens": options.tokens, "kernels": lab.kernels(), "kernel_ms": times,
    });
    if let (Some(line), Value::Object(found)) = (line.as_object_mut(), found) {
        line.extend(found);
    }
    println!("{line}");
    Ok(())
}
