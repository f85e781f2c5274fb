//! Continuing a finished run: more epochs without repeating the finished ones.
//!
//! Exact at a constant learning rate alone, where no step depends on the length of the run. With a rate that decays, a run of twice the epochs takes other
//! steps from the first on, so continuing would give a third thing, and is refused.

use super::Active;
use super::run::ActiveRun;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use crate::lab::plan::{Job, JobKind};
use crate::lab::results::RunReport;
use crate::lab::{Lab, missing};
use crate::method::rates::ArmRates;
use crate::training::recipe::LearningRateSchedule;
use crate::training::state::RunState;

impl Lab {
    /// The state of the run that just ended, for [`Lab::resume`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the last job was no run at a constant learning rate, or is not done; [`ErrorKind::Device`].
    pub async fn export_state(&self) -> Result<Vec<u8>> {
        let run = self.continuable.as_ref().ok_or_else(|| missing("a finished run at a constant learning rate"))?;
        run.state().await?.to_bytes()
    }

    /// Begins a run where another of its arm, seed and fraction ended, as [`Lab::start`] would have gone on had it been longer. `report` and `state` are what
    /// that run left. `config` may differ from that run's only in a larger `epochs`, and in `evaluate_every`.
    ///
    /// # Errors
    /// A learning rate that depends on the length of the run, another run's report, no epoch that is left to make; as [`Lab::start`].
    pub fn resume(
        &mut self,
        config: &Config,
        job: &Job,
        arm: Option<&ArmRates>,
        report: RunReport,
        state: &[u8],
    ) -> Result<()> {
        let wrong = |name: &str, expected: String, got: String| {
            Err(Error::new(ErrorKind::Config, Place::named(name), expected, got))
        };
        if config.learning_rate_schedule != LearningRateSchedule::Constant {
            let expected = "constant: at a rate that decays, a longer run differs from its first step on";
            return wrong("learning_rate_schedule", expected.into(), "linear".into());
        }
        let JobKind::Run { run: key, .. } = job.kind else {
            return wrong("job", "a run".into(), job.id.clone());
        };
        if (report.arm, report.seed, report.fraction) != (key.arm, key.seed, key.fraction) {
            let got = format!("that of {}, seed {}, fraction {}", report.arm, report.seed, report.fraction);
            return wrong("report", format!("that of {}", job.id), got);
        }
        self.forget_jobs();
        let tokenizer = self.pretrained()?.tokenizer.cut_to(config.max_tokens)?;
        let (model, step, moments) = RunState::read(state, &self.pretrained()?.config, &self.device)?;
        let (run, examples, split) = self.run(&config.of(key.arm, key.fraction), &tokenizer, key, arm)?;
        let run = run.resumed(model.by(self.kernels), step, moments);
        let is_whole = run.at_epoch_end() && report.steps.len() == step;
        if !is_whole || run.epochs_done() >= config.epochs {
            let expected = format!("a run of whole epochs, fewer than {}", config.epochs);
            return wrong("state", expected, format!("{step} steps, {} reported", report.steps.len()));
        }
        self.active =
            Some(Active::Run(Box::new(ActiveRun::new(run, examples, split.test, config.evaluate_every, report))));
        Ok(())
    }
}
