//! `predict`: the rows of a file of any length, labelled by fine-tuned models.

use crate::{Failure, files, model_folder};
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::{HEAD_BYTES, ReadOptions, UsualColumns};
use guided_dropout_lab::lab::{Lab, Labelling, PIECE_BYTES};
use guided_dropout_lab::models::checkpoint::Checkpoint;
use guided_dropout_lab::models::folder::ModelFiles;
use guided_dropout_lab::models::transformer::Model;
use guided_dropout_lab::settings::MAX_TOKENS;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Label the rows of a CSV, TSV or JSON Lines file of any length by fine-tuned models
///
/// OUT has the rows and columns of FILE and, after them, label, probability and second_label (of a regression: score). A row without a text stays
/// without a label. The file is read and written in pieces: its length costs no memory.
#[derive(clap::Args)]
pub struct Arguments {
    /// The file of texts
    file: PathBuf,
    /// Folder of a fine-tuned model, as the page exports it; given several times, such as for the seeds of an arm, the mean of their probabilities counts
    #[arg(long = "model", value_name = "DIR", required = true)]
    models: Vec<PathBuf>,
    /// Where the labelled rows go
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Column of texts, by name or as "#2"; guessed if left out
    #[arg(long, value_name = "NAME")]
    text_column: Option<String>,
    /// Column of second texts, for a model of pairs
    #[arg(long, value_name = "NAME")]
    pair_column: Option<String>,
    /// Longer texts are truncated, in tokens: as in the training
    #[arg(long, value_name = "N", default_value_t = MAX_TOKENS.default as usize)]
    max_tokens: usize,
}

/// What several models share, and the models.
struct Answering {
    lab: Lab,
    models: Vec<Model>,
    /// None of a regression.
    labels: Vec<String>,
}

/// Labels and writes.
pub async fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let Arguments { file, out, .. } = arguments;
    files::refuse_overwriting("--out", out, &[("FILE", file)])?;
    let Answering { lab, models, labels } = load(&arguments.models)?;
    let mut input = File::open(file).map_err(|error| files::named("FILE", file, &error))?;
    let size = input.metadata()?.len();
    let mut head = Vec::new();
    let read = |input: &mut File, bytes: usize, into: &mut Vec<u8>| -> Result<(), Failure> {
        input.take(bytes as u64).read_to_end(into).map_err(|error| files::named("FILE", file, &error))?;
        Ok(())
    };
    read(&mut input, HEAD_BYTES, &mut head)?;
    let options = ReadOptions {
        name: files::name(file),
        text_column: arguments.text_column.clone(),
        pair_column: arguments.pair_column.clone(),
        ..ReadOptions::default()
    };
    let is_whole = head.len() < HEAD_BYTES;
    let answering = (labels, arguments.max_tokens);
    let mut labelling = lab.open_unlabelled((&head, is_whole), &options, &UsualColumns::default(), answering)?;
    eprintln!("{}", understood(&labelling));
    let models: Vec<&Model> = models.iter().collect();
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}, {elapsed} so far, {eta} left")?;
    let bar = ProgressBar::new(size).with_style(style);
    let mut written = files::Replacement::new("--out", out)?;
    let mut waiting = head;
    loop {
        if waiting.len() <= PIECE_BYTES {
            read(&mut input, HEAD_BYTES, &mut waiting)?;
        }
        let is_last = waiting.len() <= PIECE_BYTES;
        let piece: Vec<u8> = waiting.drain(..waiting.len().min(PIECE_BYTES)).collect();
        written.write(&lab.label_rows(&mut labelling, &models, &piece, is_last).await?)?;
        bar.inc(piece.len() as u64);
        if is_last {
            break;
        }
    }
    written.finish()?;
    bar.finish();
    report(&labelling, out, json);
    Ok(())
}

/// The models, which have to be of one kind.
fn load(folders: &[PathBuf]) -> Result<Answering, Failure> {
    let mut lab = Lab::new(Device::flex());
    let mut models = Vec::new();
    let mut shared: Option<(ModelFiles, Vec<String>)> = None;
    for folder in folders {
        let named = |error| Failure::from(format!("--model {}: {error}", folder.display()));
        let files = model_folder::read("--model", folder)?;
        model_folder::say_ignored(folder, &files);
        if shared.is_none() {
            lab.load_model(&files::name(folder), &files.config, &files.weights, &files.tokenizer).map_err(named)?;
        }
        let labels = labels_of(&lab, &files, folder)?;
        models.push(lab.load_trained(&files.weights).map_err(named)?);
        match &shared {
            Some((first, of_first)) if first.tokenizer != files.tokenizer || *of_first != labels => {
                let expected = format!("the tokenizer and the labels ({}) of the first model", of_first.join(", "));
                let got = format!("others ({})", labels.join(", "));
                return Err(format!("--model {}: expected {expected}, got {got}", folder.display()).into());
            }
            Some(_) => {}
            None => shared = Some((files, labels)),
        }
    }
    let labels = shared.map(|(_, labels)| labels).unwrap_or_default();
    Ok(Answering { lab, models, labels })
}

/// The names of a classifier's classes; of a regression none.
fn labels_of(lab: &Lab, files: &ModelFiles, folder: &Path) -> Result<Vec<String>, Failure> {
    let refuse = |expected: &str, got: String| {
        Err(format!("--model {}: expected {expected}, got {got}", folder.display()).into())
    };
    let config: serde_json::Value = serde_json::from_slice(&files.config)?;
    let classes = Checkpoint::from_bytes(&files.weights, lab.model_config()?.family)?.classes();
    match classes {
        None => refuse("a fine-tuned model", "one without a classifier".to_string()),
        Some(1) => Ok(Vec::new()),
        Some(classes) => {
            let name = |class: usize| config["id2label"][class.to_string()].as_str().map(String::from);
            match (0..classes).map(name).collect() {
                Some(labels) => Ok(labels),
                None => refuse("names of its classes in config.json, as id2label", format!("{classes} classes")),
            }
        }
    }
}

fn understood(labelling: &Labelling) -> String {
    let layout = labelling.layout();
    let pair = layout.pair_column.as_ref().map_or(String::new(), |pair| format!(" and {pair:?}"));
    format!("texts from the column {:?}{pair}; added: {}", layout.text_column, labelling.added().join(", "))
}

fn report(labelling: &Labelling, out: &Path, json: bool) {
    let so_far = labelling.so_far();
    if json {
        println!(
            "{}",
            serde_json::json!({"out": out, "layout": labelling.layout(), "added": labelling.added(), "labelled": so_far})
        );
        return;
    }
    println!("{} rows labelled, written to {}", so_far.rows, out.display());
    if so_far.unanswered > 0 {
        println!("{} rows without a label:", so_far.unanswered);
        so_far.rejected.iter().for_each(|it| println!("  line {}: {}", it.line, it.reason));
    }
}
