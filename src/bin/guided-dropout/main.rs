//! `guided-dropout`: experiments, pretraining and predictions from the command line.
//!
//! Exit codes: 0 done, 1 failed, 2 a mistake in the command line. Ctrl-C is left to the system, which ends the program at once: what is on
//! disk is valid at every moment, and the same command resumes.

mod compare;
mod evidence;
mod export;
mod files;
mod fill_mask;
mod judge;
mod logits;
mod model_folder;
mod predict;
mod pretrain;
mod report;
mod setting;

use clap::{CommandFactory, Parser, Subcommand};
use std::error::Error;
use std::process::ExitCode;

/// Why a command failed.
type Failure = Box<dyn Error + Send + Sync>;

/// Fisher-guided dropout beside baselines, on your own labelled texts.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 a mistake in the command line. After Ctrl-C the same command resumes."
)]
struct Cli {
    /// Print the result as one JSON document, and an error as {"error": "…"}
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Compare(Box<compare::Arguments>),
    Judge(judge::Arguments),
    Pretrain(pretrain::Arguments),
    FillMask(fill_mask::Arguments),
    Logits(logits::Arguments),
    Predict(predict::Arguments),
    Export(export::Arguments),
    Evidence(evidence::Arguments),
    /// Write a completion script for a shell to standard output
    Completions {
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let Cli { json, command } = Cli::parse();
    match run(command, json) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if json {
                eprintln!("{}", serde_json::json!({"error": failure.to_string()}));
            } else {
                eprintln!("error: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, json: bool) -> Result<(), Failure> {
    match command {
        Command::Compare(arguments) => compare::run(&arguments, json),
        Command::Judge(arguments) => judge::run(&arguments, json),
        Command::Pretrain(arguments) => pretrain::run(arguments, json),
        Command::FillMask(arguments) => pollster::block_on(fill_mask::run(&arguments, json)),
        Command::Logits(arguments) => pollster::block_on(logits::run(&arguments, json)),
        Command::Predict(arguments) => pollster::block_on(predict::run(&arguments, json)),
        Command::Export(arguments) => export::run(&arguments, json),
        Command::Evidence(arguments) => evidence::run(&arguments, json),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "guided-dropout", &mut std::io::stdout());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
