//! The card's Markdown.

use super::{Experiment, Package};
use crate::data::class_weights::ClassWeights;
use crate::data::dataset::Task;
use crate::lab::config::Config;

/// A cell of a table: what would end it is escaped.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn code(text: &str) -> String {
    format!("`{}`", cell(text).replace('`', "'"))
}

impl Experiment {
    pub(super) fn body(&self) -> String {
        let sections = [
            self.introduction(),
            format!("## Use\n\n{}", self.usage()),
            format!("## Scores\n\n{}", self.evaluation()),
            format!("## Data\n\n{}", self.data()),
            format!("## Training\n\n{}", self.training()),
            format!("## Limits\n\n{}", self.limits()),
        ];
        sections.map(|section| section.trim_end().to_string()).join("\n\n") + "\n"
    }

    fn introduction(&self) -> String {
        let dataset = &self.told.dataset;
        let kind = match dataset.task {
            Task::Classification => {
                let labels: Vec<String> = dataset.labels.iter().map(|label| code(label)).collect();
                format!("A text classifier of {} labels ({})", labels.len(), labels.join(", "))
            }
            Task::Regression => "A model that gives a text a score".to_string(),
        };
        let model = &self.told.model;
        let base = format!(
            "{} ({} layers, width {}, {:.1} million parameters)",
            code(&model.name),
            model.layers,
            model.hidden,
            model.parameters as f64 / 1e6
        );
        let by = format!("fine-tuned from {base} with the dropout rates of the arm `{}`", self.arm);
        format!(
            "# {}\n\n{kind}, {by} in Guided Dropout Lab ([arXiv 2406.14005](https://arxiv.org/abs/2406.14005)).\n\nThe lab does not know the licence of the pretrained \
             weights and of the data, nor the language of the texts: add `license:` and `language:` above before you publish this model.",
            self.name()
        )
    }

    fn usage(&self) -> String {
        let name = self.name();
        match (self.package, self.told.dataset.task) {
            (Package::Transformers, _) => format!(
                "```python\nfrom transformers import AutoModelForSequenceClassification, AutoTokenizer\n\ntokenizer = \
                 AutoTokenizer.from_pretrained(\"{name}\")\nmodel = AutoModelForSequenceClassification.from_pretrained(\"{name}\").eval()\nlogits = \
                 model(**tokenizer(\"a text\", truncation=True, max_length={}, return_tensors=\"pt\")).logits\n```",
                self.config.max_tokens
            ),
            (Package::Onnx, Task::Classification) => format!(
                "```js\nimport {{ env, pipeline }} from \"@huggingface/transformers\";\n\nenv.localModelPath = \"./\"; // the folder that holds this \
                 one\nconst classify = await pipeline(\"text-classification\", \"{name}\", {{ dtype: \"fp32\" }});\nawait classify(\"a text\", {{ top_k: \
                 null }});\n```\n\n`dtype: \"q8\"` takes the weights in int8, a quarter of the size."
            ),
            (Package::Onnx, Task::Regression) => {
                "`onnx/model.onnx` takes `input_ids` and `attention_mask` (int64, `[batch, sequence]`) and gives `logits`, `[batch, 1]`: the scores. A \
                 pipeline of transformers.js would turn them into probabilities of one label."
                    .into()
            }
        }
    }

    fn evaluation(&self) -> String {
        let dataset = &self.told.dataset;
        let mut text = format!(
            "On {} test rows that no run was trained on, with the 95 % t interval of the mean over seeds in brackets:\n\n{}",
            dataset.test_rows,
            self.score_table()
        );
        if !self.told.verdict.is_empty() {
            text += &format!("\nThe experiment’s verdict: {}", self.told.verdict);
        }
        text
    }

    fn data(&self) -> String {
        let dataset = &self.told.dataset;
        let mut text = format!(
            "{}: {} usable rows. Trained on {}, tested on {}.",
            code(&dataset.name),
            dataset.rows,
            self.trained_rows(),
            dataset.test_rows
        );
        if let Some(inputs) = &self.told.inputs {
            text += "\n\n| file | SHA-256 |\n|---|---|\n";
            let of_model =
                inputs.model.sha256.iter().map(|(file, digest)| (format!("{}/{file}", inputs.model.name), digest));
            let others = inputs.dataset.sha256.iter().chain(&inputs.corpus.sha256);
            for (file, digest) in others.map(|(file, digest)| (file.clone(), digest)).chain(of_model) {
                text += &format!("| {} | {} |\n", code(&file), code(digest));
            }
        }
        text
    }

    fn training(&self) -> String {
        let config: Config = self.config.of(self.arm, self.fraction());
        let mut text = String::from("| setting | value |\n|---|---|\n");
        let weights = match config.class_weights {
            ClassWeights::None => "none",
            ClassWeights::Balanced => "balanced",
        };
        let rows = [
            ("arm", self.arm.to_string()),
            ("seed", config.seeds[0].to_string()),
            ("fraction of the training part", self.fraction().to_string()),
            ("epochs", config.epochs.to_string()),
            ("peak learning rate (AdamW)", format!("{:e}", config.learning_rate)),
            ("batch size", config.batch_size.to_string()),
            ("maximum length in tokens", config.max_tokens.to_string()),
            ("weight decay", config.weight_decay.to_string()),
            ("warm-up, fraction of steps", config.warmup_fraction.to_string()),
            ("highest gradient norm", config.clip_norm.to_string()),
            ("class weights", weights.to_string()),
        ];
        rows.iter().for_each(|(setting, value)| text += &format!("| {setting} | {value} |\n"));
        if let Some(rates) = self.told.arms.get(&self.arm) {
            text += "\nDropout rates in training, by site:\n\n| site | rate |\n|---|---:|\n";
            rates.iter().for_each(|it| text += &format!("| {} | {:.3} |\n", it.site, it.rate));
        }
        text
    }

    fn limits(&self) -> String {
        let dataset = &self.told.dataset;
        let seeds = self.config.seeds.len();
        let mut limits = vec![
            format!(
                "Measured on {} rows of {}. Texts of other sources, styles or languages were not tested.",
                dataset.test_rows,
                code(&dataset.name)
            ),
            format!("Texts were cut to {} tokens; what longer texts say after that was not read.", self.config.max_tokens),
            match seeds {
                1 => "One seed was trained: how much another seed’s scores would differ is not known.".to_string(),
                _ => "The intervals tell how scores vary over seeds on these data, and not how they would vary on other data.".to_string(),
            },
            "Probabilities were not calibrated, and scores of groups of people were not compared.".to_string(),
        ];
        if self.package == Package::Onnx {
            limits.push(
                "The scores are those of f32 weights. Of weights in int8 they were not measured on these data.".into(),
            );
        }
        limits.extend(self.told.remarks.iter().map(|remark| format!("{}.", remark.text.trim_end_matches('.'))));
        limits.iter().fold(String::new(), |text, limit| format!("{text}- {limit}\n"))
    }
}
