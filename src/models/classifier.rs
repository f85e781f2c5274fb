//! The classifier that a checkpoint was fine-tuned with: taken out of it, and put back only where a reader asks for that.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::checkpoint::{Checkpoint, HostTensor, classifier_shapes};
use crate::models::config::ModelConfig;

/// What transformers calls a class that nobody has named.
const UNNAMED: &str = "LABEL_";

/// A classifier of named classes.
#[derive(Debug, Clone)]
pub struct Classifier {
    labels: Vec<String>,
    /// Its tensors by name; the first dimension of each is the classes.
    output: Vec<(String, HostTensor)>,
    /// Weight and bias of the dense layer before it, in families whose dense layer is not pretrained.
    dense: Vec<(String, HostTensor)>,
}

impl Classifier {
    /// The classifier of a checkpoint whose `config.json` names as many classes; none where the file has none, or one of another shape.
    pub fn of(checkpoint: &Checkpoint, config: &ModelConfig) -> Option<Classifier> {
        let labels = config.labels()?;
        let found = |(canonical, shape): (String, Vec<usize>)| {
            let name = config.family.upstream(&canonical);
            let tensor = checkpoint.get(&name).filter(|tensor| tensor.shape == shape)?;
            Some((name, tensor.clone()))
        };
        let belongs_to_it = |name: &str| name.starts_with("classifier.") || !config.family.layout().pools_pretrained();
        let shapes = classifier_shapes(config, labels.len()).into_iter().filter(|(name, _)| belongs_to_it(name));
        let tensors = shapes.map(found).collect::<Option<Vec<_>>>()?;
        let (output, dense) =
            tensors.into_iter().partition(|(name, _)| config.family.canonical(name).starts_with("classifier."));
        Some(Classifier { labels, output, dense })
    }

    /// The names of its classes, in its own order.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Its tensors, with classes in the order of a data set's labels. Labels match whatever their case is; classes without names
    /// match the numbers from 0.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where the labels are not those of the classes.
    pub fn ordered(&self, labels: &[String]) -> Result<Vec<(String, HostTensor)>> {
        let matches = |class: &String, label: &String| {
            let number = class.strip_prefix(UNNAMED).unwrap_or(class);
            class.to_lowercase() == label.to_lowercase() || number == label
        };
        let place_of = |label| self.labels.iter().position(|class| matches(class, label));
        let places: Option<Vec<usize>> = labels.iter().map(place_of).collect();
        let is_each_once = |places: &Vec<usize>| (0..self.labels.len()).all(|class| places.contains(&class));
        let places = places.filter(|it| it.len() == self.labels.len() && is_each_once(it)).ok_or_else(|| {
            let expected = format!("the classes of the checkpoint's classifier ({})", self.labels.join(", "));
            let got = if labels.is_empty() { "scores".into() } else { labels.join(", ") };
            Error::new(ErrorKind::Config, Place::named("keep_classifier"), expected, got)
        })?;
        let ordered = |tensor: &HostTensor| {
            let width = tensor.values.len() / self.labels.len();
            let row = |&place: &usize| tensor.values[place * width..(place + 1) * width].to_vec();
            HostTensor { shape: tensor.shape.clone(), values: places.iter().flat_map(row).collect() }
        };
        let output = self.output.iter().map(|(name, tensor)| (name.clone(), ordered(tensor)));
        Ok(self.dense.iter().cloned().chain(output).collect())
    }
}
